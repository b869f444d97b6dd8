"""The user's file changed -> new rules in force, or the old ones and every fault named.

Built beside the running ones, in a thread, then swapped in one step. Outlets, channels and the rest are made at
the start only: what of them changed is named, for a restart to take up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from monitor.config.config import Config
from monitor.errors import ConfigError, TocsinError
from monitor.flows.ingest import Ingest, Orders
from monitor.journal import Journal
from monitor.match.ast import Rules
from monitor.match.matcher import Matcher
from monitor.model import Route
from monitor.store import watches
from monitor.store.database import Store

MADE_AT_START = ("outlets", "channels", "network", "store", "schedule")

Mark = tuple[int, int, int]  # by which a changed file is known: time, size, inode


@dataclass(frozen=True, slots=True)
class Fresh:
    """What a file says now: `orders` ready to work by, and which of its other sections differ from those that run."""

    orders: Orders
    needs_restart: tuple[str, ...] = ()


class Reload:
    """Watches the file, and puts it in force when it changed or when asked."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        ingest: Ingest,
        *,
        file: Path,
        read: Callable[[], Fresh],
        clock: Callable[[], datetime],
    ) -> None:
        """`read` reads the file and compiles it; raises TocsinError. It is called in a thread."""
        self._store = store
        self._journal = journal
        self._ingest = ingest
        self._file = file
        self._read = read
        self._clock = clock
        self._mark = mark_of(file)
        self._is_asked = False
        self._turn = asyncio.Lock()  # one look at a time: the later file wins

    def ask(self) -> None:
        """Reload at the next look, whether the file changed or not."""
        self._is_asked = True

    async def look(self) -> None:
        """Reload if the file changed since the last look, or if asked to."""
        async with self._turn:
            await self._look()

    async def _look(self) -> None:
        mark = await asyncio.to_thread(mark_of, self._file)
        # A file that is gone for a moment is being replaced by an editor.
        if not self._is_asked and (mark is None or mark == self._mark):
            return
        self._is_asked = False
        self._mark = mark or self._mark
        try:
            fresh = await asyncio.to_thread(self._read)
        except TocsinError as error:
            problems = error.problems if isinstance(error, ConfigError) else (error,)
            self._journal.warn("reload refused", problems=[str(problem) for problem in problems])
            return
        await self._adopt(fresh)

    async def _adopt(self, fresh: Fresh) -> None:
        before, now = self._ingest.orders, fresh.orders
        await self._store.write(watches.register, shadows_of(now.matcher.rules), self._clock())
        self._ingest.adopt(now)
        # Comparing ten thousand trees takes a second, which the loop must not.
        added, removed, changed = await asyncio.to_thread(_difference, before.matcher.rules, now.matcher.rules)
        self._journal.tell(
            "reloaded",
            watches=len(now.watches),
            added=added,
            removed=removed,
            changed=changed,
            routes=len(now.routes),
            needs_restart=list(fresh.needs_restart),
        )


def _difference(before: Rules, now: Rules) -> tuple[list[str], list[str], list[str]]:
    """Return the ids of the watches that are new, gone, and changed."""
    old, new = ({watch.info.id: watch for watch in rules.watches} for rules in (before, now))
    changed = [id_ for id_, watch in new.items() if id_ in old and watch != old[id_]]
    return [id_ for id_ in new if id_ not in old], [id_ for id_ in old if id_ not in new], changed


def shadows_of(rules: Rules) -> dict[str, timedelta | None]:
    """Return every watch, and how long it tells nobody."""
    return {watch.info.id: watch.shadow for watch in rules.watches}


def renew(started: Config, routes: tuple[Route, ...], written: Config, rules: Rules) -> Fresh:
    """Return what is in force once the file is reloaded: its rules, and its routes if all they lead to runs.

    `started` is what the service was started with, `routes` are those in force.
    """
    is_told = all(name in started.channels for route in written.routes for name in route.channels)
    if is_told:  # a route to a channel that does not run would lose its alerts
        routes = written.routes
    old, new = started.document.data, written.document.data
    changed = [name for name in MADE_AT_START if old.get(name) != new.get(name)]
    return Fresh(Orders.of(Matcher(rules), routes), (*changed, *(() if is_told else ("routes",))))


def mark_of(file: Path) -> Mark | None:
    """Return by what a file is known to have changed, or None where there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
