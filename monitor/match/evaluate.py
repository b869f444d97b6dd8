"""From mentions of terms to a watch that holds: the meaning of every node of the tree.

A tree is compiled once into closures over an Index. A closure answers None where its node does not
hold, else the mentions that made it hold, which may be none. Mentions inside ignored phrases are void
for any, all and near; context (`with`) and `none` look at everything.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from monitor.match.ast import AllOf, AnyOf, Context, Ignoring, Inside, Near, Node, NoneOf, Reference, Term
from monitor.match.scan import Index, Mention, View
from monitor.model import Evidence, Field

Found = tuple[Mention, ...] | None
SCORES = {Field.TITLE: 3, Field.LEAD: 2, Field.BODY: 1}
COUNTED_PER_FIELD = 3  # a name repeated in every paragraph says no more than one said three times
MAX_EVIDENCE = 50  # mentions told per match; a ticker of a whole day has hundreds


@dataclass(frozen=True, slots=True)
class Voids:
    """Stretches whose mentions do not count, in order of their starts, with the furthest end reached up to each."""

    starts: tuple[int, ...]
    reached: tuple[int, ...]

    @classmethod
    def of(cls, mentions: tuple[Mention, ...], outer: Voids | None) -> Voids:
        """Return the voids of some mentions, together with those already in force."""
        spans = [(each.start, each.end) for each in mentions]
        if outer is not None:
            spans += zip(outer.starts, outer.reached, strict=True)
        spans.sort()
        return cls(tuple(start for start, _ in spans), tuple(accumulate((end for _, end in spans), max)))

    def contain(self, mention: Mention) -> bool:
        """Whether a mention lies inside one stretch."""
        at = bisect_right(self.starts, mention.start) - 1
        return at >= 0 and mention.end <= self.reached[at]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a node is looked for: a view, perhaps one field of it, without what is ignored."""

    view: View
    matched: Mapping[str, Found]  # what the watches that are referred to found
    field: Field | None = None
    voids: Voids | None = None
    is_context: bool = False  # looks at everything: at what is ignored, and at the title above an entry

    def mentions(self, number: int) -> tuple[Mention, ...]:
        found = self.view.mentions(number)
        if self.view.counted_from and not self.is_context:
            found = tuple(each for each in found if each.start >= self.view.counted_from)
        if self.field is not None:
            found = tuple(each for each in found if self.view.layout.locate(each.start, each.end)[0] is self.field)
        if self.voids is not None:
            found = tuple(each for each in found if not self.voids.contain(each))
        return found

    def of_context(self) -> Scope:
        """Return the scope in which `with` and `none` look."""
        return replace(self, voids=None, is_context=True)


Evaluator = Callable[[Scope], Found]


_WORTH_KEEPING = 8  # items; smaller `any`s are rarely shared


class Compiler:
    """Compiles trees for one index; a set that stands in many watches is compiled once."""

    def __init__(self, ids: Mapping[Term, int]) -> None:
        self._ids = ids
        self._kept: dict[int, tuple[Node, Evaluator]] = {}  # by identity; the node keeps its id taken

    def compile(self, node: Node) -> Evaluator:  # noqa: PLR0911  one arm per kind of node
        """Return a function that tells whether `node` holds in a scope, and by which mentions."""
        match node:
            case Term():
                number = self._ids[node]
                return lambda scope: scope.mentions(number) or None
            case AnyOf():
                return self._any(node)
            case AllOf(items):
                return _all_of(tuple(self.compile(item) for item in items))
            case NoneOf(item):
                absent = self.compile(item)
                return lambda scope: () if absent(scope.of_context()) is None else None
            case Context(item):
                present = self.compile(item)
                return lambda scope: None if present(scope.of_context()) is None else ()
            case Near():
                return _near(node, tuple(self.compile(item) for item in node.items))
            case Inside(field, item):
                inner = self.compile(item)
                return lambda scope: inner(replace(scope, field=field))
            case Ignoring(item, ignored):
                return _ignoring(self.compile(item), self.compile(ignored))
            case Reference(watch_id):
                return lambda scope: scope.matched[watch_id]

    def _any(self, node: AnyOf) -> Evaluator:
        kept = self._kept.get(id(node))
        if kept is not None:
            return kept[1]
        evaluator = _any_of(*self._split(node))
        if len(node.items) >= _WORTH_KEEPING:
            self._kept[id(node)] = (node, evaluator)
        return evaluator

    def _split(self, node: AnyOf) -> tuple[frozenset[int], tuple[Evaluator, ...]]:
        """Take the terms out of nested `any`s, so that a set of hundreds costs one intersection."""
        terms: set[int] = set()
        others: list[Evaluator] = []
        waiting: list[Node] = list(node.items)
        while waiting:
            item = waiting.pop()
            if isinstance(item, Term):
                terms.add(self._ids[item])
            elif isinstance(item, AnyOf):
                if len(item.items) < _WORTH_KEEPING:
                    waiting += item.items
                else:
                    others.append(self._any(item))
            else:
                others.append(self.compile(item))
        return frozenset(terms), tuple(others)


def compile_node(node: Node, index: Index) -> Evaluator:
    """Return a function that tells whether `node` holds in a scope, and by which mentions."""
    return Compiler(index.ids).compile(node)


def _any_of(terms: frozenset[int], others: tuple[Evaluator, ...]) -> Evaluator:
    def holds(scope: Scope) -> Found:
        hit = scope.view.hit_terms
        if not others and terms.isdisjoint(hit):
            return None
        # A set names one word in twenty languages: one place is one mention, of the first of them.
        places: dict[tuple[int, int], Mention] = {}
        for number in sorted(terms & hit):
            for mention in scope.mentions(number):
                places.setdefault(mention[:2], mention)
        is_held = bool(places)
        for other in others:
            more = other(scope)
            if more is not None:
                is_held = True
                for mention in more:
                    places.setdefault(mention[:2], mention)
        return _in_order(list(places.values())) if is_held else None

    return holds


def _all_of(items: tuple[Evaluator, ...]) -> Evaluator:
    def holds(scope: Scope) -> Found:
        found: list[Mention] = []
        for item in items:
            more = item(scope)
            if more is None:
                return None
            found += more
        return _in_order(found)

    return holds


def _in_order(found: list[Mention]) -> tuple[Mention, ...]:
    return tuple(found) if len(found) < 2 else tuple(sorted(set(found)))


def _ignoring(item: Evaluator, ignored: Evaluator) -> Evaluator:
    def holds(scope: Scope) -> Found:
        voids = ignored(replace(scope, voids=None))
        return item(replace(scope, voids=Voids.of(voids, scope.voids)) if voids else scope)

    return holds


@dataclass(frozen=True, slots=True)
class _Placed:
    """A mention as near sees it: sentence, first and last position in half words, which item it is of."""

    sentence: int
    first: int
    last: int
    item: int
    mention: Mention


def _near(node: Near, items: tuple[Evaluator, ...]) -> Evaluator:
    reach = 2 * node.within  # positions are half words

    def holds(scope: Scope) -> Found:
        placed: list[_Placed] = []
        for number, item in enumerate(items):
            found = item(scope)
            if not found:
                return None
            placed += (_place(mention, number, scope.view, is_same_sentence=node.is_same_sentence) for mention in found)
        placed.sort(key=lambda each: (each.sentence, each.first, each.last, each.item))
        groups = _ordered(placed, len(items), reach) if node.is_ordered else _windows(placed, len(items), reach)
        near = {each.mention for group in groups for each in group}
        return tuple(sorted(near)) or None

    return holds


def _place(mention: Mention, item: int, view: View, *, is_same_sentence: bool) -> _Placed:
    layout = view.layout
    sentence = layout.sentence(mention.start) if is_same_sentence else 0
    return _Placed(sentence, layout.position(mention.start), layout.position(mention.end - 1), item, mention)


def _windows(placed: Sequence[_Placed], items: int, reach: int) -> Iterator[Sequence[_Placed]]:
    """Give every stretch in which all items stand within reach, each mention at most twice."""
    counts = [0] * items
    left = told = 0
    for right, last in enumerate(placed):
        counts[last.item] += 1
        while placed[left].sentence != last.sentence or last.first - placed[left].last > reach:
            counts[placed[left].item] -= 1
            left += 1
        if all(counts):
            yield placed[max(left, told) : right + 1]
            told = right + 1


def _ordered(placed: Sequence[_Placed], items: int, reach: int) -> Iterator[Sequence[_Placed]]:
    """Give every chain in which the items follow one another within reach: for each last one the closest before it."""
    by_item = [[each for each in placed if each.item == number] for number in range(items)]
    keys = [[(each.sentence, each.first) for each in row] for row in by_item]
    for last in by_item[-1]:
        chain = [last]
        for number in range(items - 2, -1, -1):
            at = bisect_left(keys[number], (chain[-1].sentence, chain[-1].first)) - 1
            if at < 0 or by_item[number][at].sentence != last.sentence:
                break
            chain.append(by_item[number][at])
        if len(chain) == items and last.first - chain[-1].last <= reach:
            yield chain


def distinct(mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """Drop mentions that lie inside another: `Kim` in `Kim Jong Un` is one mention, not two."""
    kept: list[Mention] = []
    reached = -1
    for mention in sorted(mentions, key=lambda each: (each.start, -each.end, each.term)):
        if mention.end > reached:
            kept.append(mention)
            reached = mention.end
    return tuple(kept)


def evidence(mentions: Sequence[Mention], view: View) -> tuple[Evidence, ...]:
    """Return the mentions as the reader of an alert sees them."""
    told = []
    for mention in mentions[:MAX_EVIDENCE]:
        field, start, end = view.layout.locate(mention.start, mention.end)
        told.append(
            Evidence(field, view.term(mention.term).written, view.layout.snippet(field, start, end), start, end)
        )
    return tuple(told)


def moved_evidence(told: Evidence, offset: int) -> Evidence:
    """Return what was told of an entry whose text starts at `offset`, as told of the whole page."""
    if told.field is Field.TITLE:
        return told
    return replace(told, start=told.start + offset, end=told.end + offset)


def score(mentions: Sequence[Mention], view: View) -> int:
    """Return 3 for each mention in the title, 2 in the lead, 1 in the body; three mentions count per field."""
    counts = dict.fromkeys(Field, 0)
    for mention in mentions:
        counts[view.layout.locate(mention.start, mention.end)[0]] += 1
    return sum(SCORES[field] * min(count, COUNTED_PER_FIELD) for field, count in counts.items())
