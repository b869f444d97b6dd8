"""Finding the terms of all watches in one document, in one pass.

Index interns terms and words and builds one automaton over the literals of their shapes. A Sighting
run over a Layout gives raw hits; a term's mentions are verified when first asked for, then kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from monitor.match.ast import Mode, Term, Word
from monitor.match.forms import FormRules, Shape
from monitor.match.scripts import Kind, belongs
from monitor.match.tokens import Layout

# What may stand between the words of a phrase: spaces, hyphens, apostrophes, quotes; no mark that ends a thought.
_GAP = re.compile(r"[ \t\r\-'\"«»„“”·/\u200c]{0,3}")
_GAP_CHARS = frozenset(" \t\r-'\"«»„“”·/\u200c")
_WORD_REACH = 60  # characters; a longer run of letters is no word of a phrase


class Mention(NamedTuple):
    """A verified occurrence of a term: its place in the haystack."""

    start: int
    end: int
    term: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """A term ready for search: its words, and which of them is searched."""

    term: Term
    words: tuple[int, ...]
    anchor: int


class Index:
    """All terms of all watches, interned, and the automaton that finds them."""

    def __init__(self, terms: Iterable[Term], rules: FormRules) -> None:
        self.ids: Mapping[Term, int] = {term: number for number, term in enumerate(dict.fromkeys(terms))}
        self._rules = rules
        self._words: Mapping[Word, int] = {
            word: number for number, word in enumerate(dict.fromkeys(word for term in self.ids for word in term.words))
        }
        self._word_list = tuple(self._words)
        self._shapes: dict[tuple[int, str | None], tuple[Shape, ...]] = {}
        literals_of = [rules.literals(word) for word in self._word_list]
        self._entries: list[_Entry] = []
        found_by: dict[str, set[int]] = {}
        for term, number in self.ids.items():
            words = tuple(self._words[word] for word in term.words)
            anchor = max(range(len(words)), key=lambda at: min(map(len, literals_of[words[at]])))
            self._entries.append(_Entry(term, words, anchor))
            for literal in literals_of[words[anchor]]:
                found_by.setdefault(literal, set()).add(number)
        self.literals: tuple[str, ...] = tuple(found_by)
        self.terms_of: tuple[frozenset[int], ...] = tuple(frozenset(numbers) for numbers in found_by.values())
        self._literal_ids: Mapping[str, int] = {literal: at for at, literal in enumerate(self.literals)}
        self._automaton = AhoCorasick(self.literals) if self.literals else None

    def shapes(self, word: int, language: str | None) -> tuple[Shape, ...]:
        """Return the shapes of a word in a text of this language, worked out when first asked for."""
        kept = self._shapes.get((word, language))
        if kept is None:
            kept = self._shapes[word, language] = self._rules.shapes(self._word_list[word], language)
        return kept

    def entry(self, number: int) -> _Entry:
        return self._entries[number]

    def scan(self, haystack: str) -> dict[int, list[int]]:
        """Return where each literal stands: {literal: starts}, overlapping ones too."""
        hits: dict[int, list[int]] = {}
        if self._automaton is not None:
            for literal, start, _ in self._automaton.find_matches_as_indexes(haystack, overlapping=True):
                hits.setdefault(literal, []).append(start)
        return hits

    def literal_id(self, literal: str) -> int:
        return self._literal_ids[literal]


class View:
    """One document against one index: raw hits now, verified mentions when asked for."""

    def __init__(self, index: Index, layout: Layout, hits: Mapping[int, list[int]], language: str | None) -> None:
        self._index = index
        self.layout = layout
        self._hits = hits
        self._language = language
        self.hit_terms: frozenset[int] = frozenset().union(*(index.terms_of[literal] for literal in hits))
        self._mentions: dict[int, tuple[Mention, ...]] = {}

    def mentions(self, number: int) -> tuple[Mention, ...]:
        """Return the verified mentions of a term, in reading order."""
        kept = self._mentions.get(number)
        if kept is None:
            kept = self._mentions[number] = self._verify(number) if number in self.hit_terms else ()
        return kept

    def term(self, number: int) -> Term:
        return self._index.entry(number).term

    def _verify(self, number: int) -> tuple[Mention, ...]:
        entry = self._index.entry(number)
        found: set[Mention] = set()
        for shape in self._index.shapes(entry.words[entry.anchor], self._language):
            for start in self._hits.get(self._index.literal_id(shape.literal), ()):
                end = shape.end(self.layout.haystack, start)
                if end is None:
                    continue
                span = (
                    (start, end)
                    if len(entry.words) == 1
                    else self._phrase(entry, _before_clitic(self.layout.haystack, start, shape), end)
                )
                if span is not None and self._has_exact_case(entry.term, *span):
                    found.add(Mention(*span, number))
        return tuple(sorted(found))

    def _phrase(self, entry: _Entry, start: int, end: int) -> tuple[int, int] | None:
        """Return the span of the whole phrase whose anchor word stands at start:end, or None."""
        haystack = self.layout.haystack
        for word in entry.words[entry.anchor + 1 :]:
            gap = _GAP.match(haystack, end)
            after = self._word_from(word, gap.end() if gap else end)
            if after is None:
                return None
            end = after
        for word in reversed(entry.words[: entry.anchor]):
            before = self._word_up_to(word, start)
            if before is None:
                return None
            start = before
        return start, end

    def _word_from(self, word: int, start: int) -> int | None:
        """Return the end of the word that starts at `start`, if it is this word."""
        haystack = self.layout.haystack
        shapes = self._index.shapes(word, self._language)
        ends = (shape.end(haystack, at) for shape in shapes for at in _literals_from(haystack, start, shape))
        return max((end for end in ends if end is not None), default=None)

    def _word_up_to(self, word: int, before: int) -> int | None:
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
