"""What all crawls of a process share, and what a spider that runs by itself is let out to."""

from __future__ import annotations

import asyncio

import pytest
from scrapy.settings import Settings

from monitor.demo.newspaper import Hang
from monitor.errors import EgressRefused
from spiders._means import _own_gate
from tests.prints import piece
from tests.spiders._crawling import HOST, crawling


def given(**options: str) -> Settings:
    """Return the project's settings with options of the command line, which are texts."""
    settings = Settings()
    settings.setmodule("spiders.settings", priority="project")
    settings.setdict(dict(options), priority="cmdline")
    return settings


async def test_a_spider_by_itself_is_let_out_to_the_web_and_no_further() -> None:
    gate = _own_gate(given())
    gate.check("93.184.215.14", 443)
    for ip, port in (("127.0.0.1", 80), ("93.184.215.14", 8080), ("169.254.169.254", 80)):
        with pytest.raises(EgressRefused):
            gate.check(ip, port)


async def test_options_of_the_command_line_are_read_as_what_they_are() -> None:
    gate = _own_gate(
        given(TOCSIN_ALLOW="127.0.0.1,10.0.0.0/8", TOCSIN_PORTS="80,8080", TOCSIN_HOSTS='{"*.test": "10.0.0.7:9000"}')
    )
    gate.check("127.0.0.1", 8080)
    gate.check("10.1.2.3", 80)
    (address,) = await gate.resolve("paper.test", 80)
    assert (str(address.ip), address.port) == ("10.0.0.7", 9000)
    with pytest.raises(EgressRefused):
        gate.check("127.0.0.1", 443)


async def test_robots_txt_is_read_once_for_all_crawls_of_a_process() -> None:
    async with crawling() as it:
        for name in ("a", "b"):
            told = piece(HOST, name)
            it.paper.publish_url(told.url, told.html)
            await it.read(name)
        assert len(it.desk.pages) == 2
        assert len(it.paper.seen(HOST, "/robots.txt")) == 1
        assert len({request.connection for request in it.paper.requests}) == 1, "and over one connection"


async def test_robots_txt_is_left_alone_where_the_user_says_so() -> None:
    told = piece(HOST, "a")
    async with crawling(TOCSIN_ROBOTS_MODE="ignore") as it:
        it.paper.robots(HOST, "User-agent: *\nDisallow: /\n")
        it.paper.publish_url(told.url, told.html)
        await it.read("a")
        assert len(it.desk.pages) == 1
        assert it.paper.seen(HOST, "/robots.txt") == ()


async def test_D10_crawls_that_hang_end_when_the_crawler_is_closed() -> None:
    async with crawling() as it:
        it.paper.publish(HOST, "/stumm.html", "x")
        it.paper.script(HOST, "/stumm.html", forever=Hang())
        reading = asyncio.create_task(it.read("stumm", "wartet"))
        await it.paper.asked(HOST, "/stumm.html")
        await it.crawler.close(0.1)
        async with asyncio.timeout(30):
            await reading
        assert {item.url for item, *_ in it.desk.failures} == {f"http://{HOST}/{n}.html" for n in ("stumm", "wartet")}
