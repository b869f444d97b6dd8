"""Rules rehearsed on the archive decide as the service decided when it read the same texts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from monitor.decide.shadow import SHADOW
from monitor.flows.backtest import Backtest, WatchReport
from monitor.load import load_watches
from monitor.match.matcher import Matcher
from monitor.model import Article
from monitor.store import replay
from monitor.store.database import connect
from tests.archive import NOW, fill, told

BRIDGE = "watches: [{id: bridge, any: [Brücke]}, {id: harbour, any: [Hafen]}]"
WIDER = "watches: [{id: bridge, any: [Brücke, Fähre]}, {id: harbour, any: [Hafenbecken]}]"
TWICE = f"Die Brücke wird gesperrt. {' '.join(f'Wort{number}' for number in range(80))}"


def rehearse(
    folder: Path, tried: str, *, since: float = 30, against: str | None = None, shadow: str = SHADOW
) -> dict[str, WatchReport]:
    """Hold rules against the archive of a folder; compare with other rules, or with what was told."""
    begin = NOW - timedelta(days=since)
    rules = load_watches(tried, {})
    old = Matcher(load_watches(against, {})) if against else None
    test = Backtest(Matcher(rules), since=begin, against=old)
    with closing(connect(folder / "tocsin.db", read_only=True)) as db:
        for text in replay.texts(db, replay.keys_since(db, begin)):
            test.read(text)
        recorded = () if against else list(replay.recorded(db, begin, shadow))
    return {each.watch_id: each for each in test.reports([info.id for info in rules.infos], NOW, recorded)}


def journal() -> Sequence[Article]:
    """Return what was read over a month: history, a story with its copy and its update, and two stories besides."""
    return (
        told("alt", "Brücke von früher", days=28, quiet=True),
        told("b1", "Brücke gesperrt", days=20, text=TWICE),
        told("b2", "Brücke gesperrt", days=19.9, text=TWICE, outlet="Elbpost"),
        told("b1", "Brücke gesperrt", days=19, text=f"{TWICE} Nun auch der Hafen. Der Hafen bleibt zu."),
        told("h1", "Hafen wird tiefer", days=10),
        told("f1", "Fähre kehrt um", days=2),
    )


def test_the_rules_that_ran_tell_again_exactly_what_they_told(tmp_path: Path) -> None:
    fill(tmp_path, BRIDGE, journal())
    reports = rehearse(tmp_path, BRIDGE)
    assert {id_: (len(each.told), each.before) for id_, each in reports.items()} == {
        "bridge": (1, 1),
        "harbour": (2, 2),
    }
    assert all(each.gained == each.lost == () for each in reports.values())


def test_what_is_gained_and_lost_comes_with_its_evidence(tmp_path: Path) -> None:
    fill(tmp_path, BRIDGE, journal())
    for reports in (rehearse(tmp_path, WIDER), rehearse(tmp_path, WIDER, against=BRIDGE)):
        (gained,) = reports["bridge"].gained
        assert (gained.title, gained.outlet, gained.evidence[0].term) == (
            "Fähre kehrt um",
            "Rheinblick",
            "Fähre",
        )
        assert [each.title for each in reports["harbour"].lost] == ["Brücke gesperrt", "Hafen wird tiefer"]
        assert reports["bridge"].lost == ()


def test_a_story_that_was_told_before_the_time_looked_at_is_not_told_in_it(tmp_path: Path) -> None:
    fill(tmp_path, BRIDGE, journal())
    report = rehearse(tmp_path, BRIDGE, since=19.95)["bridge"]  # between the story and its copy
    assert (len(report.told), report.before) == (0, 0)


def test_history_is_not_told_and_not_when_it_is_edited(tmp_path: Path) -> None:
    old = told("alt", "Brücke von früher", days=20, quiet=True)
    edited = told("alt", "Brücke von früher", days=5, text=old.page.text + " Die Brücke steht noch.")
    fill(tmp_path, BRIDGE, [old, edited])
    report = rehearse(tmp_path, BRIDGE)["bridge"]
    assert (len(report.told), report.before) == (0, 0)


def test_a_former_text_is_held_against_the_rules_at_its_own_time(tmp_path: Path) -> None:
    first = told("b1", "Brücke gesperrt", days=20, text=TWICE)
    fill(tmp_path, BRIDGE, [first, told("b1", "Sperrung", days=3, text=TWICE.replace("Die Brücke", "Der Weg"))])
    (telling,) = rehearse(tmp_path, BRIDGE)["bridge"].told
    assert (telling.title, telling.at) == ("Brücke gesperrt", first.fetched_at)


def test_alerts_a_day_count_the_days_the_archive_has(tmp_path: Path) -> None:
    many = [told(f"h{number}", f"Hafen {number}", days=10 - number / 100) for number in range(20)]
    fill(tmp_path, BRIDGE, many)
    report = rehearse(tmp_path, BRIDGE)["harbour"]
    assert round(report.per_day, 1) == 2.0
    assert 1 <= report.busiest <= 20


def test_what_a_shadow_watch_held_back_counts_as_told_before(tmp_path: Path) -> None:
    fill(tmp_path, "watches: [{id: bridge, any: [Brücke], shadow: true}]", journal())
    report = rehearse(tmp_path, BRIDGE)["bridge"]
    assert (len(report.told), report.before, report.gained) == (1, 1, ())
