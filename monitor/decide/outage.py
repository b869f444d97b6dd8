"""Whose fault is it that nobody answers? When most sites fail at once it is our own network, and no site's (E17).

A site that answers anything, an error too, proves that our network works. So only visits without any
answer count as silence, and a few sites prove nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=5)
LEAST_SITES = 5
SILENT_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Sign:
    """Whether a site answered at all when it was last asked."""

    site: str
    at: datetime
    has_answered: bool


def is_our_outage(signs: Iterable[Sign], now: datetime) -> bool:
    """Return whether most sites asked within the window gave no answer at all; the last sign of each site counts."""
    last = {sign.site: sign.has_answered for sign in sorted(signs, key=_when) if now - sign.at <= WINDOW}
    silent = sum(not has_answered for has_answered in last.values())
    return len(last) >= LEAST_SITES and silent > SILENT_SHARE * len(last)


def _when(sign: Sign) -> datetime:
    return sign.at
