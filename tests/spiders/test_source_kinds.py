"""Each kind of source, visited by a real crawl: what it claims, how it went, what it remembers."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from scrapy.http import Response

from monitor.demo.newspaper import Reset, Status
from monitor.model import Resolved, VisitOutcome
from spiders._base import retry_after
from spiders.sitemap import CHILDREN
from tests.prints import front_page, piece, rss, sitemap
from tests.spiders._crawling import HOST, crawling

ARTICLES = [piece(HOST, f"bericht-{number}") for number in range(3)]
LINKS = [each.url for each in ARTICLES]
NOT_A_FEED = "<!doctype html><title>Anmelden</title><p>Bitte melden Sie sich an."


def index(*paths: str, modified: datetime | None = None) -> str:
    when = f"<lastmod>{modified.isoformat()}</lastmod>" if modified else ""
    children = "".join(f"<sitemap><loc>http://{HOST}{path}</loc>{when}</sitemap>" for path in paths)
    return f'<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{children}</sitemapindex>'


async def test_a_feed_is_read_with_its_validators() -> None:
    async with crawling() as it:
        it.paper.publish(HOST, "/feed.xml", rss(ARTICLES))
        visit, entries = await it.visit("feed")
        assert (visit.outcome, visit.status, visit.entries) == (VisitOutcome.OK, 200, 3)
        assert [entry.link for entry in entries] == LINKS
        assert visit.etag
        assert visit.last_modified
        assert visit.body_hash is not None


async def test_a_source_that_was_read_today_is_asked_whether_it_changed() -> None:
    async with crawling() as it:
        it.paper.publish(HOST, "/feed.xml", rss(ARTICLES))
        first, _ = await it.visit("feed")
        known = {"etag": first.etag, "last_modified": first.last_modified, "body_hash": first.body_hash}
        visit, entries = await it.visit("feed", last_full_at=datetime.now(UTC), **known)
        assert (visit.outcome, visit.status, entries) == (VisitOutcome.UNCHANGED, 304, ())
        asked = it.paper.seen(HOST, "/feed.xml")[-1].headers
        assert (asked["if-none-match"], asked["if-modified-since"]) == (first.etag, first.last_modified)


async def test_E15_once_a_day_a_source_is_asked_for_the_whole() -> None:
    async with crawling() as it:
        it.paper.publish(HOST, "/feed.xml", rss(ARTICLES))
        before = datetime.now(UTC) - timedelta(days=1, seconds=1)
        visit, _ = await it.visit("feed", last_full_at=before, etag='"stale for ever"')
        assert visit.outcome is VisitOutcome.OK
        assert "if-none-match" not in it.paper.seen(HOST, "/feed.xml")[-1].headers


async def test_the_same_bytes_are_unchanged_also_without_a_304() -> None:
    async with crawling() as it:
        it.paper.publish(HOST, "/feed.xml", rss(ARTICLES), validators=False)
        first, _ = await it.visit("feed")
        visit, entries = await it.visit("feed", body_hash=first.body_hash)
        assert (visit.outcome, visit.status, entries) == (VisitOutcome.UNCHANGED, 200, ())


@pytest.mark.parametrize(
    ("kind", "step", "body", "outcome", "reason"),
    [
        ("feed", Status(410), "", VisitOutcome.GONE, "the source is gone (410)"),
        ("feed", Status(503), "", VisitOutcome.FAILED, "the server answered 503"),
        ("feed", Reset(), "", VisitOutcome.FAILED, ""),
        ("feed", None, "  \n", VisitOutcome.FAILED, "the answer is empty"),
        ("feed", None, NOT_A_FEED, VisitOutcome.FAILED, ""),  # E13
        ("sitemap", None, NOT_A_FEED, VisitOutcome.FAILED, ""),
        ("page", None, NOT_A_FEED, VisitOutcome.FAILED, "no link looks like an article on this page"),
        ("auto", None, NOT_A_FEED, VisitOutcome.FAILED, "announces no feed"),
        ("auto", None, "%PDF-1.7 \x00\x01", VisitOutcome.FAILED, "neither a feed, nor a sitemap, nor a web page"),
    ],
)
async def test_what_is_not_the_source_is_a_failure_with_a_reason(
    kind: str, step: Any, body: str, outcome: VisitOutcome, reason: str
) -> None:
    async with crawling() as it:
        it.paper.publish(HOST, "/feed.xml", body, content_type="application/octet-stream" if "%PDF" in body else None)
        if step is not None:
            it.paper.script(HOST, "/feed.xml", step)
        visit, entries = await it.visit(kind)
        assert (visit.outcome, entries) == (outcome, ())
        assert reason in visit.reason
        assert visit.reason
        assert visit.body_hash is None or outcome is VisitOutcome.FAILED


async def test_retry_after_of_a_source_is_handed_on() -> None:
    async with crawling() as it:
        it.paper.publish(HOST, "/feed.xml", "", status=503, headers={"Retry-After": "120"})
        visit, _ = await it.visit("feed")
        assert visit.retry_after == timedelta(minutes=2)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("99999999999999999999", 86_400),
        ("Mon, 02 Mar 2026 12:05:00 GMT", 300),
        ("Mon, 02 Mar 2026 11:00:00 GMT", 0),
        ("Mon, 02 Mar 2126 12:05:00 GMT", 86_400),
        ("soon", None),
        ("-5", None),
        ("٣", None),
        ("", None),
    ],
)
def test_retry_after_may_be_seconds_or_a_date_and_is_bounded(value: str, wait: int | None) -> None:
    answer = Response("http://x.example/", headers={"Retry-After": value.encode()})
    found = retry_after(answer, datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
    assert found == (None if wait is None else timedelta(seconds=wait))


# ── Sitemaps ─────────────────────────────────────────────────────────────────────────────────


async def test_a_sitemap_may_be_packed() -> None:
    async with crawling() as it:
        it.paper.publish(HOST, "/news.xml.gz", gzip.compress(sitemap(ARTICLES).encode()))
        visit, entries = await it.visit("sitemap", "/news.xml.gz")
        assert (visit.outcome, [entry.link for entry in entries]) == (VisitOutcome.OK, LINKS)


async def test_of_an_index_the_sitemaps_that_may_hold_news_are_read_and_a_dead_one_costs_only_itself() -> None:
    async with crawling() as it:
        now = datetime.now(UTC)
        it.paper.publish(HOST, "/index.xml", index("/one.xml", "/dead.xml", modified=now))
        it.paper.publish(HOST, "/one.xml", sitemap(ARTICLES))
        visit, entries = await it.visit("sitemap", "/index.xml")
        assert [entry.link for entry in entries] == LINKS
        assert visit.outcome is VisitOutcome.OK
        assert "/dead.xml: the server answered 404" in visit.reason


async def test_an_index_of_dead_sitemaps_is_a_failure() -> None:
    async with crawling() as it:
        it.paper.publish(HOST, "/index.xml", index("/dead.xml"))
        visit, _ = await it.visit("sitemap", "/index.xml")
        assert visit.outcome is VisitOutcome.FAILED
        assert "none of the index's sitemaps could be read" in visit.reason


async def test_an_index_that_names_itself_or_thousands_ends() -> None:
    async with crawling() as it:
        it.paper.publish(HOST, "/index.xml", index("/index.xml", *(f"/s{number}.xml" for number in range(3_000))))
        visit, _ = await it.visit("sitemap", "/index.xml")
        assert visit.outcome is VisitOutcome.FAILED
        assert len(it.paper.requests) <= 2 + CHILDREN * (1 + CHILDREN)


# ── Pages and bare addresses ─────────────────────────────────────────────────────────────────


async def test_a_page_offers_the_links_that_its_selector_names() -> None:
    async with crawling() as it:
        it.paper.publish(HOST, "/politik", front_page(ARTICLES))
        visit, entries = await it.visit("page", "/politik", links="h2 a")
        assert [entry.link for entry in entries] == LINKS
        visit, entries = await it.visit("page", "/politik", links="h7 a")
        assert (visit.outcome, entries) == (VisitOutcome.FAILED, ())
        assert "'h7 a' finds no link" in visit.reason


async def test_a_bare_address_is_whatever_stands_there() -> None:
    async with crawling() as it:
        it.paper.publish(HOST, "/feed", rss(ARTICLES), content_type="text/html")
        it.paper.publish(HOST, "/map", sitemap(ARTICLES), content_type="text/html")
        feed, entries = await it.visit("auto", "/feed")
        assert feed.resolved == Resolved("feed", f"http://{HOST}/feed")
        assert [entry.link for entry in entries] == LINKS
        _, entries = await it.visit("auto", "/map")
        assert [entry.link for entry in entries] == LINKS


async def test_a_page_that_announces_a_feed_is_resolved_to_it_past_a_dead_one() -> None:
    async with crawling() as it:
        dead, alive = (f'<link rel="alternate" type="application/rss+xml" href="/{name}.xml">' for name in ("a", "b"))
        it.paper.publish(HOST, "/", front_page().replace("</title>", f"</title>{dead}{alive}"))
        it.paper.publish(HOST, "/b.xml", rss(ARTICLES))
        visit, entries = await it.visit("auto", "/")
        assert visit.resolved == Resolved("feed", f"http://{HOST}/b.xml")
        assert (visit.etag, visit.body_hash) == (None, None), "the page's validators are not the feed's"
        assert [entry.link for entry in entries] == LINKS
        await it.visit("auto", "/", resolved=visit.resolved)
        assert [len(it.paper.seen(HOST, path)) for path in ("/", "/b.xml")] == [1, 2]


# ── One crawl, many sources ──────────────────────────────────────────────────────────────────


async def test_robots_txt_closes_a_source_with_the_reason() -> None:
    async with crawling() as it:
        it.paper.robots(HOST, "User-agent: *\nDisallow: /\n")
        it.paper.publish(HOST, "/feed.xml", rss(ARTICLES))
        visit, _ = await it.visit("feed")
        assert visit.outcome is VisitOutcome.REFUSED
        assert "robots.txt" in visit.reason
        assert it.paper.seen(HOST, "/feed.xml") == ()
