"""What all crawls of a process share: the guarded session, the politeness, the robots rules.

The service opens one and hands it to every crawl in its settings; a spider that runs by itself
(`scrapy crawl feed -a url=…`) gets its own by the add-on below, for as long as it runs.
"""

from __future__ import annotations

from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from monitor.egress import Egress
from monitor.ports import Gate
from spiders._polite import Politeness
from spiders._robots import Robots
from spiders._session import open_session

IGNORE = "ignore"


class Means:
    """The shared means of a process. Opens in the loop that will use it; close it there."""

    def __init__(self, gate: Gate, settings: BaseSettings) -> None:
        self._session = open_session(
            gate, user_agent=settings["USER_AGENT"], connections=settings.getint("TOCSIN_CONNECTIONS")
        )
        self._politeness = Politeness(
            per_host=settings.getint("TOCSIN_PER_HOST"), delay=settings.getfloat("TOCSIN_DELAY")
        )
        self._robots = Robots(self._session, self._politeness, agent=settings["TOCSIN_ROBOTS_AGENT"])
        self._obeys_robots = settings["TOCSIN_ROBOTS_MODE"] != IGNORE

    @property
    def settings(self) -> dict[str, Any]:
        """What a crawl finds in its settings."""
        return {
            "TOCSIN_SESSION": self._session,
            "TOCSIN_POLITENESS": self._politeness,
            "TOCSIN_ROBOTS": self._robots if self._obeys_robots else None,
        }

    def release(self) -> None:
        """Send away all who wait for their turn, so that crawls end soon."""
        self._politeness.close()

    async def close(self) -> None:
        """Close the connections; requests under way fail at once."""
        self._politeness.close()
        await self._robots.close()
        await self._session.close()


class OwnMeans:
    """An add-on that gives a crawl means of its own where nobody has given it any."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._means: Means | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def update_settings(self, settings: BaseSettings) -> None:
        """Open means and put them in, unless they are there."""
        if settings.get("TOCSIN_SESSION") is None:
            self._means = Means(_own_gate(settings), settings)
            settings.setdict(self._means.settings, priority="addon")
            self._crawler.signals.connect(self._close, signals.spider_closed)

    async def _close(self) -> None:
        if self._means is not None:
            await self._means.close()


def _own_gate(settings: BaseSettings) -> Egress:
    """Return the guard of a spider that runs by itself; `scrapy crawl -s NAME=VALUE` gives every value as text."""
    return Egress(
        allow=settings.getlist("TOCSIN_ALLOW"),
        ports=[int(port) for port in settings.getlist("TOCSIN_PORTS")],
        hosts=settings.getdict("TOCSIN_HOSTS"),
    )
