"""Visits a second to feeds that have not changed, through the real flow, beside a bare aiohttp loop on the same press.

    python -m benchmarks.visits [--visits 1500]

200 host names on loopback. `304`: the press knows its validators; `200`: it has none and sends the same
bytes again. Ours: Visits + ScrapyCrawler + Store, each visit claimed, fetched under robots.txt
and politeness, judged and committed. Target: 100 visits/s.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from benchmarks._press import press
from benchmarks._table import describe_machine, print_table, print_title
from monitor import log
from monitor.app import VISIT_TICK, crawl_settings, make_gate
from monitor.crawl import ScrapyCrawler
from monitor.demo.newspaper import Newspaper
from monitor.flows.visit import Capacity, Visits
from monitor.journal import Journal
from monitor.load import load
from monitor.model import Entry, FrontierItem, Page, SourceDue, Visit
from monitor.store import sources
from monitor.store.database import Store
from monitor.workers import Workers

HOSTS = 200
ITEMS = 40
AT_ONCE = 64  # of the bare loop
AHEAD = timedelta(minutes=10)  # by so much our clock is fast: every source is always due
PATHS = {"304": "/feed.xml", "200": "/bare.xml"}
PATIENCE = 90.0


@dataclass(frozen=True, slots=True)
class Rate:
    """What one run did."""

    per_second: float
    cpu_ms: float  # per visit, of this process


def main(arguments: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--visits", type=int, default=1500)
    wanted = options.parse_args(arguments).visits
    log.configure(level="error", json=True)
    rows: list[tuple[str, float, float, float]] = []
    with press(_print) as paper:
        for answer, path in PATHS.items():
            bare = [asyncio.run(_bare(paper.dial, path, wanted))]
            ours = asyncio.run(_ours(paper.dial, path, wanted))
            bare.append(asyncio.run(_bare(paper.dial, path, wanted)))
            floor = sum(each.per_second for each in bare) / 2
            rows.append((f"{answer}, tocsin", ours.per_second, ours.cpu_ms, ours.per_second / floor))
            rows.append((f"{answer}, bare aiohttp", floor, bare[0].cpu_ms, 1.0))
    print_title("Visits to unchanged feeds", f"{HOSTS} hosts, {wanted} visits; {describe_machine()}")
    print_table(("", "visits/s", "processor ms", "of the floor"), rows)


def _host(number: int) -> str:
    return f"paper{number}.example"


def _print(paper: Newspaper) -> None:
    for number in range(HOSTS):
        host = _host(number)
        items = "".join(
            f"<item><title>Report {at} of {host}</title><link>http://{host}/2026/01/report-{at}.html</link>"
            f"<guid>{host}-{at}</guid><description>{'What happened, and where. ' * 12}</description></item>"
            for at in range(ITEMS)
        )
        body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>{host}</title>{items}</channel></rss>'
        paper.publish(host, PATHS["304"], body, content_type="application/rss+xml")
        paper.publish(host, PATHS["200"], body, content_type="application/rss+xml", validators=False)


# ── Ours ─────────────────────────────────────────────────────────────────────────────────────


class _Desk:
    """Hands visits to the flow; nothing is read, for the first visit skips what stands in the feeds."""

    def __init__(self) -> None:
        self.visits: Visits | None = None

    async def discovered(self, due: SourceDue, visit: Visit, entries: tuple[Entry, ...]) -> tuple[FrontierItem, ...]:
        assert self.visits is not None
        return await self.visits.discovered(due, visit, entries)

    async def read(self, item: FrontierItem, page: Page, *, url: str) -> None:
        raise AssertionError("there is nothing to read")

    async def unread(self, item: FrontierItem, *_: object, **__: object) -> None:
        raise AssertionError("there is nothing to read")


async def _ours(dial: str, path: str, wanted: int) -> Rate:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tocsin.yml"
        outlets = "".join(f'  - {{name: p{n}, feed: "http://{_host(n)}{path}"}}\n' for n in range(HOSTS))
        file.write_text(
            f"outlets:\n{outlets}watches: [{{id: none, any: [xyzzy]}}]\nschedule: {{first_visit: skip}}\n"
            f'network:\n  allow: [127.0.0.1]\n  hosts: {{"*": "{dial}"}}\n  delay: 0s\n',
            encoding="utf-8",
        )
        config = load(file, os.environ).config
        outcomes: list[str] = []

        def watch(event: str, facts: Mapping[str, Any]) -> None:
            if event == "visited":
                outcomes.append(
                    f"{facts['outcome']}: {facts['reason']}" if facts["outcome"] != "unchanged" else "unchanged"
                )

        store = Store.open(Path(folder) / "tocsin.db")
        await store.write(sources.register, config.sources, datetime.now(UTC))
        desk, gate = _Desk(), make_gate(config)
        async with Workers(config.schedule.workers) as workers:
            crawler = ScrapyCrawler(gate, workers, desk, crawl_settings(config))
            visits = desk.visits = Visits(
                store,
                Journal(log.get_logger(), watch),
                watched=config.sources,
                crawler=lambda: crawler,
                clock=lambda: datetime.now(UTC) + AHEAD,
                capacity=Capacity(),
                spread=0.1,
                chance=lambda: 0.5,
            )
            await visits.visit_due()  # robots.txt, the first look, validators
            async with asyncio.timeout(PATIENCE):
                while len(outcomes) < HOSTS:  # noqa: ASYNC110  # as the service's own clock does it
                    await asyncio.sleep(VISIT_TICK)
            await workers.close()  # what has not changed needs no parsing
            del outcomes[:]
            started, used = time.perf_counter(), time.process_time()
            await _visit_until(visits, outcomes, wanted)
            spent, used = time.perf_counter() - started, time.process_time() - used
            done = len(outcomes)
            if set(outcomes) != {"unchanged"}:
                raise SystemExit(f"not all visits found their feed unchanged: {set(outcomes)}")
            visits.stop()
            await visits.drain(5.0)
            await crawler.close(1.0)
        store.close()
    return Rate(done / spent, 1000 * used / done)


async def _visit_until(visits: Visits, outcomes: list[str], wanted: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while len(outcomes) < wanted:
            await visits.visit_due()
            await asyncio.sleep(VISIT_TICK)


# ── The floor ────────────────────────────────────────────────────────────────────────────────


class _Everywhere(AbstractResolver):
    """Every name is on loopback."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=self._port, family=socket.AF_INET, proto=0, flags=0)
        ]

    async def close(self) -> None:
        """Nothing is held."""


async def _bare(dial: str, path: str, wanted: int) -> Rate:
    connector = aiohttp.TCPConnector(resolver=_Everywhere(int(dial.rpartition(":")[2])), limit=256)
    etags: dict[int, str] = {}
    statuses: set[int] = set()
    async with aiohttp.ClientSession(connector=connector) as session:

        async def look(number: int) -> None:
            headers = {"If-None-Match": etags[number]} if number in etags else {}
            async with session.get(f"http://{_host(number)}{path}", headers=headers) as answer:
                await answer.read()
                etags.update({number: answer.headers["ETag"]} if "ETag" in answer.headers else {})
                statuses.add(answer.status)

        async def loop(first: int, count: int) -> None:
            for number in range(first, count, AT_ONCE):
                await look(number % HOSTS)

        await asyncio.gather(*(loop(first, HOSTS) for first in range(AT_ONCE)))
        started, used = time.perf_counter(), time.process_time()
        await asyncio.gather(*(loop(first, wanted) for first in range(AT_ONCE)))
        return Rate(wanted / (time.perf_counter() - started), 1000 * (time.process_time() - used) / wanted)


if __name__ == "__main__":
    main()
