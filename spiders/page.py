"""Section pages without a feed: article links by CSS selector, or by their looks."""

from __future__ import annotations

from scrapy.http import Response

from monitor.errors import Unreadable
from spiders._base import Found, Look, SourceSpider, content_type


class PageSpider(SourceSpider):
    """Visits section pages."""

    name = kind = "page"

    async def read(self, response: Response, look: Look) -> Found:
        """Return the article links of the page."""
        selector = look.due.source.links
        page = await self.extractor.links(
            response.body, url=response.url, content_type=content_type(response), selector=selector
        )
        if not page.entries:
            how = f"the selector {selector!r} finds no link" if selector else "no link looks like an article"
            raise Unreadable(f"{how} on this page")
        return Found(page.entries, "; ".join([f"page, {len(page.entries)} article links", *page.faults]))
