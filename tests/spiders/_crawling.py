"""Real crawls on a loopback newspaper, with a desk that writes down what it is handed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from monitor.crawl import ScrapyCrawler
from monitor.demo.newspaper import Newspaper
from monitor.egress import Egress
from monitor.model import Entry, FrontierItem, Page, ReadFailure, Source, SourceDue, Visit
from monitor.workers import Workers
from tests import builders

HOST = "rheinblick.example"


@dataclass
class Ledger:
    """A desk that keeps everything and asks for nothing."""

    visits: list[tuple[Visit, tuple[Entry, ...]]] = field(default_factory=list)
    pages: list[tuple[FrontierItem, Page, str]] = field(default_factory=list)
    failures: list[tuple[FrontierItem, ReadFailure, str, int | None, float | None]] = field(default_factory=list)

    async def discovered(self, due: SourceDue, visit: Visit, entries: tuple[Entry, ...]) -> tuple[FrontierItem, ...]:
        self.visits.append((visit, entries))
        return ()

    async def read(self, item: FrontierItem, page: Page, *, url: str) -> None:
        self.pages.append((item, page, url))

    async def unread(
        self,
        item: FrontierItem,
        failure: ReadFailure,
        reason: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.failures.append((item, failure, reason, status, retry_after))


@dataclass
class Crawling:
    """A newspaper and a crawler that reads it."""

    paper: Newspaper
    crawler: ScrapyCrawler
    desk: Ledger

    async def visit(self, kind: str, path: str = "/feed.xml", **due: Any) -> tuple[Visit, tuple[Entry, ...]]:
        """Visit one source of the newspaper; return what was handed in."""
        facts = {name: due.pop(name) for name in ("links", "headers", "interval") if name in due}
        of = builders.source(kind=kind, url=f"http://{HOST}{path}", **facts)
        await self.crawler.visit(kind, [builders.due(of, **due)])
        return self.desk.visits[-1]

    async def read(self, *paths: str, of: Source | None = None, **facts: Any) -> None:
        """Read articles of the newspaper."""
        items = [builders.item(path, of, **{"id": number, **facts}) for number, path in enumerate(paths)]
        await self.crawler.read(items)


@asynccontextmanager
async def crawling(*, deadline: float = 20.0, **overrides: Any) -> AsyncIterator[Crawling]:
    """Open a newspaper, and a crawler that finds it under every name."""
    desk, workers = Ledger(), Workers(1, deadline=deadline)
    async with Newspaper() as paper:
        gate = Egress(allow=["127.0.0.1"], hosts={"*": paper.address})
        crawler = ScrapyCrawler(gate, workers, desk, {"TOCSIN_DELAY": 0.0, "LOG_LEVEL": "ERROR", **overrides})
        try:
            yield Crawling(paper, crawler, desk)
        finally:
            await crawler.close(5.0)
            await workers.close()
