"""A boolean string (`query:`) into the same tree that lists and clauses become, and back.

    (Kursk OR "Kursk oblast") NEAR/6 troop* AND NOT title:1943

OR binds loosest, then AND and NOT, then NEAR/n and ONEAR/n (in this order), then title: lead: body: and
brackets. Nothing is guessed: what other products read into a space, a sign or a small `or` is refused
with its column and with what to write here. Leaves are the strings of lists, read by the caller.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from monitor.match.ast import AllOf, AnyOf, Inside, Near, Node, NoneOf, Reference, Term
from monitor.match.clauses.near import DEFAULT_WITHIN, MOST_WITHIN
from monitor.model import Field

QUERY_MOST = 50_000  # characters; the longest query of a press office known to us has 20,000
_DEEPEST = 40  # brackets inside brackets
_OPENING = '"“”„«»‟'
_TOKEN = re.compile(
    rf"(?P<space>\s+)|(?P<bracket>[()])|(?P<phrase>=?[{_OPENING}][^{_OPENING}]*[{_OPENING}](?P<after>[~^]\d+)?)"
    rf"|(?P<open>=?[{_OPENING}])|(?P<field>(?i:title|lead|body):)(?=\S)|(?P<minus>(?<![^\s(])[-−](?=[^\s)]))|(?P<regex>/(?:[^/\\\n]|\\.)+/\w*(?=[\s()]|$))"
    rf"|(?P<word>[^\s(){_OPENING}]+)"
)
_NEAR = re.compile(r"(O?NEAR)(?:/(\d{1,6}))?")
_JOINS = frozenset({"AND", "OR", "NOT"})
# What other products write, and what to write here.
_FOREIGN: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), cure)
    for pattern, cure in (
        (r"and|And|&&?|\+", "AND in capitals, or quotes if the word is meant"),
        (r"or|Or|\|\|?", "OR in capitals, or quotes if the word is meant"),
        (r"not|Not|!|-|−|–", "NOT in capitals, or quotes if the word is meant"),
        (r"(?i:o?near(?:[/:~]?\d*)|n/\d+|w/\d+|pre/\d+|around(?:\(\d*\)?)?|~\d*)", "A NEAR/6 B, in capitals"),
        (r"NEAR/?.*|ONEAR/?.*", f"NEAR/n with n from 1 to {MOST_WITHIN}"),
        (r"[+&|].+", "AND or OR between the terms"),
        (r"!.+", "NOT before the term"),
        (r"(?i:intitle|allintitle|headline|ingress|text|inbody):.*", "title:, lead: or body:"),
        (r"(?i:site|inurl|author|lang|language|country|source):.*", "lang:, country: or outlets: beside the query"),
        (r".+\^\d+", "the term without its weight"),
    )
)

Leaf = Callable[[str, int], Node | None]


class QueryError(Exception):
    """A string that is no query: what is wrong, where (from 0), what was met, what was wanted."""

    def __init__(self, message: str, at: int, got: str, wanted: str) -> None:
        super().__init__(message)
        self.message, self.at, self.got, self.wanted = message, at, got, wanted


class _Token(NamedTuple):
    kind: str  # bracket, phrase, field, minus, regex, word, end
    text: str
    at: int


def parse(text: str, leaf: Leaf) -> Node | None:
    """Return the tree of a query, or None where `leaf` refused a term; raises QueryError.

    `leaf` reads one term as written, without quotes, and its offset.
    """
    if len(text) > QUERY_MOST:
        raise QueryError("this query is too long", QUERY_MOST, f"{len(text)} characters", f"at most {QUERY_MOST}")
    return _Parser(_tokens(text), leaf).query()


def place(text: str, at: int) -> str:
    """Say where in a query an offset is: its column, and its line where it has several."""
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    return f"line {line}, column {column} of the query" if "\n" in text.strip() else f"column {column} of the query"


def _tokens(text: str) -> list[_Token]:
    found = []
    for each in _TOKEN.finditer(text):
        kind = str(each.lastgroup) if each.lastgroup != "after" else "phrase"
        if kind == "open":
            raise QueryError(
                "this quote is never closed", each.start(), _shown(text[each.start() :]), "a closing quote"
            )
        if each["after"]:
            wanted = "A NEAR/5 B for words near each other, or the phrase alone"
            raise QueryError("a phrase takes no number", each.start(), each.group(), wanted)
        if kind != "space":
            found.append(_Token(kind, each.group(), each.start()))
    return [*found, _Token("end", "", len(text))]


@dataclass(slots=True)
class _Parser:
    """Recursive descent over the tokens; a leaf that was refused leaves None and parsing goes on."""

    tokens: list[_Token]
    leaf: Leaf
    at: int = 0
    depth: int = 0
    is_in_field: bool = False
    is_refused: bool = False

    def query(self) -> Node | None:
        if self.peek.kind == "end":
            raise QueryError("an empty query would match everything", 0, "nothing", "a term")
        node = self._any()
        if self.peek.kind != "end":
            self._fail_at_leftover()
        if _is_negative(node):
            raise QueryError("NOT alone holds for nearly everything", 0, self.tokens[0].text, "A AND NOT B")
        return None if self.is_refused else node

    @property
    def peek(self) -> _Token:
        return self.tokens[self.at]

    def _take(self) -> _Token:
        token = self.tokens[self.at]
        self.at += token.kind != "end"
        return token

    def _is_word(self, *words: str) -> bool:
        return self.peek.kind == "word" and self.peek.text in words

    # ── from loose to tight ──

    def _any(self) -> Node:
        first = self.peek
        nodes = [self._all()]
        while self._is_word("OR"):
            self._take()
            nodes.append(self._all())
        if len(nodes) == 1:
            return nodes[0]
        if any(_is_negative(node) for node in nodes):
            message = "OR beside a NOT holds for nearly everything"
            raise QueryError(message, first.at, _shown(first.text), "A AND NOT B, with brackets")
        return AnyOf(tuple(nodes))

    def _all(self) -> Node:
        nodes = [self._negated()]
        while self._is_word("AND") or self._is_negation():
            if self._is_word("AND"):
                self._take()
            nodes.append(self._negated())
        return nodes[0] if len(nodes) == 1 else AllOf(tuple(nodes))

    def _is_negation(self) -> bool:
        return self._is_word("NOT") or self.peek.kind == "minus"

    def _negated(self) -> Node:
        if not self._is_negation():
            return self._near()
        token = self._take()
        if self._is_negation():
            raise QueryError("NOT NOT says nothing", token.at, "NOT NOT", "one NOT, or none")
        return NoneOf(self._near())

    def _near(self) -> Node:
        start = self.peek.at
        items = [self._operand()]
        operators: list[tuple[bool, int]] = []
        while (operator := self._near_operator()) is not None:
            items.append(self._operand())
            operators.append(operator)
        if not operators:
            return items[0]
        if len(set(operators)) > 1:
            wanted = "brackets: (A NEAR/3 B) NEAR/8 C"
            raise QueryError("several NEAR in a row must say the same", start, "different NEAR", wanted)
        if any(_is_negative(item) for item in items):
            raise QueryError("NEAR cannot find what is not there", start, "NOT", "A NEAR/6 B AND NOT C")
        is_ordered, within = operators[0]
        return Near(tuple(items), within, is_ordered=is_ordered)

    def _near_operator(self) -> tuple[bool, int] | None:
        token = self.peek
        found = _NEAR.fullmatch(token.text) if token.kind == "word" else None
        if found is None:
            return None
        within = int(found[2]) if found[2] else DEFAULT_WITHIN
        if not 1 <= within <= MOST_WITHIN:
            wanted = f"{found[1]}/n with n from 1 to {MOST_WITHIN}"
            raise QueryError("that is no distance", token.at, token.text, wanted)
        self._take()
        return found[1] == "ONEAR", within

    def _operand(self) -> Node:
        token = self._take()
        if token.kind == "field":
            return self._field(token)
        if token.text == "(":
            return self._group(token)
        if token.kind in {"phrase", "regex", "word"} and not self._is_operator(token):
            return self._leaf(token)
        at = self.at - (token.kind != "end") - 1
        before = self.tokens[at].text if at >= 0 else ""
        got = f'"{token.text}"' if token.kind != "end" else "the end"
        message = f"a term is missing after {before}" if before and before != ")" else "a term is missing"
        raise QueryError(message, token.at, got, "a word, a phrase in quotes, or brackets")

    def _field(self, token: _Token) -> Node:
        if self.is_in_field:
            raise QueryError("a field inside a field", token.at, token.text, "title:A AND lead:B")
        self.is_in_field = True
        node = self._operand()
        self.is_in_field = False
        if _is_negative(node):
            raise QueryError("a field of what is not there", token.at, token.text, f"NOT {token.text}term")
        return Inside(Field(token.text[:-1].lower()), node)

    def _group(self, opening: _Token) -> Node:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise QueryError("brackets are nested too deep", opening.at, "(", f"at most {_DEEPEST} levels")
        if self.peek.text == ")":
            raise QueryError("empty brackets would match everything", opening.at, "()", "a term between them")
        node = self._any()
        if self.peek.kind == "end":
            raise QueryError(
                "this bracket is never closed", opening.at, _shown(self._from(opening)), "a closing bracket"
            )
        if self.peek.text != ")":
            self._fail_at_leftover()
        self._take()
        self.depth -= 1
        return node

    def _leaf(self, token: _Token) -> Node:
        text = token.text
        if token.kind == "phrase":
            is_exact = text.startswith("=")
            text = ("=" if is_exact else "") + text[is_exact + 1 : -1].strip()
            if text in {"", "="}:
                raise QueryError(
                    "an empty phrase would match everything", token.at, token.text, "words between the quotes"
                )
        elif token.kind == "word":
            self._refuse_foreign(token)
        node = self.leaf(text, token.at)
        self.is_refused = self.is_refused or node is None
        return node if node is not None else Term(text, ())

    # ── refusals ──

    @staticmethod
    def _is_operator(token: _Token) -> bool:
        return token.kind == "word" and (token.text in _JOINS or _NEAR.fullmatch(token.text) is not None)

    @staticmethod
    def _refuse_foreign(token: _Token) -> None:
        for pattern, cure in _FOREIGN:
            if pattern.fullmatch(token.text):
                message = f'"{token.text}" is not understood in a query'
                raise QueryError(message, token.at, token.text, cure)

    def _fail_at_leftover(self) -> None:
        token, before = self.peek, self.tokens[self.at - 1]
        if token.text == ")":
            raise QueryError("this bracket was never opened", token.at, ")", "an opening bracket, or none")
        if token.kind == "word":
            self._refuse_foreign(token)
        wanted = f"AND or OR between {_shown(before.text)} and {_shown(token.text)}"
        if token.kind == before.kind == "word":
            wanted += f', or quotes for a phrase: "{_shown(before.text)} {_shown(token.text)}"'
        raise QueryError("two terms stand side by side", token.at, _shown(token.text), wanted)

    def _from(self, opening: _Token) -> str:
        return " ".join(token.text for token in self.tokens[self.tokens.index(opening) :][:4])


def _is_negative(node: Node) -> bool:
    """Whether a node holds where nothing is found."""
    return isinstance(node, NoneOf) or (
        isinstance(node, AllOf) and all(isinstance(each, NoneOf) for each in node.items)
    )


def _shown(text: str) -> str:
    return text if len(text) <= 30 else f"{text[:27]}..."


# ── The way back ─────────────────────────────────────────────────────────────────────────────

_LOOSE, _ALL, _NOT, _NEARS, _TIGHT = range(5)


def render(node: Node) -> str:
    """Return the query that parses to `node`; raises ValueError for what only clauses can say."""
    return _render(node, _LOOSE)


def _render(node: Node, least: int) -> str:  # noqa: PLR0911  one arm per kind of node
    match node:
        case Term():
            return _written(node.written)
        case Reference(watch_id):
            return f"watch:{watch_id}"
        case AnyOf(items) if len(items) > 1:
            return _joined(items, " OR ", _ALL, _LOOSE, least)
        case AllOf(items) if len(items) > 1:
            return _joined(items, " AND ", _NOT, _ALL, least)
        case NoneOf(item):
            return _bracketed(f"NOT {_render(item, _NEARS)}", _NOT, least)
        case Near(items, within, True, is_ordered):
            return _joined(items, f" {'O' if is_ordered else ''}NEAR/{within} ", _TIGHT, _NEARS, least)
        case Inside(field, item):
            return f"{field.value}:{_render(item, _TIGHT)}"
        case _:
            raise ValueError(f"a query cannot say {type(node).__name__}")


def _joined(items: tuple[Node, ...], operator: str, inner: int, own: int, least: int) -> str:
    return _bracketed(operator.join(_render(item, inner) for item in items), own, least)


def _bracketed(text: str, own: int, least: int) -> str:
    return text if own >= least else f"({text})"


def _written(term: str) -> str:
    """A term as a query wants it: in quotes where its characters or the word itself would be read as something else."""
    found = _TOKEN.match(term)
    is_plain = (
        found is not None
        and found.end() == len(term)
        and found.lastgroup in {"word", "regex"}
        and term[0] not in "-−"
        and term not in _JOINS
        and not any(pattern.fullmatch(term) for pattern, _ in _FOREIGN)
    )
    if is_plain:
        return term
    return f'="{term[1:]}"' if term.startswith("=") else f'"{term}"'
