"""`tocsin check`: every fault with its place, at once; or what the file holds."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Cli

GOOD = """
outlets: [https://a.example/, {name: B, feed: [https://b.example/1, https://b.example/2]}]
watches: [{id: kursk, any: [Kursk]}]
channels: {out: {console: true}}
routes: [{watch: kur*, to: out}]
"""
BAD = """outlets:
  - feed: htp://a.example/
watches:
  - id: kursk
    anny: [Kursk]
channels:
  out: {console: true, secrets: kanarienvogel}
routes:
  - {watch: krusk, to: owt}
"""


def test_a_good_file_is_counted(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "tocsin.yml").write_text(GOOD, encoding="utf-8")
    result = cli("check")
    assert result.code == 0
    assert result.out == "tocsin.yml: in order. 2 outlets, 3 sources, 1 watch, 1 channel, 1 route.\n"


def test_a_good_file_is_counted_as_json(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text(GOOD, encoding="utf-8")
    (record,) = cli("check", "x.yml", "--json").records
    assert record == {
        "ok": True,
        "file": "x.yml",
        "outlets": 2,
        "sources": 3,
        "watches": 1,
        "channels": 1,
        "routes": 1,
    }


def test_I10_all_faults_are_told_at_once_with_their_places(cli: Cli, tmp_path: Path) -> None:  # a row of the catalogue
    (tmp_path / "tocsin.yml").write_text(BAD, encoding="utf-8")
    result = cli("check")
    assert (result.code, result.out) == (2, "")
    lines = result.err.splitlines()
    assert (
        lines[0] == "tocsin.yml:2:11: outlets.0.feed: has the scheme htp; got 'htp://a.example/'; wanted https or http"
    )
    places = [line.split(": ")[0] for line in lines]
    for place in ("2:11", "5:5", "7:24", "9:13", "9:24"):
        assert f"tocsin.yml:{place}" in places
    assert "kanarienvogel" not in result.err


def test_faults_as_json_have_path_place_and_cure(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "tocsin.yml").write_text(BAD, encoding="utf-8")
    result = cli("check", "--json")
    assert result.code == 2
    record = json.loads(result.out)
    assert record["ok"] is False
    assert record["problems"][0] == {
        "path": ["outlets", 0, "feed"],
        "message": "has the scheme htp",
        "got": "'htp://a.example/'",
        "wanted": "https or http",
        "file": "tocsin.yml",
        "line": 2,
        "column": 11,
    }


def test_a_bad_css_selector_is_a_fault_of_the_file(cli: Cli, tmp_path: Path) -> None:
    text = "outlets:\n  - page: https://a.example/\n    links: 'a[['\n"
    (tmp_path / "tocsin.yml").write_text(text, encoding="utf-8")
    result = cli("check")
    assert result.code == 2
    assert result.err.startswith("tocsin.yml:3:12: outlets.0.links: is no CSS selector")


def test_a_term_that_starts_with_a_star_says_to_quote_it(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "tocsin.yml").write_text("watches:\n  - id: a\n    any: [*soldat]\n", encoding="utf-8")
    result = cli("check")
    assert result.err.startswith(
        "tocsin.yml:3:11: watches.0.any.0: a bare text cannot start with *; got *soldat; wanted quotes"
    )
