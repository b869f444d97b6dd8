"""In which forms a word of a watch may stand in a text.

FormRules turn a Word into Shapes: a literal to search for, and what may stand before and after it in
the same token. WholeWords knows no endings; Endings reads them from endings.yml. The word's own
language and the text's both count; a word of no language is cut by every language of its script.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Protocol

from monitor.match.ast import Mode, Word
from monitor.match.fold import fold_word
from monitor.match.scripts import REST, REST_MOST, Kind, belongs, kind_of, script_of
from monitor.match.tables import read_table

# After a word of one syllable only these make sure that it is that word.
_CASE_PARTICLES = (
    "이 가 은 는 을 를 의 에 에서 에게 으로 로 와 과 도 만 까지 부터 보다 처럼 서 엔 에는 에도 에만 이나 나"
)
_OTHER_PARTICLES = "들 들이 들은 들을 들의 들에 들과 라고 이라고 이란 란 측 측은 측이"
_PARTICLES = frozenset(f"{_CASE_PARTICLES} {_OTHER_PARTICLES}".split())
_LINKS = ("", "s", "n", "en", "es", "e")  # letters that join the halves of a compound
_SURE_FIRST_HALF = 7  # letters; as long a first half is no chance (Nordkorea|soldaten), 5 are (Kurs|kosten)
_SURE_LAST_HALF = 6  # letters (Elite|soldaten)
_LEAST_HALF = 3  # letters that are left for the other half
_LEAST_KNOWN = 4  # letters of a known word that continues a compound
_SURE_LAST_WORD = 7  # letters, ending included, where the half stands on a cut or changed stem (erikois|joukko|jen)
_ENDING_MOST = 8  # letters at the end of a word that decide how it changes
_LEAST_OPEN = 4  # letters of a word after which any letters may follow
_LEAST_STEM = 3  # letters that must be left when an ending is cut
_LEAST_STEM_WITHOUT_VOWELS = 2  # in scripts that write none, of a word of three letters
_TAILS_WHOLE = frozenset([""])
_NOTHING = re.compile("")
# German and Dutch word formation that looks like a second half: Minister|ium, General|isierung, kultur|ge|schichte.
_SUFFIX = re.compile(
    r"(?:(?:i|ia|al|o)?(?:ium|ien|isier\w*|ismus|istisch\w*|ist|isten|itat\w*|iell\w*|atisch\w*|ion|ionen)|ler\w{0,5}|ig\w*)$"
)
_PREFIX = re.compile(r"(?:[^aeiouln]ge|[^aeiourlm]be|ver|ent|zer|[^aeiou]un)$")


@dataclass(frozen=True, slots=True)
class Compounds:
    """Words that make it sure that two words were joined: known first letters of halves, and whole halves."""

    known: frozenset[str]

    def continues(self, literal: str, rest: str) -> bool:
        """Whether `rest` is the other half of a compound that starts with `literal`."""
        if _SUFFIX.match(rest):
            return False
        for link in _LINKS:
            half = rest[len(link) :]
            if not rest.startswith(link) or len(half) < _LEAST_HALF:
                continue
            if len(literal) + len(link) >= _SURE_FIRST_HALF or self._starts_known(half):
                return True
        return False

    def _starts_known(self, half: str) -> bool:
        return any(half[:length] in self.known for length in range(_LEAST_KNOWN, min(len(half), 20) + 1))

    def precedes(self, before: str, *, is_long: bool) -> bool:
        """Whether `before` is the first half of a compound; any will do before a long second half."""
        if len(before) < _LEAST_HALF:
            return False
        return (is_long and not _PREFIX.search(before)) or any(
            before.endswith(link) and before[: len(before) - len(link)] in self.known for link in _LINKS
        )


@dataclass(frozen=True, slots=True)
class Shape:
    """One way a word may appear."""

    literal: str
    kind: Kind
    tails: frozenset[str] = _TAILS_WHOLE
    chain: re.Pattern[str] = _NOTHING  # endings one after the other
    open: int = 0  # so many letters of any kind may follow
    clitics: frozenset[str] = frozenset()
    compounds: Compounds | None = None
    is_whole: bool = True  # the literal is the dictionary form

    def end(self, haystack: str, start: int) -> int | None:
        """Return where the word ends whose literal stands at `start`, or None where it is another word."""
        stop = start + len(self.literal)
        if self.kind is Kind.RUNNING:
            return stop
        rest_end = REST[self.kind].match(haystack, stop).end()  # type: ignore[union-attr]  # matches the empty string
        if rest_end - stop == REST_MOST:
            return None
        rest = haystack[stop:rest_end]
        is_start = start == 0 or not belongs(haystack[start - 1], self.kind)
        if not (is_start or (self.kind is Kind.SPACED and self._may_follow(haystack, start, rest))):
            return None
        if self._may_end(rest):
            return rest_end
        if self.compounds is not None and is_start and self.is_whole and self.compounds.continues(self.literal, rest):
            return stop
        return None

    def _may_end(self, rest: str) -> bool:
        if self.kind is Kind.HANGUL:
            return not rest or self.open > 0 or len(self.literal) > 1 or rest in _PARTICLES
        return rest in self.tails or 0 < len(rest) <= self.open or (rest != "" and bool(self.chain.fullmatch(rest)))

    def _may_follow(self, haystack: str, start: int, rest: str) -> bool:
        """Whether the letters before the literal are a clitic, or the first half of a compound."""
        if not self.clitics and self.compounds is None:
            return False
        at = start
        while at > 0 and start - at < REST_MOST and belongs(haystack[at - 1], self.kind):
            at -= 1
        before = haystack[at:start]
        return before in self.clitics or (
            self.compounds is not None and self.compounds.precedes(before, is_long=self._is_long(rest))
        )

    def _is_long(self, rest: str) -> bool:
        """Whether a second half is no chance: a long dictionary form, or a long word on another stem of it."""
        if self.is_whole:
            return len(self.literal) >= _SURE_LAST_HALF
        return len(self.literal) + len(rest) >= _SURE_LAST_WORD and len(self.literal) >= _SURE_LAST_HALF - 1


class FormRules(Protocol):
    """Knows the forms of words."""

    def literals(self, word: Word) -> frozenset[str]:
        """Return the literals of all shapes of `word`, in texts of whatever language."""
        ...

    def shapes(self, word: Word, language: str | None) -> tuple[Shape, ...]:
        """Return the shapes of `word` in a text of this language; None: the language is not known."""
        ...


class WholeWords:
    """Words as they are written: no endings."""

    def literals(self, word: Word) -> frozenset[str]:
        return frozenset([word.text])

    def shapes(self, word: Word, language: str | None) -> tuple[Shape, ...]:
        return (_plain_shape(word),)


def _plain_shape(word: Word) -> Shape:
    return Shape(word.text, kind_of(word.text), open=REST_MOST if word.mode is Mode.PREFIX else 0)


@dataclass(frozen=True, slots=True)
class Change:
    """A replacement at the end of a word; `last` is a pattern of the letter a word must end in for it to apply."""

    source: str
    instead: str
    last: str

    def applied(self, text: str) -> str | None:
        """Return the text with its end replaced, or None where the end is another."""
        found = _at_the_end(self.source).search(text)
        return None if found is None else text[: found.start()] + _filled(self.instead, found)

    def may_fit(self, letter: str) -> bool:
        """Whether a word that ends in this letter may change so: most changes fail here, for a tenth of a search."""
        return _is_one_of(self.last, letter)


@cache
def _at_the_end(source: str) -> re.Pattern[str]:
    return re.compile(f"(?:{source})$")


def _filled(template: str, found: re.Match[str]) -> str:
    """Return what Match.expand does; that one takes a template of two signs apart anew each time."""
    if "\\" not in template:
        return template
    return "".join(str(found[each]) if isinstance(each, int) else each for each in _pieces(template))


@cache
def _pieces(template: str) -> tuple[str | int, ...]:
    return tuple(int(each) if at % 2 else each for at, each in enumerate(re.split(r"\\(\d)", template)))


@cache
def _is_one_of(last: str, letter: str) -> bool:
    return re.fullmatch(last, letter) is not None


_ATOM = re.compile(r"(?P<atom>\[[^\]]*\]|\((?:[^()]|\([^()]*\))*\)|\\.|.)(?P<often>[?*+]?)")


def last_letter(source: str, whole: str = "") -> str:
    """Return a pattern of the letters in which matches of a `change` pattern may end."""
    ends: list[str] = []
    for branch in _branches(source):
        for found in reversed(list(_ATOM.finditer(branch))):
            atom = found["atom"]
            if atom[0] == "(":
                ends.append(last_letter(atom[1:-1].removeprefix("?:"), whole or source))
            elif atom[0] == "\\" and atom[1].isdigit():
                groups = [each["atom"] for each in _ATOM.finditer(whole or source) if each["atom"][0] == "("]
                ends.append(last_letter(groups[int(atom[1]) - 1][1:-1]))
            else:
                ends.append(atom)
            if found["often"] not in {"?", "*"}:
                break
    return f"(?:{'|'.join(ends)})"


def _branches(source: str) -> list[str]:
    """Return the alternatives of a pattern, without cutting those in its groups."""
    branches = [""]
    for found in _ATOM.finditer(source):
        if found.group() == "|":
            branches.append("")
        else:
            branches[-1] += found.group()
    return branches


@dataclass(frozen=True, slots=True)
class _Class:
    """Words that change alike: (dictionary ending, what it is replaced by) and the forms that may follow."""

    stems: tuple[tuple[str, str], ...]
    changes: tuple[Change, ...]
    forms: frozenset[str]
    is_swap: bool


@dataclass(frozen=True, slots=True)
class _Language:
    """One section of endings.yml."""

    classes: tuple[_Class, ...]
    forms: frozenset[str]  # of words no class fits, and of words of other languages
    chain: re.Pattern[str]
    open: int
    least: int
    clitics: frozenset[str]
    article: str
    has_compounds: bool
    parts: tuple[str, ...]
    scripts: frozenset[str]


class Endings:
    """The forms of words by the endings of their language; `known` are words that may continue a compound."""

    def __init__(self, known: frozenset[str] = frozenset()) -> None:
        self._languages = _languages()
        parts = {part for language in self._languages.values() for part in language.parts}
        self._compounds = Compounds(frozenset(word for word in parts | known if len(word) >= _LEAST_KNOWN))

    def literals(self, word: Word) -> frozenset[str]:
        """Return the literals of all shapes, and perhaps some more: worked out for 200,000 words at every start."""
        if not self._changes(word):
            return frozenset([word.text])
        own = word.language if word.language in self._languages else None
        text, script = word.text, script_of(word.text)
        texts = {text, *(text[len(article) :] for article in _articles(script) if text.startswith(article))}
        found = {text}
        for each in texts:
            length, least = len(each), _least(each, script)
            if length >= least:
                found.add(each)
            found.update(
                each[: length - cut] + instead
                for cut, instead in _endings_of(each[-_ENDING_MOST:], own, script)
                if length - cut + len(instead) >= least
            )
        return frozenset(found)

    def shapes(self, word: Word, language: str | None) -> tuple[Shape, ...]:
        if not self._changes(word):
            return (_plain_shape(word),)
        script = script_of(word.text)
        text = language if language is None or language in self._languages else "*"
        merged: dict[str, Shape] = {word.text: _plain_shape(word)}
        for name in self._own(word, text, script):
            is_own = word.language in {None, name}
            for shape in self._by(word, name, is_own=is_own, is_at_home=is_own and text in {None, name}):
                merged[shape.literal] = _together(merged.get(shape.literal), shape)
        return tuple(merged.values())

    def _own(self, word: Word, text: str | None, script: str) -> tuple[str, ...]:
        """The languages by whose endings a word is read in a text."""
        own = word.language if word.language in self._languages else None
        if own is None and text is None:
            return tuple(
                name for name, language in self._languages.items() if script in language.scripts and name != "*"
            )
        names = dict.fromkeys(name for name in (own, text) if name is not None)
        return tuple(name for name in names if name in {own, "*"} or script in self._languages[name].scripts)

    @staticmethod
    def _changes(word: Word) -> bool:
        return word.mode is Mode.PLAIN and kind_of(word.text) is Kind.SPACED and not word.text.isdigit()

    def _by(self, word: Word, name: str, *, is_own: bool, is_at_home: bool) -> list[Shape]:
        """Return the shapes one language gives.

        A word of another language is not cut: it takes the plain endings of the text's. Compounds and suffixes
        one after the other are for words at home, of this language in a text of this language: a Polish word
        makes no German compound, and the Finnish clitic -kin hangs on no German word.
        """
        language = self._languages[name]
        stems = _stems(word.text, language) if is_own else [(word.text, language.forms)]
        compounds = self._compounds if language.has_compounds and is_at_home else None
        return [
            Shape(
                literal,
                Kind.SPACED,
                forms | _TAILS_WHOLE if literal == word.text else forms,
                language.chain if is_at_home else _NOTHING,
                language.open if len(literal) >= language.least else 0,
                language.clitics,
                compounds,
                literal == word.text,
            )
            for literal, forms in stems
            if forms or is_at_home or literal == word.text
        ]


def _together(one: Shape | None, other: Shape) -> Shape:
    if one is None:
        return other
    return Shape(
        one.literal,
        one.kind,
        one.tails | other.tails,
        _either(one.chain, other.chain),
        max(one.open, other.open),
        one.clitics | other.clitics,
        one.compounds or other.compounds,
        one.is_whole or other.is_whole,
    )


@cache
def _either(one: re.Pattern[str], other: re.Pattern[str]) -> re.Pattern[str]:
    if other.pattern in {"", one.pattern}:
        return one
    return other if not one.pattern else re.compile(f"(?:{one.pattern})|(?:{other.pattern})")


def _stems(text: str, language: _Language) -> list[tuple[str, frozenset[str]]]:
    """Return what is left of a dictionary form when its ending is cut, with what may follow; further stems too."""
    if language.article and text.startswith(language.article) and len(text) >= len(language.article) + 3:
        text = text[len(language.article) :]
    least = _least(text, script_of(text))
    longest = -1
    cut_stems: dict[str, frozenset[str]] = {}
    further: dict[str, frozenset[str]] = {}
    for each in language.classes:
        for cut, stem in _cuts(text, each, least):
            if each.is_swap:
                further[stem] = further.get(stem, frozenset()) | each.forms
            elif cut >= longest:
                cut_stems = cut_stems if cut == longest else {}
                longest = cut
                cut_stems[stem] = cut_stems.get(stem, frozenset()) | each.forms
    stems = {text: _TAILS_WHOLE if cut_stems else language.forms}
    for stem, forms in (*cut_stems.items(), *further.items()):
        stems[stem] = stems.get(stem, frozenset()) | forms
    return list(stems.items())


def _least(text: str, script: str) -> int:
    """Return how many letters must be left of a word when its ending is cut."""
    is_short = len(text) <= _LEAST_STEM and script in {"arabic", "hebrew", "devanagari"}
    return _LEAST_STEM_WITHOUT_VOWELS if is_short else _LEAST_STEM


@lru_cache(maxsize=50_000)
def _endings_of(ending: str, own: str | None, script: str) -> tuple[tuple[int, str], ...]:
    """Return (letters cut off, what stands instead) for a word's last letters, by one language or all of a script."""
    table = _cut_table(own, script)
    cuts = (
        (length, instead)
        for length in range(min(table.longest, len(ending)) + 1)
        for instead in table.instead.get(ending[len(ending) - length :], ())
    )
    return tuple(dict.fromkeys((*cuts, *_changed(ending, own, script))))


def _changed(ending: str, own: str | None, script: str) -> Iterator[tuple[int, str]]:
    changes = _changes_at(own, script, ending[-1:])
    if changes is None or not changes.together.search(ending):
        return
    for change in changes.each:
        stem = change.applied(ending)
        if stem is not None:
            kept = _shared(ending, stem)
            yield len(ending) - kept, stem[kept:]


def _together_as_one(patterns: Iterable[re.Pattern[str]]) -> re.Pattern[str]:
    """Return a pattern that is found where one of some is: most words need one look at it, not ten."""
    sources: list[str] = []
    groups = 0
    for pattern in patterns:
        shift = groups
        sources.append(re.sub(r"\\([1-9])", lambda found: f"\\{int(found[1]) + shift}", pattern.pattern))  # noqa: B023  used at once
        groups += pattern.groups
    return re.compile("|".join(sources))


@dataclass(frozen=True, slots=True)
class _Changes:
    """The changes that may fit a word by its last letter, behind one pattern for all of them."""

    together: re.Pattern[str]
    each: tuple[Change, ...]


@cache
def _changes_at(own: str | None, script: str, letter: str) -> _Changes | None:
    all_changes = dict.fromkeys(change for each in _classes(own, script) for change in each.changes)
    changes = tuple(change for change in all_changes if change.may_fit(letter))
    return _Changes(_together_as_one(_at_the_end(change.source) for change in changes), changes) if changes else None


def _classes(own: str | None, script: str) -> tuple[_Class, ...]:
    """Return the classes of a language, or of all languages of a script."""
    languages = _languages()
    chosen = [languages[own]] if own is not None else [each for each in languages.values() if script in each.scripts]
    return tuple(each for language in chosen for each in language.classes)


@dataclass(frozen=True, slots=True)
class _CutTable:
    """All that some languages cut off words, found by the last letters, not tried one by one."""

    instead: Mapping[str, tuple[str, ...]]  # by what is cut
    longest: int


@cache
def _cut_table(own: str | None, script: str) -> _CutTable:
    instead: dict[str, dict[str, None]] = {}
    for each in _classes(own, script):
        for cut, stem in each.stems:
            instead.setdefault(cut, {})[stem] = None
    return _CutTable({cut: tuple(stems) for cut, stems in instead.items()}, max(map(len, instead), default=0))


def _shared(one: str, other: str) -> int:
    """Return how many letters two words have in common at their start."""
    at = 0
    for mine, yours in zip(one, other, strict=False):
        if mine != yours:
            break
        at += 1
    return at


@cache
def _articles(script: str) -> frozenset[str]:
    return frozenset(
        language.article for language in _languages().values() if language.article and script in language.scripts
    )


def _cuts(word: str, one: _Class, least: int) -> Iterator[tuple[int, str]]:
    """Give (letters cut off, stem) for everything of a class that fits a word."""
    before, text = word[:-_ENDING_MOST], word[-_ENDING_MOST:]
    for cut, instead in one.stems:
        stem = before + text[: len(text) - len(cut)] + instead
        if text.endswith(cut) and len(stem) >= least:
            yield len(cut), stem
    for change in one.changes:
        changed = change.applied(text) if change.may_fit(text[-1:]) else None
        if changed is not None and changed != text and len(before) + len(changed) >= least:
            yield len(text) - len(changed), before + changed


@cache
def _languages() -> Mapping[str, _Language]:
    table = read_table(files(__package__).joinpath("endings.yml").read_text("utf-8"))
    sections: dict[str, dict[str, object]] = {
        name: section for name, section in table.items() if isinstance(section, dict)
    }
    found: dict[str, _Language] = {}
    for name, section in sections.items():
        found[name] = _language(sections[str(section["like"])] if "like" in section else section)
    return found


def _language(section: dict[str, object]) -> _Language:
    classes: list[_Class] = []
    default: frozenset[str] = frozenset()
    for row in _list(section, "classes"):
        assert isinstance(row, dict)
        forms = frozenset(fold_word(form) for form in row["forms"])
        keep = int(row.get("keep", 0))
        cuts = [(fold_word(cut), fold_word(cut)[:keep]) for cut in row.get("cut", ())]
        swaps = [(fold_word(old), fold_word(new)) for old, new in _pairs(row, "swap")]
        changes = tuple(
            Change(source, fold_word(new), last_letter(source))
            for source, new in ((fold_word(old), new) for old, new in _pairs(row, "change"))
        )
        if cuts or swaps or changes:
            classes.append(_Class(tuple(cuts or swaps), changes, forms, not cuts))
        else:
            default |= forms
    chain = "".join(f"(?:{fold_word(str(slot))})?" for slot in _list(section, "chain"))
    texts = [form for each in classes for form in (*each.forms, *(cut for cut, _ in each.stems))]
    scripts = {script_of(text) for text in (*texts, *default, *re.findall(r"[^\W\d_]+", chain)) if text} or {"latin"}
    return _Language(
        tuple(classes),
        default or _TAILS_WHOLE,
        re.compile(chain),
        int(str(section.get("open", 0))),
        int(str(section.get("least", _LEAST_OPEN))),
        frozenset(fold_word(str(each)) for each in _list(section, "clitics")),
        fold_word(str(section.get("article", ""))),
        section.get("compounds") == "true",
        tuple(fold_word(str(part)) for part in _list(section, "parts")),
        frozenset(scripts),
    )


def _pairs(row: dict[str, Any], key: str) -> Iterator[tuple[str, str]]:
    """Give what is replaced and what by; one thing may have several replacements."""
    for old, new in row.get(key, {}).items():
        for each in new if isinstance(new, list) else [new]:
            yield old, each


def _list(section: dict[str, object], key: str) -> list[object]:
    value = section.get(key, [])
    assert isinstance(value, list), key
    return value
