"""What a watch says, as a tree: the one shape behind lists, clauses and query strings.

Leaves are Terms (one word, or several as a phrase); everything else combines them. A tree says
nothing about how text is searched. Covers name what must occur for a tree to hold at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache

from monitor.model import Field, WatchInfo


class Mode(StrEnum):
    """How freely a word may appear."""

    PLAIN = "plain"  # any case, any accent, with its inflections
    EXACT = "exact"  # =Word: exactly so, case counts
    PREFIX = "prefix"  # stem*: any letters after
    REGEX = "regex"  # /pattern/: the term's `written` is the pattern, the word is a literal in every match


@dataclass(frozen=True, slots=True)
class Word:
    """One folded word of a term. `language` only chooses endings; exact terms are compared as a whole."""

    text: str
    language: str | None = None
    mode: Mode = Mode.PLAIN

    def __hash__(self) -> int:
        return hash(self.text)  # a string remembers its hash; there may be 200,000 of these


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a phrase, with what the user wrote for it."""

    written: str
    words: tuple[Word, ...]

    def __hash__(self) -> int:
        return hash(self.written)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Holds where one of its items does; all that hold give mentions."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Holds where all of its items do."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """Holds where its item does not; gives no mentions."""

    item: Node


@dataclass(frozen=True, slots=True)
class Context:
    """Holds where its item does, but gives no mentions (`with`)."""

    item: Node


@dataclass(frozen=True, slots=True)
class Near:
    """Holds where every item is mentioned within `within` words, in one sentence or anywhere in the text."""

    items: tuple[Node, ...]
    within: int
    is_same_sentence: bool = True
    is_ordered: bool = False


@dataclass(frozen=True, slots=True)
class Inside:
    """Its item, looked for in one field only (`in`)."""

    field: Field
    item: Node


@dataclass(frozen=True, slots=True)
class Ignoring:
    """Its item, where mentions inside a mention of `ignored` do not count."""

    item: Node
    ignored: Node


@dataclass(frozen=True, slots=True)
class Reference:
    """Another watch, whole: its filters and thresholds included."""

    watch_id: str


Node = Term | AnyOf | AllOf | NoneOf | Context | Near | Inside | Ignoring | Reference


@dataclass(frozen=True, slots=True)
class Filter:
    """What must be known of a document before its text is looked at.

    Languages and countries exclude what is known to be another; an unknown one passes.
    """

    languages: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


SHADOW_FOR_GOOD = timedelta.max


@dataclass(frozen=True, slots=True)
class Watch:
    """A rule: what to look for, and how much of it is enough."""

    info: WatchInfo
    clause: Node
    min_score: int
    min_mentions: int
    filter: Filter
    shadow: timedelta | None = (
        None  # so long it matches without telling anyone; SHADOW_FOR_GOOD: until that is taken out
    )


@dataclass(frozen=True, slots=True)
class Rules:
    """All watches as loaded, in the user's order."""

    watches: tuple[Watch, ...]

    @property
    def infos(self) -> tuple[WatchInfo, ...]:
        return tuple(watch.info for watch in self.watches)

    @property
    def uncovered(self) -> tuple[str, ...]:
        """The ids of watches for which no word need occur: each is held against every article."""
        covers = Covers(self.watches)
        return tuple(watch.info.id for watch in self.watches if not covers.of(watch.clause))


Cover = frozenset[Term]
Cost = Callable[[Cover], float]


def cost_by_length(cover: Cover) -> float:
    """How often a cover may be hit, guessed: long terms are rare, and few are rarer than many."""
    return sum(_rarity(term) for term in cover)


def _rarity(term: Term) -> float:
    words = term.words
    length = len(words[0].text) if len(words) == 1 else max((len(word.text) for word in words), default=0)
    return _RARITY[min(length, len(_RARITY) - 1)]


_RARITY = tuple(4.0**-length for length in range(9))  # of a word of so many letters


class Covers:
    """Tells what must occur for a tree to hold at all: sets of terms each of which must have a hit.

    Only necessary conditions: a watch may be skipped when one of its covers has no hit, never the other
    way round. A reference needs what the watch behind it needs. Answers are kept for shared trees.
    """

    def __init__(self, watches: Iterable[Watch], cost: Cost = cost_by_length) -> None:
        self._clauses = {watch.info.id: watch.clause for watch in watches}
        self._cost = cache(cost)  # a cover of a shared set is weighed in every clause it stands in
        self._kept: dict[int, tuple[Node, tuple[Cover, ...]]] = {}  # by identity; the node keeps its id taken

    def of(self, node: Node) -> tuple[Cover, ...]:  # noqa: PLR0911  one arm per kind of node
        """Return the covers of a tree; none where nothing is needed."""
        match node:
            case Term():
                return (frozenset((node,)),)
            case AnyOf(items):
                if len(items) < _WORTH_KEEPING:
                    return self._of_any(items)
                kept = self._kept.get(id(node))
                if kept is None:
                    kept = self._kept[id(node)] = (node, self._of_any(items))
                return kept[1]
            case AllOf(items) | Near(items):
                return tuple(dict.fromkeys(cover for item in items for cover in self.of(item)))
            case NoneOf():
                return ()
            case Reference(watch_id):
                return self.of(self._clauses[watch_id]) if watch_id in self._clauses else ()
            case Context(item) | Inside(_, item) | Ignoring(item, _):
                return self.of(item)

    def _of_any(self, items: tuple[Node, ...]) -> tuple[Cover, ...]:
        terms = [item for item in items if isinstance(item, Term)]
        others = [self.of(item) for item in items if not isinstance(item, Term)]
        if not items or not all(others):
            return ()
        return (frozenset(terms).union(*(each[0] if len(each) == 1 else min(each, key=self._cost) for each in others)),)


_WORTH_KEEPING = 8  # items; smaller `any`s are rarely shared
