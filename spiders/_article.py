"""Reads the articles that wait in the frontier. No source kind: it visits nothing, it reads what was discovered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import scrapy
from scrapy.http import Response
from twisted.python.failure import Failure

from monitor.model import FrontierItem
from monitor.ports import Desk, Extractor
from spiders import _ingest


class ArticleSpider(scrapy.Spider):
    """Reads a batch of articles and reports each to the desk."""

    name = "article"

    def __init__(self, *, items: Sequence[FrontierItem] = (), desk: Desk, extractor: Extractor, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.items = tuple(items)
        self.desk = desk
        self.extractor = extractor

    async def start(self) -> AsyncIterator[Any]:
        """Yield one request per article."""
        for item in self.items:
            yield _ingest.request_for(item, callback=self.read, errback=self.unread)

    async def read(self, response: Response, item: FrontierItem) -> None:
        """Read a page and report it."""
        await _ingest.read_answer(self.desk, self.extractor, response, item)

    async def unread(self, failure: Failure) -> None:
        """Report that no answer came."""
        await _ingest.report_failure(self.desk, failure)
