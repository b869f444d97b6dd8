"""How `tocsin run` starts, stops under load, refuses a second copy and says nothing over restarts."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from monitor.app import App
from monitor.demo.newspaper import Hang, Newspaper, Slow
from monitor.demo.receiver import Receiver
from monitor.load import load
from tests.desk import PAPER, SECRET, first_issue, integrity, news, next_issue, simple_config, webhook
from tests.house import House, run_tocsin
from tests.prints import rss

pytestmark = pytest.mark.process


async def test_D10_a_stop_under_load_is_clean_and_what_was_under_way_is_done_by_the_next_start(tmp_path: Path) -> None:
    many = [news(PAPER, f"neu{number}") for number in range(40)]
    async with Newspaper() as paper:
        first_issue(paper)
        paper.publish("desk.test", "/hook", "taken")
        paper.script("desk.test", "/hook", forever=Slow(0.4))
        paper.script("mute.test", "/hook", forever=Hang())
        channels = {"desk": webhook(), "mute": webhook("mute.test")}
        async with House(simple_config(tmp_path, paper, {}, channels=channels)) as house:
            await house.saw("read")
            for each, step in zip(many, (Hang(), Slow(1.0), Slow(2.0)), strict=False):
                paper.script(PAPER, each.url.removeprefix(f"http://{PAPER}"), step)
            next_issue(paper, *many)
            await paper.asked(PAPER, "/neu0.html")
            await house.saw("delivered", times=2)
            async with asyncio.timeout(10):  # the promise itself
                assert await house.stop() == 0
            stopped = len(house.events)
            waiting = house.rows("SELECT count(*) FROM outbox WHERE state IN ('pending', 'unknown', 'sending')")[0][0]
            paper.script("desk.test", "/hook")
            await house.start()
            await house.until(
                lambda _: (
                    {each["url"] for each in house.all("read")} >= {each.url for each in many}
                    and len(house.all("delivered")) == len(many)
                )
            )
            assert await house.stop() == 0
    assert house.other_lines == []
    assert [each for each in house.events[:stopped] if each["level"] == "error"] == []
    assert waiting > 0, "there was a load"
    bodies = Counter(each.headers["webhook-id"] for each in paper.requests if each.host == "desk.test")
    assert len(bodies) == len(many)
    assert sum(bodies.values()) <= len(many) + 1, "only a try that the stop cut off may come twice"
    assert integrity(house.store) == "ok"


async def test_A11_a_second_copy_on_one_store_refuses_and_names_the_first(tmp_path: Path) -> None:
    async with Newspaper() as paper:
        first_issue(paper)
        config = simple_config(tmp_path, paper, {})
        async with House(config) as first:
            second = await run_tocsin("run", "--config", str(config), "--json")
            _, said = await second.communicate()
            assert await first.stop() == 0
    assert second.returncode not in (0, None)
    assert "another Tocsin (process" in said.decode()
    assert "Traceback" not in said.decode()


async def test_A5_ten_restarts_with_nothing_new_say_nothing(tmp_path: Path) -> None:
    fresh = news(PAPER, "neu")
    async with Newspaper() as paper, Receiver(SECRET) as desk:
        first_issue(paper)
        config = simple_config(
            tmp_path, paper, {"desk.test": desk.address}, channels={"desk": webhook()}, schedule={"workers": "1"}
        )
        async with House(config) as house:
            await house.saw("read")
            next_issue(paper, fresh, news(PAPER, "alt"))
            await house.saw("delivered")
            assert await house.stop() == 0
        for number in range(10):
            paper.publish(PAPER, "/feed.xml", rss([fresh, news(PAPER, "alt")], title=f"Printed again {number}"))
            assert await visits_of_one_run(config) == [("ok", 0)]
    assert len(desk.arrivals) == 1
    assert paper.seen(PAPER, "/neu.html") == paper.seen(PAPER, "/neu.html")[:1]


async def visits_of_one_run(config: Path) -> list[tuple[str, int]]:
    """Run the service in this process until its source was visited; return outcome and new articles of the visits."""
    visits: list[tuple[str, int]] = []
    visited = asyncio.Event()

    def watch(event: str, facts: Mapping[str, Any]) -> None:
        if event == "visited":
            visits.append((facts["outcome"], facts["new"]))
            visited.set()

    service = App(load(config, {}), watcher=watch)
    await service.start()
    try:
        async with asyncio.timeout(30):
            await visited.wait()
    finally:
        await service.stop()
    return visits
