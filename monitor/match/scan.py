"""Finding the terms of all watches in one document, in one pass.

Index interns terms and words and builds one automaton over the literals of their shapes. A Sighting
run over a Layout gives raw hits; a term's mentions are verified when first asked for, then kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from monitor.match import regex
from monitor.match.ast import Mode, Term, Word
from monitor.match.forms import FormRules, Shape
from monitor.match.scripts import Kind, belongs
from monitor.match.tokens import Layout

# What may stand between the words of a phrase: spaces, hyphens, apostrophes, quotes; no mark that ends a thought.
_GAP = re.compile(r"[ \t\r\-'\"«»„“”·/\u200c]{0,3}")
_GAP_CHARS = frozenset(" \t\r-'\"«»„“”·/\u200c")
_HITS_MOST = 1_000  # of one literal in one text: no article says a word so often, a text made to cost time does
_KEPT_SHAPES = 20_000  # words kept with their shapes; the rest are worked out again
_WORD_REACH = 60  # characters; a longer run of letters is no word of a phrase


class Mention(NamedTuple):
    """A verified occurrence of a term: its place in the haystack."""

    start: int
    end: int
    term: int


class Index:
    """All terms of all watches, interned, and the automaton that finds them.

    The automaton holds, for each word, only those of its literals that begin with no other of them (its
    roots): where `soldat` stands is enough to look for `soldaten`. Made for 200,000 terms: what can be
    worked out again is not kept.
    """

    def __init__(self, terms: Iterable[Term], rules: FormRules) -> None:
        self.ids: Mapping[Term, int] = {term: number for number, term in enumerate(dict.fromkeys(terms))}
        self._terms = tuple(self.ids)
        self._rules = rules
        self._shapes: dict[tuple[Word, str | None], tuple[Shape, ...]] = {}
        self._roots: dict[Word, tuple[str, ...]] = {}
        self._rooted: dict[tuple[Word, str | None], tuple[tuple[int, Shape], ...]] = {}
        anchors = bytearray()
        found_by: dict[str, int | list[int]] = {}  # most literals find one term, and a list of one is large
        for number, term in enumerate(self._terms):
            # The longest word is the rarest; past 255 words no term goes.
            lengths = [len(word.text) for word in term.words[:256]]
            anchor = lengths.index(max(lengths))
            anchors.append(anchor)
            for literal in _roots(rules.literals(term.words[anchor])):
                known = found_by.setdefault(literal, number)
                if isinstance(known, list):
                    known.append(number)
                elif known != number:
                    found_by[literal] = [known, number]
        self._anchors = bytes(anchors)
        self.literals: tuple[str, ...] = tuple(found_by)
        self.terms_of: tuple[tuple[int, ...], ...] = tuple(
            (numbers,) if isinstance(numbers, int) else tuple(numbers) for numbers in found_by.values()
        )
        self._literal_ids: Mapping[str, int] = {literal: at for at, literal in enumerate(self.literals)}
        self._automaton = AhoCorasick(self.literals) if self.literals else None

    def shapes(self, word: Word, language: str | None) -> tuple[Shape, ...]:
        """Return the shapes of a word in a text of this language, worked out when first asked for."""
        kept = self._shapes.get((word, language))
        if kept is None:
            if len(self._shapes) >= _KEPT_SHAPES:
                self._shapes = {}
            kept = self._shapes[word, language] = self._rules.shapes(word, language)
        return kept

    def rooted(self, word: Word, language: str | None) -> tuple[tuple[int, Shape], ...]:
        """Return the shapes of a word that is searched for, each with the number of the literal that finds it."""
        kept = self._rooted.get((word, language))
        if kept is None:
            if len(self._rooted) >= _KEPT_SHAPES:
                self._rooted = {}
            roots = self.roots(word)
            shapes = self._rules.shapes(word, language)
            pairs = ((next(filter(shape.literal.startswith, roots)), shape) for shape in shapes)
            kept = self._rooted[word, language] = tuple((self._literal_ids[root], shape) for root, shape in pairs)
        return kept

    def roots(self, word: Word) -> tuple[str, ...]:
        """Return the literals one of which every form of a word begins with, clitics aside."""
        kept = self._roots.get(word)
        if kept is None:
            if len(self._roots) >= _KEPT_SHAPES:
                self._roots = {}
            kept = self._roots[word] = _roots(self._rules.literals(word))
        return kept

    def term(self, number: int) -> Term:
        return self._terms[number]

    def anchor(self, number: int) -> int:
        """Return which word of a term is searched for."""
        return self._anchors[number]

    def scan(self, haystack: str) -> dict[int, list[int]]:
        """Return where each literal stands, overlapping ones too: {literal: starts}, the first thousand of each."""
        hits: dict[int, list[int]] = {}
        if self._automaton is not None:
            if not haystack.isascii():  # a lone surrogate, which a broken page may hold, cannot be encoded
                haystack = regex.SURROGATES.sub("\ufffd", haystack)
            for literal, start, _ in self._automaton.find_matches_as_indexes(haystack, overlapping=True):
                hits.setdefault(literal, []).append(start)
        for starts in hits.values():
            del starts[_HITS_MOST:]
        return hits


def _roots(literals: frozenset[str]) -> tuple[str, ...]:
    """Return the literals that begin with no other one."""
    if len(literals) == 1:
        return tuple(literals)
    roots: list[str] = []
    for literal in sorted(literals):  # a literal stands right behind those it begins with
        if not (roots and literal.startswith(roots[-1])):
            roots.append(literal)
    return tuple(roots)


class View:
    """One document against one index: raw hits now, verified mentions when asked for."""

    def __init__(self, index: Index, layout: Layout, hits: Mapping[int, list[int]], language: str | None) -> None:
        self._index = index
        self.layout = layout
        self._hits = hits
        self._language = language
        self.hit_terms: frozenset[int] = frozenset(chain.from_iterable(index.terms_of[literal] for literal in hits))
        self._mentions: dict[int, tuple[Mention, ...]] = {}

    def mentions(self, number: int) -> tuple[Mention, ...]:
        """Return the verified mentions of a term, in reading order."""
        kept = self._mentions.get(number)
        if kept is None:
            kept = self._mentions[number] = self._verify(number) if number in self.hit_terms else ()
        return kept

    def term(self, number: int) -> Term:
        return self._index.term(number)

    def _verify(self, number: int) -> tuple[Mention, ...]:
        term, anchor = self._index.term(number), self._index.anchor(number)
        if term.words[0].mode is Mode.REGEX:
            return self._patterns(number, term)
        haystack = self.layout.haystack
        if len(term.words) > 1 and not self._has_all_words(term, anchor):
            return ()
        found: set[Mention] = set()
        for literal, shape in self._index.rooted(term.words[anchor], self._language):
            for start in self._hits.get(literal, ()):
                end = shape.end(haystack, start) if haystack.startswith(shape.literal, start) else None
                if end is None:
                    continue
                span = (
                    (start, end)
                    if len(term.words) == 1
                    else self._phrase(term, anchor, _before_clitic(haystack, start, shape), end)
                )
                if span is not None and self._has_exact_case(term, *span):
                    found.add(Mention(*span, number))
        return tuple(sorted(found))

    def _has_all_words(self, term: Term, anchor: int) -> bool:
        """Whether the other words of a phrase may stand somewhere: most phrases fail here, at a tenth of the cost."""
        others = (*term.words[:anchor], *term.words[anchor + 1 :])
        return all(any(root in self.layout.haystack for root in self._index.roots(word)) for word in others)

    def _patterns(self, number: int, term: Term) -> tuple[Mention, ...]:
        """Look for a pattern in the title and in the text, never across the two."""
        split, haystack = self.layout.text_start, self.layout.haystack
        title = (Mention(start, end, number) for start, end in regex.find(term, haystack[: split - 1]))
        text = (Mention(split + start, split + end, number) for start, end in regex.find(term, haystack[split:]))
        return (*title, *text)

    def _phrase(self, term: Term, anchor: int, start: int, end: int) -> tuple[int, int] | None:
        """Return the span of the whole phrase whose anchor word stands at start:end, or None."""
        haystack = self.layout.haystack
        for word in term.words[anchor + 1 :]:
            gap = _GAP.match(haystack, end)
            after = self._word_from(word, gap.end() if gap else end)
            if after is None:
                return None
            end = after
        for word in reversed(term.words[:anchor]):
            before = self._word_up_to(word, start)
            if before is None:
                return None
            start = before
        return start, end

    def _word_from(self, word: Word, start: int) -> int | None:
        """Return the end of the word that starts at `start`, if it is this word."""
        haystack = self.layout.haystack
        shapes = self._index.shapes(word, self._language)
        ends = (shape.end(haystack, at) for shape in shapes for at in _literals_from(haystack, start, shape))
        return max((end for end in ends if end is not None), default=None)

    def _word_up_to(self, word: Word, before: int) -> int | None:
        """Return the start of the word that ends just before `before`, but for a gap, if it is this word."""
        haystack = self.layout.haystack
        end = before
        while end > 0 and before - end < 3 and haystack[end - 1] in _GAP_CHARS:
            end -= 1
        starts: list[int] = []
        for shape in self._index.shapes(word, self._language):
            start = _start_of_word(haystack, end, shape)
            starts += (at for at in _literals_from(haystack, start, shape) if shape.end(haystack, at) == end)
        return min(starts, default=None)

    def _has_exact_case(self, term: Term, start: int, end: int) -> bool:
        if all(word.mode is not Mode.EXACT for word in term.words):
            return True
        found = unicodedata.normalize("NFC", self.layout.original(start, end))
        return " ".join(found.split()) == term.written.removeprefix("=").strip()


def _literals_from(haystack: str, start: int, shape: Shape) -> Iterator[int]:
    """Give the places of a shape's literal in the token at `start`: right there, or behind a clitic."""
    if haystack.startswith(shape.literal, start):
        yield start
    for clitic in shape.clitics:
        if haystack.startswith(clitic, start) and haystack.startswith(shape.literal, start + len(clitic)):
            yield start + len(clitic)


def _before_clitic(haystack: str, start: int, shape: Shape) -> int:
    """Return where the token starts if only a clitic stands before the literal, else `start`."""
    token = _start_of_word(haystack, start, shape) if shape.clitics else start
    return token if haystack[token:start] in shape.clitics else start


def _start_of_word(haystack: str, end: int, shape: Shape) -> int:
    if shape.kind is Kind.RUNNING:
        return end - len(shape.literal)
    start = end
    while start > 0 and end - start < _WORD_REACH and belongs(haystack[start - 1], shape.kind):
        start -= 1
    return start
