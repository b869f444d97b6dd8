"""How one try went -> delivered, when to try again, or parked with the reason.

Webhooks follow the schedule of Standard Webhooks (75.6 h), mail that of a mail server (5 days).
The surprising rule: tries alone never park. A target that was down is tried once more when the
whole span has passed, so that jitter or a restart cannot make the span shorter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.model import Outcome, OutcomeKind

RETRY_AFTER_CAP = timedelta(hours=24)
JITTER = 0.2  # of the wait, both ways: what failed together is not tried together
LAST_SPREAD = timedelta(minutes=10)  # over which last tries spread; they wait for the whole span


@dataclass(frozen=True, slots=True)
class Schedule:
    """When to try again: `waits[n]` after try n+1, the last one repeated until `span` has passed."""

    waits: tuple[timedelta, ...]
    span: timedelta
    tries: int  # at least so many before it is given up, however old it is
    after_unknown: timedelta  # at least so long after a lost answer


_WEBHOOK_WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
# Standard Webhooks 1.0, "Deliverability and reliability"; the first try is at once.
WEBHOOK = Schedule(_WEBHOOK_WAITS, span=sum(_WEBHOOK_WAITS, timedelta()), tries=10, after_unknown=timedelta(seconds=5))
# RFC 5321 §4.5.4.1 asks for 4 to 5 days; quick at first, because greylisting lets in after minutes.
# RFC 1047: a server that lost our connection after the final dot may still be at work on the mail.
MAIL = Schedule(
    (
        timedelta(minutes=5),
        timedelta(minutes=15),
        timedelta(minutes=30),
        timedelta(hours=1),
        timedelta(hours=2),
        timedelta(hours=4),
    ),
    span=timedelta(days=5),
    tries=10,
    after_unknown=timedelta(minutes=10),
)
_SCHEDULES = {"email": MAIL}


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver has it."""

    reason: str


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Try again under the same id, not before `at`."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Park:
    """Give up and keep; the operator is to hear the reason."""

    reason: str


Step = Delivered | TryAgain | Park


def next_step(
    outcome: Outcome, attempts: int, created_at: datetime, now: datetime, *, kind: str, jitter: float
) -> Step:
    """Return what to do after a try.

    `attempts` counts the tries made, this one included. `kind` is the notifier's (`email` has its
    own schedule). `jitter` is random, from 0 to 1. Retry-After is honoured up to 24 h.
    """
    if outcome.kind is OutcomeKind.SENT:
        return Delivered(outcome.reason)
    if outcome.kind is OutcomeKind.REFUSED:
        return Park(outcome.reason)
    schedule = _SCHEDULES.get(kind, WEBHOOK)
    age = now - created_at
    if attempts >= schedule.tries and age >= schedule.span:
        return Park(f"given up after {attempts} tries in {_told(age)}: {outcome.reason}")
    wait = _wait(schedule, outcome, attempts, schedule.span - age, jitter)
    return TryAgain(now + wait, f"try {attempts}: {outcome.reason}; again in {_told(wait)}")


def _wait(schedule: Schedule, outcome: Outcome, attempts: int, left: timedelta, jitter: float) -> timedelta:
    planned = schedule.waits[min(max(attempts, 1), len(schedule.waits)) - 1]
    wait = planned * (1 + JITTER * (2 * jitter - 1))
    if timedelta(0) < left < wait and attempts >= schedule.tries - 1:
        # The last try comes when the span is over, a little later, never earlier.
        wait = left + LAST_SPREAD * jitter
    if outcome.kind is OutcomeKind.UNKNOWN:
        wait = max(wait, schedule.after_unknown)
    if outcome.retry_after is not None:
        wait = max(wait, min(outcome.retry_after, RETRY_AFTER_CAP))
    return wait


def _told(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7_200:
        return f"{seconds // 60} min"
    return f"{seconds / 3_600:.1f} h"
