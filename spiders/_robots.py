"""robots.txt by RFC 9309, read once a day for the whole process.

judge(url): cached rules, or one shared fetch -> Judgement with its reason and crawl delay.
An answer 4xx allows all; 5xx, silence or a refused address behind a redirect forbids all, unless
an older copy is at hand. The surprising rule: what is not understood in the file allows, what
cannot be fetched forbids.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlsplit

from protego import Protego
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Request

from monitor.errors import EgressRefused
from spiders._failures import FetchFailed, UrlRefused
from spiders._handler import scrapy_errors
from spiders._polite import Politeness, heed_retry_after
from spiders._session import HOPS, Fetched, Session

KEEP_SECONDS = 86_400.0  # RFC 9309 section 2.4
RETRY_SECONDS = 300.0  # after a failure; a publisher's bad minute should not cost a day of news
SIZE_CAP_BYTES = 512_000  # RFC 9309 section 2.5: at least 500 KiB are read
TIMEOUT_SECONDS = 10.0
SITES = 2_000
THREAD_FROM_CHARACTERS = 50_000  # from here parsing would hold up the loop by tens of milliseconds

_AGENT_LINE = re.compile(r"\s*user[- ]?agent\s*:?\s*(.*?)\s*(?:#.*)?", re.IGNORECASE)


class RobotsForbidden(IgnoreRequest):
    """The site's robots.txt does not let us ask for this; the message says why."""


class RobotsUnreachable(IgnoreRequest):
    """The site's robots.txt cannot be read now, so nothing is allowed: trouble that passes, as any failed fetch."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a URL may be asked for, why (not), and how slowly (seconds)."""

    is_allowed: bool
    reason: str
    crawl_delay: float | None = None
    is_unreachable: bool = False  # it is not the site that says no, but its silence


@dataclass(frozen=True, slots=True)
class _Rules:
    """What we know of one site. `parsed` is None where everything is allowed, or nothing (`forbids`)."""

    expires_at: float
    reason: str
    parsed: Protego | None = None
    forbids: bool = False


class Robots:
    """The robots.txt of every site, shared by all crawls of a process.

    `agent` is our product token ("tocsin"). `clock` gives seconds that only grow.
    """

    def __init__(
        self,
        session: Session,
        politeness: Politeness,
        *,
        agent: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._politeness = politeness
        self._agent = agent.lower()
        self._clock = clock
        self._known: OrderedDict[str, _Rules] = OrderedDict()
        self._fetches: dict[str, asyncio.Task[_Rules]] = {}

    async def judge(self, url: str) -> Judgement:
        """Return whether `url` may be asked for.

        Raises EgressRefused where the guard forbids the site itself, TurnRefused and
        PolitenessClosed where no turn to fetch the file was to be had.
        """
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}".lower()
        if parts.path == "/robots.txt":
            return Judgement(True, "robots.txt itself")
        rules = self._known.get(site)
        if rules is None or rules.expires_at <= self._clock():
            rules = await self._share_fetch(site)
        return self._apply(rules, url, parts.netloc)

    async def close(self) -> None:
        """Give up the fetches under way."""
        fetches = tuple(self._fetches.values())
        for fetch in fetches:
            fetch.cancel()
        await asyncio.gather(*fetches, return_exceptions=True)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Scrapy copies its settings for every crawl; the cache in them stays the one."""
        return self

    def _apply(self, rules: _Rules, url: str, host: str) -> Judgement:
        if rules.parsed is None:
            return Judgement(not rules.forbids, rules.reason, is_unreachable=rules.forbids)
        delay = rules.parsed.crawl_delay(self._agent)
        if rules.parsed.can_fetch(url, self._agent):
            return Judgement(True, f"robots.txt of {host} allows it", delay)
        path = urlsplit(url).path or "/"
        return Judgement(False, f"robots.txt of {host} forbids {path} for {self._agent}", delay)

    async def _share_fetch(self, site: str) -> _Rules:
        fetch = self._fetches.get(site)
        if fetch is None:
            fetch = self._fetches[site] = asyncio.create_task(self._renew(site))
            fetch.add_done_callback(lambda done: self._forget_fetch(site, done))
        # Shielded: one asker that gives up must not take the answer from the others.
        return await asyncio.shield(fetch)

    def _forget_fetch(self, site: str, done: asyncio.Task[_Rules]) -> None:
        self._fetches.pop(site, None)
        if not done.cancelled():
            done.exception()  # seen; every asker got it as well

    async def _renew(self, site: str) -> _Rules:
        rules = await self._read(site)
        old = self._known.get(site)
        if rules.forbids and old is not None and not old.forbids:
            # RFC 9309 section 2.4: a cached copy may serve while the file is unreachable.
            rules = replace(old, expires_at=rules.expires_at)
        self._known[site] = rules
        self._known.move_to_end(site)
        while len(self._known) > SITES:
            self._known.popitem(last=False)
        return rules

    async def _read(self, site: str) -> _Rules:
        """Return what the site's file means now."""
        now, host = self._clock(), site.partition("://")[2]
        try:
            fetched = await self._fetch(site)
        except FetchFailed as error:
            return self._unreachable(host, str(error), now)
        if fetched is None:
            return _Rules(
                now + KEEP_SECONDS, f"robots.txt of {host} is behind more than {HOPS} redirects: all is allowed"
            )
        if 200 <= fetched.status < 300:
            parsed = await self._parse(fetched.body)
            return _Rules(now + KEEP_SECONDS, f"robots.txt of {host}", parsed)
        if fetched.status >= 500:
            return self._unreachable(host, f"the server answered {fetched.status}", now)
        return _Rules(now + KEEP_SECONDS, f"{host} has no robots.txt ({fetched.status}): all is allowed")

    def _unreachable(self, host: str, why: str, now: float) -> _Rules:
        reason = f"robots.txt of {host} cannot be read ({why}): nothing is allowed until it can"
        return _Rules(now + RETRY_SECONDS, reason, forbids=True)

    async def _fetch(self, site: str) -> Fetched | None:
        """Return the answer behind at most five redirects (RFC 9309 section 2.3.1.2), None for more."""
        url = f"{site}/robots.txt"
        for hop in range(HOPS + 1):
            try:
                fetched = await self._fetch_one(url)
            except EgressRefused as error:
                if hop == 0:
                    raise  # the site itself: its pages will be refused the same way
                raise FetchFailed(f"it redirects to {url}: {error}") from error
            except UrlRefused as error:
                raise FetchFailed(str(error)) from error
            if fetched.location is None:
                return fetched
            url = fetched.location
        return None

    async def _fetch_one(self, url: str) -> Fetched:
        async with self._politeness.turn(url):
            fetched = await self._session.fetch(
                url,
                headers={"Accept": "text/plain, */*;q=0.5"},
                max_body=SIZE_CAP_BYTES,
                timeout=TIMEOUT_SECONDS,
                cut=True,
            )
        heed_retry_after(self._politeness, fetched)
        return fetched

    async def _parse(self, body: bytes) -> Protego:
        text = keep_own_groups(body.decode("utf-8-sig", errors="replace"), self._agent)
        if len(text) > THREAD_FROM_CHARACTERS:
            return await asyncio.to_thread(Protego.parse, text)
        return Protego.parse(text)


def keep_own_groups(text: str, agent: str) -> str:
    """Return the file with all foreign agents under one name.

    The parser keeps a copy of every rule per agent named: a file of 2 000 names over 20 000 rules
    (480 KB) took it 57 s (2026-11).
    """
    lines: list[str] = []
    for line in text.splitlines():
        found = _AGENT_LINE.fullmatch(line)
        name = _own_name(found[1].lower(), agent) if found else None
        if found is None:
            lines.append(line)
        elif name is not None:
            lines.append(f"User-agent: {name}")
        elif not (lines and lines[-1] == _FOREIGN):
            lines.append(_FOREIGN)
    return "\n".join(lines)


def _own_name(written: str, agent: str) -> str | None:
    """Return "*" or our token where a User-agent line means us; a longer or shorter token is somebody else's."""
    if written == "*" or written.startswith("* "):
        return "*"
    token = _TOKEN.match(written.replace("*", ""))  # no wildcards in names; some write them all the same
    return agent if token is not None and token[0] == agent else None


_TOKEN = re.compile(r"[\w.-]+")
_FOREIGN = "User-agent: somebody-else"


class RobotsMiddleware:
    """Asks the shared `TOCSIN_ROBOTS` before every request of a crawl.

    Without that object in the settings (`network.robots: ignore`) the middleware is not there.
    """

    def __init__(self, robots: Robots) -> None:
        self._robots = robots

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        robots = crawler.settings.get("TOCSIN_ROBOTS")
        if robots is None:
            raise NotConfigured("robots.txt is ignored: no TOCSIN_ROBOTS")
        return cls(robots)

    async def process_request(self, request: Request) -> None:
        """Let the request pass, with the site's crawl delay in its meta, or raise.

        RobotsForbidden, RobotsUnreachable, or what the handler would raise where the file could not be asked for.
        """
        with scrapy_errors():
            judgement = await self._robots.judge(request.url)
        if judgement.is_unreachable:
            raise RobotsUnreachable(judgement.reason)
        if not judgement.is_allowed:
            raise RobotsForbidden(judgement.reason)
        if judgement.crawl_delay:
            request.meta["crawl_delay"] = judgement.crawl_delay
