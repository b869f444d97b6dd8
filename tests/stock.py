"""What stands in a store before a test begins, and the scripted crawler and notifier that flows are given.

A fake here has a script and a ledger, and no behaviour of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.decide.identity import text_hash
from monitor.journal import Journal
from monitor.model import (
    Alert,
    AlertPlan,
    Article,
    Delivery,
    Evidence,
    Field,
    FrontierItem,
    Match,
    Outcome,
    OutcomeKind,
    Source,
    SourceDue,
    Target,
    Verdict,
    VerdictKind,
    WatchInfo,
)
from monitor.store import articles, outbox, sources
from monitor.store.database import Connection, Store
from tests import builders
from tests.builders import NOON

QUAKE = WatchInfo("bridge", "Bridges", ("traffic",))
SENT = Outcome(OutcomeKind.SENT, "taken with 204", 204)
LATER = Outcome(OutcomeKind.RETRY, "answered 503", 503)
LOST = Outcome(OutcomeKind.UNKNOWN, "the answer was lost")
NEVER = Outcome(OutcomeKind.REFUSED, "410: this address wants no more", 410, disable_target=True)


@contextmanager
def opened(folder: Path) -> Iterator[Store]:
    """Open a store that is closed at the end."""
    store = Store.open(folder / "tocsin.db")
    try:
        yield store
    finally:
        store.close()


class Log:
    """Takes events and keeps them."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Mapping[str, Any]]] = []

    def log(self, level: int, event: str, **facts: Any) -> None:
        self.events.append((event, facts))

    def named(self, event: str) -> list[Mapping[str, Any]]:
        return [facts for name, facts in self.events if name == event]

    @property
    def journal(self) -> Journal:
        return Journal(self)


def register(db: Connection, *watched: Source, now: datetime = NOON) -> None:
    """Make the store know these sources."""
    sources.register(db, watched or (builders.source(),), now)


def put_article(db: Connection, article: Article | None = None, verdict: Verdict | None = None) -> int:
    """Write an article as read, with its outlet; return its id."""
    told = article or builders.article()
    register(db, builders.source(told.outlet.name))
    verdict = verdict or Verdict(VerdictKind.NEW, "nothing like it is known")
    return articles.insert(db, told, verdict, text_hash(told.page.text), told.fetched_at)


def match(watch_id: str = QUAKE.id) -> Match:
    return Match(watch_id, 3, (Evidence(Field.TITLE, "Rheinbrücke", "Zweite Rheinbrücke beschlossen", 7, 18),))


def put_alert(
    db: Connection,
    *targets: Target,
    path: str = "a1",
    now: datetime = NOON,
    settle: timedelta = timedelta(0),
    watch: WatchInfo = QUAKE,
) -> tuple[str, int]:
    """Write an article and an alert on it for these targets; return the alert's id and its number of deliveries."""
    article_id = put_article(db, builders.article(path, now=now))
    return outbox.raise_alert(
        db,
        store_identity="store",
        plan=AlertPlan(watch.id, targets, "a new story"),
        watch=watch,
        match=match(watch.id),
        article_id=article_id,
        story_id=article_id,
        now=now,
        first_try_at=now + settle,
    )


class ScriptedNotifier:
    """A channel whose tries go as the script says, the last line repeated. `sent` is its ledger."""

    kind = "scripted"

    def __init__(self, *labels: str, channel: str = "desk", script: Sequence[Outcome | Exception] = (SENT,)) -> None:
        self.targets = tuple(builders.target(channel, label) for label in labels or ("desk",))
        self.sent: list[Delivery] = []
        self.frozen: list[str] = []
        self.hold: asyncio.Event | None = None  # a try ends when it is set
        self._script = list(script)
        self._poison: dict[str, Exception] = {}
        self._changed = asyncio.Condition()

    def poison(self, alert_id: str) -> None:
        """Make the freezing of one alert fail."""
        self._poison[alert_id] = ValueError("no words for it")

    def freeze(self, alert: Alert, target: Target, *, delivery_id: str, now: datetime) -> bytes:
        if alert.id in self._poison:
            raise self._poison[alert.id]
        self.frozen.append(delivery_id)
        return f"{delivery_id} {alert.title} also on {len(alert.also_on)} #{len(self.frozen)}".encode()

    async def send(self, delivery: Delivery, *, now: datetime) -> Outcome:
        async with self._changed:
            self.sent.append(delivery)
            self._changed.notify_all()
        if self.hold is not None:
            await self.hold.wait()
        said = self._script[min(len(self.sent), len(self._script)) - 1]
        if isinstance(said, Exception):
            raise said
        return said

    async def began(self, tries: int = 1) -> None:
        """Wait until so many tries began."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.sent) >= tries)

    async def aclose(self) -> None:
        """Nothing is open."""


class ScriptedCrawler:
    """A crawler that does what the test says with each batch, and keeps them."""

    def __init__(
        self,
        *,
        on_visit: Callable[[SourceDue], Awaitable[object]] | None = None,
        on_read: Callable[[FrontierItem], Awaitable[object]] | None = None,
    ) -> None:
        self.visits: list[tuple[str, tuple[SourceDue, ...]]] = []
        self.readings: list[tuple[FrontierItem, ...]] = []
        self._on_visit = on_visit
        self._on_read = on_read

    async def visit(self, kind: str, dues: Sequence[SourceDue]) -> None:
        self.visits.append((kind, tuple(dues)))
        if self._on_visit is not None:
            await asyncio.gather(*map(self._on_visit, dues))

    async def read(self, items: Sequence[FrontierItem]) -> None:
        self.readings.append(tuple(items))
        if self._on_read is not None:
            await asyncio.gather(*map(self._on_read, items))


def break_table(db: Connection, table: str, verb: str = "INSERT") -> None:
    """Make every write of a kind to a table fail from now on, as a full disk would."""
    db.execute(f"CREATE TRIGGER broken BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'no room'); END")


def mend_table(db: Connection) -> None:
    """Let the table be written again."""
    db.execute("DROP TRIGGER broken")


def census(db: Connection, *tables: str) -> dict[str, int]:
    """Return how many rows stand in each table."""
    return {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}
