"""`tocsin expand`: forms, look-alikes and proposals for what a user would write."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.load import load_watches
from monitor.match.matcher import Matcher
from monitor.model import Document
from tests.archive import fill, told
from tests.cli.conftest import Cli

RULES = """
sets: {ours: {de: [Brücke]}}
watches:
  - {id: bridge, any: [$ours], with: [Stadtrat], ignore: [Brückentag]}
"""


def test_a_term_is_expanded_without_any_file(cli: Cli) -> None:
    result = cli("expand", "Kursk", "--lang", "de", "--test", "Kurskosten", "--test", "Kursker")
    first, *proposals = result.records
    assert (first["term"], first["role"], first["language"]) == ("Kursk", "found", "de")
    assert {"kursk", "kursks"} <= set(first["forms"])
    assert "Kursker" in first["alike_taken"]
    assert "'osten' is neither" in first["alike_refused"]["Kurskosten"]
    assert proposals[0]["proposal"] == "$kursk"


def test_what_is_proposed_can_be_pasted_into_a_watch_and_finds_the_term(cli: Cli, tmp_path: Path) -> None:
    proposal = cli("expand", "North Korean troops", "--lang", "en").records[-1]["proposal"]
    assert proposal.startswith("$north_korea ~ $")
    (tmp_path / "tocsin.yml").write_text(f"watches: [{{id: w, any: ['{proposal}']}}]", encoding="utf-8")
    matcher = Matcher(load_watches(tmp_path / "tocsin.yml", {}))
    assert matcher.match(Document("North Korean troops", "", "en"))
    assert matcher.match(Document("Nordkoreanische Truppen", "", "de"))


def test_a_watch_and_a_set_list_their_terms_with_their_roles(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "tocsin.yml").write_text(RULES, encoding="utf-8")
    watch = {each["term"]: each["role"] for each in cli("expand", "bridge").records}
    assert watch == {"Brücke": "found", "Stadtrat": "with", "Brückentag": "ignore"}
    (only,) = cli("expand", "$ours").records
    assert (only["term"], only["language"]) == ("Brücke", "de")


def test_look_alikes_come_from_what_was_read(cli: Cli, tmp_path: Path) -> None:
    text = "Am Brückentag sind die Brücken voll, sagt Herr Brückner in der Brücke GmbH."
    fill(tmp_path, RULES, [told("b1", "Stau", days=1, text=text)])
    (found,) = cli("expand", "$ours").records
    assert "brucken" in found["alike_taken"]
    assert "bruckner" in found["alike_refused"]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("a OR b", "boolean words are not understood"),
        ("$nowhere", "there is no set of this name"),
        ("", "an empty term"),
    ],
)
def test_what_no_watch_would_take_is_refused_in_the_same_words(cli: Cli, what: str, said: str) -> None:
    result = cli("expand", what)
    assert result.code == 2
    assert said in result.err
    assert "what-was-typed" not in result.err


def test_one_letter_can_be_expanded_though_it_is_too_little_for_a_watch(cli: Cli) -> None:
    assert cli("expand", "軍").records[0]["further"] == ["軍 anywhere: its script has no spaces"]


def test_on_a_terminal_it_is_a_table_and_sentences(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.cli.expand.is_terminal", lambda: True)
    said = cli("expand", "Kursk", "--lang", "de", "--test", "Kurskosten", "--test", "Kursks").out
    assert "not Kursk: Kurskosten (after kursk, 'osten'" in said
    assert "is Kursk: Kursks" in said
    assert "in more languages: $kursk (" in said
