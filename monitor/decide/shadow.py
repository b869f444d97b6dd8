"""Watches on probation: they match and are recorded, and tell nobody until their time is over.

A time counts from when the file first said so. What a shadow watch would have told is a plan like any other,
with nobody in it, and its reason starts with SHADOW.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.model import AlertPlan

SHADOW = "shadow: "


def goes_live(shadow: timedelta, since: datetime) -> datetime | None:
    """Return when a watch begins to tell, or None where the user must say so."""
    try:
        return since + shadow
    except OverflowError:  # a shadow for good
        return None


def is_silent(shadow: timedelta | None, since: datetime, now: datetime) -> bool:
    """Whether a watch tells nobody yet."""
    if shadow is None:
        return False
    live = goes_live(shadow, since)
    return live is None or now < live


def silence(plan: AlertPlan) -> AlertPlan:
    """Return the plan with nobody told, and what would have been said."""
    return replace(plan, targets=(), reason=SHADOW + plan.reason) if plan.targets else plan
