"""What a watch says, as a tree: the one shape behind lists, clauses and query strings.

Leaves are Terms (one word, or several as a phrase); everything else combines them. A tree says
nothing about how text is searched. `covers` names what must occur for a tree to hold at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from monitor.model import Field, WatchInfo


class Mode(StrEnum):
    """How freely a word may appear."""

    PLAIN = "plain"  # any case, any accent, with its inflections
    EXACT = "exact"  # =Word: exactly so, case counts
    PREFIX = "prefix"  # stem*: any letters after


@dataclass(frozen=True, slots=True)
class Word:
    """One folded word of a term. `language` only chooses endings; exact terms are compared as a whole."""

    text: str
    language: str | None = None
    mode: Mode = Mode.PLAIN


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a phrase, with what the user wrote for it."""

    written: str
    words: tuple[Word, ...]


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


@dataclass(frozen=True, slots=True)
class Watch:
    """A rule: what to look for, and how much of it is enough."""

    info: WatchInfo
    clause: Node
    min_score: int
    min_mentions: int
    filter: Filter


@dataclass(frozen=True, slots=True)
class Rules:
    """All watches as loaded, in the user's order."""

    watches: tuple[Watch, ...]

    @property
    def infos(self) -> tuple[WatchInfo, ...]:
        return tuple(watch.info for watch in self.watches)


Cover = frozenset[Term]


def covers(node: Node) -> tuple[Cover, ...]:
    """Return sets of terms each of which must be hit for `node` to hold; none where nothing is needed.

    Only necessary conditions: a watch may be skipped when a cover has no hit, never the other way
    round. A reference needs nothing: the watch behind it is asked once for all.
    """
    match node:
        case Term():
            return (frozenset([node]),)
        case AnyOf(items):
            chosen = [_cheapest(covers(item)) for item in items]
            return (frozenset[Term]().union(*chosen),) if chosen and all(chosen) else ()
        case AllOf(items) | Near(items):
            return tuple(dict.fromkeys(cover for item in items for cover in covers(item)))
        case NoneOf() | Reference():
            return ()
        case Context(item) | Inside(_, item) | Ignoring(item, _):
            return covers(item)


def _cheapest(found: tuple[Cover, ...]) -> Cover:
    """The cover least often hit: long terms are rare, and few are rarer than many."""
    return min(found, key=_cost, default=frozenset())


def _cost(cover: Cover) -> float:
    return sum(4.0 ** -min(8, max(len(word.text) for word in term.words)) for term in cover)
