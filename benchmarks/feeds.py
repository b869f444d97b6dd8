"""How long a feed takes: ours beside fastfeedparser's and feedparser's, over the real feeds.

    python -m benchmarks.feeds

Prints milliseconds a feed (median, 95th percentile, slowest) and how many feeds gave entries.
"""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import fastfeedparser
import feedparser

from benchmarks._table import Skipped
from monitor.parse.feed import parse_feed
from tests.data import data_root


def main() -> None:
    root = data_root()
    if root is None:
        raise Skipped("no real feeds on this machine: set TOCSIN_DATA")
    bodies = [path.read_bytes() for path in sorted((root / "feeds" / "real").rglob("*")) if _is_feed(path)]
    print(f"{len(bodies)} feeds, {sum(map(len, bodies)) / 1e6:.1f} MB")
    print(f"{'parser':<16}{'median ms':>10}{'p95 ms':>10}{'max ms':>10}{'with entries':>14}{'entries':>9}")
    for name, parse in _parsers().items():
        _row(name, parse, bodies)


def _is_feed(path: Path) -> bool:
    return path.is_file() and not path.name.endswith(".expected.json")


def _parsers() -> dict[str, Callable[[bytes], int]]:
    return {
        "tocsin": lambda body: len(parse_feed(body, url="https://feed.example/feed").entries),
        "fastfeedparser": lambda body: len(fastfeedparser.parse(body).entries),
        "feedparser": lambda body: len(feedparser.parse(io.BytesIO(body)).entries),
    }


def _row(name: str, parse: Callable[[bytes], int], bodies: list[bytes]) -> None:
    times, counts = list[float](), list[int]()
    for body in bodies:
        start = time.perf_counter()
        try:
            count = parse(body)
        except Exception:  # noqa: BLE001  each library has its own errors; none gave entries
            count = 0
        times.append((time.perf_counter() - start) * 1000)
        counts.append(count)
    times.sort()
    median, late = times[len(times) // 2], times[int(len(times) * 0.95)]
    with_entries = sum(1 for count in counts if count)
    print(f"{name:<16}{median:>10.2f}{late:>10.2f}{times[-1]:>10.1f}{with_entries:>14}{sum(counts):>9}")


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        main()
