"""Politeness of the whole process: who may ask a site, and when.

A site (registrable domain) serves `per_host` of our requests at once, starts of two are `delay`
apart, and the turn goes to who came first, whichever crawl asks. A site that says "not now"
(429, 503 with Retry-After) rests: who would have to wait longer than `patience` is sent away at
once with the time, instead of holding a place in its crawl.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self
from urllib.parse import urlsplit

from monitor.errors import TocsinError
from monitor.parse.urls import registrable_domain
from spiders._session import Fetched

DELAY_SECONDS = 1.0
CRAWL_DELAY_CAP_SECONDS = 30.0  # a site that asks for more is asked this slowly; its feeds say the rest
REST_CAP_SECONDS = 3_600.0  # what Retry-After may ask; a day would silence a source over a typing error
PATIENCE_SECONDS = 120.0  # how long a request may stand in line before its crawl does better without it


class TurnRefused(TocsinError):
    """The site is not to be asked now; `retry_after` in seconds says when."""

    def __init__(self, reason: str, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(reason)


class PolitenessClosed(TocsinError):
    """The service stops; nobody's turn comes any more."""


@dataclass(slots=True)
class _Site:
    """One site's line."""

    active: int = 0
    next_start: float = 0.0  # loop time
    rests_until: float = 0.0
    line: deque[tuple[asyncio.Future[None], float]] = field(default_factory=deque)  # with the delay each keeps
    timer: asyncio.TimerHandle | None = None


class Politeness:
    """Hands out turns. One object serves all crawls of a process and belongs to the running loop.

    `delay` and `patience` in seconds; `per_host` requests of one site at once.
    """

    def __init__(self, *, per_host: int = 1, delay: float = DELAY_SECONDS, patience: float = PATIENCE_SECONDS) -> None:
        self._per_host = per_host
        self._delay = delay
        self._patience = patience
        self._sites: dict[str, _Site] = {}
        self._is_closed = False

    @asynccontextmanager
    async def turn(self, url: str, *, delay: float | None = None) -> AsyncIterator[None]:
        """Wait for our turn at the site of `url` and hold it for the block.

        `delay` is what the site's robots.txt asks for, in seconds. Raises TurnRefused where the
        wait would be longer than our patience, PolitenessClosed when the service stops.
        """
        key = site_of(url)
        await self._wait(key, max(self._delay, min(delay or 0.0, CRAWL_DELAY_CAP_SECONDS)))
        try:
            yield
        finally:
            self._leave(key)

    def rest(self, url: str, seconds: float) -> None:
        """Ask nothing more of the site of `url` for `seconds`; the longer of two rests counts."""
        if self._is_closed:
            return
        key = site_of(url)
        site = self._sites.setdefault(key, _Site())
        until = asyncio.get_running_loop().time() + min(max(seconds, 0.0), REST_CAP_SECONDS)
        site.rests_until = max(site.rests_until, until)
        self._send_away_the_impatient(key, site)
        self._move_on(key)

    def close(self) -> None:
        """Send everybody home at once."""
        self._is_closed = True
        for site in self._sites.values():
            if site.timer is not None:
                site.timer.cancel()
            for waiter, _ in site.line:
                if not waiter.done():
                    waiter.set_exception(PolitenessClosed("the service stops"))
        self._sites.clear()

    @property
    def sites(self) -> int:
        """How many sites are remembered now; those at rest are forgotten."""
        return len(self._sites)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Scrapy copies its settings for every crawl; the politeness in them stays the one."""
        return self

    async def _wait(self, key: str, delay: float) -> None:
        if self._is_closed:
            raise PolitenessClosed("the service stops")
        site = self._sites.setdefault(key, _Site())
        loop = asyncio.get_running_loop()
        ahead = max(site.next_start - loop.time(), 0.0) + sum(each for _, each in site.line)
        self._refuse_if_long(key, max(ahead, site.rests_until - loop.time()))
        waiter: asyncio.Future[None] = loop.create_future()
        site.line.append((waiter, delay))
        self._move_on(key)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._leave(key)  # the turn came in the very moment we were told to stop
            else:
                self._move_on(key)
            raise

    def _refuse_if_long(self, key: str, wait: float) -> None:
        if wait > self._patience:
            self._move_on(key)  # forget the site again if nobody else wants it
            raise _too_long(key, wait)

    def _send_away_the_impatient(self, key: str, site: _Site) -> None:
        wait = site.rests_until - asyncio.get_running_loop().time()
        if wait <= self._patience:
            return
        for waiter, _ in site.line:
            if not waiter.done():
                waiter.set_exception(_too_long(key, wait))
        site.line.clear()

    def _leave(self, key: str) -> None:
        site = self._sites.get(key)
        if site is not None:  # it is None after close()
            site.active -= 1
            self._move_on(key)

    def _move_on(self, key: str) -> None:
        """Let those in whose turn it is; set the clock for the next; forget a site nobody waits for."""
        site = self._sites.get(key)
        if site is None:
            return
        loop = asyncio.get_running_loop()
        if site.timer is not None:
            site.timer.cancel()
            site.timer = None
        while site.line and site.line[0][0].done():
            site.line.popleft()
        opens = max(site.next_start, site.rests_until)
        while site.line and site.active < self._per_host and opens <= loop.time():
            waiter, delay = site.line.popleft()
            if waiter.done():
                continue
            waiter.set_result(None)
            site.active += 1
            site.next_start = opens = loop.time() + delay
        has_room = site.active < self._per_host
        if opens > loop.time() and has_room:
            site.timer = loop.call_at(opens, self._move_on, key)
        elif not site.line and not site.active:
            del self._sites[key]


def site_of(url: str) -> str:
    """Return the key under which a URL's site is spared: its registrable domain, or host and port of a bare one."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if "." not in host or _is_address(host):
        return f"{host}:{parts.port or ''}"
    return registrable_domain(host)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds a Retry-After header asks for, given as such or as a date (RFC 9110 section 10.2.3)."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((aware - now).total_seconds(), 0.0)


def heed_retry_after(politeness: Politeness, fetched: Fetched) -> None:
    """Let a site rest that answered "not now" and said until when."""
    if fetched.status not in (429, 503):
        return
    seconds = retry_after(fetched.header("retry-after"), datetime.now(UTC))
    if seconds:
        politeness.rest(fetched.url, seconds)


def _too_long(key: str, wait: float) -> TurnRefused:
    return TurnRefused(f"{key} is not to be asked for another {wait:.0f} s", wait)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
