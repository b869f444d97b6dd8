"""Which forms of a term match, told before any article has come: so that a rule is no guess.

Forms are made from the shapes that the matcher verifies with, and each is then held against the real verifier:
what is listed is what matches. What only the verifier can say (any letters after, any second half) is told in
words, and words that look alike are told with what they are refused for.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from itertools import accumulate

from monitor.match.ast import AllOf, AnyOf, Context, Ignoring, Mode, Node, NoneOf, Term, Watch, Word
from monitor.match.fold import fold_word
from monitor.match.forms import FormRules, Shape
from monitor.match.scan import Index, Mention, View
from monitor.match.scripts import Kind
from monitor.match.tokens import Layout
from monitor.match.tree import children
from monitor.model import Document

FORMS_MOST = 400  # of one word; languages that stack suffixes have thousands
_LEAST_ALIKE = 3  # letters; half of all words begin with the same two
_JOINED = 3  # made-up compounds, to show how they are told apart
_BRANCHES_MOST = 60  # spellings of one slot of endings


@dataclass(frozen=True, slots=True)
class Refusal:
    """A word that is not this term, and why."""

    word: str
    reason: str


@dataclass(frozen=True, slots=True)
class Forms:
    """What one term matches in texts of one language (None: of any).

    `forms` are written as they are compared: small letters, no accents. `further` says in words what else matches.
    """

    term: str
    language: str | None
    forms: tuple[str, ...]
    further: tuple[str, ...] = ()


class Expander:
    """Lists the forms of terms by the rules of a matcher."""

    def __init__(self, rules: FormRules) -> None:
        self._rules = rules

    def expand(self, term: Term, language: str | None = None) -> Forms:
        """Return all that a term matches in texts of a language; None: of a language that is not known."""
        if term.words[0].mode is Mode.REGEX:
            return Forms(term.written, language, (), ("whatever the pattern matches, in folded text",))
        if term.words[0].mode is Mode.EXACT:
            return Forms(term.written, language, (term.written.removeprefix("="),), ("nothing else: case counts",))
        shapes = [self._rules.shapes(word, language) for word in term.words]
        spelt = [_spell(word, found) for word, found in zip(term.words, shapes, strict=True)]
        accepted = self.accepted(term, list(_phrases(term.words, spelt)), language)
        further = [
            line if len(term.words) == 1 else f"{word.text}: {line}"
            for word, found in zip(term.words, shapes, strict=True)
            for line in _further(word, found)
        ]
        return Forms(term.written, language, tuple(accepted), tuple(dict.fromkeys(further)))

    def accepted(self, term: Term, texts: Sequence[str], language: str | None) -> list[str]:
        """Return those of some texts in which the term is found, each text alone."""
        texts = list(dict.fromkeys(text.replace("\n", " ") for text in texts))
        index = Index([term], self._rules)
        # A title is searched as it stands; of a body, lines that look like teasers are cut.
        layout = Layout(Document("\n".join(texts), ""))
        view = View(index, layout, index.scan(layout.haystack), language)
        ends = list(accumulate(len(text) + 1 for text in texts))
        return [texts[at] for at in sorted({_line(ends, mention, layout) for mention in view.mentions(0)})]

    def judge(self, term: Term, words: Iterable[str], language: str | None) -> tuple[list[str], list[Refusal]]:
        """Part words into those that the term matches and those that only look alike, with the reason."""
        words = list(words)
        if not words:
            return [], []
        accepted = set(self.accepted(term, words, language))
        shapes = self._rules.shapes(term.words[0], language) if len(term.words) == 1 else ()
        refused = [Refusal(word, _refusal(term, fold_word(word), shapes)) for word in words if word not in accepted]
        return [word for word in words if word in accepted], refused


def _line(ends: Sequence[int], mention: Mention, layout: Layout) -> int:
    return bisect_right(ends, layout.locate(mention.start, mention.end)[1])


# ── Spelling forms out ───────────────────────────────────────────────────────────────────────


def _spell(word: Word, shapes: Sequence[Shape]) -> list[str]:
    """Return the candidates for forms of a word, the dictionary form first."""
    tails = {
        shape.literal + tail
        for shape in shapes
        for tail in (*shape.tails, *(_chained(shape.chain.pattern) if shape.chain.pattern else ()))
    }
    clitics = {clitic + word.text for shape in shapes for clitic in shape.clitics}
    return [word.text, *sorted(tails - {word.text}, key=lambda form: (len(form), form)), *sorted(clitics)][:FORMS_MOST]


def _phrases(words: Sequence[Word], spelt: Sequence[Sequence[str]]) -> Iterator[str]:
    """Give the phrase with each of its words in each of its forms, the others as written."""
    plain = [word.text for word in words]
    for at, forms in enumerate(spelt):
        for form in forms:
            yield " ".join([*plain[:at], form, *plain[at + 1 :]])


def _further(word: Word, shapes: Sequence[Shape]) -> Iterator[str]:
    """Say what matches beyond the forms that can be listed."""
    if word.mode is Mode.PREFIX:
        yield f"{word.text} and any letters after it"
        return
    kinds = {shape.kind for shape in shapes}
    if Kind.RUNNING in kinds:
        yield f"{word.text} anywhere: its script has no spaces"
    if Kind.KATAKANA in kinds:
        yield f"{word.text} where no other katakana touches it"
    if Kind.HANGUL in kinds:
        yield f"{word.text} at the start of a word, with {'any particle' if len(word.text) > 1 else 'a particle'}"
    for shape in shapes:
        if shape.open:
            yield f"{shape.literal} and up to {shape.open} letters of any kind"
        if shape.chain.pattern:
            yield f"{shape.literal} and several endings, one after the other"
        if shape.compounds is not None and shape.is_whole:
            yield f"{shape.literal} as half of a compound, where the other half makes that sure"


@cache
def _chained(pattern: str) -> tuple[str, ...]:
    """Return what one or two slots of a chain of endings spell."""
    slots = _Spelling(pattern).slots()
    singles = [form for slot in slots for form in slot if form]
    pairs = [
        first + second
        for at, slot in enumerate(slots)
        for first in slot
        for later in slots[at + 1 :]
        for second in later
        if first and second
    ]
    return tuple(dict.fromkeys([*singles, *pairs]))[:FORMS_MOST]


class _Spelling:
    """Spells out the small regular expressions of endings.yml: letters, classes, groups, bars, ? and {m,n}."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0

    def slots(self) -> list[list[str]]:
        """Return what each part of the pattern's sequences spells; bars at the top part several sequences."""
        slots: list[list[str]] = []
        while self._at < len(self._text):
            if self._peek() in "|)":
                self._at += 1
                continue
            start = self._at
            spelt = self._atom()
            if self._text[start] == "(" and self._peek() not in {"?", "{"}:  # a whole chain, one of several
                slots += _Spelling(self._text[start + 3 : self._at - 1]).slots()
            else:
                slots.append(self._repeated(spelt))
        return slots

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        self._at += 1
        return self._text[self._at - 1]

    def _alternatives(self) -> list[str]:
        spelt = self._sequence()
        while self._peek() == "|":
            self._at += 1
            spelt += self._sequence()
        return spelt

    def _sequence(self) -> list[str]:
        spelt = [""]
        while self._peek() and self._peek() not in "|)":
            parts = self._repeated(self._atom())
            spelt = [head + tail for head in spelt for tail in parts][:_BRANCHES_MOST]
        return spelt

    def _atom(self) -> list[str]:
        char = self._next()
        if char == "(":
            if self._text.startswith("?:", self._at):
                self._at += 2
            spelt = self._alternatives()
            self._at += 1
            return spelt
        if char == "[":
            end = self._text.index("]", self._at)
            letters = self._text[self._at : end]
            self._at = end + 1
            return list(letters)
        return [self._next() if char == "\\" else char]

    def _repeated(self, spelt: list[str]) -> list[str]:
        if self._peek() == "?":
            self._at += 1
            return ["", *spelt]
        found = re.compile(r"\{(\d),(\d)\}").match(self._text, self._at)
        if found is None:
            return spelt
        self._at = found.end()
        runs, all_runs = [""], []
        for count in range(int(found[2]) + 1):
            all_runs += runs if count >= int(found[1]) else []
            runs = [run + part for run in runs for part in spelt][:_BRANCHES_MOST]
        return all_runs


# ── Words that look alike ────────────────────────────────────────────────────────────────────


def _refusal(term: Term, word: str, shapes: Sequence[Shape]) -> str:
    """Say why a word is no form of a term."""
    if len(term.words) != 1:
        return "not all words of the phrase stand side by side in it"
    if term.words[0].mode is Mode.EXACT:
        return "not exactly so written"
    held = [shape for shape in shapes if shape.literal in word]
    if not held:
        return f"it does not contain {' or '.join(sorted({shape.literal for shape in shapes}, key=len)[:3])}"
    shape = max(held, key=lambda each: (word.startswith(each.literal), len(each.literal)))
    before, _, rest = word.partition(shape.literal)
    if before and not word.startswith(shape.literal):
        return f"{shape.literal} stands inside it: {before!r} is no word that can be joined to its front"
    if shape.compounds is not None and shape.is_whole:
        return f"after {shape.literal}, {rest!r} is neither an ending nor sure to be a word of its own"
    return f"after {shape.literal}, {rest!r} is no ending"


class Lookalikes:
    """Finds words that begin as a term does, but for its last letters, among known words."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = sorted(words)

    def to(self, term: Term) -> list[str]:
        """Return known words, and some made up: the term less a letter, and that joined to a word (Kurs|kosten)."""
        beginning = beginning_of(term)
        if not beginning:
            return []
        text = term.words[0].text
        joined = [text[:-1] + word for word in self._from(text[-1]) if " " not in word][:_JOINED]
        found = [text[:-1], *joined, *self._from(beginning)]
        return [word for word in dict.fromkeys(found) if word != text]

    def _from(self, beginning: str) -> list[str]:
        start = bisect_left(self._words, beginning)
        return self._words[start : bisect_left(self._words, beginning + "\U0010ffff", start)]


def beginning_of(term: Term) -> str:
    """Return with what a look-alike of a term begins; nothing for phrases and for terms that look like nothing else."""
    word = term.words[0]
    if len(term.words) > 1 or word.mode in {Mode.EXACT, Mode.REGEX} or len(word.text) < _LEAST_ALIKE:
        return ""
    return word.text[: max(_LEAST_ALIKE, len(word.text) - 2)]


# ── Watches and sets ─────────────────────────────────────────────────────────────────────────


def roles(watch: Watch) -> Mapping[Term, str]:
    """Return the terms of a watch, with what each is there for: found, with, none or ignore."""
    found: dict[Term, str] = {}
    seen: set[tuple[int, str]] = set()

    def walk(node: Node, role: str) -> None:
        if isinstance(node, Term):
            found.setdefault(node, role)
        elif (id(node), role) not in seen:
            seen.add((id(node), role))
            for child in children(node):
                walk(child, _role(node, child, role))

    walk(watch.clause, "found")
    return found


def _role(parent: Node, child: Node, role: str) -> str:
    if role != "found":
        return role
    if isinstance(parent, NoneOf):
        return "none"
    if isinstance(parent, Context):
        return "with"
    return "ignore" if isinstance(parent, Ignoring) and child is parent.ignored else role


ALIKE = 0.8  # north_korea and north_korean, kursk and kursker


@dataclass(frozen=True, slots=True)
class Proposal:
    """A string of the watch language that finds what a plain term means in more languages; `terms` of them in all."""

    item: str
    terms: int


def propose(written: str, sets: Mapping[str, Node], rules: FormRules, language: str | None) -> list[Proposal]:
    """Return strings of sets that together say what a plain term says, the closest first.

    A set is proposed for the words of the term that it contains; several that share the words are joined by ~.
    """
    spans = _spans(written, sets, rules, language)
    words = len(written.split())
    whole = [name for name, found in spans.items() if any(end - start == words for start, end in found)]
    sizes = {name: len(_terms(sets[name])) for name in spans}
    all_words = written.split()
    proposals = [
        Proposal(f"${name}", sizes[name])
        for name in sorted(whole, key=lambda name: _farness(name, all_words, sizes[name]))
    ]
    parts = [(span, name) for name, found in spans.items() if name not in whole for span in found]
    parts.sort(
        key=lambda part: (part[0][0] - part[0][1], _farness(part[1], all_words[slice(*part[0])], sizes[part[1]]))
    )
    taken: dict[tuple[int, int], list[str]] = {}
    for span, name in parts:
        if span in taken or all(span[1] <= start or span[0] >= end for start, end in taken):
            taken.setdefault(span, []).append(name)
    if len(taken) > 1:
        ordered = [taken[span] for span in sorted(taken)]
        item = " ~ ".join(f"${names[0]}" for names in ordered)
        proposals.insert(0, Proposal(item, sum(sizes[names[0]] for names in ordered)))
    alone = [name for names in taken.values() for name in names] if len(taken) == 1 and not whole else []
    return [*proposals, *(Proposal(f"${name}", sizes[name]) for name in alone)]


def _farness(name: str, words: Sequence[str], size: int) -> tuple[bool, int, str]:
    """Return a key that puts first what says the same: a set of that name, the larger first; else the narrowest set."""
    is_alike = SequenceMatcher(None, name, "_".join(words).casefold()).ratio() >= ALIKE
    return not is_alike, -size if is_alike else size, name


def _spans(
    written: str, sets: Mapping[str, Node], rules: FormRules, language: str | None
) -> dict[str, set[tuple[int, int]]]:
    """Return which words of a text each set finds, as (first, after the last)."""
    terms_of = {name: _terms(node) for name, node in sets.items()}
    index = Index([term for terms in terms_of.values() for term in terms], rules)
    layout = Layout(Document(" ".join(written.split()), ""))
    view = View(index, layout, index.scan(layout.haystack), language)
    found: dict[str, set[tuple[int, int]]] = {}
    for name, terms in terms_of.items():
        mentions = [mention for term in terms for mention in view.mentions(index.ids[term])]
        spans = {
            (layout.haystack.count(" ", 0, each.start), layout.haystack.count(" ", 0, each.end) + 1)
            for each in mentions
        }
        if spans:
            longest = max(end - start for start, end in spans)
            found[name] = {span for span in spans if span[1] - span[0] == longest}
    return found


def _terms(node: Node) -> list[Term]:
    """Return the terms that a set finds, perhaps in context: not those that it only wants near others."""
    match node:
        case Term():
            return [node]
        case AnyOf(items):
            return list(dict.fromkeys(term for item in items for term in _terms(item)))
        case Ignoring(item, _):
            return _terms(item)
        case AllOf(items):  # a word with its context
            finding = [item for item in items if not isinstance(item, (Context, NoneOf))]
            return _terms(finding[0]) if len(finding) == 1 else []
        case _:
            return []
