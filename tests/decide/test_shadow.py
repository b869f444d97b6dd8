"""A watch on probation is silent until its time is over, and says what it would have told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.decide.shadow import goes_live, is_silent, silence
from monitor.match.ast import SHADOW_FOR_GOOD
from monitor.model import AlertPlan
from tests.builders import NOON, target

WEEK = timedelta(days=7)


@pytest.mark.parametrize(
    ("shadow", "after", "answer"),
    [
        (None, timedelta(0), False),
        (WEEK, timedelta(0), True),
        (WEEK, WEEK - timedelta(seconds=1), True),
        (WEEK, WEEK, False),
        (SHADOW_FOR_GOOD, timedelta(days=100_000), True),
    ],
    ids=["no shadow", "just begun", "a second before", "over", "for good"],
)
def test_a_watch_is_silent_from_its_first_moment_to_its_last(
    shadow: timedelta | None, after: timedelta, answer: bool
) -> None:
    assert is_silent(shadow, NOON, NOON + after) is answer


def test_it_goes_live_when_its_time_is_over_or_never() -> None:
    assert goes_live(WEEK, NOON) == NOON + WEEK
    assert goes_live(SHADOW_FOR_GOOD, NOON) is None


def test_only_a_plan_that_would_tell_somebody_becomes_a_shadow() -> None:
    told = AlertPlan("a", (target(),), "a new story, to desk")
    held = AlertPlan("a", (), "not told: seen before")
    assert silence(told) == AlertPlan("a", (), "shadow: a new story, to desk")
    assert silence(held) == held
