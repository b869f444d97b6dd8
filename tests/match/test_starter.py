"""The watches of the starter file on texts of every kind they are to tell apart."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.match.loader import load_rules
from monitor.match.matcher import Matcher
from monitor.model import Document, Field
from tests.data import shared_data

KURSK, TROOPS, BOTH = "kursk", "north-korean-troops", "north-koreans-in-kursk"
MEETS = {"K": {KURSK}, "N": {TROOPS}, "B": {KURSK, TROOPS, BOTH}, "-": set()}
CASES: list[dict[str, str]] = yaml.load(
    Path(__file__).with_name("starter_cases.yml").read_text("utf-8"), yaml.BaseLoader
)
PLAIN = [{"id": KURSK, "any": ["$kursk"]}, {"id": TROOPS, "any": ["$north_korea ~ $troops"]}]


@cache
def starter() -> Matcher:
    config: dict[str, Any] = yaml.load(
        files("monitor.config").joinpath("starter.yml").read_text("utf-8"), yaml.BaseLoader
    )
    return Matcher(load_rules(config["watches"], {}))


def met(matcher: Matcher, case: dict[str, str], language: str | None) -> set[str]:
    return {match.watch_id for match in matcher.match(Document(case["title"], case["text"], language))}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['lang']}-{case['meets']}-{case['title'][:30]}")
def test_the_starter_tells_the_cases_apart(case: dict[str, str]) -> None:
    assert met(starter(), case, case["lang"]) == MEETS[case["meets"]]


def test_the_cases_know_no_language_missed_by_more_than_one_in_twenty() -> None:
    """A page that says nothing of its language must not cost much."""
    wrong = [case["title"] for case in CASES if met(starter(), case, None) != MEETS[case["meets"]]]
    assert len(wrong) <= len(CASES) // 20, wrong


@pytest.mark.parametrize("watch", [KURSK, TROOPS])
def test_one_line_with_a_shipped_set_does_nearly_as_well(watch: str) -> None:
    matcher = Matcher(load_rules(PLAIN, {}))
    found = [(watch in met(matcher, case, case["lang"]), watch in MEETS[case["meets"]]) for case in CASES]
    hits = found.count((True, True))
    wrong = found.count((True, False)) + found.count((False, True))
    assert 2 * hits / (2 * hits + wrong) >= 0.9


def test_the_article_that_started_it_meets_all_three_with_evidence_from_every_field() -> None:
    title, _, text = shared_data("seed").joinpath("article-de.txt").read_text("utf-8").partition("\n")
    matches = {match.watch_id: match for match in starter().match(Document(title, text.strip(), "de"))}
    assert set(matches) == {KURSK, TROOPS, BOTH}
    for match in matches.values():
        assert {evidence.field for evidence in match.evidence} == set(Field), match.watch_id


def test_its_furniture_alone_meets_none() -> None:
    text = "Startseite\nPolitik\nKommentare\nAuch interessant\nKommentare"
    assert starter().match(Document("Kommentare", text, "de")) == ()
