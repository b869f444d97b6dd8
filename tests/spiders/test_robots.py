"""robots.txt by RFC 9309, over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from protego import Protego
from scrapy.http import Request

from monitor.egress import Egress
from monitor.errors import EgressRefused
from monitor.model import ReadFailure, VisitOutcome
from spiders._faults import fault_of
from spiders._handler import AddressRefused, NotNow
from spiders._polite import Politeness
from spiders._robots import Robots, RobotsForbidden, RobotsMiddleware, RobotsUnreachable, keep_own_groups
from spiders._session import open_session
from tests.data import shared_data
from tests.spiders._server import Server, redirect, response, serving, silence

RULES = b"User-agent: *\nDisallow: /private\nCrawl-delay: 7\n\nUser-agent: tocsin\nDisallow: /not-for-tocsin\n"


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def reading(
    robots: object, more: dict[str, object] | None = None, *, agent: str = "tocsin", clock: Clock | None = None
) -> AsyncIterator[tuple[Robots, Server]]:
    async with serving({"/robots.txt": robots} | (more or {})) as server:
        gate = Egress(allow=["127.0.0.1"], ports=[server.port], hosts={"*.test": f"127.0.0.1:{server.port}"})
        politeness = Politeness(delay=0)
        async with open_session(gate, user_agent="Tocsin/test") as session:
            judge = Robots(session, politeness, agent=agent, clock=clock or Clock())
            yield judge, server
            await judge.close()
        politeness.close()


@pytest.mark.parametrize(
    ("agent", "path", "is_allowed"),
    [
        ("tocsin", "/not-for-tocsin", False),
        ("tocsin", "/private", True),  # a group of our own replaces the one for all
        ("Tocsin", "/not-for-tocsin", False),
        ("other", "/private", False),
        ("other", "/not-for-tocsin", True),
        ("other", "/robots.txt", True),
    ],
)
async def test_the_group_for_us_counts_before_the_one_for_all(agent: str, path: str, is_allowed: bool) -> None:
    async with reading(response(RULES), agent=agent) as (robots, server):
        judgement = await robots.judge(server.url(path))
    assert judgement.is_allowed is is_allowed


async def test_a_judgement_carries_its_reason_and_the_crawl_delay() -> None:
    async with reading(response(RULES), agent="other") as (robots, server):
        judgement = await robots.judge(server.url("/private/x?y=1"))
    assert judgement.reason == f"robots.txt of 127.0.0.1:{server.port} forbids /private/x for other"
    assert judgement.crawl_delay == 7


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 429, 451])
async def test_g7_a_client_error_allows_all(status: int) -> None:
    async with reading(response(b"User-agent: *\nDisallow: /", status=status)) as (robots, server):
        assert (await robots.judge(server.url("/a"))).is_allowed


UNREACHABLE = {
    "500": response(status=500),
    "503": response(status=503),
    "hung up": b"",
    "cut": response(b"User-agent", length=99),
    "not HTTP": b"hello",
    "redirect to a forbidden address": redirect("http://169.254.169.254/robots.txt"),
    "redirect to a file": redirect("file:///etc/passwd"),
}


@pytest.mark.parametrize("name", UNREACHABLE)
async def test_g7_a_file_that_cannot_be_fetched_forbids_all(name: str) -> None:
    async with reading(UNREACHABLE[name]) as (robots, server):
        judgement = await robots.judge(server.url("/a"))
    assert not judgement.is_allowed
    assert "cannot be read" in judgement.reason


async def test_g7_silence_forbids_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spiders._robots.TIMEOUT_SECONDS", 0.1)
    async with reading(silence) as (robots, server):
        assert not (await robots.judge(server.url("/a"))).is_allowed


async def test_g7_after_a_failure_the_file_is_tried_again_in_minutes() -> None:
    clock = Clock()
    async with reading([response(status=500), response(RULES)], clock=clock) as (robots, server):
        assert not (await robots.judge(server.url("/a"))).is_allowed
        clock.now += 299
        assert not (await robots.judge(server.url("/a"))).is_allowed
        clock.now += 2
        assert (await robots.judge(server.url("/a"))).is_allowed


async def test_g7_an_older_copy_serves_while_the_file_is_unreachable() -> None:
    clock = Clock()
    async with reading([response(RULES), response(status=500)], clock=clock) as (robots, server):
        await robots.judge(server.url("/a"))
        clock.now += 86_401
        assert (await robots.judge(server.url("/a"))).is_allowed
        assert not (await robots.judge(server.url("/not-for-tocsin"))).is_allowed
    assert len(server.ledger) == 2


async def test_g7_a_file_that_changed_is_read_after_a_day_and_not_before() -> None:
    clock = Clock()
    async with reading([response(b""), response(b"User-agent: *\nDisallow: /")], clock=clock) as (robots, server):
        assert (await robots.judge(server.url("/a"))).is_allowed
        clock.now += 86_399
        assert (await robots.judge(server.url("/a"))).is_allowed
        clock.now += 2
        assert not (await robots.judge(server.url("/a"))).is_allowed


async def test_g7_five_redirects_are_followed_and_a_sixth_means_there_is_no_file() -> None:
    hops = {f"/{hop}": redirect(f"/{hop + 1}") for hop in range(1, 5)}
    forbids = response(b"User-agent: *\nDisallow: /")
    async with reading(redirect("/1"), hops | {"/5": forbids}) as (robots, server):
        assert not (await robots.judge(server.url("/a"))).is_allowed
    async with reading(redirect("/1"), hops | {"/5": redirect("/6"), "/6": forbids}) as (robots, server):
        assert (await robots.judge(server.url("/a"))).is_allowed
        assert not server.asked("/6")


async def test_g7_only_the_first_500_kib_are_read() -> None:
    start = b"User-agent: *\nDisallow: /early\n"
    body = start + b"# filler\n" * 70_000 + b"Disallow: /late\n"
    async with reading(response(body)) as (robots, server):
        assert not (await robots.judge(server.url("/early"))).is_allowed
        assert (await robots.judge(server.url("/late"))).is_allowed


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbfUser-agent: *\nDisallow: /a",
        b"\xff\xfe\x00garbage\nUser-agent: *\nDisallow: /a",
        b"user-agent:*\rdisallow:/a",
        b"USER-AGENT : * # all\r\nDISALLOW : /a # no\r\n",
    ],
)
async def test_g7_a_byte_order_mark_and_untidy_lines_are_got_over(body: bytes) -> None:
    async with reading(response(body)) as (robots, server):
        assert not (await robots.judge(server.url("/a"))).is_allowed


async def test_those_who_ask_at_once_share_one_fetch_even_when_one_gives_up() -> None:
    async with reading(response(RULES)) as (robots, server):
        asking = [asyncio.create_task(robots.judge(server.url(f"/{number}"))) for number in range(5)]
        await server.came.wait()
        asking[0].cancel()
        answers = await asyncio.gather(*asking[1:])
        assert all(answer.is_allowed for answer in answers)
    assert len(server.ledger) == 1


async def test_hosts_have_their_own_files_and_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spiders._robots.SITES", 3)
    async with reading(response(RULES)) as (robots, server):
        for number in range(5):
            await robots.judge(f"http://h{number}.test/a")
        assert len(robots._known) == 3
    assert {asked.headers["host"] for asked in server.ledger} == {f"h{number}.test" for number in range(5)}


async def test_a_site_our_own_guard_refuses_is_told_as_such() -> None:
    async with reading(response(RULES)) as (robots, _):
        with pytest.raises(EgressRefused):
            await robots.judge("http://10.0.0.1/a")
        with pytest.raises(AddressRefused):
            await RobotsMiddleware(robots).process_request(Request("http://10.0.0.1/a"))


async def test_the_middleware_stops_what_is_forbidden_and_passes_on_the_delay() -> None:
    async with reading(response(RULES), agent="other") as (robots, server):
        middleware = RobotsMiddleware(robots)
        allowed = Request(server.url("/a"))
        await middleware.process_request(allowed)
        assert allowed.meta["crawl_delay"] == 7
        with pytest.raises(RobotsForbidden, match="forbids /private"):
            await middleware.process_request(Request(server.url("/private")))


async def test_g7_a_file_out_of_reach_is_a_failure_that_passes_and_no_door_shut_on_purpose() -> None:
    async with reading(response(status=500)) as (robots, server):
        with pytest.raises(RobotsUnreachable, match="cannot be read") as unreachable:
            await RobotsMiddleware(robots).process_request(Request(server.url("/a")))
    async with reading(response(b"User-agent: *\nDisallow: /")) as (robots, server):
        with pytest.raises(RobotsForbidden, match="forbids /a") as forbidden:
            await RobotsMiddleware(robots).process_request(Request(server.url("/a")))
    passing, shut = fault_of(unreachable.value), fault_of(forbidden.value)
    assert (passing.outcome, passing.failure) == (VisitOutcome.FAILED, ReadFailure.NETWORK)
    assert (shut.outcome, shut.failure) == (VisitOutcome.REFUSED, ReadFailure.ROBOTS)
    assert passing.reason.startswith("robots.txt of 127.0.0.1")


async def test_a_site_that_says_not_now_is_left_alone() -> None:
    busy = response(status=503, headers={"Retry-After": "1800"})
    async with reading(busy) as (robots, server):
        assert not (await robots.judge(server.url("/a"))).is_allowed
        robots._known.clear()
        with pytest.raises(NotNow) as refused:
            await RobotsMiddleware(robots).process_request(Request(server.url("/a")))
        assert refused.value.retry_after is not None
        assert refused.value.retry_after > 1_700
    assert len(server.ledger) == 1


def test_a_file_with_thousands_of_agents_costs_no_more_than_its_own_groups() -> None:
    """Measured by what the parser keeps, not by the clock: 57 s without the filter."""
    names = "".join(f"User-agent: bot{number}\n" for number in range(500))
    rules = "".join(f"Disallow: /{number}\n" for number in range(500))
    kept = keep_own_groups(names + rules + "User-agent: tocsin\nDisallow: /own\n", "tocsin")
    assert kept.count("User-agent") == 2
    assert not Protego.parse(kept).can_fetch("http://a.test/own", "tocsin")
    assert Protego.parse(kept).can_fetch("http://a.test/7", "tocsin")


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [("tocsin", True), ("Tocsin/2.0", True), ("TOCSIN", True), ("toc", False), ("tocsin-news", False), ("sin", False)],
)
def test_only_our_own_token_is_ours(name: str, is_ours: bool) -> None:
    kept = keep_own_groups(f"User-agent: {name}\nDisallow: /", "tocsin")
    assert Protego.parse(kept).can_fetch("http://a.test/a", "tocsin") is not is_ours


def test_the_parser_agrees_with_its_own_vectors() -> None:
    vectors = json.loads((shared_data("robots") / "protego_vectors.json").read_text())
    checked = 0
    for vector in vectors:
        agent = str(vector.get("agent", "")).lower()
        if "robots" in vector and "allowed" in vector and agent.isalpha() and "url" in vector:
            kept = keep_own_groups(vector["robots"], agent)
            assert Protego.parse(kept).can_fetch(vector["url"], agent) is vector["allowed"], vector
            checked += 1
    assert checked > 50
