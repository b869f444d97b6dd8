"""Feeds: RSS, Atom, RDF and JSON Feed."""

from __future__ import annotations

from scrapy.http import Response

from spiders._base import Found, Look, SourceSpider, content_type


class FeedSpider(SourceSpider):
    """Visits feeds."""

    name = kind = "feed"

    async def read(self, response: Response, look: Look) -> Found:
        """Return the feed's entries."""
        feed = await self.extractor.feed(response.body, url=response.url, content_type=content_type(response))
        reason = f"{feed.format or 'feed'}, {len(feed.entries)} entries"
        return Found(feed.entries, "; ".join([reason, *feed.faults]))
