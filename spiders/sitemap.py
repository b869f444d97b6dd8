"""Sitemaps: news sitemaps, plain ones, and indexes, of which the sitemaps that may hold news are read too."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from scrapy.http import Response

from monitor.errors import SitemapUnreadable, Unreadable, WorkerFailed
from monitor.model import Entry, Sitemap, SitemapLink
from spiders._base import Found, Look, SourceSpider, content_type
from spiders._faults import fault_of

CHILDREN = 10  # sitemaps of an index read per visit: news stands in the newest
FRESH = timedelta(days=2)  # an index says of a child when it last changed
DEPTH = 2  # an index of indexes


class SitemapSpider(SourceSpider):
    """Visits sitemaps."""

    name = kind = "sitemap"

    async def read(self, response: Response, look: Look) -> Found:
        """Return the entries of a sitemap, or of the sitemaps that an index names."""
        sitemap = await self._read_sitemap(response)
        if not sitemap.children:
            return Found(sitemap.entries, "; ".join([f"sitemap, {len(sitemap.entries)} entries", *sitemap.faults]))
        entries, faults = await self._read_children(sitemap.children, look, DEPTH)
        if faults and not entries:
            raise SitemapUnreadable(f"none of the index's sitemaps could be read: {faults[0]}")
        return Found(entries, "; ".join([f"sitemap index, {len(entries)} entries", *sitemap.faults, *faults]))

    async def _read_sitemap(self, response: Response) -> Sitemap:
        return await self.extractor.sitemap(response.body, url=response.url, content_type=content_type(response))

    async def _read_children(
        self, children: Sequence[SitemapLink], look: Look, depth: int
    ) -> tuple[tuple[Entry, ...], list[str]]:
        chosen = choose_children(children, datetime.now(UTC))
        results = await asyncio.gather(*(self._read_child(child, look, depth) for child in chosen))
        entries: dict[str, Entry] = {}
        faults: list[str] = []
        for found, trouble in results:
            entries |= {entry.link: entry for entry in found}
            faults += trouble
        return tuple(entries.values()), faults

    async def _read_child(self, child: SitemapLink, look: Look, depth: int) -> tuple[tuple[Entry, ...], list[str]]:
        try:
            response = await self.fetch(child.url, look)
            if not 200 <= response.status < 300:
                return (), [f"{child.url}: the server answered {response.status}"]
            sitemap = await self._read_sitemap(response)
        except (Unreadable, WorkerFailed) as error:
            return (), [f"{child.url}: {error}"]
        except Exception as error:  # noqa: BLE001  # one sitemap of an index must not take the others along
            return (), [f"{child.url}: {fault_of(error).reason}"]
        if sitemap.children and depth > 1:
            return await self._read_children(sitemap.children, look, depth - 1)
        return sitemap.entries, []


def choose_children(children: Sequence[SitemapLink], now: datetime) -> list[SitemapLink]:
    """Return the sitemaps of an index that may hold news, newest first.

    Those that changed lately; of those without a date the ones named for news, and the last, where
    numbered archives put what is new.
    """
    dated = sorted((child for child in children if child.modified), key=_modified, reverse=True)
    fresh = [child for child in dated if now - _modified(child) <= FRESH]
    undated = [child for child in children if not child.modified]
    undated.sort(key=lambda child: "news" not in child.url.lower())
    ends = undated[:CHILDREN] if len(undated) <= CHILDREN else [*undated[: CHILDREN // 2], *undated[-CHILDREN // 2 :]]
    return [*(fresh or dated[:1]), *ends][:CHILDREN]


def _modified(child: SitemapLink) -> datetime:
    return child.modified or datetime.min.replace(tzinfo=UTC)
