"""G6: an outlet's own headers go to its own site, and to no other it sends us to."""

from __future__ import annotations

import pytest

from tests import builders
from tests.prints import piece, rss
from tests.spiders._crawling import HOST, crawling

CANARY = "session=canary"
OF = builders.source(url=f"http://{HOST}/feed.xml", headers={"Cookie": CANARY, "X-Own": "1"})


@pytest.mark.parametrize(
    ("host", "is_own"),
    [(HOST, True), (f"www.{HOST}", True), ("evil.test", False), ("rheinblick.example.evil.test", False)],
)
async def test_G6_headers_follow_a_redirect_within_the_site_only(host: str, is_own: bool) -> None:
    there = piece(host, "dort")
    async with crawling() as it:
        it.paper.publish_url(there.url, there.html)
        it.paper.redirect(HOST, "/hier.html", there.url)
        await it.read("hier", of=OF)
        assert it.paper.seen(HOST, "/hier.html")[0].headers["cookie"] == CANARY
        (last,) = it.paper.seen(host, "/dort.html")
        assert (last.headers.get("cookie"), last.headers.get("x-own")) == ((CANARY, "1") if is_own else (None, None))
        assert len(it.desk.pages) == 1


async def test_G6_they_do_not_come_back_by_way_of_a_stranger() -> None:
    there = piece(HOST, "zurueck")
    async with crawling() as it:
        it.paper.publish_url(there.url, there.html)
        it.paper.redirect(HOST, "/hier.html", "http://evil.test/weiter.html")
        it.paper.redirect("evil.test", "/weiter.html", there.url)
        await it.read("hier", of=OF)
        (stranger,) = it.paper.seen("evil.test", "/weiter.html")
        assert "cookie" not in stranger.headers
        assert "referer" not in stranger.headers


async def test_the_feed_itself_is_asked_with_them_and_robots_txt_without() -> None:
    async with crawling() as it:
        it.paper.publish(HOST, "/feed.xml", rss([piece(HOST, "a")]))
        await it.visit("feed", headers={"Cookie": CANARY})
        assert it.paper.seen(HOST, "/feed.xml")[0].headers["cookie"] == CANARY
        assert "cookie" not in it.paper.seen(HOST, "/robots.txt")[0].headers


async def test_a_cookie_that_a_site_sets_is_not_sent_back() -> None:
    async with crawling() as it:
        for name in ("a", "b"):
            told = piece(HOST, name)
            it.paper.publish(HOST, f"/{name}.html", told.html, headers={"Set-Cookie": "id=1; Path=/"})
        await it.read("a")
        await it.read("b")
        assert "cookie" not in it.paper.seen(HOST, "/b.html")[0].headers
