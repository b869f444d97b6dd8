"""Articles read by a real crawl: each is reported once, read or with why not."""

from __future__ import annotations

import pytest

from monitor.demo.newspaper import Reset, Status, WrongLength
from monitor.model import Entry, ReadFailure
from tests.prints import piece
from tests.spiders._crawling import HOST, crawling

GOOD = piece(HOST, "gut")


async def test_a_page_is_read_and_reported_with_where_it_was_found() -> None:
    async with crawling() as it:
        it.paper.publish_url(GOOD.url, GOOD.html)
        it.paper.redirect(HOST, "/alt.html", GOOD.url)
        await it.read("alt")
        ((item, page, url),) = it.desk.pages
        assert (item.url, url, page.title) == (f"http://{HOST}/alt.html", GOOD.url, GOOD.title)
        assert GOOD.paragraphs[-1] in page.text
        assert it.desk.failures == []
        asked = it.paper.seen(HOST, "/gut.html")[0].headers
        assert asked["accept-language"] == "de, *;q=0.5"


@pytest.mark.parametrize(
    ("step", "body", "failure", "status"),
    [
        (Status(404), "", ReadFailure.STATUS, 404),
        (Status(500), "", ReadFailure.STATUS, 500),
        (Reset(10), "x", ReadFailure.NETWORK, None),
        (WrongLength(), GOOD.html, ReadFailure.NETWORK, None),  # E9
        (None, "<!doctype html><html><body></body></html>", ReadFailure.EMPTY, 200),
        (None, "%PDF-1.7 \x00\x01", ReadFailure.NOT_A_PAGE, 200),  # F12
        (None, "x" * 2_000_000, ReadFailure.TOO_LARGE, None),
    ],
)
async def test_a_page_that_cannot_be_read_is_reported_with_why_and_its_neighbour_is_read(
    step: object, body: str, failure: ReadFailure, status: int | None
) -> None:
    async with crawling(DOWNLOAD_MAXSIZE=1_000_000, TOCSIN_PER_HOST=2) as it:
        it.paper.publish_url(GOOD.url, GOOD.html)
        it.paper.publish(HOST, "/schlecht.html", body)
        if step is not None:
            it.paper.script(HOST, "/schlecht.html", forever=step)  # type: ignore[arg-type]  # a step of the newspaper
        await it.read("schlecht", "gut")
        ((item, found, reason, code, _),) = it.desk.failures
        assert (item.url, found, code) == (f"http://{HOST}/schlecht.html", failure, status)
        assert reason
        assert [url for _, _, url in it.desk.pages] == [GOOD.url]


async def test_D3_a_page_that_hangs_its_parser_is_reported_and_its_neighbour_is_read() -> None:
    links = "".join(f"<p><a href=/x>Ein Link mit Text {n}</a> und mehr Worte hier drin" for n in range(90_000))
    async with crawling(deadline=1.5) as it:
        it.paper.publish(HOST, "/zaeh.html", f"<html><body><article><h1>Titel</h1>{links}")
        it.paper.publish_url(GOOD.url, GOOD.html)
        await it.read("zaeh", "gut")
        ((item, failure, reason, _, _),) = it.desk.failures
        assert (item.url, failure) == (f"http://{HOST}/zaeh.html", ReadFailure.PARSER)
        assert "killed" in reason
        assert [url for _, _, url in it.desk.pages] == [GOOD.url]


async def test_a_page_without_text_is_what_its_feed_says_of_it() -> None:
    async with crawling() as it:
        it.paper.publish(
            HOST, "/video.html", "<!doctype html><html><title>Video</title><body><video></video></body></html>"
        )
        told = Entry(link=f"http://{HOST}/video.html", summary="Ein Film über die neue Brücke und ihre Gegner.")
        await it.read("video", entry=told)
        assert [page.text for _, page, _ in it.desk.pages] == [told.summary]


async def test_retry_after_of_an_article_is_handed_on() -> None:
    async with crawling() as it:
        it.paper.publish(HOST, "/spaeter.html", "", status=503, headers={"Retry-After": "90"})
        await it.read("spaeter")
        assert [(status, wait) for _, _, _, status, wait in it.desk.failures] == [(503, 90.0)]


async def test_G5_a_loop_of_redirects_ends() -> None:
    async with crawling() as it:
        it.paper.redirect(HOST, "/a.html", f"http://{HOST}/b.html")
        it.paper.redirect(HOST, "/b.html", f"http://{HOST}/a.html")
        await it.read("a")
        assert len(it.desk.failures) == 1
        assert len(it.paper.seen(HOST, "/a.html")) + len(it.paper.seen(HOST, "/b.html")) <= 6
