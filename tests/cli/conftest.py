"""The command line in this process: what it printed, what it answered, and the log as it was before."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from monitor.cli.main import main

Cli = Callable[..., "Result"]


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture(autouse=True)
def _log_as_before(log_as_before: None) -> None:
    """Commands configure the log; the next test must not notice."""


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Cli:
    """Run one command in an empty folder: `cli("check", "x.yml", stdin=[{…}])`."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str, stdin: list[Any] | bytes = b"") -> Result:
        lines = stdin if isinstance(stdin, bytes) else "\n".join(json.dumps(each) for each in stdin).encode()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines)))
        code = main(words)
        printed = capsys.readouterr()
        return Result(code, printed.out, printed.err)

    return run
