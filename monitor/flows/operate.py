"""What keeps a service in order that nobody looks after: what it no longer needs goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from monitor.decide.novelty import WINDOW
from monitor.journal import Journal
from monitor.store import identity, sources
from monitor.store.database import Store

VISITS_KEPT = timedelta(days=30)


class Operate:
    """The housekeeping."""

    def __init__(self, store: Store, journal: Journal, *, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock

    async def tidy(self) -> None:
        """Drop old visits, and body keys older than the window in which bodies are compared."""
        now = self._clock()
        visits = await self._store.write(sources.prune_visits, now - VISITS_KEPT)
        bodies = await self._store.write(identity.forget_bodies, now - 2 * WINDOW)
        if visits or bodies:
            self._journal.tell("tidied", visits=visits, body_keys=bodies)
