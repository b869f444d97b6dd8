"""`tocsin backtest`: rules on the archive, compared, sampled, and held to a budget."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.archive import fill, told
from tests.cli.conftest import Cli

RULES = "watches: [{id: bridge, any: [Brücke]}, {id: harbour, any: [Hafen]}]"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A month in which two stories met a watch."""
    read = [
        told("b1", "Brücke gesperrt", days=20),
        told("h1", "Hafen wird tiefer", days=10),
        told("f1", "Fähre kehrt um", days=2),
    ]
    fill(tmp_path, RULES, read)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_the_running_rules_beside_what_the_service_told(cli: Cli) -> None:
    result = cli("backtest")
    assert result.code == 0
    assert [(each["watch"], each["alerts"], each["before"], each["gained"]) for each in result.records] == [
        ("bridge", 1, 1, 0),
        ("harbour", 1, 1, 0),
    ]


@pytest.mark.parametrize("against", ["recorded", "running"])
def test_another_file_shows_what_it_gains_and_loses(cli: Cli, folder: Path, against: str) -> None:
    (folder / "new.yml").write_text("watches: [{id: bridge, any: [Fähre]}, {id: new, any: [Hafen]}]", encoding="utf-8")
    records = {each["watch"]: each for each in cli("backtest", "--rules", "new.yml", "--against", against).records}
    assert {id_: (each["gained"], each["lost"]) for id_, each in records.items()} == {
        "bridge": (1, 1),
        "new": (1, 0),
        "harbour": (0, 1),
    }
    (sample,) = records["bridge"]["gained_samples"]
    assert (sample["title"], sample["outlet"]) == ("Fähre kehrt um", "Rheinblick")
    assert "Fähre" in sample["evidence"][0]


@pytest.mark.usefixtures("folder")
def test_only_the_watches_that_are_named(cli: Cli) -> None:
    assert [each["watch"] for each in cli("backtest", "har*").records] == ["harbour"]
    result = cli("backtest", "harbor")
    assert result.code == 1
    assert "there is no watch 'harbor'; harbour?" in result.err


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("budget", "code"), [("1/day", 0), ("0.01", 1), ("1/week", 0), ("0.1/week", 1)])
def test_a_watch_over_its_budget_is_a_failure(cli: Cli, budget: str, code: int) -> None:
    result = cli("backtest", "bridge", "--budget", budget)
    assert (result.code, result.records[0]["over_budget"]) == (code, bool(code))


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("option", "value"), [("--since", "soon"), ("--budget", "few")])
def test_what_cannot_be_read_is_named_with_what_was_wanted(cli: Cli, option: str, value: str) -> None:
    result = cli("backtest", option, value)
    assert result.code == 1
    assert f"{option}: got '{value}', wanted" in result.err


@pytest.mark.usefixtures("folder")
def test_on_a_terminal_it_is_a_table_with_samples(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "new.yml").write_text("watches: [{id: bridge, any: [Fähre]}]", encoding="utf-8")
    monkeypatch.setattr("monitor.cli.backtest.is_terminal", lambda: True)
    said = cli("backtest", "bridge", "--rules", "new.yml", "--budget", "0.01").out
    assert "over budget" in said
    assert "+ bridge: " in said
    assert "- bridge: " in said
    assert "title: Fähre kehrt um" in said


def test_before_the_first_run_there_is_nothing_to_rehearse_on(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "tocsin.yml").write_text(RULES, encoding="utf-8")
    result = cli("backtest")
    assert result.code == 1
    assert "no store yet" in result.err
