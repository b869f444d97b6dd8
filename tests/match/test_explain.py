"""Why a watch does not match: the clause that fails, in words a user can act on."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.match.explain import Explanation
from monitor.match.loader import load_rules
from monitor.match.matcher import Matcher
from monitor.model import Document, Outlet


def explain(
    text: str, title: str = "", *, language: str = "en", outlet: Outlet | None = None, **clause: Any
) -> Explanation:
    watches = [{"id": "w", "min_score": "1", **{key.rstrip("_"): value for key, value in clause.items()}}, OTHER]
    return Matcher(load_rules(watches, {})).explain(Document(title, text, language, outlet), "w")


OTHER = {"id": "other", "any": ["Sudzha"]}


@pytest.mark.parametrize(
    ("clause", "text", "reason"),
    [
        ({"any": ["Kursk", "Sudzha"]}, "In Belgorod.", "Kursk, Sudzha does not occur"),
        ({"any": ["Kurs"]}, "In Kursk.", "the letters of Kurs occur, but in other words"),
        (
            {"any": ["Kursk"], "ignore": ["Battle of Kursk"]},
            "The Battle of Kursk.",
            "only stands inside what is ignored (Battle of Kursk)",
        ),
        ({"all": ["Kursk", "drone"]}, "In Kursk.", "drone does not occur"),
        ({"any": ["Kursk"], "none": ["film"]}, "A film on Kursk.", "1 mentions"),
        ({"any": ["Kursk"], "with": ["drone"]}, "In Kursk.", "drone does not occur"),
        ({"near": ["Kursk", "troops"], "within": "2"}, "Kursk saw, after two days, troops.", "words apart"),
        ({"near": ["Kursk", "troops"]}, "Kursk fell. Troops left.", "never in one sentence"),
        ({"near": ["Kursk", "troops"]}, "Kursk fell.", "troops does not occur"),
        ({"any": ["Kursk"], "in_": "title"}, "Kursk fell.", "another field"),
        ({"any": ["watch:other"]}, "Kursk fell.", "none of its clauses is met"),
        ({"any": ["Kursk"], "min_score": "4"}, "Kursk fell.", "min_score 4: 2 score"),
        ({"any": ["Kursk"], "min_mentions": "2"}, "Kursk fell.", "min_mentions 2: 1 mentions"),
        ({"any": ["Kursk"], "lang": ["de"]}, "Kursk fell.", "lang de: this one is en"),
        ({"query": "Kursk NEAR/2 (troops OR army)"}, "Kursk.", "troops, army does not occur"),
        ({"any": ["/kurs[ck]/"]}, "kurst", "the letters of"),
    ],
)
def test_the_clause_that_fails_is_named_with_its_reason(clause: dict[str, Any], text: str, reason: str) -> None:
    explanation = explain(text, **clause)
    assert not explanation.is_met
    assert reason in explanation.reason


def test_a_watch_that_matches_is_explained_by_its_mentions() -> None:
    explanation = explain("Troops near Kursk.", near=["Kursk", "troops"], none=["film"])
    assert explanation.is_met
    assert [each.term for each in explanation.mentions] == ["troops", "Kursk"]
    assert all(part.is_met for part in explanation.parts)


def test_a_hit_that_is_ignored_is_told_with_the_phrase_it_lies_in() -> None:
    explanation = explain(
        "The Battle of Kursk. A film.", any=["Kursk", "Sudzha"], ignore=["Battle of Kursk", "Kursk submarine"]
    )
    (clause,) = explanation.parts
    (voided,) = clause.voided
    assert (voided.hit.term, voided.ignored_by.term) == ("Kursk", "Battle of Kursk")
    assert voided.ignored_by.snippet


def test_every_filter_is_told_with_what_the_article_is() -> None:
    outlet = Outlet("tass", "TASS", "tass.example", country="RU")
    explanation = explain("Kursk.", outlet=outlet, any=["Kursk"], country=["DE"], outlets={"exclude": ["TASS"]})
    told = [(part.what, part.is_met, part.reason) for part in explanation.parts[:2]]
    assert told == [("country DE", False, "this one is RU"), ("outlets not tass", False, "this one is tass")]


def test_no_such_watch_is_an_error() -> None:
    with pytest.raises(KeyError):
        Matcher(load_rules([OTHER], {})).explain(Document("", ""), "nobody")
