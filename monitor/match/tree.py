"""Walking trees: what is in them, whatever the kinds of their nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from monitor.match.ast import AllOf, AnyOf, Context, Ignoring, Inside, Mode, Near, Node, NoneOf, Reference, Term


def terms_of(node: Node) -> Iterator[Term]:
    """Give every term in a tree."""
    if isinstance(node, Term):
        yield node
    for child in children(node):
        yield from terms_of(child)


def all_terms(trees: Iterable[Node]) -> tuple[Term, ...]:
    """Return every term of many trees once; a tree that stands in many places is walked once."""
    found: dict[Term, None] = {}
    walked: set[int] = set()
    waiting = list(trees)
    waiting.reverse()
    while waiting:
        node = waiting.pop()
        if isinstance(node, Term):
            found[node] = None
        elif id(node) not in walked:
            walked.add(id(node))
            waiting += reversed(children(node))
    return tuple(found)


def known_words(terms: Iterable[Term]) -> frozenset[str]:
    """Return the plain single words among terms: each may be the other half of a compound."""
    return frozenset(term.words[0].text for term in terms if len(term.words) == 1 and term.words[0].mode is Mode.PLAIN)


class References:
    """Finds the watches that trees refer to; a tree that stands in many places is walked once."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Node, tuple[str, ...]]] = {}  # by identity; the node keeps its id taken

    def of(self, node: Node) -> tuple[str, ...]:
        """Return the ids of the watches a tree refers to, each once."""
        if isinstance(node, Term):
            return ()
        if isinstance(node, Reference):
            return (node.watch_id,)
        kept = self._kept.get(id(node))
        if kept is None:
            below = (self.of(child) for child in children(node) if not isinstance(child, Term))
            kept = self._kept[id(node)] = (node, tuple(dict.fromkeys(each for ids in below for each in ids)))
        return kept[1]


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly below."""
    match node:
        case AnyOf(items) | AllOf(items) | Near(items):
            return items
        case NoneOf(item) | Context(item) | Inside(_, item):
            return (item,)
        case Ignoring(item, ignored):
            return (item, ignored)
        case Term() | Reference():
            return ()
