"""Receivers that are down, grumpy or lost, against `tocsin run`: the same bytes later, and nobody else waits."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from monitor.demo.mailbox import Mailbox
from monitor.demo.newspaper import Hang, Newspaper, Status
from monitor.demo.receiver import Receiver
from tests.desk import PAPER, SECRET, first_issue, news, next_issue, simple_config, told, webhook
from tests.house import House
from tests.prints import rss

pytestmark = pytest.mark.process


@asynccontextmanager
async def on_port(port: int) -> AsyncIterator[Newspaper]:
    """Open a newspaper on a certain port."""
    paper = Newspaper()
    await paper.start(port)
    try:
        yield paper
    finally:
        await paper.stop()


async def test_A2_A3_B3_a_receiver_that_is_down_gets_the_same_bytes_later_and_the_others_once(tmp_path: Path) -> None:
    fresh = news(PAPER, "neu")
    async with Newspaper() as paper, Receiver(SECRET) as desk, Newspaper() as hooks:
        for host in ("grumpy.test", "lost.test"):
            hooks.publish(host, "/hook", "taken")
        hooks.script("grumpy.test", "/hook", Status(503, {"Retry-After": "1"}))
        hooks.script("lost.test", "/hook", Hang())  # takes the message, and its answer is never heard
        async with Newspaper() as closed:
            port = closed.port  # nobody is there now
        hosts = {"desk.test": desk.address, "down.test": f"127.0.0.1:{port}", "*.test": hooks.address}
        channels = {name: webhook(f"{name}.test") for name in ("desk", "down", "grumpy", "lost")}
        first_issue(paper)
        async with House(simple_config(tmp_path, paper, hosts, channels=channels)) as house:
            await house.saw("read")
            next_issue(paper, fresh)
            await house.saw("delivery failed", channel="down")
            await house.saw("delivered", channel="desk")
            await house.saw("delivery failed", channel="grumpy")
            await hooks.asked("lost.test", "/hook")
            await house.kill()  # before anybody's second try, which comes after 5 s
            frozen = {row[0]: row[1:] for row in house.rows("SELECT channel, id, payload, state FROM outbox")}
            async with on_port(port) as back:
                back.publish("down.test", "/hook", "taken")
                await house.start()
                await house.saw("delivered", channel="lost")
                await house.saw("delivered", channel="down")
                await house.saw("delivered", channel="grumpy")
                assert await house.stop() == 0
    tries: dict[str, list[tuple[str, bytes]]] = {name: [] for name in ("down", "grumpy", "lost")}
    for each in (*hooks.requests, *back.requests):
        tries[each.host.removesuffix(".test")].append((each.headers["webhook-id"], each.body))
    same = {name: (frozen[name][0], frozen[name][1]) for name in tries}
    assert tries == {"down": [same["down"]], "grumpy": [same["grumpy"]] * 2, "lost": [same["lost"]] * 2}
    assert told(desk.arrivals) == Counter({("kursk", fresh.url): 1})
    assert frozen["lost"][2] == "sending"
    assert house.rows("SELECT count(*) FROM outbox WHERE state <> 'delivered'") == [(0,)]


async def test_mail_goes_out_though_the_file_lets_out_web_ports_only_and_crawls_stay_within_them(
    tmp_path: Path,
) -> None:
    fresh, lure = news(PAPER, "neu"), news(PAPER, "weiter")
    async with Newspaper() as paper, Mailbox() as mailbox:
        mail = {"email": "desk@desk.test", "from": "t@tocsin.test", "smtp": f"mail.test:{mailbox.port}", "tls": "none"}
        hosts = {"mail.test": "127.0.0.1"}
        first_issue(paper)
        async with House(simple_config(tmp_path, paper, hosts, channels={"mail": mail})) as house:
            await house.saw("read")
            paper.redirect(PAPER, "/weiter.html", f"http://mail.test:{mailbox.port}/")
            next_issue(paper, fresh)
            paper.publish(PAPER, "/feed.xml", rss([fresh, lure]))
            letters = await asyncio.wait_for(mailbox.arrived(), 30)
            refused = await house.saw("not read", url=lure.url)
            assert await house.stop() == 0
        assert f"port {mailbox.port} is refused" in refused["reason"]
    assert [fresh.title in letter.subject for letter in letters] == [True]
