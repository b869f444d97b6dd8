"""How many pages a second one core reads: `parse_page` beside bare trafilatura, interleaved per page.

    python -m benchmarks.extraction [--rounds 3]

The figure to hold is the ratio to trafilatura's fast mode with its metadata; each page is read by
every extractor in turn, so a busy machine slows all of them alike.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

from trafilatura import bare_extraction

from benchmarks._table import Skipped
from benchmarks.page_quality import rows
from monitor.parse.page import parse_page
from tests.data import data_root

Extract = Callable[[bytes, str], object]
EXTRACTORS: dict[str, Extract] = {
    "trafilatura fast, metadata": lambda body, url: bare_extraction(
        body, url=url, fast=True, include_comments=False, with_metadata=True
    ),
    "trafilatura fast, text only": lambda body, url: bare_extraction(
        body, url=url, fast=True, include_comments=False, with_metadata=False
    ),
    "trafilatura default, metadata": lambda body, url: bare_extraction(
        body, url=url, include_comments=False, with_metadata=True
    ),
    "parse_page": lambda body, url: parse_page(body, url=url),
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--set", default="fundus")
    chosen = options.parse_args()
    root = data_root()
    if root is None:
        raise Skipped("no real pages on this machine: set TOCSIN_DATA")
    pages = [(body, row.get("url") or "https://news.example/a/1") for row, body in rows(root, chosen.set)]
    times: dict[str, list[float]] = {name: [] for name in EXTRACTORS}
    for body, url in pages[:3]:  # models and patterns load at first use
        for extract in EXTRACTORS.values():
            extract(body, url)
    for _ in range(chosen.rounds):
        for body, url in pages:
            for name, extract in EXTRACTORS.items():
                begun = time.process_time()
                extract(body, url)
                times[name].append(time.process_time() - begun)
    base = sum(times["trafilatura fast, metadata"])
    size = sum(len(body) for body, _ in pages) / len(pages) / 1024
    print(f"{len(pages)} pages, {size:.0f} KB on average, {chosen.rounds} rounds")
    print(f"{'':32}{'pages/s':>9}{'median ms':>11}{'p95 ms':>9}{'speed':>8}")
    for name, spent in times.items():
        p95 = statistics.quantiles(spent, n=20)[-1]
        median = statistics.median(spent)
        print(f"{name:32}{len(spent) / sum(spent):9.1f}{1000 * median:11.1f}{1000 * p95:9.1f}{base / sum(spent):8.2f}")


if __name__ == "__main__":
    main()
