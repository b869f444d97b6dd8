"""Finding the terms of all watches in one document, in one pass.

Index interns terms and words and builds one automaton over the literals of their shapes. A Sighting
run over a Layout gives raw hits; a term's mentions are verified when first asked for, then kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from monitor.match import regex
from monitor.match.ast import Mode, Term, Word
from monitor.match.fold import fold_word
from monitor.match.forms import FormRules, Shape
from monitor.match.scripts import WORD, Kind, belongs
from monitor.match.tokens import Layout
from monitor.model import Field

# What may stand between the words of a phrase: spaces, hyphens, apostrophes, quotes; no mark that ends a thought.
_GAP = re.compile(r"[ \t\r\-'\"«»„“”·/\u200c]{0,3}")
_GAP_CHARS = frozenset(" \t\r-'\"«»„“”·/\u200c")
_HITS_MOST = 500  # of one literal in one text: no article says a word so often, a text made to cost time does
_HITS_MOST_LETTER = 5_000  # of one letter, which every word may begin with (the U of U.S.)
_KEPT_SHAPES = 20_000  # words kept with their shapes; the rest are worked out again
_MANY_PHRASES = 150  # in one text; from so many on it is worth a table to look their words up in
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
        self._others: dict[int, tuple[tuple[str, ...], ...]] = {}
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

    def others(self, number: int) -> tuple[tuple[str, ...], ...]:
        """Return, for each word of a phrase but the one searched for, the literals its forms begin with."""
        kept = self._others.get(number)
        if kept is None:
            if len(self._others) >= _KEPT_SHAPES:
                self._others = {}
            words, anchor = self._terms[number].words, self._anchors[number]
            kept = self._others[number] = tuple(map(self.roots, (*words[:anchor], *words[anchor + 1 :])))
        return kept

    def term(self, number: int) -> Term:
        return self._terms[number]

    def anchor(self, number: int) -> int:
        """Return which word of a term is searched for."""
        return self._anchors[number]

    def scan(self, haystack: str) -> dict[int, list[int]]:
        """Return where each literal stands, overlapping ones too: {literal: starts}, the first 500 of each."""
        hits: dict[int, list[int]] = {}
        if self._automaton is not None:
            if not haystack.isascii():  # a lone surrogate, which a broken page may hold, cannot be encoded
                haystack = regex.SURROGATES.sub("\ufffd", haystack)
            for literal, start, _ in self._automaton.find_matches_as_indexes(haystack, overlapping=True):
                hits.setdefault(literal, []).append(start)
        for literal, starts in hits.items():
            if len(starts) > _HITS_MOST:
                del starts[_HITS_MOST_LETTER if len(self.literals[literal]) == 1 else _HITS_MOST :]
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

    def __init__(
        self,
        index: Index,
        layout: Layout,
        hits: Mapping[int, list[int]],
        language: str | None,
        *,
        is_title_its_own: bool = True,
    ) -> None:
        self._index = index
        self.layout = layout
        self.counted_from = 0 if is_title_its_own else layout.text_start  # mentions before it are context only
        self._hits = hits
        self._language = language
        self.hit_terms: frozenset[int] = self._hit_terms()
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

    def _hit_terms(self) -> frozenset[int]:
        """Return the terms that may stand in the text: hit, and the other words of a phrase stand somewhere too.

        Most phrases fail here, long before their watch is held against the text.
        """
        hit = set(chain.from_iterable(self._index.terms_of[literal] for literal in self._hits))
        others = {number: others for number in hit if (others := self._index.others(number))}
        occurs = _Occurs(self.layout.haystack, is_worth_a_table=len(others) > _MANY_PHRASES)
        hit.difference_update(
            number for number, words in others.items() if not all(any(map(occurs, roots)) for roots in words)
        )
        return frozenset(hit)

    def _patterns(self, number: int, term: Term) -> tuple[Mention, ...]:
        """Look for a pattern in the title and in the text, never across the two."""
        split, haystack = self.layout.text_start, self.layout.haystack
        title = (Mention(start, end, number) for start, end in regex.find(term, haystack[: split - 1]))
        text = (Mention(split + start, split + end, number) for start, end in regex.find(term, haystack[split:]))
        return (*title, *text)

    def _phrase(self, term: Term, anchor: int, start: int, end: int) -> tuple[int, int] | None:
        """Return the span of the whole phrase whose anchor word stands at start:end, or None."""
        haystack = self.layout.haystack
        dotted = _dotted(term)
        for at, word in enumerate(term.words[anchor + 1 :], start=anchor):
            end += self._is_crossed(end, is_written=at in dotted)
            gap = _GAP.match(haystack, end)
            after = self._word_from(word, gap.end() if gap else end)
            if after is None:
                return None
            end = after
        for at in range(anchor - 1, -1, -1):
            before = self._word_up_to(term.words[at], start, is_written=at in dotted)
            if before is None:
                return None
            start = before
        return start, end

    def _is_crossed(self, place: int, *, is_written: bool) -> bool:
        """Whether a point stands there that parts no phrase: the term has it too, or it is an abbreviation's."""
        return self.layout.haystack.startswith(".", place) and (is_written or self.layout.is_abbreviation(place))

    def _word_from(self, word: Word, start: int) -> int | None:
        """Return the end of the word that starts at `start`, if it is this word."""
        haystack = self.layout.haystack
        shapes = self._index.shapes(word, self._language)
        ends = (shape.end(haystack, at) for shape in shapes for at in _literals_from(haystack, start, shape))
        return max((end for end in ends if end is not None), default=None)

    def _word_up_to(self, word: Word, before: int, *, is_written: bool) -> int | None:
        """Return the start of the word that ends just before `before`, but for a gap, if it is this word."""
        haystack = self.layout.haystack
        end = before
        while end > 0 and before - end < 3 and haystack[end - 1] in _GAP_CHARS:
            end -= 1
        end -= end > 0 and self._is_crossed(end - 1, is_written=is_written)
        starts: list[int] = []
        for shape in self._index.shapes(word, self._language):
            start = _start_of_word(haystack, end, shape)
            starts += (at for at in _literals_from(haystack, start, shape) if shape.end(haystack, at) == end)
        return min(starts, default=None)

    def _has_exact_case(self, term: Term, start: int, end: int) -> bool:
        if all(word.mode is not Mode.EXACT for word in term.words):
            return True
        wanted = term.written.removeprefix("=").strip()
        words = list(WORD.finditer(wanted))  # marks before the first and after the last word lie outside the span
        before, after = (words[0].start(), len(wanted) - words[-1].end()) if words else (0, 0)
        field, first, last = self.layout.locate(start, end)
        source = self.layout.document.title if field is Field.TITLE else self.layout.document.text
        found = unicodedata.normalize("NFC", source[max(0, first - before) : last + after])
        return " ".join(found.split()) == wanted


class _Occurs:
    """Tells whether some letters stand in a text; a table of its fours of letters answers most questions with no."""

    def __init__(self, haystack: str, *, is_worth_a_table: bool) -> None:
        self._haystack = haystack
        self._fours: frozenset[str] | None = None
        if is_worth_a_table:
            self._fours = frozenset(haystack[at : at + 4] for at in range(len(haystack) - 3))

    def __call__(self, letters: str) -> bool:
        if self._fours is not None and len(letters) >= 4 and letters[:4] not in self._fours:
            return False
        return letters in self._haystack


@lru_cache(maxsize=20_000)
def _dotted(term: Term) -> frozenset[int]:
    """Return which words of a phrase the user wrote with a point behind them (U.S. Army: both letters)."""
    if "." not in term.written:
        return frozenset()
    written = fold_word(term.written)
    return frozenset(at for at, found in enumerate(WORD.finditer(written)) if written.startswith(".", found.end()))


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
