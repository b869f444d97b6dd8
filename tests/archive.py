"""A store as a service leaves it: articles ingested one after the other, at the times a test names."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.flows.ingest import Ingest
from monitor.flows.reload import shadows_of
from monitor.load import load_watches
from monitor.match.matcher import Matcher
from monitor.model import Article
from monitor.store import watches
from tests.builders import Clock, article, page, source, target
from tests.stock import Log, opened, register

NOW = datetime.now(UTC)  # the commands look back from the present
FILLER = "Am Rande des Treffens ging es um Gebühren, um den Winterdienst und um die Öffnungszeiten der Bücherei."


def told(
    path: str, title: str, *, days: float, text: str = "", outlet: str = "Rheinblick", quiet: bool = False
) -> Article:
    """Return an article read so many days ago; each has words of its own, so that none is a copy by accident."""
    at = NOW - timedelta(days=days)
    of = source(outlet)
    words = text or f"{title}. {FILLER} {' '.join(f'{path}{number}' for number in range(40))}"
    url = f"http://{of.outlet.domain}/{path}.html"
    read = page(path, text=words, title=title, url=url, published=at)
    return article(path, of, now=at, page=read, is_quiet=quiet)


def fill(folder: Path, rules: str, articles: Sequence[Article]) -> None:
    """Let a service with these watches read the articles into folder/tocsin.db, and write its file."""
    (folder / "tocsin.yml").write_text(rules, encoding="utf-8")
    asyncio.run(_fill(folder, articles))


async def _fill(folder: Path, articles: Sequence[Article]) -> None:
    rules = load_watches(folder / "tocsin.yml", {})
    clock = Clock(articles[0].fetched_at)
    with opened(folder) as store:
        ingest = Ingest(
            store,
            Log().journal,
            matcher=Matcher(rules),
            routes=(),
            targets={"desk": (target("desk"),)},
            settle=timedelta(0),
            clock=clock,
            chance=lambda: 0.5,
        )
        await store.write(watches.register, shadows_of(rules), clock.now)
        for each in articles:
            clock.now = each.fetched_at
            await store.write(register, source(each.outlet.name))
            await ingest.ingest(each)
