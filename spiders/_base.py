"""What every source kind shares: one request per source, the answer judged, the result handed to the desk.

A source kind (a plug-in beside this file) says only how its answers become entries: `read`.
Conditional requests, statuses, unchanged bodies and failures are the same for all and live here.
The surprising rule: once a day a source is asked without its validators, because some servers
answer 304 for ever (FIELD 2b).
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar

import scrapy
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from monitor.errors import Unreadable, WorkerFailed
from monitor.model import Entry, FrontierItem, Resolved, SourceDue, Visit, VisitOutcome
from monitor.ports import Desk, Extractor
from spiders import _ingest
from spiders._faults import Fault, fault_of

ASK_WHOLE_EVERY = timedelta(days=1)
ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, "
    "application/xml;q=0.9, text/html;q=0.8, */*;q=0.5"
)


@dataclass(frozen=True, slots=True)
class Look:
    """A visit under way."""

    due: SourceDue
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """What a source kind read in an answer."""

    entries: tuple[Entry, ...]
    reason: str
    resolved: Resolved | None = None


class SourceSpider(scrapy.Spider):
    """Visits the sources it was given.

    In the service it gets `dues`, `desk` and `extractor`; from `scrapy crawl KIND -a url=…` it makes
    its own, reads the articles too and yields them as items.
    """

    kind: ClassVar[str]

    def __init__(
        self,
        *,
        dues: Sequence[SourceDue] = (),
        desk: Desk | None = None,
        extractor: Extractor | None = None,
        url: str | None = None,
        links: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=self.kind, **kwargs)
        self.dues = tuple(dues) or ((_ingest.due_for(self.kind, url, links),) if url else ())
        self.desk: Desk = desk or _ingest.ReadingDesk()
        self.extractor: Extractor = extractor or _ingest.own_extractor()

    async def start(self) -> AsyncIterator[Any]:
        """Yield one request per source."""
        if not self.dues:
            self.logger.warning(
                "nothing to visit; wanted an address, as in: scrapy crawl %s -a url=https://…", self.kind
            )
        for due in self.dues:
            yield self.first_request(due)

    def first_request(self, due: SourceDue) -> Request:
        """Return the conditional request for a source."""
        now = datetime.now(UTC)
        headers = {"Accept": ACCEPT}
        if due.last_full_at is not None and now - due.last_full_at < ASK_WHOLE_EVERY:
            headers |= {"If-None-Match": due.etag} if due.etag else {}
            headers |= {"If-Modified-Since": due.last_modified} if due.last_modified else {}
        url = due.resolved.url if due.resolved else due.source.url
        look = Look(due, now)
        return self.request(url, look, headers=headers, callback=self.visited, errback=self.failed)

    def request(self, url: str, look: Look, **kwargs: Any) -> Request:
        """Return a request on behalf of a source: its own headers go to its own site only."""
        meta = {"outlet_headers": dict(look.due.source.headers), "outlet_url": look.due.source.url}
        return Request(url, dont_filter=True, meta=meta, cb_kwargs={"look": look}, **kwargs)

    async def fetch(self, url: str, look: Look) -> Response:
        """Return a further document of the same visit, by the same rules of politeness."""
        assert self.crawler.engine is not None
        return await self.crawler.engine.download_async(self.request(url, look))

    async def visited(self, response: Response, look: Look) -> AsyncIterator[Any]:
        """Judge an answer and hand in what it holds."""
        visit = judge_answer(response, look)
        entries: tuple[Entry, ...] = ()
        if visit.outcome is VisitOutcome.OK:
            visit, entries = await self._read(response, look, visit)
        async for item in self._hand_in(look, visit, entries):
            yield item

    async def failed(self, failure: Failure) -> AsyncIterator[Any]:
        """Hand in that no answer came."""
        look: Look = failure.request.cb_kwargs["look"]  # type: ignore[attr-defined]  # set by Scrapy
        visit = failed_visit(look, fault_of(failure.value))
        async for item in self._hand_in(look, visit, ()):
            yield item

    async def _read(self, response: Response, look: Look, visit: Visit) -> tuple[Visit, tuple[Entry, ...]]:
        try:
            found = await self.read(response, look)
        except (Unreadable, WorkerFailed) as error:
            return _ended(visit, outcome=VisitOutcome.FAILED, reason=str(error)), ()
        except Exception as error:  # noqa: BLE001  # one source's trouble is its own (D9)
            fault = fault_of(error)
            return _ended(visit, outcome=fault.outcome, reason=fault.reason), ()
        ended = _ended(visit, reason=found.reason, entries=len(found.entries), resolved=found.resolved)
        if found.resolved is not None and found.resolved.url != response.url:
            # The next visit goes elsewhere: this answer's validators are not that address's.
            ended = replace(ended, etag=None, last_modified=None, body_hash=None)
        return ended, found.entries

    async def read(self, response: Response, look: Look) -> Found:
        """Return what an answer holds; raise Unreadable where it is not what it was taken for."""
        raise Unreadable(f"{type(self).__name__} does not say how it reads")

    async def _hand_in(self, look: Look, visit: Visit, entries: tuple[Entry, ...]) -> AsyncIterator[Any]:
        for item in await self.desk.discovered(look.due, visit, entries):
            yield _ingest.request_for(item, callback=self.read_article, errback=self.unread_article)

    async def read_article(self, response: Response, item: FrontierItem) -> AsyncIterator[Any]:
        """Read an article in the same crawl (only where no service does it)."""
        page = await _ingest.read_answer(self.desk, self.extractor, response, item)
        if page is not None:
            yield _ingest.as_item(page, item)

    async def unread_article(self, failure: Failure) -> None:
        """Hand in that an article could not be fetched."""
        await _ingest.report_failure(self.desk, failure)


def content_type(response: Response) -> str | None:
    """Return the Content-Type header as text."""
    value = response.headers.get("Content-Type")
    return value.decode("latin-1") if value else None


def judge_answer(response: Response, look: Look) -> Visit:
    """Return how the visit went so far: OK where there is a body to be read."""
    visit = Visit(
        source_id=look.due.source.id,
        outcome=VisitOutcome.OK,
        reason="read",
        started_at=look.started_at,
        ended_at=datetime.now(UTC),
        status=response.status,
        etag=_header(response, "ETag"),
        last_modified=_header(response, "Last-Modified"),
        retry_after=retry_after(response, datetime.now(UTC)),
    )
    if response.status == 304:
        return replace(visit, outcome=VisitOutcome.UNCHANGED, reason="not modified")
    if response.status == 410:
        return replace(visit, outcome=VisitOutcome.GONE, reason="the source is gone (410)")
    if not 200 <= response.status < 300:
        return replace(visit, outcome=VisitOutcome.FAILED, reason=f"the server answered {response.status}")
    if not response.body.strip():
        return replace(visit, outcome=VisitOutcome.FAILED, reason="the answer is empty")
    body_hash = hashlib.blake2b(response.body, digest_size=16).digest()
    if body_hash == look.due.body_hash:
        return replace(visit, outcome=VisitOutcome.UNCHANGED, reason="the same bytes as last time")
    return replace(visit, body_hash=body_hash)


def failed_visit(look: Look, fault: Fault) -> Visit:
    """Return a visit that got no answer."""
    return Visit(
        source_id=look.due.source.id,
        outcome=fault.outcome,
        reason=fault.reason,
        started_at=look.started_at,
        ended_at=datetime.now(UTC),
    )


def retry_after(response: Response, now: datetime) -> timedelta | None:
    """Return what Retry-After says, in seconds or as an HTTP date (RFC 9110 section 10.2.3)."""
    value = (_header(response, "Retry-After") or "").strip()
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value[:9]), 86_400))
    try:
        at = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(at - now, timedelta(0)), timedelta(days=1))


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None


def _ended(visit: Visit, **changes: Any) -> Visit:
    return replace(visit, ended_at=datetime.now(UTC), **changes)
