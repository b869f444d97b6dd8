"""Query strings: what they mean, what they refuse and where, and that reading undoes writing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import ConfigError
from monitor.match.ast import AllOf, AnyOf, Inside, Near, Node, NoneOf, Reference, Term, Word
from monitor.match.loader import load_rules
from monitor.match.matcher import Matcher
from monitor.match.query import QueryError, parse, render
from monitor.model import Document, Field

WATCHES = [{"id": "other", "any": ["Sudzha"]}]


def refused(query: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        load_rules([{"id": "w", "query": query}, *WATCHES], {})
    return str(caught.value)


def meets(query: str, text: str, title: str = "") -> bool:
    rules = load_rules([{"id": "w", "query": query, "min_score": "1"}, *WATCHES], {})
    return any(found.watch_id == "w" for found in Matcher(rules).match(Document(title, text, "en")))


@pytest.mark.parametrize(
    ("query", "held", "missed"),
    [
        ("Kursk OR Sudzha", "Shelling in Sudzha.", "Shelling in Belgorod."),
        ("Kursk AND drone", "A drone fell. It was in Kursk.", "A drone fell."),
        ("Kursk OR Sudzha AND drone", "In Kursk.", "In Sudzha."),
        ("(Kursk OR Sudzha) AND drone", "A drone over Sudzha.", "In Kursk."),
        ("Kursk NOT film", "Shelling in Kursk.", "A film on Kursk."),
        ("Kursk AND NOT film", "Shelling in Kursk.", "A film on Kursk."),
        ("Kursk -film", "Shelling in Kursk.", "A film on Kursk."),
        ('Kursk -"old film"', "A film on Kursk.", "An old film on Kursk."),
        ("Kursk -(film OR submarine)", "Kursk.", "The submarine Kursk."),
        ('"North Korea"', "Troops of North Korea.", "Korea, north of here."),
        ("“North Korea”", "Troops of North Korea.", "Korea, north of here."),
        ("„North Korea“", "Troops of North Korea.", "Korea, north of here."),
        ("Kursk NEAR/2 troops", "Kursk saw troops.", "Kursk saw, after some days, many troops."),
        ("troops NEAR Kursk", "Kursk saw troops.", "Kursk is calm. Troops left."),
        ("Kursk ONEAR/3 troops", "Kursk saw troops.", "Troops saw Kursk."),
        ('(Kursk OR Sudzha) NEAR/3 ("tank column" OR troops)', "The tank column near Sudzha.", "A tank in Sudzha."),
        ("=Orange AND telecom*", "Orange, the telecoms group.", "An orange telecommunications van."),
        ('="Big Orange"', "The Big Orange.", "The big orange."),
        ("$kursk AND drone", "Дрон над Курском: a drone.", "A drone."),
        ("watch:other OR Kursk", "Sudzha, Sudzha.", "Belgorod."),
        ("/sud[zs]ha/ OR Kursk", "In Sudsha.", "In Suda."),
        ("body:Kursk OR Sudzha", "Sudzha.", "Kursk."),
        ('"or" AND Kursk', "Kursk or Sudzha.", "Kursk and Sudzha."),
        ("Kursk\n  AND drone", "A drone over Kursk.", "A drone."),
    ],
)
def test_a_query_holds_for_what_it_says(query: str, held: str, missed: str) -> None:
    assert meets(query, held)
    assert not meets(query, missed)


def test_a_field_looks_in_that_field_alone() -> None:
    assert meets("title:(Kursk OR Sudzha) AND drone", "A drone.", "Kursk")
    assert not meets("title:(Kursk OR Sudzha) AND drone", "A drone over Kursk.", "News")
    assert meets("Kursk NOT title:film", "Kursk.", "News")


@pytest.mark.parametrize(
    ("query", "column", "says"),
    [
        ("Kursk front", 7, "AND or OR between Kursk and front"),
        ("Kursk (a1 OR b1)", 7, "two terms stand side by side"),
        ('Kursk "big front"', 7, "two terms stand side by side"),
        ("Kursk or Sudzha", 7, "OR in capitals"),
        ("Kursk and Sudzha", 7, "AND in capitals"),
        ("Kursk not Sudzha", 7, "NOT in capitals"),
        ("Kursk near/5 Sudzha", 7, "NEAR/6 B, in capitals"),
        ("Kursk | Sudzha", 7, "OR"),
        ("Kursk && Sudzha", 7, "AND in capitals"),
        ("+Kursk +Sudzha", 1, "AND or OR"),
        ("!Kursk", 1, "NOT before the term"),
        ("Kursk w/5 Sudzha", 7, "NEAR/6"),
        ("Kursk NEAR/0 Sudzha", 7, "that is no distance"),
        ("Kursk NEAR/500 Sudzha", 7, "1 to 100"),
        ("a1 NEAR/3 b1 NEAR/5 c1", 1, "must say the same"),
        ("a1 NEAR/3 (NOT b1)", 1, "cannot find what is not there"),
        ('"a1 b1"~5', 1, "a phrase takes no number"),
        ("intitle:Kursk", 1, "title:, lead: or body:"),
        ("site:example.org", 1, "outlets:"),
        ("title:lead:Kursk", 7, "a field inside a field"),
        ("title:(NOT Kursk)", 1, "what is not there"),
        ("(Kursk OR", 10, "a term is missing after OR"),
        ("(Kursk OR Sudzha", 1, "never closed"),
        ("Kursk) OR Sudzha", 6, "never opened"),
        ("Kursk OR ()", 10, "empty brackets"),
        ('Kursk OR ""', 10, "empty phrase"),
        ('Kursk OR "Sudzha', 10, "quote is never closed"),
        ("AND Kursk", 1, "a term is missing"),
        ("Kursk AND", 10, "a term is missing after AND"),
        ("NOT Kursk", 1, "NOT alone"),
        ("Kursk OR NOT Sudzha", 1, "OR beside a NOT"),
        ("Kursk NOT NOT Sudzha", 7, "NOT NOT"),
        ("", 1, "an empty query"),
        ("Kursk AND s*", 11, "two letters before the *"),
        ("Kursk AND $nowhere", 11, "no set of this name"),
        ("Kursk AND watch:nowhere", 11, "no watch of this id"),
        ("Kursk AND /(a+)+$/", 11, "three letters in a row"),
        ("Kursk^9", 1, "without its weight"),
        ("(" * 60 + "Kursk" + ")" * 60, 41, "nested too deep"),
        ("Kursk AND ...", 11, "no letter or digit"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_column_and_the_cure(query: str, column: int, says: str) -> None:
    message = refused(query)
    assert f"column {column} of the query" in message
    assert says in message


def test_in_a_query_of_several_lines_the_line_is_told_too() -> None:
    assert "line 2, column 6 of the query" in refused("Kursk AND\n  a1 b1 AND c1")


def test_a_letter_alone_is_refused_in_a_query_as_in_a_list() -> None:
    assert "one letter alone" in refused("軍 OR Kursk")
    assert meets("軍 AND 朝鮮", "朝鮮の軍")


@pytest.mark.parametrize("query", [["Kursk"], {"any": ["Kursk"]}, None, 3])
def test_a_query_is_one_string(query: Any) -> None:
    assert "a query is one string" in refused(query)


def test_a_query_stands_beside_other_clauses_and_inside_them() -> None:
    watches = [{"id": "w", "any": [{"query": "Kursk AND drone"}, "Sudzha"], "ignore": ["Kursk film"], "min_score": "1"}]
    matcher = Matcher(load_rules(watches, {}))
    assert matcher.match(Document("", "A drone over Kursk.", "en"))
    assert matcher.match(Document("", "In Sudzha.", "en"))
    assert not matcher.match(Document("", "A drone in a Kursk film.", "en"))


# ── parse(render(tree)) == tree ──────────────────────────────────────────────────────────────


def leaf(text: str, _: int) -> Node:
    if text.startswith("watch:"):
        return Reference(text.removeprefix("watch:"))
    return Term(text, tuple(Word(each) for each in text.split()))


WRITTEN = [
    "Kursk",
    "=BASF",
    "sold*",
    "North Korea",
    "=North Korea",
    "or",
    "AND",
    "NEAR/5",
    "not",
    "a-b",
    "-a",
    "d'Orsay",
    "北朝鮮",
    "/sud[zs]ha/",
    "x y z",
    "title:x",
    "(a)",
    "&",
    "w/5",
    "a^3",
    "!x",
    "~",
    "site:x",
    "3.5",
    "§",
]
LEAF = st.one_of(st.sampled_from(WRITTEN).map(lambda text: leaf(text, 0)), st.just(Reference("other")))


def nodes(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        several.map(AnyOf),
        st.tuples(several, st.lists(inner.map(NoneOf), max_size=2)).map(lambda pair: AllOf((*pair[0], *pair[1]))),
        st.tuples(inner, inner).map(lambda pair: AllOf((NoneOf(pair[0]), pair[1]))),
        st.builds(Near, several, st.integers(1, 100), is_ordered=st.booleans()),
    )


TREE: st.SearchStrategy[Node] = st.recursive(
    st.one_of(LEAF, st.builds(Inside, st.sampled_from(Field), st.one_of(LEAF, st.tuples(LEAF, LEAF).map(AnyOf)))),
    nodes,
    max_leaves=12,
)


@given(TREE)
def test_reading_undoes_writing(tree: Node) -> None:
    assert parse(render(tree), leaf) == tree


SIGNS = [
    "(",
    ")",
    " ",
    "AND",
    "OR",
    "NOT",
    "NEAR/5",
    "ONEAR",
    "Kursk",
    '"',
    "“",
    "title:",
    "-",
    "=",
    "*",
    "$kursk",
    "/",
]
OTHER_SIGNS = ["\n", "a1", "~", "^2"]
PARTS = ["(", ")", "AND", "OR", "NOT", "NEAR/5", "Kursk", '"a b"', "title:", "-x1"]


@given(
    st.one_of(
        st.text(),
        st.lists(st.sampled_from([*SIGNS, *OTHER_SIGNS]), max_size=14).map("".join),
        st.lists(st.sampled_from(PARTS), max_size=14).map(" ".join),
    )
)
def test_any_string_is_a_query_or_is_refused_with_its_place(query: str) -> None:
    try:
        tree = parse(query, leaf)
    except QueryError as error:
        refused = error
    else:
        assert tree is not None
        assert parse(render(tree), leaf) == tree
        return
    assert 0 <= refused.at <= len(query)
    assert refused.message
    assert refused.wanted
