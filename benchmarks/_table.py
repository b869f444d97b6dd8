"""What every benchmark prints: the machine once, then tables whose last column is the ratio to the floor or peer.

A floor is the bare work without the service around it; it is measured in the same run, on the same
machine, over the same input, so that the ratio holds where the absolute figures do not.
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Sequence

Cell = str | float | int


class Skipped(SystemExit):
    """This machine lacks what the benchmark needs; the message says what."""


def print_title(title: str, note: str = "") -> None:
    """Print what the next table is of."""
    print(f"\n{title}" + (f"  ({note})" if note else ""), flush=True)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Print rows under their columns: the first column to the left, figures to the right."""
    lines = [list(columns), *([_text(cell) for cell in row] for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(columns))]
    for line in lines:
        cells = [
            line[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
        ]
        print("  ".join(cells).rstrip(), flush=True)


def describe_machine() -> str:
    """Return what the figures were measured on."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def best_of(rounds: int, work: Callable[[], object]) -> float:
    """Return the seconds of the fastest round: what is slower was disturbed."""
    return min(_timed(work) for _ in range(rounds))


def spread(values: Sequence[float], unit: str = "") -> str:
    """Return the median of some rounds with the least and the most."""
    return f"{statistics.median(values):.1f}{unit} ({min(values):.1f} to {max(values):.1f})"


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _text(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:.2f}" if abs(cell) < 10 else f"{cell:.1f}"
    return str(cell)
