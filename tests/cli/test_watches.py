"""`tocsin watches`: what each watch did of late, and what shadow holds back until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.archive import NOW, fill, told
from tests.cli.conftest import Cli

RULES = """
watches:
  - {id: bridge, any: [Brücke]}
  - {id: trial, any: [Brücke, Hafen], shadow: 2w}
  - {id: silent, any: [Hafen], shadow: true}
  - {id: done, any: [Hafen], shadow: 1d}
"""
FIRST = 10.0  # days ago


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    read = [told("b1", "Brücke gesperrt", days=FIRST), told("h1", "Hafen wird tiefer", days=2)]
    fill(tmp_path, RULES, read)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_shadow_watches_tell_nobody_and_say_what_they_would_have_told(cli: Cli) -> None:
    records = {each["watch"]: each for each in cli("watches", "--since", "30d", "--json").records}
    counted = {id_: (each["matches"], each["alerts"], each["held_back"]) for id_, each in records.items()}
    assert counted == {"bridge": (1, 1, 0), "trial": (2, 0, 2), "silent": (1, 0, 1), "done": (1, 1, 0)}
    assert [each["title"] for each in records["trial"]["held_back_samples"]] == ["Hafen wird tiefer", "Brücke gesperrt"]


@pytest.mark.usefixtures("folder")
def test_a_shadow_watch_goes_live_its_time_after_it_was_first_seen(cli: Cli) -> None:
    records = {each["watch"]: each for each in cli("watches", "--json").records}
    started = NOW - timedelta(days=FIRST)
    assert datetime.fromisoformat(records["trial"]["goes_live"]) == started + timedelta(weeks=2)
    assert {id_: each["is_silent"] for id_, each in records.items()} == {
        "bridge": False,
        "trial": True,
        "silent": True,
        "done": False,
    }
    assert records["silent"]["goes_live"] is None


@pytest.mark.usefixtures("folder")
def test_only_the_last_days_are_counted(cli: Cli) -> None:
    records = {each["watch"]: each for each in cli("watches", "--since", "3d", "--json").records}
    assert (records["bridge"]["matches"], records["bridge"]["alerts"], records["trial"]["held_back"]) == (0, 0, 1)


def test_the_table_names_states_and_a_watch_that_no_service_has_seen(cli: Cli, folder: Path) -> None:
    (folder / "tocsin.yml").write_text(RULES + "  - {id: newest, any: [Deich]}\n", encoding="utf-8")
    lines = {line.split("\t")[0]: line.split("\t")[-1] for line in cli("watches").out.splitlines()}
    assert lines["bridge"] == "live"
    assert lines["trial"] == "shadow, live in 3 d"
    assert lines["silent"] == "shadow, until you take it out"
    assert lines["done"] == "live after shadow"
    assert lines["newest"] == "not yet in the service"
    assert any(line.startswith("held back by trial: ") and line.endswith("Hafen wird tiefer") for line in lines)


@pytest.mark.parametrize("value", ["soon", "0d", "7", "-1d", "[7d]", "7 days", "1000d"])
def test_a_shadow_that_is_no_time_is_refused_with_its_place(cli: Cli, tmp_path: Path, value: str) -> None:
    (tmp_path / "tocsin.yml").write_text(f"watches:\n  - {{id: a, any: [b], shadow: {value}}}\n", encoding="utf-8")
    result = cli("watches")
    assert result.code == 2
    assert "tocsin.yml:2:31: watches.0.shadow: that is no time to stay silent" in result.err
