"""Deliveries that are due -> sent, tried again later, or parked; each try recorded.

One try per target at a time, all targets at once, so a receiver that hangs delays nobody else.
The payload is built when a delivery is first claimed, in the claim's own transaction, before
anything is sent; after that its bytes never change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from monitor.decide.retry import Delivered, Park, next_step
from monitor.journal import Journal
from monitor.model import Alert, Delivery, DeliveryState, Outcome, OutcomeKind, Target
from monitor.ports import Notifier
from monitor.store import outbox
from monitor.store.database import Store

LEASE = timedelta(
    minutes=15
)  # longer than any try: a mail server may take 10 minutes to answer (RFC 5321 section 4.5.3.2)


class Deliver:
    """Sends what is due."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        *,
        notifiers: Mapping[str, Notifier],
        clock: Callable[[], datetime],
        chance: Callable[[], float],
    ) -> None:
        self._store = store
        self._journal = journal
        self._notifiers = notifiers
        self._targets = {target.id: target for notifier in notifiers.values() for target in notifier.targets}
        self._clock = clock
        self._chance = chance  # numbers in [0, 1) that spread load
        self._busy: set[str] = set()  # targets with a try under way
        self._tries: set[asyncio.Task[None]] = set()
        self._claiming = asyncio.Lock()
        self._is_stopped = False

    async def deliver_due(self) -> int:
        """Start a try for the oldest due delivery of every idle target; return how many began."""
        async with self._claiming:
            if self._is_stopped:
                return 0
            now = self._clock()
            claim = await self._store.write(outbox.claim_due, self._targets, self._busy, now, now + LEASE, self._freeze)
            for delivery in claim.deliveries:
                self._busy.add(delivery.target.id)
                task = asyncio.create_task(self._deliver(delivery))
                self._tries.add(task)
                task.add_done_callback(self._ended)
        for each in claim.parked:
            self._journal.warn(
                "parked",
                delivery=each.id,
                alert=each.alert_id,
                channel=each.target.channel,
                target=each.target.label,
                attempts=0,
                status=None,
                reason=each.reason,
            )
        return len(claim.deliveries)

    @property
    def under_way(self) -> int:
        """How many tries are under way."""
        return len(self._tries)

    async def drain(self, seconds: float) -> None:
        """Begin no more tries and wait for those under way; what is cut off is `unknown` to the next start."""
        async with self._claiming:  # a claim at work ends first: what it claimed is under way
            self._is_stopped = True
        if self._tries:
            _, late = await asyncio.wait(set(self._tries), timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tries.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._journal.warn("sending failed", reason=f"{type(error).__name__}: {error}")

    def _freeze(self, alert: Alert, target: Target, delivery_id: str) -> bytes:
        notifier = self._notifiers[target.channel]
        return notifier.freeze(alert, target, delivery_id=delivery_id, now=alert.created_at)

    async def _deliver(self, delivery: Delivery) -> None:
        """Try one delivery, then look whether its target has another."""
        try:
            await self._try(delivery)
        finally:
            self._busy.discard(delivery.target.id)
        await self.deliver_due()

    async def _try(self, delivery: Delivery) -> None:
        started = self._clock()
        outcome = await self._send(delivery, started)
        ended = self._clock()
        step = next_step(
            outcome,
            delivery.attempts + 1,
            delivery.created_at,
            ended,
            kind=delivery.target.kind,
            jitter=self._chance(),
        )
        state, next_at = DeliveryState.PENDING, None
        if isinstance(step, Delivered):
            state = DeliveryState.DELIVERED
        elif isinstance(step, Park):
            state = DeliveryState.PARKED
        else:
            next_at = step.at
            state = DeliveryState.UNKNOWN if outcome.kind is OutcomeKind.UNKNOWN else DeliveryState.PENDING
        await self._store.write(
            outbox.settle,
            delivery.id,
            outcome,
            state=state,
            next_at=next_at,
            reason=outcome.reason,
            started_at=started,
            ended_at=ended,
        )
        self._report(delivery, outcome, state, next_at)

    async def _send(self, delivery: Delivery, now: datetime) -> Outcome:
        try:
            return await self._notifiers[delivery.target.channel].send(delivery, now=now)
        except Exception as error:  # noqa: BLE001  # a notifier's fault must not stop the outbox
            return Outcome(OutcomeKind.RETRY, f"the notifier failed: {type(error).__name__}: {error}")

    def _report(self, delivery: Delivery, outcome: Outcome, state: DeliveryState, next_at: datetime | None) -> None:
        facts: dict[str, Any] = {
            "delivery": delivery.id,
            "alert": delivery.alert_id,
            "channel": delivery.target.channel,
            "target": delivery.target.label,
            "attempts": delivery.attempts + 1,
            "status": outcome.status,
            "reason": outcome.reason,
        }
        if state is DeliveryState.DELIVERED:
            self._journal.tell("delivered", **facts)
        elif state is DeliveryState.PARKED:
            self._journal.warn("parked", **facts)
        else:
            self._journal.warn("delivery failed", again=next_at, **facts)
