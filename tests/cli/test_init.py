"""`tocsin init`: a configuration that works as it is written, and no other one lost."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Cli


def test_what_init_writes_passes_check(cli: Cli, tmp_path: Path) -> None:
    written = cli("init")
    assert written.code == 0
    assert "tocsin check tocsin.yml" in written.out
    assert "tocsin run" in written.out
    assert json.loads((tmp_path / "tocsin.schema.json").read_text(encoding="utf-8"))["type"] == "object"
    assert cli("check").code == 0


def test_init_makes_the_folder_it_is_told(cli: Cli, tmp_path: Path) -> None:
    assert cli("init", "a/b").code == 0
    assert (tmp_path / "a" / "b" / "tocsin.yml").exists()


def test_init_overwrites_nothing_unless_told_to(cli: Cli, tmp_path: Path) -> None:
    mine = tmp_path / "tocsin.yml"
    mine.write_text("mine", encoding="utf-8")
    refused = cli("init")
    assert refused.code == 2
    assert "tocsin.yml: is already there" in refused.err
    assert (mine.read_text(encoding="utf-8"), (tmp_path / "tocsin.schema.json").exists()) == ("mine", False)
    assert cli("init", "--force").code == 0
    assert mine.read_text(encoding="utf-8") != "mine"


def test_a_folder_that_cannot_be_written_is_an_error_in_words(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = cli("init", "file/x")
    assert result.code == 2
    assert "cannot be written" in result.err
