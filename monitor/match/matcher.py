"""Which watches does this document meet? One pass over the text, then only watches that can hold.

A Matcher never changes once it is built: threads may share it, and new rules are a new Matcher.
The automaton's hits choose candidates by a cover each watch must have hit; candidates are evaluated.
"""

from __future__ import annotations

from dataclasses import dataclass

from monitor.match.ast import Rules, Watch, covers
from monitor.match.evaluate import Evaluator, Found, Scope, compile_node, distinct, evidence, score
from monitor.match.filters import passes, primary_language
from monitor.match.forms import Endings, FormRules
from monitor.match.scan import Index, View
from monitor.match.tokens import Layout
from monitor.match.tree import known_words, references, terms_of
from monitor.model import Document, Match, WatchInfo


@dataclass(frozen=True, slots=True)
class _Ready:
    """A watch ready to be held against a view."""

    watch: Watch
    holds: Evaluator
    needed: tuple[frozenset[int], ...]  # of each, one term must be hit
    refers_to: tuple[str, ...]


class Matcher:
    """Holds all watches against documents. Immutable; safe to share between threads."""

    def __init__(self, rules: Rules, *, forms: FormRules | None = None) -> None:
        self.rules = rules
        terms = tuple(dict.fromkeys(term for watch in rules.watches for term in terms_of(watch.clause)))
        self._index = Index(terms, forms or Endings(known_words(terms)))
        self._ready = {watch.info.id: self._prepare(watch) for watch in rules.watches}

    @property
    def infos(self) -> tuple[WatchInfo, ...]:
        return self.rules.infos

    def _prepare(self, watch: Watch) -> _Ready:
        ids = self._index.ids
        needed = tuple(frozenset(ids[term] for term in cover) for cover in covers(watch.clause))
        return _Ready(watch, compile_node(watch.clause, self._index), needed, tuple(references(watch.clause)))

    def match(self, document: Document) -> tuple[Match, ...]:
        """Return the watches this document meets, in the order of the rules, with their evidence."""
        language = primary_language(document.language)
        wanted = [ready for ready in self._ready.values() if passes(ready.watch.filter, document, language)]
        if not wanted:
            return ()
        layout = Layout(document)
        view = View(self._index, layout, self._index.scan(layout.haystack), language)
        held: dict[str, Found] = {}
        found = ((ready, self._meets(ready, view, language, held)) for ready in wanted)
        return tuple(
            Match(ready.watch.info.id, score(mentions, view), evidence(mentions, view))
            for ready, mentions in found
            if mentions is not None
        )

    def _meets(self, ready: _Ready, view: View, language: str | None, held: dict[str, Found]) -> Found:
        """Whether a watch matches, thresholds and filters included; asks each watch once per document."""
        watch = ready.watch
        if watch.info.id not in held:
            held[watch.info.id] = self._judge(ready, view, language, held)
        return held[watch.info.id]

    def _judge(self, ready: _Ready, view: View, language: str | None, held: dict[str, Found]) -> Found:
        if any(needed.isdisjoint(view.hit_terms) for needed in ready.needed):
            return None
        watch = ready.watch
        if not passes(watch.filter, view.layout.document, language):
            return None
        for watch_id in ready.refers_to:
            self._meets(self._ready[watch_id], view, language, held)
        found = ready.holds(Scope(view, held))
        if not found:
            return None
        mentions = distinct(found)
        is_enough = len(mentions) >= watch.min_mentions and score(mentions, view) >= watch.min_score
        return mentions if is_enough else None
