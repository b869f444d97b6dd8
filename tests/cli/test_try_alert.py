"""`tocsin try alert`: a test alert through the channel's own notifier."""

from __future__ import annotations

import json
from pathlib import Path

from monitor.cli.try_alert import make_test_alert
from tests.cli.conftest import Cli

CONFIG = """
channels:
  log: {file: alerts.jsonl}
  hook: {webhook: "http://127.0.0.1:9/kanarienvogel-4711"}
"""


def test_a_test_alert_reaches_the_channel_and_says_that_it_is_one(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "tocsin.yml").write_text(CONFIG, encoding="utf-8")
    result = cli("try", "alert", "log")
    assert result.code == 0
    (record,) = result.records
    assert (record["channel"], record["outcome"]) == ("log", "sent")
    (line,) = (tmp_path / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
    assert "test" in json.dumps(json.loads(line)).lower()


def test_B11_a_channel_that_fails_says_why_without_its_secret(
    cli: Cli, tmp_path: Path
) -> None:  # a row of the catalogue
    (tmp_path / "tocsin.yml").write_text(CONFIG, encoding="utf-8")
    result = cli("try", "alert", "hook")
    assert result.code == 1
    (record,) = result.records
    assert "loopback" in record["reason"]
    assert "kanarienvogel" not in result.out + result.err


def test_a_channel_that_is_not_there_is_named_with_those_that_are(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "tocsin.yml").write_text(CONFIG, encoding="utf-8")
    result = cli("try", "alert", "hok")
    assert result.code == 2
    assert "there is no such channel; got 'hok'; wanted hook?" in result.err


def test_the_alert_is_marked_as_a_test() -> None:
    from datetime import UTC, datetime

    told = make_test_alert(datetime(2026, 2, 3, tzinfo=UTC))
    assert told.is_test
    (evidence,) = told.evidence
    assert told.title[evidence.start : evidence.end] == evidence.term
