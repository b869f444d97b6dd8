"""A watch that says nothing sensible is refused, with every problem and its place."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import ConfigError
from monitor.match.loader import load_rules
from monitor.match.matcher import Matcher
from monitor.match.reader import clause_kinds
from monitor.match.schema import watch_schema
from monitor.model import Document


def problems(watches: Any, sets: Any = None) -> list[tuple[tuple[str | int, ...], str]]:
    with pytest.raises(ConfigError) as caught:
        load_rules(watches, sets or {})
    return [(problem.path, str(problem)) for problem in caught.value.problems]


def watch(**keys: Any) -> list[dict[str, Any]]:
    return [{"id": "w", **{key.rstrip("_"): value for key, value in keys.items()}}]


@pytest.mark.parametrize(
    ("watches", "path", "says"),
    [
        (watch(), ("watches", 0), "match everything"),
        (watch(any=[]), ("watches", 0, "any"), "empty list"),
        (watch(any=[{}]), ("watches", 0, "any", 0), "match everything"),
        (watch(any=[{"in": "title"}, {"any": ["x1"]}]), ("watches", 0, "any", 0), "match everything"),
        (watch(none=["a1"]), ("watches", 0), "none alone"),
        (watch(any=["ok", {"none": ["a1"]}]), ("watches", 0, "any", 1), "none alone"),
        (watch(with_=["a1"]), ("watches", 0), "match everything"),
        (watch(anny=["a1"]), ("watches", 0, "anny"), "any, perhaps"),
        (watch(any=[{"nears": ["a1", "b1"]}]), ("watches", 0, "any", 0, "nears"), "near, perhaps"),
        (watch(any=["$kursc"]), ("watches", 0, "any", 0), "$kursk, perhaps"),
        (watch(any=["watch:v"]), ("watches", 0, "any", 0), "no watch of this id"),
        (watch(any=["watch:w"]), ("watches", 0), "ring"),
        (watch(any=["x"]), ("watches", 0), "one letter"),
        (watch(any=["軍"]), ("watches", 0), "one letter"),
        (watch(any=[{"near": ["x1"]}]), ("watches", 0, "any", 0, "near"), "two things"),
        (watch(near=["a1", "b1"], within="0"), ("watches", 0, "within"), "1 to 100"),
        (watch(near=["a1", "b1"], within="many"), ("watches", 0, "within"), "whole number"),
        (watch(any=["a1"], within="3"), ("watches", 0, "within"), "beside near"),
        (watch(any=["a1"], in_="header"), ("watches", 0, "in"), "title or lead or body"),
        (watch(any=["a1"], min_score="-1"), ("watches", 0, "min_score"), "whole number"),
        (watch(any=["a1"], country=["Germany"]), ("watches", 0, "country"), "two letters"),
        (watch(any=["a1"], outlets={"only": ["x"]}), ("watches", 0, "outlets", "only"), "unknown key"),
        (watch(any="Kursk"), ("watches", 0, "any"), "a list is wanted"),
        (watch(any=[1943]), ("watches", 0, "any", 0), "quotes"),
        (watch(any=[None]), ("watches", 0, "any", 0), "a term is text"),
        (watch(any=[["a1"]]), ("watches", 0, "any", 0), "a term is text"),
        (watch(any=["a1 OR b1"]), ("watches", 0, "any", 0), "boolean words"),
        (watch(any=["title:x1"]), ("watches", 0, "any", 0), "field prefixes"),
        (watch(any=['"a phrase"']), ("watches", 0, "any", 0), "quotes mean nothing"),
        (watch(any=["-a1"]), ("watches", 0, "any", 0), "minus"),
        (watch(any=["*soldat"]), ("watches", 0, "any", 0), "cannot start with"),
        (watch(any=["sol*dat"]), ("watches", 0, "any", 0), "end of a word"),
        (watch(any=["s*"]), ("watches", 0, "any", 0), "two letters"),
        (watch(any=["="]), ("watches", 0, "any", 0), "no word after ="),
        (watch(any=["a1 ~"]), ("watches", 0, "any", 0), "either side"),
        (watch(any=["..."]), ("watches", 0, "any", 0), "no letter"),
        (watch(any=["  "]), ("watches", 0, "any", 0), "empty term"),
        ([{"any": ["a1"]}], ("watches", 0), "needs an id"),
        ([{"id": "a b", "any": ["a1"]}], ("watches", 0, "id"), "no id"),
        (watch(any=["a1"]) * 2, ("watches", 1, "id"), "another watch has this id"),
        (["Kursk"], ("watches", 0), "a watch is a map"),
        ({"a": 1}, ("watches",), "list of watches"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(watches: Any, path: tuple[str | int, ...], says: str) -> None:
    found = problems(watches)
    assert path in [place for place, _ in found]
    assert any(place == path and says in text for place, text in found), found


@pytest.mark.parametrize(
    ("sets", "path", "says"),
    [
        ({"a": ["$b"], "b": ["$a"]}, ("sets", "b", 0), "ring"),
        ({"a": []}, ("sets", "a"), "empty list"),
        ({"a": {"deutsch": ["x1"]}}, ("sets", "a", "deutsch"), "no language"),
        ({"a": {"de": "x1"}}, ("sets", "a", "de"), "a list is wanted"),
        ({"a": {"de": ["$nowhere"]}}, ("sets", "a", "de", 0), "no set"),
        ({"a b": ["x1"]}, ("sets", "a b"), "no name"),
        ("words", ("sets",), "map of sets"),
    ],
)
def test_a_set_that_leads_nowhere_is_refused_even_if_unused(sets: Any, path: tuple[str | int, ...], says: str) -> None:
    assert any(place == path and says in text for place, text in problems(watch(any=["a1"]), sets))


def test_all_problems_are_told_at_once() -> None:
    found = problems([{"id": "a", "any": [1, "$x1"]}, {"id": "b", "nnear": []}, "c"])
    assert len(found) == 4


def test_watches_in_a_ring_are_named() -> None:
    found = problems(
        [{"id": "a", "any": ["watch:b"]}, {"id": "b", "any": ["watch:c"]}, {"id": "c", "any": ["watch:b"]}]
    )
    assert found == [(("watches", 1), found[0][1])]
    assert "b -> c -> b" in found[0][1]


def test_sets_of_sets_of_sets_grow_by_their_words_only() -> None:
    sets: dict[str, object] = {"s0": ["Kursk", "Sudzha"]}
    for level in range(1, 19):
        sets[f"s{level}"] = [f"$s{level - 1}"] * 8
    rules = load_rules(watch(any=["$s18"]), sets)
    assert Matcher(rules).match(Document("Sudzha", ""))
    sets |= {f"s{level}": [f"$s{level - 1}"] for level in range(1, 400)}
    assert any("too deep" in text for _, text in problems(watch(any=["$s399"]), sets))


def test_deep_clauses_and_long_chains_of_watches_are_refused_not_crashed_on() -> None:
    clause: Any = {"any": ["a1"]}
    for _ in range(500):
        clause = {"all": [clause]}
    assert any("too deep" in text for _, text in problems([{"id": "w", **clause}]))
    chain = [{"id": f"w{at}", "any": [f"watch:w{at + 1}"]} for at in range(500)] + [{"id": "w500", "any": ["a1"]}]
    assert any("too many" in text for _, text in problems(chain))


def test_the_schema_knows_every_key_of_every_clause() -> None:
    properties = watch_schema()["$defs"]["watch"]["properties"]
    for kind in clause_kinds().values():
        assert {kind.key, *kind.options} <= set(properties)


KEYS = st.sampled_from(
    ["id", "any", "all", "none", "near", "with", "in", "ignore", "within", "scope", "lang", "outlets", "min_score", "x"]
)
STRINGS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["Kursk", "$kursk", "$a", "watch:w", "a1 ~ b1", "=X", "a*", "title", "3", "軍", "~", "$", "=", "w"]
    ),
)
DATA = st.recursive(
    st.one_of(STRINGS, st.none(), st.integers(), st.booleans(), st.floats()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(KEYS, st.integers()), inner, max_size=4)
    ),
    max_leaves=15,
)


@given(
    st.lists(st.one_of(DATA, st.dictionaries(KEYS, DATA, max_size=5)), max_size=3),
    st.dictionaries(STRINGS, DATA, max_size=3),
    st.text(),
)
def test_any_data_gives_rules_that_work_or_problems(watches: list[Any], sets: dict[Any, Any], text: str) -> None:
    try:
        rules = load_rules(watches, sets)
    except ConfigError as error:
        found = error.problems
    else:
        found = ()
        Matcher(rules).match(Document(text, text))
    assert all(problem.message for problem in found)
