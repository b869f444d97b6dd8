"""What many watches and long texts cost, counted in steps, not in seconds."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from monitor.match.evaluate import COUNTED_PER_FIELD, MAX_EVIDENCE
from monitor.match.forms import Endings, Shape
from monitor.match.loader import load_rules
from monitor.match.matcher import Matcher
from monitor.model import Document


def matcher_of(count: int, **each: Any) -> Matcher:
    watches = [{"id": f"w{at}", "near": [f"name{at:05}", "$troops"], **each} for at in range(count)]
    return Matcher(load_rules([*watches, {"id": "kursk", "any": ["Kursk"]}], {}))


@pytest.fixture(scope="module")
def thousands() -> Matcher:
    return matcher_of(3_000)


def test_a_text_that_speaks_of_one_is_held_against_one(thousands: Matcher) -> None:
    document = Document("", "Soldiers of name00077 arrived. " * 50, "en")
    assert thousands.candidates(document) == ("w77",)
    assert [found.watch_id for found in thousands.match(document)] == ["w77"]
    assert thousands.candidates(Document("", "Soldiers and troops everywhere. " * 50, "en")) == ()


def test_a_shared_set_is_compiled_and_searched_once(thousands: Matcher) -> None:
    alone = len(matcher_of(1).index.literals)
    assert len(thousands.index.literals) <= alone + 4 * 3_000  # a few stems for each name, and the set once
    for at in range(300):
        thousands.match(Document("", f"Soldiers of name{at:05}.", "en"))
    sets = {id(term) for watch in thousands.rules.watches for term in watch.clause.items[1:]}  # type: ignore[union-attr]
    assert len(sets) == 1


def test_the_same_word_is_one_term_in_all_watches() -> None:
    rules = load_rules([{"id": f"w{at}", "any": ["Kursk", "Sudzha"]} for at in range(50)], {})
    assert len({id(term) for watch in rules.watches for term in watch.clause.items}) == 2  # type: ignore[union-attr]


def test_a_new_matcher_is_built_beside_the_running_one(thousands: Matcher) -> None:
    document = Document("Kursk", "Soldiers of name00001.", "en")
    before = thousands.match(document)
    newer = Matcher(load_rules([{"id": "x", "any": ["Kursk"]}], {}), frequencies=thousands.frequencies)
    assert [found.watch_id for found in newer.match(document)] == ["x"]
    assert thousands.match(document) == before


HOSTILE = [
    "Kursk ",
    "name00001 soldier ",
    "soldier",
    "a",
    "'",
    "북",
    "ال",
    "朝鲜",
    "Kursk.",
    "\n",
    "e\u0301",
    "\u00ad",
    "\ud800",
    "-",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_ten_times_the_text_takes_ten_times_the_looks_at_words(monkeypatch: pytest.MonkeyPatch, piece: str) -> None:
    looks: Counter[int] = Counter()
    look = Shape.end

    def counted(shape: Shape, haystack: str, start: int) -> int | None:
        looks[len(haystack)] += 1
        return look(shape, haystack, start)

    monkeypatch.setattr(Shape, "end", counted)
    watches = [
        {"id": "a", "near": ["Kursk", "$troops", "name00001"]},
        {"id": "b", "any": ["/kurs[ck]/", "$north_korea", "North Korea"], "ignore": ["Kursk Kursk"]},
        {"id": "c", "query": "(Kursk OR 朝鲜) ONEAR/5 (soldat* OR 북한)"},
    ]
    matcher = Matcher(load_rules(watches, {}), forms=Endings())
    for length in (2_000, 20_000):
        matcher.match(Document("", piece * (length // len(piece)), None))
    few, many = (looks[size] for size in sorted(looks)) if len(looks) == 2 else (0, sum(looks.values()))
    assert many <= 12 * few + 100


def test_a_score_counts_three_mentions_per_field_and_evidence_stays_short() -> None:
    matcher = Matcher(load_rules([{"id": "w", "any": ["Kursk"], "with": ["drone"], "min_score": "1"}], {}))
    (found,) = matcher.match(Document("Kursk Kursk Kursk Kursk", "Kursk. drone. " * 200, "en"))
    assert found.score == COUNTED_PER_FIELD * (3 + 2 + 1)
    assert len(found.evidence) == MAX_EVIDENCE
    assert {each.term for each in found.evidence} == {"Kursk"}
