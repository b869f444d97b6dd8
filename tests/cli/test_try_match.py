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
    assert third == {"id": "c", "watches": {}, "error": "'title' is no text; got a number"}
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


STRICT = """
watches:
  - {id: works, any: [bridge], with: [council]}
  - {id: fight, near: [bridge, troops], within: 3, ignore: [Battle of the bridge]}
"""
LOOSE = """
watches:
  - {id: works, any: [bridge]}
  - {id: crossing, any: [ferry]}
"""
TEXTS = [
    {"id": "a", "title": "Battle of the bridge: troops", "text": "The bridge of 1943.", "language": "en"},
    {"id": 2, "title": "Council plans bridge", "text": "It takes years.", "language": "en"},
    {"id": 3, "title": "Ferry turns back", "text": "The sea was rough.", "language": "en"},
    {"id": 4},
]


@pytest.fixture
def _two_files(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yml").write_text(STRICT, encoding="utf-8")
    (tmp_path / "loose.yml").write_text(LOOSE, encoding="utf-8")


@pytest.mark.usefixtures("_two_files")
def test_why_not_names_the_clause_that_failed_in_each_watch_that_is_not_met(cli: Cli) -> None:
    works, fight = cli("try", "match", "--why-not", "a", stdin=TEXTS).records
    assert (works["watch"], works["is_met"], works["reason"]) == ("works", False, "all: council does not occur")
    assert fight["watch"] == "fight"
    assert (
        '"ignored_by": {"field": "title", "term": "Battle of the bridge"'
        in cli("try", "match", "--why-not", "a", "--watch", "fight", stdin=TEXTS).out
    )


@pytest.mark.usefixtures("_two_files")
def test_a_watch_that_is_met_is_explained_only_where_it_is_asked_for(cli: Cli) -> None:
    assert [each["watch"] for each in cli("try", "match", "--why-not", "2", stdin=TEXTS).records] == ["fight"]
    (works,) = cli("try", "match", "--why-not", "2", "--watch", "works", stdin=TEXTS).records
    assert works["is_met"] is True


@pytest.mark.usefixtures("_two_files")
def test_on_a_terminal_the_explanation_is_a_tree(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.cli.try_match.is_terminal", lambda: True)
    lines = cli("try", "match", "--why-not", "a", "--watch", "works", stdin=TEXTS).out.splitlines()
    assert lines[0] == "NOT  watch works: all: council does not occur"
    assert any(line.strip() == "title: Battle of the bridge: troops" for line in lines)
    assert sum(len(line) - len(line.lstrip()) for line in lines) > 0


@pytest.mark.usefixtures("_two_files")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--why-not", "9"), "no text on standard input has the id '9'"),
        (("--why-not", "a", "--watch", "work"), "there is no watch 'work'; works?"),
        (("--why-not", "4"), "has neither a title nor a text"),
    ],
)
def test_what_cannot_be_explained_is_said(cli: Cli, options: tuple[str, ...], said: str) -> None:
    result = cli("try", "match", *options, stdin=TEXTS)
    assert result.code == 1
    assert said in result.err


@pytest.mark.usefixtures("_two_files")
@pytest.mark.parametrize("options", [("--watch", "works"), ("--diff", "loose.yml", "--why-not", "a")])
def test_options_that_do_not_go_together_are_refused(cli: Cli, options: tuple[str, ...]) -> None:
    assert cli("try", "match", *options, stdin=TEXTS).code == 2


@pytest.mark.usefixtures("_two_files")
def test_a_diff_tells_only_the_texts_on_which_two_files_disagree(cli: Cli) -> None:
    first, third, fourth = cli("try", "match", "--diff", "loose.yml", stdin=TEXTS).records
    assert (first["id"], list(first["gained"]), first["lost"]) == ("a", ["works"], {})
    assert (third["id"], list(third["gained"])) == (3, ["crossing"])
    assert third["gained"]["crossing"]["evidence"][0]["term"] == "ferry"
    assert (fourth["id"], fourth["gained"]) == (4, {})
    back = cli("try", "match", "--config", "loose.yml", "--diff", "tocsin.yml", stdin=TEXTS).records
    assert [list(each["lost"]) for each in back] == [["works"], ["crossing"], []]


@pytest.mark.usefixtures("_two_files")
def test_on_a_terminal_a_diff_ends_with_its_sums(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.cli.try_match.is_terminal", lambda: True)
    lines = cli("try", "match", "--diff", "loose.yml", stdin=TEXTS).out.splitlines()
    assert lines[-3:] == ["works: 1 gained, 0 lost", "crossing: 1 gained, 0 lost", "4 texts, 1 unreadable"]
