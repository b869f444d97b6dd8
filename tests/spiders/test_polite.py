"""Turns at a site: one at a time, apart, in order; quick to let go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import deepcopy
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from spiders._polite import Politeness, PolitenessClosed, TurnRefused, heed_retry_after, retry_after, site_of
from spiders._session import Fetched

URL = "https://www.daily.example.co.uk/news"
OTHER = "https://elsewhere.example.org/"


@asynccontextmanager
async def line_at(politeness: Politeness, url: str = URL) -> AsyncIterator[list[asyncio.Task[float]]]:
    """Four who ask for a turn at one site, one after the other; each returns when it began."""

    async def ask() -> float:
        async with politeness.turn(url):
            return asyncio.get_running_loop().time()

    tasks = [asyncio.create_task(ask()) for _ in range(4)]
    await asyncio.sleep(0)
    try:
        yield tasks
    finally:
        politeness.close()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_promise_13_starts_at_one_site_are_apart_and_in_order() -> None:
    async with line_at(Politeness(delay=0.03)) as tasks:
        starts = await asyncio.gather(*tasks)
    assert starts == sorted(starts)
    assert all(later - earlier >= 0.0299 for earlier, later in pairwise(starts))


@pytest.mark.parametrize("per_host", [1, 2])
async def test_promise_13_no_more_than_the_limit_are_at_one_site_at_once(per_host: int) -> None:
    politeness = Politeness(per_host=per_host, delay=0)
    active = most = 0

    async def visit() -> None:
        nonlocal active, most
        async with politeness.turn(URL):
            active += 1
            most = max(most, active)
            await asyncio.sleep(0)
            active -= 1

    await asyncio.gather(*(visit() for _ in range(12)))
    assert most == per_host
    assert politeness.sites == 0


async def test_another_site_does_not_wait() -> None:
    politeness = Politeness(delay=60)
    async with politeness.turn(URL), asyncio.timeout(5), politeness.turn(OTHER):
        assert politeness.sites == 2
    politeness.close()


async def test_hosts_of_one_domain_share_their_turns() -> None:
    politeness = Politeness(delay=60, patience=1)
    async with politeness.turn(URL):
        with pytest.raises(TurnRefused):
            async with politeness.turn("http://feeds.example.co.uk/rss"):
                raise AssertionError("two turns at one domain")
    politeness.close()


async def test_a_site_that_asks_for_a_slower_pace_gets_it_up_to_half_a_minute() -> None:
    politeness = Politeness(delay=0, patience=29)
    async with politeness.turn(URL, delay=10_000):
        pass
    with pytest.raises(TurnRefused) as refused:
        async with politeness.turn(URL):
            raise AssertionError("too early")
    assert 29 < refused.value.retry_after <= 30
    politeness.close()


async def test_g8_a_site_that_rests_sends_everybody_away_with_the_time() -> None:
    politeness = Politeness(delay=60, patience=1_000)
    async with line_at(politeness) as tasks:
        await tasks[0]
        politeness.rest(URL, 2_000)
        with pytest.raises(TurnRefused, match=r"example\.co\.uk") as refused:
            await tasks[1]
        assert 1_990 < refused.value.retry_after <= 2_000
        with pytest.raises(TurnRefused):
            async with politeness.turn(URL):
                raise AssertionError("the site rests")


async def test_g8_a_short_rest_is_waited_for() -> None:
    politeness = Politeness(delay=0)
    politeness.rest(URL, 0.03)
    began = asyncio.get_running_loop().time()
    async with politeness.turn(URL):
        assert asyncio.get_running_loop().time() - began >= 0.0299


async def test_a_rest_has_a_limit_whatever_the_site_says() -> None:
    politeness = Politeness()
    politeness.rest(URL, 10_000_000)
    with pytest.raises(TurnRefused) as refused:
        async with politeness.turn(URL):
            raise AssertionError("the site rests")
    assert refused.value.retry_after <= 3_600
    politeness.close()


async def test_closing_releases_all_who_wait_at_once() -> None:
    politeness = Politeness(delay=60, patience=1_000)
    async with line_at(politeness) as tasks:
        await tasks[0]
        politeness.close()
        results = await asyncio.wait_for(asyncio.gather(*tasks[1:], return_exceptions=True), 5)
    assert all(isinstance(each, PolitenessClosed) for each in results)
    with pytest.raises(PolitenessClosed):
        async with politeness.turn(URL):
            raise AssertionError("closed")


async def test_who_gives_up_in_line_does_not_hold_up_the_others() -> None:
    politeness = Politeness(delay=0)
    first = politeness.turn(URL)
    await first.__aenter__()
    async with line_at(politeness) as tasks:
        tasks[1].cancel()
        tasks[3].cancel()
        await asyncio.sleep(0)
        await first.__aexit__(None, None, None)
        assert await tasks[2] >= await tasks[0]


async def test_a_turn_that_comes_as_its_asker_is_cancelled_goes_to_the_next() -> None:
    politeness = Politeness(delay=0)
    first = politeness.turn(URL)
    await first.__aenter__()
    async with line_at(politeness) as tasks:
        await first.__aexit__(None, None, None)  # gives the turn to the first in line …
        tasks[0].cancel()  # … who is cancelled before it runs
        await asyncio.wait_for(asyncio.gather(*tasks[1:]), 5)
        assert politeness.sites == 0


async def test_sites_nobody_waits_for_are_forgotten() -> None:
    politeness = Politeness(delay=0.01)
    for number in range(50):
        async with politeness.turn(f"https://site{number}.example/"):
            pass
    async with asyncio.timeout(5):
        while politeness.sites:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.bbc.co.uk/news", "bbc.co.uk"),
        ("http://feeds.bbc.co.uk:8080/", "bbc.co.uk"),
        ("http://127.0.0.1:8000/a", "127.0.0.1:8000"),
        ("http://[::1]:8000/a", "::1:8000"),
        ("http://localhost/a", "localhost:"),
    ],
)
def test_a_site_is_what_somebody_registered(url: str, site: str) -> None:
    assert site_of(url) == site


NOW = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Mon, 04 May 2026 12:01:30 GMT", 90.0),
        ("Mon, 04 May 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("１２", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


@pytest.mark.parametrize(("status", "rests"), [(429, True), (503, True), (200, False), (500, False)])
async def test_g8_only_a_site_that_says_not_now_rests(status: int, rests: bool) -> None:
    politeness = Politeness()
    heed_retry_after(politeness, Fetched(URL, status, (("Retry-After", "600"),), b""))
    assert politeness.sites == rests
    politeness.close()


async def test_copying_the_settings_keeps_the_one_politeness() -> None:
    politeness = Politeness()
    assert deepcopy([politeness])[0] is politeness
