"""Why a watch meets a document, or why not: the tree of its clauses, each met or not, with what was found.

The same evaluators answer as in matching, clause by clause. Hits that an `ignore` made void are told
with the phrase they lie in, and terms whose letters only occur within other words are told as such.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from monitor.match.ast import (
    AllOf,
    AnyOf,
    Context,
    Filter,
    Ignoring,
    Inside,
    Near,
    Node,
    NoneOf,
    Reference,
    Term,
    Watch,
)
from monitor.match.evaluate import (
    MAX_EVIDENCE,
    Evaluator,
    Found,
    Scope,
    Voids,
    distinct,
    evidence,
    moved_evidence,
    score,
)
from monitor.match.filters import passes
from monitor.match.scan import Mention, View
from monitor.match.tree import children
from monitor.model import Evidence

_NAMED_TERMS = 5  # of a set, in a reason


@dataclass(frozen=True, slots=True)
class Voided:
    """A hit that does not count, because it lies inside an ignored phrase."""

    hit: Evidence
    ignored_by: Evidence


@dataclass(frozen=True, slots=True)
class Explanation:
    """One clause of a watch, met or not, and why; `parts` are the clauses in it."""

    what: str
    is_met: bool
    reason: str
    mentions: tuple[Evidence, ...] = ()
    voided: tuple[Voided, ...] = ()
    parts: tuple[Explanation, ...] = ()


def explain(
    watch: Watch,
    view: View,
    matched: Mapping[str, Found],
    language: str | None,
    *,
    compile: Callable[[Node], Evaluator],  # noqa: A002  it is what is done to a tree
) -> Explanation:
    """Return the explanation of a watch: its filters, its clauses, its thresholds."""
    scope = Scope(view, matched)
    clauses = _Explainer(compile).node(watch.clause, scope, ())
    found = distinct(compile(watch.clause)(scope) or ())
    parts = (*_filters(watch.filter, view, language), clauses, *(_thresholds(watch, found, view) if found else ()))
    is_met = bool(found) and all(part.is_met for part in parts)
    failed = next((part for part in parts if not part.is_met), None)
    reason = "every part is met" if failed is None else f"{failed.what}: {failed.reason}"
    return Explanation(f"watch {watch.info.id}", is_met, reason, evidence(found, view) if is_met else (), (), parts)


def explain_entries(watch_id: str, found: Sequence[tuple[str, Explanation]]) -> Explanation:
    """Return why the entries of a ticker meet a watch; where none does, of the one that comes closest.

    Each comes with the words it starts with; its mentions stand where they do in the whole page.
    """
    met = [(start, each) for start, each in found if each.is_met]
    told = met or [max(found, key=lambda each: _closeness(each[1]))]
    parts = tuple(replace(each, what=f"entry “{start}”") for start, each in told)
    each_alone = f"each of {len(found)} entries is held against it alone"
    reason = f"{len(met)} meet it" if met else f"the closest, “{told[0][0]}”: {told[0][1].reason}"
    mentions = tuple(chain.from_iterable(each.mentions for _, each in met))[:MAX_EVIDENCE]
    return Explanation(f"watch {watch_id}", bool(met), f"{each_alone}; {reason}", mentions, (), parts)


def _closeness(explanation: Explanation) -> tuple[int, int]:
    """How much of a watch is met: its clauses, and the mentions in them."""
    below = [_closeness(part) for part in explanation.parts]
    return (
        explanation.is_met + sum(met for met, _ in below),
        len(explanation.mentions) + sum(mentions for _, mentions in below),
    )


def moved(explanation: Explanation, offset: int) -> Explanation:
    """Return the explanation of an entry with its mentions where they stand in the whole text."""
    return replace(
        explanation,
        mentions=tuple(moved_evidence(each, offset) for each in explanation.mentions),
        voided=tuple(
            Voided(moved_evidence(each.hit, offset), moved_evidence(each.ignored_by, offset))
            for each in explanation.voided
        ),
        parts=tuple(moved(part, offset) for part in explanation.parts),
    )


def _filters(wanted: Filter, view: View, language: str | None) -> tuple[Explanation, ...]:
    document = view.layout.document
    outlet = document.outlet
    each = (
        ("lang", Filter(languages=wanted.languages), sorted(wanted.languages), language or "unknown, which passes"),
        (
            "country",
            Filter(countries=wanted.countries),
            sorted(wanted.countries),
            (outlet and outlet.country) or "unknown",
        ),
        (
            "outlets",
            Filter(include=wanted.include, exclude=wanted.exclude),
            [*wanted.include, *(f"not {name}" for name in wanted.exclude)],
            outlet.id if outlet else "unknown",
        ),
    )
    return tuple(
        Explanation(f"{key} {', '.join(values)}", passes(alone, document, language), f"this one is {got}")
        for key, alone, values, got in each
        if values
    )


def _thresholds(watch: Watch, found: tuple[Mention, ...], view: View) -> tuple[Explanation, ...]:
    got = score(found, view)
    least = (("min_score", watch.min_score, got, "score"), ("min_mentions", watch.min_mentions, len(found), "mentions"))
    return tuple(
        Explanation(f"{key} {wanted}", value >= wanted, f"{value} {unit}") for key, wanted, value, unit in least
    )


class _Explainer:
    """Walks a tree beside its evaluators; `voiding` are the ignored phrases in force."""

    def __init__(self, compile: Callable[[Node], Evaluator]) -> None:  # noqa: A002  as above
        self._compile = compile

    def node(self, node: Node, scope: Scope, voiding: tuple[Mention, ...]) -> Explanation:
        match node:
            case Term():
                return self._terms("", (node,), (), scope, voiding)
            case AnyOf():
                flat = tuple(_flat(node))
                others = tuple(self.node(item, scope, voiding) for item in flat if not isinstance(item, Term))
                return self._terms(
                    "any of ", tuple(item for item in flat if isinstance(item, Term)), others, scope, voiding
                )
            case Ignoring(item, ignored):
                return self._ignoring(item, ignored, scope, voiding)
            case Near():
                return self._near(node, scope, voiding)
            case Inside(field, item):
                part = self.node(item, replace(scope, field=field), voiding)
                return replace(part, what=f"in {field.value}: {part.what}")
            case _:
                return self._whole(node, scope, voiding)

    def _whole(self, node: Node, scope: Scope, voiding: tuple[Mention, ...]) -> Explanation:
        """A node that is as met as its parts are."""
        found = self._compile(node)(scope)
        is_met = found is not None
        if isinstance(node, Reference):
            return Explanation(f"watch:{node.watch_id}", is_met, "it matches" if is_met else "it does not match")
        is_context = isinstance(node, (NoneOf, Context))
        inner = scope.of_context() if is_context else scope
        parts = tuple(self.node(child, inner, () if is_context else voiding) for child in children(node))
        what = {AllOf: "all", NoneOf: "none", Context: "with"}[type(node)]
        failed = [part for part in parts if part.is_met is isinstance(node, NoneOf)]
        reason = "; ".join(part.reason for part in failed) or "holds"
        return Explanation(what, is_met, reason, self._told(found or (), scope), (), parts)

    def _terms(
        self,
        what: str,
        terms: tuple[Term, ...],
        others: tuple[Explanation, ...],
        scope: Scope,
        voiding: tuple[Mention, ...],
    ) -> Explanation:
        found = tuple(mention for term in terms for mention in self._compile(term)(scope) or ())
        is_met = bool(found) or any(other.is_met for other in others)
        voided = self._voided(terms, scope, voiding)
        name = what + _named(terms) if terms else "any"
        if is_met:
            reason = f"{len(set(found))} mentions" if found else "one of its clauses is met"
        elif voided:
            reason = f"{voided[0].hit.term} only stands inside what is ignored ({voided[0].ignored_by.term})"
        elif hit := _hit(terms, scope.view):
            reason = f"the letters of {_named(hit)} occur, but in other words or another field"
        else:
            reason = f"{_named(terms)} does not occur" if terms else "none of its clauses is met"
        return Explanation(name, is_met, reason, self._told(found, scope), voided, others)

    def _voided(self, terms: tuple[Term, ...], scope: Scope, voiding: tuple[Mention, ...]) -> tuple[Voided, ...]:
        if scope.voids is None:
            return ()
        free = replace(scope, voids=None)
        hits = (mention for term in terms for mention in self._compile(term)(free) or ())
        pairs = ((hit, _holder(hit, voiding)) for hit in hits if scope.voids.contain(hit))
        return tuple(
            Voided(*evidence((hit,), scope.view), *evidence((holder,), scope.view))
            for hit, holder in pairs
            if holder is not None
        )

    def _ignoring(self, item: Node, ignored: Node, scope: Scope, voiding: tuple[Mention, ...]) -> Explanation:
        voids = self._compile(ignored)(replace(scope, voids=None)) or ()
        inner = replace(scope, voids=Voids.of(voids, scope.voids)) if voids else scope
        return self.node(item, inner, (*voiding, *voids))

    def _near(self, node: Near, scope: Scope, voiding: tuple[Mention, ...]) -> Explanation:
        parts = tuple(self.node(item, scope, voiding) for item in node.items)
        found = self._compile(node)(scope)
        place = "sentence" if node.is_same_sentence else "text"
        what = f"near, {node.within} words, same {place}{', in this order' if node.is_ordered else ''}"
        missing = [part for part in parts if not part.is_met]
        if found:
            reason = f"{len(found)} mentions stand close together"
        elif missing:
            reason = "; ".join(part.reason for part in missing)
        else:
            reason = self._apart(node, scope)
        return Explanation(what, found is not None, reason, self._told(found or (), scope), (), parts)

    def _apart(self, node: Near, scope: Scope) -> str:
        """Say how far apart the items are: the closest two of neighbours in the list."""
        layout = scope.view.layout
        mentions = [self._compile(item)(scope) or () for item in node.items]
        gaps = [
            (max(0, abs(layout.position(one.start) - layout.position(other.start)) // 2),
             layout.sentence(one.start) != layout.sentence(other.start))
            for these, those in pairwise(mentions)
            for one in these[:50]
            for other in those[:50]
        ]  # fmt: skip
        if not gaps:
            return "all are found, but not close together"
        within = [distance for distance, is_apart in gaps if not is_apart]
        if within:
            return f"all are found, the closest in one sentence {min(within)} words apart, or in the wrong order"
        return f"all are found, but never in one sentence (the closest {min(gaps)[0]} words apart)"

    def _told(self, found: tuple[Mention, ...], scope: Scope) -> tuple[Evidence, ...]:
        return evidence(distinct(tuple(found)), scope.view)


def _flat(node: AnyOf) -> Iterator[Node]:
    """Give the items of an `any` and of the `any`s in it."""
    for item in node.items:
        if isinstance(item, AnyOf):
            yield from _flat(item)
        else:
            yield item


def _hit(terms: tuple[Term, ...], view: View) -> tuple[Term, ...]:
    """Return the terms whose letters were hit, in whatever word."""
    hit = {view.term(number) for number in view.hit_terms}
    return tuple(term for term in terms if term in hit)


def _holder(hit: Mention, voiding: tuple[Mention, ...]) -> Mention | None:
    return next((each for each in voiding if each.start <= hit.start and hit.end <= each.end), None)


def _named(terms: tuple[Term, ...]) -> str:
    named = ", ".join(term.written for term in terms[:_NAMED_TERMS])
    return named if len(terms) <= _NAMED_TERMS else f"{named} … ({len(terms)} terms)"
