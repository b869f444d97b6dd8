"""Pages a second through the whole service, from the first visit to the commit, beside bare trafilatura.

    python -m benchmarks.whole_path [--rounds 3]

Real pages of two data sets under their own host names, offered by feeds and sitemaps of a loopback
press in a process of its own. Ours: fetch, parse, identity, match, commit, by the App as it is,
on a fresh store each round. The floor: `bare_extraction(fast=True)` alone, over the same pages,
by as many processes as there are cores. Rounds alternate. Target: 0.6 of the floor.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks._press import Press, cpu_seconds, family, idle_seconds, press
from benchmarks._table import Skipped, describe_machine, print_table, print_title
from monitor import log
from monitor.app import App
from monitor.demo.newspaper import Newspaper
from monitor.load import load
from tests.data import data_root
from tests.town import RealPage, Stand, build, configuration, real_pages

CORES = len(os.sched_getaffinity(0))
PATIENCE = 60.0  # seconds without an event, after which a round is given up
FLOORS = {"trafilatura fast, text only": False, "trafilatura fast, with metadata": True}
WATCHES = """
watches:
  - {id: kursk, any: [$kursk]}
  - {id: troops, any: [$north_korea ~ $troops]}
  - {id: both, all: [watch:kursk, watch:troops]}
  - {id: quake, any: [Erdbeben, earthquake, terremoto, séisme]}
channels: {archive: {file: alerts.jsonl}}
"""


@dataclass(frozen=True, slots=True)
class Round:
    """One run of the service."""

    pages: int
    seconds: float
    own_cpu: float
    children_cpu: float
    press_cpu: float
    idle: float
    lost: int


@dataclass(frozen=True, slots=True)
class Floor:
    """One run of the floor: pages a second, processor seconds a page."""

    rate: float
    cpu: float


def main(arguments: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    rounds = options.parse_args(arguments).rounds
    root = data_root()
    if root is None:
        raise Skipped("no real pages on this machine: set TOCSIN_DATA")
    pages = real_pages(root)
    log.configure(level="error", json=True)
    with (
        press(partial(_print, root)) as paper,
        ProcessPoolExecutor(CORES, mp_context=get_context("spawn")) as pool,
    ):
        stands: list[Stand] = paper.printed  # type: ignore[assignment]  # what _print returned
        for with_metadata in FLOORS.values():
            _floor(pool, pages[:20], with_metadata)  # models and patterns load at first use
        readers = [pid for pid in family(os.getpid()) if pid not in (os.getpid(), paper.pid)]
        ours, floors = list[Round](), {name: list[Floor]() for name in FLOORS}
        for _ in range(rounds):
            for name, with_metadata in FLOORS.items():
                used = sum(map(cpu_seconds, readers))
                rate = _floor(pool, pages, with_metadata)
                floors[name].append(Floor(rate, (sum(map(cpu_seconds, readers)) - used) / len(pages)))
            ours.append(_round(stands, paper))
    _report(pages, stands, ours, floors)


def _report(
    pages: Sequence[RealPage], stands: Sequence[Stand], ours: Sequence[Round], floors: Mapping[str, Sequence[Floor]]
) -> None:
    size = statistics.mean(page.path.stat().st_size for page in pages)
    print_title(
        "Whole path: fetch, parse, identity, match, commit",
        f"{len(pages)} pages of {size / 1000:.0f} KB, {len(stands)} sources; {describe_machine()}",
    )
    rates = [each.pages / each.seconds for each in ours]
    costs = [(each.own_cpu + each.children_cpu) / each.pages for each in ours]
    rows: list[tuple[str, float, float, float, float]] = [("tocsin", median(rates), 1000 * median(costs), 1.0, 1.0)]
    for name, measured in floors.items():
        bare_rates, bare_costs = [each.rate for each in measured], [each.cpu for each in measured]
        by_time, by_cpu = median(_ratios(rates, bare_rates)), median(_ratios(bare_costs, costs))
        rows.append((f"{name}, {CORES} processes", median(bare_rates), 1000 * median(bare_costs), by_time, by_cpu))
    # Where others use the cores too, the rates suffer unequally; the processor time says what is ours.
    print_table(("", "pages/s", "processor ms a page", "tocsin / this", "by processor time"), rows)
    print_table(
        ("processor ms a page", "service", "children", "press", "cores busy", "cores idle", "not read"),
        [
            (
                f"round {number}",
                *(1000 * cpu / each.pages for cpu in (each.own_cpu, each.children_cpu, each.press_cpu)),
                (each.own_cpu + each.children_cpu + each.press_cpu) / each.seconds,
                each.idle / each.seconds,
                each.lost,
            )
            for number, each in enumerate(ours, 1)
        ],
    )


def _ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    return [mine / other for mine, other in zip(ours, theirs, strict=True)]


def _print(root: Path, paper: Newspaper) -> list[Stand]:
    return build(paper, real_pages(root))


# ── The floor ────────────────────────────────────────────────────────────────────────────────


def _floor(pool: ProcessPoolExecutor, pages: Sequence[RealPage], with_metadata: bool) -> float:
    """Return the pages a second of bare trafilatura."""
    started = time.perf_counter()
    list(pool.map(partial(_extract, with_metadata=with_metadata), [(page.path, page.url) for page in pages]))
    return len(pages) / (time.perf_counter() - started)


def _extract(page: tuple[Path, str], *, with_metadata: bool) -> int:
    from trafilatura import bare_extraction  # noqa: PLC0415  # in the floor's processes only

    path, url = page
    found: Any = bare_extraction(
        path.read_bytes(), url=url, fast=True, include_comments=False, with_metadata=with_metadata
    )
    return len(found.text or "") if found else 0


# ── The service ──────────────────────────────────────────────────────────────────────────────


def _round(stands: Sequence[Stand], paper: Press) -> Round:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tocsin.yml"
        file.write_text(configuration(stands, paper.dial, extra=WATCHES), encoding="utf-8")
        return asyncio.run(_run(file, paper.pid, sum(len(stand.pages) for stand in stands)))


async def _run(file: Path, press_pid: int, wanted: int) -> Round:
    told: dict[str, int] = {}
    moved = asyncio.Event()

    def watch(event: str, _: Mapping[str, Any]) -> None:
        told[event] = told.get(event, 0) + 1
        moved.set()

    app = App(load(file, os.environ), watcher=watch)
    me = os.getpid()
    before = set(family(me))  # the press, and those of the floor
    await app.start()  # its children stand ready, as the floor's do
    earlier = sum(cpu_seconds(pid) for pid in set(family(me)) - before)
    started, own, press_cpu = time.perf_counter(), cpu_seconds(me), cpu_seconds(press_pid)
    ended, idle = started, idle_seconds()
    try:
        while told.get("read", 0) + told.get("given up", 0) < wanted:
            moved.clear()
            async with asyncio.timeout(PATIENCE):
                await moved.wait()
            ended = time.perf_counter()
        idle = idle_seconds() - idle
        own, press_cpu = cpu_seconds(me) - own, cpu_seconds(press_pid) - press_cpu
        children = sum(cpu_seconds(pid) for pid in set(family(me)) - before) - earlier
    finally:
        await app.stop()
    read = told.get("read", 0)
    return Round(read, ended - started, own, children, press_cpu, idle, wanted - read)


if __name__ == "__main__":
    main()
