"""Scrapy's download handler for http and https: a Request in, a Response out, by the shared session.

Order: wait for the site's turn, fetch through the guard, let a site rest that asks for it. The
session belongs to the process and outlives the crawl. Failures become Scrapy's download
exceptions, so that its own middlewares understand them; the cause stays chained, and what is
not worth a retry is told apart by class.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext

from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import Headers, Request, Response
from scrapy.responsetypes import responsetypes

from monitor.errors import EgressRefused
from spiders import _session
from spiders._failures import (
    AnswerBroken,
    AnswerTooLarge,
    ConnectFailed,
    FetchFailed,
    FetchTimeout,
    HostUnknown,
    UrlRefused,
)
from spiders._polite import Politeness, PolitenessClosed, TurnRefused, heed_retry_after
from spiders._session import Fetched, Session


class AddressRefused(DownloadCancelledError):
    """Our own guard does not let this address, port or scheme out."""


class BodyTooLarge(DownloadCancelledError):
    """More bytes than DOWNLOAD_MAXSIZE, as sent or as unpacked."""


class NotNow(DownloadCancelledError):
    """The site rests, or the service stops; `retry_after` in seconds says when, None: unknown."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(reason)


_MEANINGS: tuple[tuple[type[FetchFailed], type[Exception]], ...] = (
    (FetchTimeout, DownloadTimeoutError),
    (HostUnknown, CannotResolveHostError),
    (ConnectFailed, DownloadConnectionRefusedError),
    (AnswerTooLarge, BodyTooLarge),
    (AnswerBroken, ResponseDataLossError),
    (UrlRefused, UnsupportedURLSchemeError),
    (FetchFailed, DownloadFailedError),
)


class SharedSessionHandler(BaseDownloadHandler):
    """Downloads by `TOCSIN_SESSION` of the crawler's settings, or the session installed in the process.

    Honours DOWNLOAD_TIMEOUT (wall clock over the whole exchange, without the wait for a turn),
    DOWNLOAD_MAXSIZE (sent and unpacked) and their request meta. Bodies come unpacked: the
    Content-Encoding is gone from the headers.
    """

    lazy = False

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._max_body = settings.getint("DOWNLOAD_MAXSIZE") or _session.BODY_CAP_BYTES
        self._timeout = settings.getfloat("DOWNLOAD_TIMEOUT") or _session.TIMEOUT_SECONDS
        self._politeness: Politeness | None = settings.get("TOCSIN_POLITENESS")
        self._own_session: Session | None = settings.get("TOCSIN_SESSION")

    async def download_request(self, request: Request) -> Response:
        """Return the answer; raises Scrapy's download exceptions only."""
        if request.meta.get("proxy"):
            raise NotSupported("requests go out by the guard, not by a proxy")
        with scrapy_errors():
            async with self._turn(request):
                started = time.monotonic()
                fetched = await self._fetch(request)
                request.meta["download_latency"] = time.monotonic() - started
        if self._politeness is not None:
            heed_retry_after(self._politeness, fetched)
        return as_response(fetched)

    def _turn(self, request: Request) -> AbstractAsyncContextManager[None]:
        if self._politeness is None:
            return nullcontext()
        return self._politeness.turn(request.url, delay=request.meta.get("crawl_delay"))

    async def _fetch(self, request: Request) -> Fetched:
        session = self._own_session or _session.installed()
        if session is None:
            raise FetchFailed("no session: set TOCSIN_SESSION or install one")
        return await session.fetch(
            request.url,
            method=request.method,
            headers=_headers_of(request),
            body=request.body,
            max_body=request.meta.get("download_maxsize") or self._max_body,
            timeout=request.meta.get("download_timeout") or self._timeout,
        )


@contextmanager
def scrapy_errors() -> Iterator[None]:
    """Turn what our own rooms raise into Scrapy's download exceptions, with the cause chained."""
    try:
        yield
    except EgressRefused as error:
        raise AddressRefused(str(error)) from error
    except TurnRefused as error:
        raise NotNow(str(error), error.retry_after) from error
    except PolitenessClosed as error:
        raise NotNow(str(error)) from error
    except FetchFailed as error:
        meaning = next(meaning for kind, meaning in _MEANINGS if isinstance(error, kind))
        raise meaning(str(error)) from error


def as_response(fetched: Fetched) -> Response:
    """Return an answer as the Response class that fits its type."""
    headers = Headers()
    for name, value in fetched.headers:
        # aiohttp decodes header bytes as UTF-8 with surrogate escapes; this is the way back.
        headers.appendlist(name, value.encode("utf-8", "surrogateescape"))
    kind = responsetypes.from_args(headers=headers, url=fetched.url, body=fetched.body)
    return kind(url=fetched.url, status=fetched.status, headers=headers, body=fetched.body)


def _headers_of(request: Request) -> dict[str, str]:
    """Return the headers as the session takes them; those of a proxy are not for the server."""
    return {
        name.decode("latin-1"): b", ".join(values).decode("utf-8", "surrogateescape")
        for name, values in request.headers.items()
        if name.lower() != b"proxy-authorization"
    }
