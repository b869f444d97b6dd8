"""Results on standard output: a table for people, JSON lines for programs.

What is printed comes from strangers: on a terminal nothing that a terminal obeys gets through,
and a JSON line stays one line for every reader.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

_OBEYED = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_BREAKS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "\x7f\x85\u2028\u2029"}


def plain(text: str) -> str:
    """Return the text on one line, without what a terminal would obey."""
    return _OBEYED.sub(" ", text)


def say(text: str = "") -> None:
    """Print one line of our own."""
    print(_OBEYED.sub(" ", text))  # noqa: T201  # this is the output


def write_json(record: object) -> None:
    """Print one record as one line."""
    line = json.dumps(record, ensure_ascii=False).translate(_BREAKS)
    # At once: who writes a line and waits for its answer would wait for ever.
    print(line.encode("utf-8", "replace").decode(), flush=True)  # noqa: T201  # this is the output


def moment(value: datetime | None) -> str | None:
    """Return ISO 8601 with offset, or None."""
    return value.isoformat() if value else None


def is_terminal() -> bool:
    return sys.stdout.isatty()


class Table:
    """Rows of text, printed as a table at the end."""

    def __init__(self, *columns: str) -> None:
        self._columns = columns
        self._rows: list[Sequence[str]] = []

    def add(self, *cells: str) -> None:
        self._rows.append([plain(cell) for cell in cells])

    def show(self) -> None:
        from rich import box  # noqa: PLC0415  # rich costs 0.1 s that JSON lines need not pay
        from rich.console import Console  # noqa: PLC0415  # as above
        from rich.table import Table as RichTable  # noqa: PLC0415  # as above
        from rich.text import Text  # noqa: PLC0415  # as above

        table = RichTable(box=box.SIMPLE_HEAD, pad_edge=False)
        for column in self._columns:
            table.add_column(column, overflow="fold")  # an address that is cut short is of no use
        for row in self._rows:
            table.add_row(*(Text(cell) for cell in row))
        Console().print(table)


class Meter:
    """Counts what is done, and how much of it failed; `advance` is called at each step."""

    def __init__(self, advance: Callable[[], None] = lambda: None) -> None:
        self.done = 0
        self.failed = 0
        self._advance = advance

    def step(self, *, is_failed: bool = False) -> None:
        self.done += 1
        self.failed += is_failed
        self._advance()

    @property
    def exit_code(self) -> int:
        """1 where there was something to do and all of it failed."""
        return 1 if self.done and self.failed == self.done else 0


@contextmanager
def meter(total: int | None, what: str, *, is_talking: bool = False) -> Iterator[Meter]:
    """Show how far we are, on standard error, if that is a terminal and there is more than a handful to do.

    `is_talking` says that results are printed meanwhile; on a terminal they show it themselves.
    """
    is_few = total is not None and total < 5
    if not sys.stderr.isatty() or is_few or (is_talking and is_terminal()):
        yield Meter()
        return
    from rich.console import Console  # noqa: PLC0415  # see Table
    from rich.progress import Progress  # noqa: PLC0415  # as above

    # Left to itself it would take standard output over and send the results to standard error.
    with Progress(console=Console(stderr=True), transient=True, redirect_stdout=False) as progress:
        task = progress.add_task(what, total=total)
        yield Meter(lambda: progress.advance(task))
