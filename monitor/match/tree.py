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


def known_words(terms: Iterable[Term]) -> frozenset[str]:
    """Return the plain single words among terms: each may be the other half of a compound."""
    return frozenset(term.words[0].text for term in terms if len(term.words) == 1 and term.words[0].mode is Mode.PLAIN)


def references(node: Node) -> Iterator[str]:
    """Give every watch a tree refers to."""
    if isinstance(node, Reference):
        yield node.watch_id
    for child in children(node):
        yield from references(child)


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
