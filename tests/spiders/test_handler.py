"""The download handler in real crawls without a reactor: responses, and failures Scrapy understands."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from typing import Any

import pytest
import scrapy
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import HtmlResponse, Request, Response, TextResponse, XmlResponse

from monitor.egress import Egress
from monitor.errors import EgressRefused
from spiders import _session
from spiders._handler import AddressRefused, BodyTooLarge, NotNow, as_response
from spiders._polite import Politeness
from spiders._session import Fetched, open_session
from tests.spiders._server import Server, redirect, response, serving, silence

HANDLER = "spiders._handler.SharedSessionHandler"
SETTINGS: dict[str, Any] = {
    "TWISTED_REACTOR_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "DOWNLOAD_HANDLERS": {"http": HANDLER, "https": HANDLER, "file": None, "ftp": None, "s3": None, "data": None},
    "DOWNLOAD_MAXSIZE": 100_000,
    "DOWNLOAD_TIMEOUT": 0.3,
    "RETRY_ENABLED": False,
    "COOKIES_ENABLED": False,
    "REDIRECT_MAX_TIMES": 5,
    "LOG_ENABLED": False,
    "HTTPERROR_ALLOW_ALL": True,
}


class Reader(scrapy.Spider):
    """Asks for the requests it is given and keeps what came of each."""

    name = "reader"

    def __init__(self, requests: list[Request], results: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.requests = requests
        self.results = results

    async def start(self) -> AsyncIterator[Request]:
        for request in self.requests:
            key = request.url
            yield request.replace(
                callback=lambda response, key=key: self.results.update({key: response}),
                errback=lambda failure, key=key: self.results.update({key: failure.value}),
                dont_filter=True,
            )


async def crawl(server: Server, *requests: Request, politeness: Politeness | None = None, **settings: Any) -> list[Any]:
    """Return the response or error of each request, fetched by one crawl that may reach `server` only."""
    results: dict[str, Any] = {}
    gate = Egress(allow=["127.0.0.1"], ports=[server.port], hosts={"*.test": f"127.0.0.1:{server.port}"})
    async with open_session(gate, user_agent="Tocsin/test") as session:
        own = {"TOCSIN_SESSION": session, "TOCSIN_POLITENESS": politeness}
        await AsyncCrawlerRunner(SETTINGS | own | settings).crawl(Reader, requests=list(requests), results=results)
    return [results[request.url] for request in requests]


async def test_answers_become_the_response_class_that_fits() -> None:
    html = response(b"<html>", headers={"Content-Type": "text/html; charset=utf-8"})
    xml = response(b"<rss/>", headers={"Content-Type": "application/rss+xml", "X-Twice": "1"}, status=418)
    packed = response(gzip.compress(b"text"), headers={"Content-Type": "text/plain", "Content-Encoding": "gzip"})
    async with serving({"/h": html, "/x": xml, "/p": packed}) as server:
        got = await crawl(server, *(Request(server.url(path)) for path in ("/h", "/x", "/p")))
    assert [type(each) for each in got] == [HtmlResponse, XmlResponse, TextResponse]
    assert [each.status for each in got] == [200, 418, 200]
    assert got[1].headers["X-Twice"] == b"1"
    assert got[2].body == b"text"
    assert "Content-Encoding" not in got[2].headers
    assert all(each.meta["download_latency"] >= 0 for each in got)


async def test_method_headers_and_body_go_out_as_asked() -> None:
    async with serving({"/post": response(b"ok")}) as server:
        request = Request(
            server.url("/post"), method="POST", body=b"a=1", headers={"X-A": "ü", "Proxy-Authorization": "x"}
        )
        (got,) = await crawl(server, request)
    assert isinstance(got, Response)
    (asked,) = server.ledger
    assert (asked.method, asked.headers["x-a"]) == ("POST", "ü".encode().decode("latin-1"))
    assert asked.headers["content-length"] == "3"
    assert "proxy-authorization" not in asked.headers


FAILURES: dict[str, tuple[Any, type[Exception]]] = {
    "/silence": (silence, DownloadTimeoutError),
    "/large": (response(b"a" * 200_000), BodyTooLarge),
    "/bomb": (response(gzip.compress(bytes(500_000)), headers={"Content-Encoding": "gzip"}), BodyTooLarge),
    "/cut": (response(b"abc", length=9), ResponseDataLossError),
    "/noise": (b"noise", ResponseDataLossError),
    "/metadata": (redirect("http://169.254.169.254/"), AddressRefused),
    "/file": (redirect("file:///etc/passwd"), NotSupported),
}


async def test_each_failure_is_told_apart_in_the_words_of_scrapy() -> None:
    async with serving({path: answer for path, (answer, _) in FAILURES.items()}) as server:
        got = await crawl(server, *(Request(server.url(path)) for path in FAILURES))
    for (path, (_, kind)), each in zip(FAILURES.items(), got, strict=True):
        # Scrapy does not follow a redirect to a scheme that is not http(s): the redirect is the answer.
        assert isinstance(each, kind) or (path == "/file" and each.status == 302), (path, each)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://10.0.0.1/", AddressRefused),
        ("http://none.invalid/", CannotResolveHostError),
        ("http://u:p@a.test/", UnsupportedURLSchemeError),
        ("file:///etc/passwd", NotSupported),
        ("data:,x", NotSupported),
        ("ftp://a.test/", NotSupported),
    ],
)
async def test_g1_g3_no_address_or_scheme_gets_past_the_guard(url: str, kind: type[Exception]) -> None:
    async with serving() as server:
        (got,) = await crawl(server, Request(url), DOWNLOAD_TIMEOUT=10)
    assert isinstance(got, kind)
    if kind is AddressRefused:
        assert isinstance(got.__cause__, EgressRefused)


async def test_a_port_where_nobody_listens_is_a_refused_connection() -> None:
    async with serving() as server:
        pass
    (got,) = await crawl(server, Request(server.url()))
    assert isinstance(got, DownloadConnectionRefusedError)


async def test_the_meta_of_a_request_sets_its_own_limits() -> None:
    async with serving({"/large": response(b"a" * 200_000), "/silence": silence}) as server:
        large = Request(server.url("/large"), meta={"download_maxsize": 300_000})
        slow = Request(server.url("/silence"), meta={"download_timeout": 0.05})
        got = await crawl(server, large, slow, DOWNLOAD_TIMEOUT=30)
    assert len(got[0].body) == 200_000
    assert isinstance(got[1], DownloadTimeoutError)


async def test_g5_a_redirect_loop_ends_after_five_hops() -> None:
    async with serving({"/loop": redirect("/loop")}) as server:
        (got,) = await crawl(server, Request(server.url("/loop")))
    assert "max redirections" in str(got)
    assert len(server.ledger) == 6


async def test_promise_13_two_crawls_at_once_share_the_turns_at_a_site() -> None:
    politeness = Politeness(delay=0.03)
    paths = [f"/{number}" for number in range(6)]
    async with serving({path: response(b"ok") for path in paths}) as server:
        await asyncio.gather(
            crawl(server, *(Request(server.url(path)) for path in paths[:3]), politeness=politeness),
            crawl(server, *(Request(server.url(path)) for path in paths[3:]), politeness=politeness),
        )
    starts = sorted(asked.at for asked in server.ledger)
    assert server.most_active == 1
    assert len(starts) == 6
    assert starts[-1] - starts[0] >= 5 * 0.03 * 0.9
    politeness.close()


async def test_g8_after_not_now_the_site_is_not_asked_again() -> None:
    politeness = Politeness(delay=0)
    async with serving({"/a": response(status=429, headers={"Retry-After": "1000"}), "/b": response(b"")}) as server:
        first = await crawl(server, Request(server.url("/a")), politeness=politeness)
        second = await crawl(server, Request(server.url("/b")), politeness=politeness)
    assert first[0].status == 429
    assert isinstance(second[0], NotNow)
    assert 900 < second[0].retry_after <= 1000
    assert len(server.ledger) == 1
    politeness.close()


async def test_a_stop_releases_the_crawls_that_wait_for_a_turn() -> None:
    politeness = Politeness(delay=60, patience=1_000)
    async with serving({"/a": response(b""), "/b": response(b"")}) as server:
        running = asyncio.ensure_future(
            crawl(server, Request(server.url("/a")), Request(server.url("/b")), politeness=politeness)
        )
        await server.came.wait()
        politeness.close()
        got = await asyncio.wait_for(running, 10)
    assert sum(isinstance(each, NotNow) for each in got) == 1


async def test_without_settings_the_session_of_the_process_serves() -> None:
    async with serving({"/": response(b"ok")}) as server:
        gate = Egress(allow=["127.0.0.1"], ports=[server.port])
        async with open_session(gate, user_agent="t") as session:
            _session.install(session)
            try:
                (got,) = await crawl(server, Request(server.url()), TOCSIN_SESSION=None)
            finally:
                _session.install(None)
        (lost,) = await crawl(server, Request(server.url()), TOCSIN_SESSION=None)
    assert got.body == b"ok"
    assert "no session" in str(lost)


def test_header_bytes_come_through_unharmed() -> None:
    value = b"caf\xe9 \xc3\xa9".decode("utf-8", "surrogateescape")
    assert as_response(Fetched("http://a.test/", 200, (("X", value),), b"")).headers["X"] == b"caf\xe9 \xc3\xa9"
