"""A bare address: found out at the first visit to be a feed, a sitemap, or a page that announces a feed.

What was found out is remembered with the source, so that later visits go straight there; when it
fails, the address itself is looked at again.
"""

from __future__ import annotations

from scrapy.http import Response

from monitor.errors import Unreadable, WorkerFailed
from monitor.model import Feed, Resolved
from monitor.parse.sniff import BodyKind, sniff
from spiders._base import Found, Look, SourceSpider, content_type
from spiders._faults import fault_of

FEEDS_TRIED = 3


class AutoSpider(SourceSpider):
    """Visits addresses of which nobody has said what they are."""

    name = kind = "auto"

    async def read(self, response: Response, look: Look) -> Found:
        """Return the entries of whatever stands there."""
        match sniff(response.body, content_type(response)):
            case BodyKind.FEED:
                feed = await self._feed(response)
                return _found(feed, Resolved("feed", response.url))
            case BodyKind.SITEMAP:
                sitemap = await self.extractor.sitemap(
                    response.body, url=response.url, content_type=content_type(response)
                )
                if sitemap.children:
                    raise Unreadable("this is a sitemap index: write it as `sitemap:` to have its sitemaps read")
                return Found(sitemap.entries, f"sitemap, {len(sitemap.entries)} entries")
            case BodyKind.HTML:
                return await self._page(response, look)
        raise Unreadable("neither a feed, nor a sitemap, nor a web page")

    async def _feed(self, response: Response) -> Feed:
        return await self.extractor.feed(response.body, url=response.url, content_type=content_type(response))

    async def _page(self, response: Response, look: Look) -> Found:
        page = await self.extractor.links(
            response.body, url=response.url, content_type=content_type(response), selector=look.due.source.links
        )
        for url in page.feeds[:FEEDS_TRIED]:
            try:
                answer = await self.fetch(url, look)
                feed = await self._feed(answer)
            except (Unreadable, WorkerFailed):
                continue
            except Exception as error:  # noqa: BLE001  # a dead announced feed leaves the page's own links
                self.logger.info("an announced feed could not be read: %s: %s", url, fault_of(error).reason)
                continue
            if feed.entries:
                return _found(feed, Resolved("feed", answer.url))
        if not page.entries:
            raise Unreadable("the page announces no feed, and no link on it looks like an article")
        return Found(page.entries, f"page without a feed, {len(page.entries)} article links")


def _found(feed: Feed, resolved: Resolved) -> Found:
    return Found(feed.entries, f"{feed.format or 'feed'} at {resolved.url}, {len(feed.entries)} entries", resolved)
