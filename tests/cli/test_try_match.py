"""`tocsin try match`: texts in, watches with their evidence out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cli

WATCHES = """
outlets: [not even an address]
watches:
  - {id: bridge, any: [bridge, Brücke]}
  - {id: mayor, any: [mayor]}
"""


@pytest.fixture
def _watches(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yml").write_text(WATCHES, encoding="utf-8")


@pytest.mark.usefixtures("_watches")
def test_only_watches_that_match_are_listed_with_their_evidence(cli: Cli) -> None:
    texts = [
        {"id": "a", "title": "The new bridge", "text": "It was opened.", "language": "en"},
        {"id": "b", "title": "Nothing", "text": "Of the kind."},
        {"id": "c", "title": 7, "text": "x"},
        {"id": "d"},
        {"id": "e", "text": "Die Brücke ist offen, sagt der Bürgermeister. Alle freuen sich sehr darüber."},
    ]
    result = cli("try", "match", "--config", "tocsin.yml", stdin=texts)
    assert result.code == 0
    first, second, third, fourth, fifth = result.records
    assert list(first["watches"]) == ["bridge"]
    found = first["watches"]["bridge"]
    assert found["score"] == 3
    (evidence,) = found["evidence"]
    assert list(evidence) == ["field", "term", "snippet", "start", "end"]
    assert (evidence["field"], evidence["start"], evidence["end"]) == ("title", 8, 14)
    assert second == {"id": "b", "watches": {}}
    assert third == {"id": "c", "watches": {}, "error": "'title' is no text"}
    assert fourth["error"] == "has neither a title nor a text"
    assert list(fifth["watches"]) == ["bridge"]


def test_bad_watches_are_named_with_their_place(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "tocsin.yml").write_text("watches:\n  - {id: a, anny: [b]}\n", encoding="utf-8")
    result = cli("try", "match", stdin=[])
    assert result.code == 2
    assert "tocsin.yml:2:13: watches.0.anny: unknown key" in result.err


def test_a_secret_that_is_not_set_is_named(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "tocsin.yml").write_text('watches:\n  - {id: a, any: ["${WORD_X}"]}\n', encoding="utf-8")
    assert "the environment variable WORD_X is not set" in cli("try", "match", stdin=[]).err


@pytest.mark.usefixtures("_watches")
def test_no_text_is_no_failure(cli: Cli) -> None:
    result = cli("try", "match", stdin=b"")
    assert (result.code, result.out) == (0, "")
