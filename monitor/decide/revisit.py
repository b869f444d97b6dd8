"""How a visit went -> when to look at the source again, and why then.

Success comes back at the source's own pace, failure comes back later each time but never stops: what is switched
off for good misses the news the day it returns. Every time is spread, so sources do not fall due together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.model import Visit, VisitOutcome

SPREAD = 0.1  # of the delay, to either side
LONGEST_BACKOFF = timedelta(hours=6)  # a surprising number of feeds come back from what looks like death
DAILY = timedelta(days=1)  # for doors that are shut on purpose: a 410, robots.txt, our own guard
LONGEST_RETRY_AFTER = timedelta(hours=24)
AFTER_RATE_LIMIT = timedelta(seconds=60)  # at most so much more, at random, so we are not first in the next window

# Linear, as rss-fetcher found right: a server that says "later" is alive, one that says nothing may not be.
_LEAST = timedelta(seconds=1)
_SOFT = 0.5
_HARD = 1.0
_SOFT_STATUS = frozenset({404, 408, 425, 429, 500, 502, 503, 504})
_LATER = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """What the schedule knows of a source besides its last visit."""

    interval: timedelta
    failures: int = 0  # in a row, before this visit
    spread: float = SPREAD  # share of the delay by which it is moved to either side
    is_first: bool = False  # no visit had succeeded before this one
    is_our_outage: bool = False  # most hosts fail at once: it is our network, and no source's fault


@dataclass(frozen=True, slots=True)
class NextVisit:
    """When a source falls due again, and the reason."""

    at: datetime
    reason: str


def next_visit(facts: VisitFacts, visit: Visit, now: datetime, jitter: float) -> NextVisit:
    """Return when to visit again; `jitter` is a random number in [0, 1). Always later than `now`, never None."""
    if visit.outcome in (VisitOutcome.OK, VisitOutcome.UNCHANGED):
        return _after_success(facts, now, jitter)
    if visit.outcome is VisitOutcome.GONE:
        return _shut(facts, now, jitter, "the server says it is gone for good")
    if visit.outcome is VisitOutcome.REFUSED:
        return _shut(facts, now, jitter, visit.reason)
    if facts.is_our_outage:
        return NextVisit(now + _spread(facts, facts.interval, jitter), "our own network is down: at its usual pace")
    return _after_failure(facts, visit, now, jitter)


def _after_success(facts: VisitFacts, now: datetime, jitter: float) -> NextVisit:
    reason = f"every {_words(facts.interval)}"
    if facts.is_first:
        # All sources of a new list are first visited at once; from here on they are spread over their interval.
        return NextVisit(now + max(_LEAST, facts.interval * (0.5 + jitter / 2)), reason)
    return NextVisit(now + _spread(facts, facts.interval, jitter), reason)


def _shut(facts: VisitFacts, now: datetime, jitter: float, why: str) -> NextVisit:
    delay = max(DAILY, facts.interval)
    return NextVisit(now + _spread(facts, delay, jitter), f"{why}: asked again every {_words(delay)}")


def _after_failure(facts: VisitFacts, visit: Visit, now: datetime, jitter: float) -> NextVisit:
    failures = max(0, facts.failures) + 1
    delay = _backoff(facts.interval, failures * (_SOFT if visit.status in _SOFT_STATUS else _HARD))
    wait = _spread(facts, delay, jitter)
    how = f"in {_words(delay)}"
    if visit.retry_after is not None and (asked := min(visit.retry_after, LONGEST_RETRY_AFTER)) > timedelta(0):
        how = f"the server asks for {_words(asked)}" if asked > delay else how
        wait = max(wait, asked * (1 + facts.spread * jitter))  # a promise: never earlier than asked
    if visit.status in _LATER:
        wait += AFTER_RATE_LIMIT * jitter
    return NextVisit(now + wait, f"failed {failures} in a row ({visit.reason}): {how}")


def _backoff(interval: timedelta, weight: float) -> timedelta:
    """Return the interval and once more of it for each failure, to the longest backoff at most."""
    longest = max(LONGEST_BACKOFF, interval)
    # Bounded before it is multiplied: a source that failed for years must not leave the calendar.
    return min(longest, interval * (1 + min(weight, longest / max(interval, _LEAST))))


def _spread(facts: VisitFacts, delay: timedelta, jitter: float) -> timedelta:
    share = min(max(facts.spread, 0.0), 0.9)
    return max(_LEAST, delay * (1 - share + 2 * share * jitter))


def _words(delay: timedelta) -> str:
    """Return a delay as an operator says it: 90 s, 15 min, 6 h."""
    seconds = delay.total_seconds()
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
