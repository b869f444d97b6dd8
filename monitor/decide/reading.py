"""Why an article page could not be read -> when to try it again, or that it is given up, with the reason.

A discovered article waits in the frontier until it is read or given up: nothing is dropped in silence. Each kind
of failure has its own list of delays, and the list's end is the end of trying.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.model import ReadFailure

LONGEST_RETRY_AFTER = timedelta(hours=24)

_S, _M, _H, _D = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_NETWORK = (30 * _S, 2 * _M, 10 * _M, _H, 6 * _H, 12 * _H, _D)  # two days: longer than most outages

_DELAYS: dict[ReadFailure, tuple[timedelta, ...]] = {
    ReadFailure.NETWORK: _NETWORK,
    ReadFailure.STATUS: (_H,),  # a status without a row of its own below
    ReadFailure.ROBOTS: (_D, _D, _D),  # robots.txt is read anew after a day
    ReadFailure.REFUSED: (_H, _D),  # a name that pointed inside may point outside tomorrow
    ReadFailure.TOO_LARGE: (),
    ReadFailure.NOT_A_PAGE: (_H,),  # some servers answer trouble with plain text and a 200
    ReadFailure.EMPTY: (5 * _M, 30 * _M, 3 * _H),  # pages go live before their text does
    ReadFailure.PARSER: (10 * _M, 6 * _H),  # three strikes: it may cost us a child each time
}
_MISSING = (5 * _M, 2 * _H)  # feeds run ahead of the page they name
_FORBIDDEN = (_H,)
_STATUS_DELAYS: dict[int, tuple[timedelta, ...]] = {
    404: _MISSING,
    410: _MISSING,
    401: _FORBIDDEN,
    402: _FORBIDDEN,
    403: _FORBIDDEN,
    451: _FORBIDDEN,
    408: _NETWORK,
    425: _NETWORK,
    429: _NETWORK,
}


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """When an article falls due again, and the reason."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """That an article will not be tried again, and the reason."""

    reason: str


def next_read(
    failure: ReadFailure, tries: int, now: datetime, *, status: int | None = None, retry_after: float | None = None
) -> ReadAgain | GiveUp:
    """Return when to read an article again; `tries` counts this failed one, `retry_after` is in seconds."""
    delays = _delays(failure, status)
    what = f"status {status}" if failure is ReadFailure.STATUS and status is not None else failure.value
    made = max(1, tries)
    if made > len(delays):
        return GiveUp(f"{what}, given up after {made} {'try' if made == 1 else 'tries'}")
    delay = delays[made - 1]
    if retry_after is not None and retry_after > 0:
        # A header may hold more seconds than a calendar has: bounded before it becomes a time.
        delay = max(delay, timedelta(seconds=min(retry_after, LONGEST_RETRY_AFTER.total_seconds())))
    return ReadAgain(now + delay, f"{what}, try {made} of {len(delays) + 1}")


def _delays(failure: ReadFailure, status: int | None) -> tuple[timedelta, ...]:
    if failure is not ReadFailure.STATUS or status is None:
        return _DELAYS[failure]
    if status >= 500:
        return _NETWORK
    return _STATUS_DELAYS.get(status, _DELAYS[failure])
