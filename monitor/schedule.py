"""The only scheduler: APScheduler holds a handful of ticks; what is due is rows in the store.

A tick that is still at work when the next comes is not started twice, one that comes late is run
once instead of not at all (APScheduler's own default drops a job that is a second late).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.schedulers.asyncio import AsyncIOScheduler

# It warns of each tick that is not started twice; that is the rule here, and no event.
logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)

Tick = Callable[[], Awaitable[object]]


class Ticker:
    """Calls coroutines at fixed intervals, in the loop that starts it."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            executors={"default": AsyncIOExecutor()},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def every(self, seconds: float, name: str, tick: Tick) -> None:
        """Call `tick` now and then every `seconds`."""
        self._scheduler.add_job(tick, "interval", seconds=seconds, id=name, name=name, next_run_time=datetime.now(UTC))

    def start(self) -> None:
        """Begin to tick."""
        self._scheduler.start()

    def pause(self) -> None:
        """Begin no more ticks."""
        if self._scheduler.running:
            self._scheduler.pause()

    def stop(self) -> None:
        """End; a tick at work is cancelled, so let what it started drain first."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
