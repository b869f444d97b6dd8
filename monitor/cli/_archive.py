"""What the commands that look into the store share: opening it, and printing what was found."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.config.config import load_store_path
from monitor.errors import StoreError, TocsinError
from monitor.store.database import Connection, connect, immediate

_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def _path(config: Path, env: Mapping[str, str]) -> Path:
    path = load_store_path(config, env=env)
    if not path.exists():
        raise StoreError(f"{path}: no store yet; `tocsin run` makes it")
    return path


@contextmanager
def open_archive(config: Path, env: Mapping[str, str]) -> Iterator[Connection]:
    """Open the store of a file for reading, beside a service that runs or not."""
    db = connect(_path(config, env), read_only=True)
    try:
        yield db
    finally:
        db.close()


@contextmanager
def open_for_writing(config: Path, env: Mapping[str, str]) -> Iterator[Connection]:
    """Open the store of a file for one transaction, beside a service that runs or not."""
    db = connect(_path(config, env))
    try:
        with immediate(db):
            yield db
    finally:
        db.close()


def ago(text: str) -> timedelta:
    """Read 90m, 12h, 7d; raise TocsinError for anything else."""
    found = _SPAN.fullmatch(text.strip().lower())
    if found is None:
        raise TocsinError(f"--since: got {text!r}, wanted a number and s, m, h, d or w, as in 12h")
    return timedelta(**{_UNITS[found[2]]: float(found[1])})


def since_words(moment: datetime | None, now: datetime) -> str:
    """Return a time as `3 min ago` or `in 3 min`."""
    if moment is None:
        return "never"
    seconds = (moment - now).total_seconds()
    size, unit = _largest_unit(abs(seconds))
    return f"in {size} {unit}" if seconds > 0 else f"{size} {unit} ago"


def _largest_unit(seconds: float) -> tuple[int, str]:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return int(seconds // size), unit
    return int(seconds), "s"


def print_table(columns: Sequence[str], lines: Sequence[Sequence[str]], *, empty: str) -> None:
    """Print a table on a terminal, tab-separated lines elsewhere; `empty` where there is nothing."""
    if not lines:
        print_line(empty)
        return
    if not sys.stdout.isatty():
        for line in [columns, *lines]:
            print_line("\t".join(_plain(cell) for cell in line))
        return
    table = Table(box=None, header_style="bold", padding=(0, 1))
    for column in columns:
        table.add_column(column, overflow="ellipsis" if column in {"url", "source"} else "fold")
    for line in lines:
        table.add_row(*(Text(_plain(cell)) for cell in line))
    Console().print(table)


def print_json(found: Sequence[Any]) -> None:
    """Print one JSON object a line; times as ISO 8601 with offset."""
    for each in found:
        print_line(json.dumps(asdict(each), ensure_ascii=False, default=_value))


def print_line(text: str) -> None:
    """Print a line of output."""
    sys.stdout.write(text + "\n")


def _value(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _plain(cell: str) -> str:
    """Take out what could paint a terminal or break a line: titles are written by strangers."""
    return _CONTROLS.sub("", " ".join(cell.split()))
