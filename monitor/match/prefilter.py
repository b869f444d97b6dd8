"""Which watches can a text meet at all? Told from the terms that were hit, without looking at any tree.

Every watch has covers: sets of terms each of which must have a hit. One of them, the rarest, is its
anchor: a watch is looked at when its anchor is hit, and is a candidate when all its other covers are hit
too. Equal covers are one, so ten thousand watches on one shared set cost as much as one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from monitor.match.ast import Cover, Covers, Term, Watch, cost_by_length

_HALF_LIFE = 2_000  # documents after which what was learned weighs half
_ENOUGH = 200  # documents from which counts are worth more than a guess by length


@dataclass(frozen=True, slots=True)
class Frequencies:
    """How often terms were hit, by their longest word; older documents weigh less. A value: learning makes another."""

    counts: Mapping[str, float] = field(default_factory=dict)
    documents: float = 0.0

    def learn(self, hits: Iterable[Iterable[Term]]) -> Frequencies:
        """Return what is known once more documents, each given by its hit terms, were seen."""
        seen = [{_key(term) for term in terms} for terms in hits]
        fresh = Counter(key for keys in seen for key in keys)
        faded = 0.5 ** (len(seen) / _HALF_LIFE)
        counts = {key: count * faded for key, count in self.counts.items() if count * faded > 0.01}
        for key, count in fresh.items():
            counts[key] = counts.get(key, 0.0) + count
        return Frequencies(MappingProxyType(counts), self.documents * faded + len(seen))

    def cost(self, cover: Cover) -> float:
        """Return how often a cover is hit, per document; a guess by length until enough was seen."""
        if self.documents < _ENOUGH:
            return cost_by_length(cover)
        # What was never hit in so many documents is rarer than one in them; length still tells how much rarer.
        return sum(self.counts.get(_key(term), 0.0) for term in cover) / self.documents + cost_by_length(cover) / (
            1 + self.documents
        )


def _key(term: Term) -> str:
    return max((word.text for word in term.words), key=len, default="")


class Prefilter:
    """Terms that were hit in, numbers of the watches that may hold out. Not changed once built."""

    def __init__(self, watches: Sequence[Watch], ids: Mapping[Term, int], frequencies: Frequencies) -> None:
        covers = Covers(watches, frequencies.cost)
        numbers: dict[Cover, int] = {}
        costs: dict[int, float] = {}
        watches_of: dict[int, list[int]] = {}
        always: list[int] = []
        rest: list[tuple[int, ...]] = []
        for watch_number, watch in enumerate(watches):
            found = covers.of(watch.clause)
            mine = tuple(numbers.setdefault(cover, len(numbers)) for cover in found)
            if not mine:
                always.append(watch_number)
                rest.append(())
                continue
            anchor = mine[0]
            if len(mine) > 1:
                for number, cover in zip(mine, found, strict=True):
                    if number not in costs:
                        costs[number] = frequencies.cost(cover)
                anchor = min(mine, key=costs.__getitem__)
            watches_of.setdefault(anchor, []).append(watch_number)
            rest.append(tuple(number for number in mine if number != anchor) if len(mine) > 1 else ())
        self._always = tuple(always)
        self._rest = tuple(rest)
        self._watches_of = {number: tuple(found) for number, found in watches_of.items()}
        self._covers_of = _covers_of(numbers, ids)

    def candidates(self, hit_terms: Iterable[int]) -> list[int]:
        """Return the watches that may hold, in their order."""
        hit: set[int] = set()
        covers_of, watches_of, rest = self._covers_of, self._watches_of, self._rest
        for term in hit_terms:
            hit.update(covers_of.get(term, ()))
        found = list(self._always)
        for cover in hit:
            anchored = watches_of.get(cover)
            if anchored is not None:
                found += [number for number in anchored if hit.issuperset(rest[number])]
        return sorted(found)


def _covers_of(numbers: Mapping[Cover, int], ids: Mapping[Term, int]) -> dict[int, tuple[int, ...]]:
    found: dict[int, list[int]] = {}
    for cover, number in numbers.items():
        for term in cover:
            found.setdefault(ids[term], []).append(number)
    return {term: tuple(mine) for term, mine in found.items()}
