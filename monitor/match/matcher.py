"""Which watches does this document meet? One pass over the text, then only watches that can hold.

A Matcher never changes what it answers once it is built: threads may share it, and new rules are a new
Matcher, built beside the running one. The automaton's hits choose candidates (prefilter); only these are
evaluated, each compiled when it is first needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from monitor.match.ast import Filter, Rules, Watch
from monitor.match.evaluate import (
    MAX_EVIDENCE,
    Compiler,
    Evaluator,
    Found,
    Scope,
    distinct,
    evidence,
    moved_evidence,
    score,
)
from monitor.match.explain import Explanation, explain, explain_entries, moved
from monitor.match.filters import passes, primary_language
from monitor.match.forms import Endings, FormRules
from monitor.match.heap import uncollected
from monitor.match.prefilter import Frequencies, Prefilter
from monitor.match.rounds import Entry, entries
from monitor.match.scan import Index, View
from monitor.match.tokens import Layout
from monitor.match.tree import all_terms, known_words
from monitor.model import Document, Match, WatchInfo

_OPENING_MOST = 60  # characters of an entry by which an explanation names it
_KEPT_EVALUATORS = 20_000  # watches kept compiled; the rest are compiled again when they are candidates again


class Matcher:
    """Holds all watches against documents. Immutable; safe to share between threads."""

    def __init__(
        self,
        rules: Rules,
        *,
        forms: FormRules | None = None,
        frequencies: Frequencies | None = None,
        index: Index | None = None,
    ) -> None:
        """Compile rules; `frequencies` is what an earlier Matcher learned, `index` one of the same rules."""
        self.rules = rules
        self.frequencies = frequencies or Frequencies()
        with uncollected():
            self.index = index or _build_index(rules, forms)
            self._numbers: Mapping[str, int] = {watch.info.id: at for at, watch in enumerate(rules.watches)}
            self._filters = tuple(dict.fromkeys(watch.filter for watch in rules.watches))
            self._prefilter = Prefilter(rules.watches, self.index.ids, self.frequencies)
        self._compiler = Compiler(self.index.ids)
        self._evaluators: dict[int, Evaluator] = {}

    @property
    def infos(self) -> tuple[WatchInfo, ...]:
        return self.rules.infos

    def match(self, document: Document) -> tuple[Match, ...]:
        """Return the watches this document meets, in the order of the rules, with their evidence.

        A ticker or round-up meets a watch where one of its entries does.
        """
        parts = entries(document)
        if len(parts) == 1:
            return self._match(parts[0])
        if not self.candidates(document):
            return ()
        by_watch: dict[str, list[Match]] = {}
        for entry in parts:
            for match in self._match(entry):
                by_watch.setdefault(match.watch_id, []).append(_moved(match, entry.offset))
        return tuple(_together(by_watch[watch_id]) for watch_id in sorted(by_watch, key=self.number))

    def _match(self, entry: Entry) -> tuple[Match, ...]:
        language = primary_language(entry.document.language)
        if not any(passes(wanted, entry.document, language) for wanted in self._filters):
            return ()
        view = self._view(entry, language)
        reading = _Reading(self, view, language)
        ids = (self.rules.watches[number].info.id for number in self._prefilter.candidates(view.hit_terms))
        found = ((watch_id, reading[watch_id]) for watch_id in ids)
        return tuple(
            Match(watch_id, reading.scores[watch_id], evidence(mentions, view))
            for watch_id, mentions in found
            if mentions is not None
        )

    def candidates(self, document: Document) -> tuple[str, ...]:
        """Return the watches that are held against a document, its filters aside: never fewer than match."""
        view = self._view(Entry(0, document), primary_language(document.language))
        return tuple(self.rules.watches[at].info.id for at in self._prefilter.candidates(view.hit_terms))

    def explain(self, document: Document, watch_id: str) -> Explanation:
        """Return why a watch meets a document, or which of its clauses is not met; raises KeyError for no watch.

        A ticker or round-up is explained as it is matched: by those of its entries that meet the watch, or the one
        that comes closest.
        """
        parts = entries(document)
        if len(parts) == 1:
            return self._explain(parts[0], watch_id)
        found = ((entry, moved(self._explain(entry, watch_id), entry.offset)) for entry in parts)
        return explain_entries(watch_id, [(_opening(entry), each) for entry, each in found])

    def _explain(self, entry: Entry, watch_id: str) -> Explanation:
        language = primary_language(entry.document.language)
        view = self._view(entry, language)
        watch = self.rules.watches[self._numbers[watch_id]]
        return explain(watch, view, _Reading(self, view, language), language, compile=self._compiler.compile)

    def learn(self, documents: Iterable[Document]) -> Matcher:
        """Return a matcher of the same rules that knows from these documents which words are rare.

        It answers the same; only which watches it looks at first changes. Worth it from thousands of watches.
        """
        hits = (
            [view.term(number) for number in view.hit_terms]
            for view in (self._view(Entry(0, document), primary_language(document.language)) for document in documents)
        )
        return Matcher(self.rules, frequencies=self.frequencies.learn(hits), index=self.index)

    def _view(self, entry: Entry, language: str | None) -> View:
        layout = Layout(entry.document)
        hits = self.index.scan(layout.haystack)
        return View(self.index, layout, hits, language, is_title_its_own=entry.is_title_its_own)

    def evaluator(self, number: int) -> Evaluator:
        """Return a watch compiled, kept for the next article."""
        kept = self._evaluators.get(number)
        if kept is None:
            if len(self._evaluators) >= _KEPT_EVALUATORS:
                self._evaluators = {}
            kept = self._evaluators[number] = self._compiler.compile(self.rules.watches[number].clause)
        return kept

    def number(self, watch_id: str) -> int:
        return self._numbers[watch_id]


def _moved(match: Match, offset: int) -> Match:
    """Return a match of an entry with its evidence where it stands in the whole text."""
    return replace(match, evidence=tuple(moved_evidence(each, offset) for each in match.evidence))


def _opening(entry: Entry) -> str:
    """Return the words an entry starts with, to tell it from the others."""
    text = entry.document.text.strip() or (entry.document.title if entry.is_title_its_own else "")
    return " ".join(text[:_OPENING_MOST].split())


def _together(matches: Sequence[Match]) -> Match:
    """Return what several entries of one page say to a watch: the best score, the evidence of all."""
    told = tuple(chain.from_iterable(match.evidence for match in matches))[:MAX_EVIDENCE]
    return Match(matches[0].watch_id, max(match.score for match in matches), told)


def _build_index(rules: Rules, forms: FormRules | None) -> Index:
    terms = all_terms(watch.clause for watch in rules.watches)
    return Index(terms, forms or Endings(known_words(terms)))


class _Reading(dict[str, Found]):
    """One document being held against watches: by id, the mentions by which each matches, asked when first needed."""

    def __init__(self, matcher: Matcher, view: View, language: str | None) -> None:
        super().__init__()
        self._matcher = matcher
        self._view = view
        self._language = language
        self._scope = Scope(view, self)
        self._passing: dict[Filter, bool] = {}
        self.scores: dict[str, int] = {}  # of the watches that match

    def __missing__(self, watch_id: str) -> Found:
        """Whether a watch matches, thresholds and filters included."""
        number = self._matcher.number(watch_id)
        found = self[watch_id] = self._judge(number, self._matcher.rules.watches[number])
        return found

    def _judge(self, number: int, watch: Watch) -> Found:
        if not self._passes(watch.filter):
            return None
        found = self._matcher.evaluator(number)(self._scope)
        if not found:
            return None
        mentions = distinct(found)
        scored = score(mentions, self._view) if len(mentions) >= watch.min_mentions else 0
        if scored < watch.min_score:
            return None
        self.scores[watch.info.id] = scored
        return mentions

    def _passes(self, wanted: Filter) -> bool:
        known = self._passing.get(wanted)
        if known is None:
            known = self._passing[wanted] = passes(wanted, self._view.layout.document, self._language)
        return known
