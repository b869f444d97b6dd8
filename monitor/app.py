"""The composition root: what the user wrote becomes a running service, and this is the only place that builds one.

start:  store → egress → children → notifiers → crawler → ticks
stop:   ticks → crawls → tries under way → children → store, each with a deadline, 10 s in all
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitor.config.config import Config
from monitor.crawl import ScrapyCrawler
from monitor.egress import Egress
from monitor.flows.deliver import Deliver
from monitor.flows.ingest import Ingest
from monitor.flows.operate import Operate
from monitor.flows.reload import Fresh, Reload, renew, shadows_of
from monitor.flows.visit import Capacity, Visits
from monitor.journal import Journal, Watcher
from monitor.load import Loaded, load
from monitor.log import get_logger
from monitor.match.matcher import Matcher
from monitor.model import Entry, FrontierItem, Page, ReadFailure, SourceDue, Visit
from monitor.ports import Notifier
from monitor.registry import discover
from monitor.schedule import Ticker
from monitor.store import frontier, outbox, sources, watches
from monitor.store.database import Store, sqlite_version
from monitor.workers import Workers

VISIT_TICK = 0.5  # seconds between looks at what is due
READ_TICK = 0.5
DELIVER_TICK = 0.25
RELOAD_TICK = 2.0
TIDY_TICK = 3600.0

CRAWLS_END = 4.0  # seconds; with the others below, a stop takes 10 at most
TRIES_END = 4.0


def utc_now() -> datetime:
    """Return the time; the only clock of the service."""
    return datetime.now(UTC)


class App:
    """A service that can be started and stopped once."""

    def __init__(
        self,
        loaded: Loaded,
        *,
        watcher: Watcher | None = None,
        clock: Callable[[], datetime] = utc_now,
        env: Mapping[str, str] = os.environ,
    ) -> None:
        """`env` fills in what the file names, when it is read again."""
        self._env = env
        self._config = loaded.config
        self._rules = loaded.rules
        self._journal = Journal(get_logger(), watcher)
        self._clock = clock
        self._ticker = Ticker()
        self._parts: _Parts | None = None

    async def start(self) -> None:
        """Open everything and begin to tick.

        Raises StoreLocked where another Tocsin has the store, StoreCorrupt where it is damaged.
        """
        config = self._config
        store = Store.open(config.store.path)
        try:
            await store.write(sources.register, config.sources, self._clock())
            await store.write(watches.register, shadows_of(self._rules), self._clock())
            await store.write(frontier.free_leases)
            await store.write(outbox.free_leases)
            self._parts = parts = self._build(store)
            await asyncio.gather(parts.crawler.warm(), parts.workers.warm())
        except BaseException:
            await self._undo(store)
            raise
        self._ticker.every(VISIT_TICK, "visit", parts.visits.visit_due)
        self._ticker.every(READ_TICK, "read", parts.visits.read_due)
        self._ticker.every(DELIVER_TICK, "deliver", parts.deliver.deliver_due)
        if parts.reload is not None:
            self._ticker.every(RELOAD_TICK, "reload", parts.reload.look)
        self._ticker.every(TIDY_TICK, "tidy", parts.operate.tidy)
        self._ticker.start()
        self._journal.tell(
            "started",
            outlets=len(config.outlets),
            sources=len(config.sources),
            watches=len(self._rules.infos),
            channels=len(parts.notifiers),
            store=str(config.store.path),
            sqlite=sqlite_version(),
        )

    def reload_soon(self) -> None:
        """Read the file again at the next tick, though it did not change: for SIGHUP."""
        if self._parts is not None and self._parts.reload is not None:
            self._parts.reload.ask()

    async def stop(self) -> None:
        """Stop within 10 s; what is under way ends or is taken up again by the next start."""
        parts, self._parts = self._parts, None
        if parts is None:
            return
        self._ticker.pause()
        parts.visits.stop()
        await asyncio.gather(parts.crawler.close(CRAWLS_END), parts.deliver.drain(TRIES_END))
        self._ticker.stop()
        await parts.visits.drain(1.0)
        await parts.workers.close()
        for notifier in parts.notifiers.values():
            await notifier.aclose()
        await asyncio.to_thread(parts.store.close)
        self._journal.tell("stopped")

    async def _undo(self, store: Store) -> None:
        parts, self._parts = self._parts, None
        if parts is not None:
            await parts.crawler.close(0.0)
            await parts.workers.close()
        store.close()

    def _build(self, store: Store) -> _Parts:
        config = self._config
        chance = random.Random().random  # noqa: S311  # spreads load, guards nothing
        notifiers = make_notifiers(config)
        targets = {name: notifier.targets for name, notifier in notifiers.items()}
        workers = Workers(config.schedule.workers, deadline=config.schedule.parse_timeout.total_seconds())
        ingest = Ingest(
            store,
            self._journal,
            matcher=Matcher(self._rules),
            routes=config.routes,
            targets=targets,
            settle=config.schedule.settle,
            clock=self._clock,
            chance=chance,
        )
        visits = Visits(
            store,
            self._journal,
            watched=config.sources,
            crawler=lambda: crawler,
            clock=self._clock,
            capacity=Capacity(visits=2 * config.network.concurrency, reads=max(1, config.network.concurrency // 2)),
            spread=config.schedule.jitter,
            chance=chance,
        )
        crawler = ScrapyCrawler(make_gate(config), workers, _Desk(visits, ingest), crawl_settings(config))
        deliver = Deliver(store, self._journal, notifiers=notifiers, clock=self._clock, chance=chance)
        operate = Operate(store, self._journal, clock=self._clock)
        reload = self._make_reload(store, ingest, config.path) if config.path is not None else None
        return _Parts(store, notifiers, workers, visits, crawler, deliver, operate, reload)

    def _make_reload(self, store: Store, ingest: Ingest, file: Path) -> Reload:
        def read() -> Fresh:
            loaded = load(file, self._env)
            return renew(self._config, ingest.orders.routes, loaded.config, loaded.rules)

        return Reload(store, self._journal, ingest, file=file, read=read, clock=self._clock)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a running service is made of."""

    store: Store
    notifiers: Mapping[str, Notifier]
    workers: Workers
    visits: Visits
    crawler: ScrapyCrawler
    deliver: Deliver
    operate: Operate
    reload: Reload | None  # none where the configuration came from no file


@dataclass(frozen=True, slots=True)
class _Desk:
    """Implements `monitor.ports.Desk` for the service."""

    visits: Visits
    ingest: Ingest

    async def discovered(self, due: SourceDue, visit: Visit, entries: tuple[Entry, ...]) -> tuple[FrontierItem, ...]:
        return await self.visits.discovered(due, visit, entries)

    async def read(self, item: FrontierItem, page: Page, *, url: str) -> None:
        try:
            await self.ingest.read(item, page, url=url)
        finally:
            self.visits.settled(item)

    async def unread(
        self,
        item: FrontierItem,
        failure: ReadFailure,
        reason: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        if self.visits.is_stopped:
            return  # our own stop is not the page's failure: its lease ends with the process
        try:
            await self.ingest.unread(item, failure, reason, status=status, retry_after=retry_after)
        finally:
            self.visits.settled(item)


def make_gate(config: Config, *further_ports: int) -> Egress:
    """Return a guard that lets out what the user's file lets out; each channel's has its own server's port too."""
    network = config.network
    ports = (*network.ports, *further_ports)
    return Egress(allow=[str(net) for net in network.allow], ports=ports, hosts=network.hosts)


def make_notifiers(config: Config) -> dict[str, Notifier]:
    """Return the configured channels' notifiers; with none configured, the console's."""
    kinds = discover("alerts", "NOTIFIER")
    if not config.channels:
        console = kinds["console"]
        return {"console": console("console", console.Options(console=True), make_gate(config))}
    return {
        name: kinds[channel.kind](name, channel.options, make_gate(config, *channel.ports))
        for name, channel in config.channels.items()
    }


def crawl_settings(config: Config) -> dict[str, Any]:
    """Return what the user's file says of the network, as Scrapy settings."""
    network = config.network
    return {
        "USER_AGENT": network.agent,
        "DOWNLOAD_TIMEOUT": network.timeout.total_seconds(),
        "DOWNLOAD_MAXSIZE": network.max_body,
        "TOCSIN_DELAY": network.delay.total_seconds(),
        "TOCSIN_PER_HOST": network.per_host,
        "TOCSIN_CONNECTIONS": network.concurrency,
        "TOCSIN_ROBOTS_MODE": network.robots,
    }
