"""Article pages: the request, the reading in a child, the report to the desk.

Used by the crawl that reads the frontier (`_article.py`) and by source spiders that run on their own
from `scrapy crawl`, for which this file also holds a desk that follows every entry.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from scrapy.http import Request, Response
from twisted.python.failure import Failure

from monitor.errors import PageUnreadable, WorkerFailed
from monitor.model import Entry, FrontierItem, Outlet, Page, ReadFailure, Source, SourceDue, Visit
from monitor.ports import Desk, Extractor
from monitor.workers import Workers
from spiders._faults import fault_of

_log = logging.getLogger(__name__)

ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5"


def request_for(item: FrontierItem, *, callback: Callable[..., Any], errback: Callable[..., Any]) -> Request:
    """Return the request for an article page."""
    language = item.source.outlet.language
    headers = {"Accept": ACCEPT, "Accept-Language": f"{language}, *;q=0.5" if language else "*"}
    return Request(
        item.url,
        headers=headers,
        callback=callback,
        errback=errback,
        dont_filter=True,
        priority=-1 if item.is_quiet else 0,
        meta={"outlet_headers": dict(item.source.headers), "outlet_url": item.source.url},
        cb_kwargs={"item": item},
    )


async def read_answer(desk: Desk, extractor: Extractor, response: Response, item: FrontierItem) -> Page | None:
    """Read an article page in a child and report it; return it where there is one."""
    failure, reason = ReadFailure.STATUS, f"the server answered {response.status}"
    if 200 <= response.status < 300:
        try:
            page = await extractor.page(
                response.body,
                url=response.url,
                content_type=(response.headers.get("Content-Type") or b"").decode("latin-1") or None,
                hint=item.source.outlet.language,
            )
        except PageUnreadable as error:
            failure, reason = ReadFailure.NOT_A_PAGE, str(error)
        except WorkerFailed as error:
            failure, reason = ReadFailure.PARSER, str(error)
        else:
            if not page.text.strip():  # a video, a gallery: what is told of it is all there is
                page = replace(page, text=page.description or item.entry.summary)
            if page.text.strip():
                await desk.read(item, page, url=response.url)
                return page
            failure, reason = ReadFailure.EMPTY, "no text was found on the page"
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    wait = float(value[:9]) if value.isascii() and value.isdigit() else None
    await desk.unread(item, failure, reason, status=response.status, retry_after=wait)
    return None


async def report_failure(desk: Desk, failure: Failure) -> None:
    """Report that no answer came for an article page."""
    item: FrontierItem = failure.request.cb_kwargs["item"]  # type: ignore[attr-defined]  # set by Scrapy
    fault = fault_of(failure.value)
    await desk.unread(item, fault.failure, fault.reason, retry_after=fault.retry_after)


# ── On their own: scrapy crawl feed -a url=… ─────────────────────────────────────────────────


class ReadingDesk:
    """A desk for a spider that runs by itself: it follows every entry and keeps nothing."""

    async def discovered(self, due: SourceDue, visit: Visit, entries: tuple[Entry, ...]) -> tuple[FrontierItem, ...]:
        """Return every entry that has a link, to be read now; a visit that brought none is told in the log."""
        if not entries:
            _log.warning("%s: %s: %s", due.source.url, visit.outcome, visit.reason)
        return tuple(
            FrontierItem(number, entry.link, entry, due.source, visit.ended_at)
            for number, entry in enumerate(entries)
            if entry.link
        )

    async def read(self, item: FrontierItem, page: Page, *, url: str) -> None:
        """Nothing to keep: the spider yields the page as an item."""

    async def unread(
        self,
        item: FrontierItem,
        failure: ReadFailure,
        reason: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Nothing to retry: the log tells of it."""
        _log.warning("%s was not read: %s", item.url, reason)


def due_for(kind: str, url: str, links: str | None) -> SourceDue:
    """Return a source to visit, made from an address on the command line."""
    host = urlsplit(url).hostname or url
    outlet = Outlet(id=host, name=host, domain=host)
    return SourceDue(Source(url, outlet, kind, url, timedelta(minutes=5), links=links))


def own_extractor() -> Extractor:
    """Return parsing children for a spider that runs by itself; they end with its process."""
    return Workers(size=os.cpu_count() or 1)


def as_item(page: Page, item: FrontierItem) -> dict[str, Any]:
    """Return a page as Scrapy's item exporters write it."""
    facts = asdict(page)
    facts.pop("fingerprint")
    facts |= {"outlet": item.source.outlet.name, "feed_id": item.entry.id, "read_at": datetime.now(UTC)}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in facts.items()}
