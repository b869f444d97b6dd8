"""When an article is tried again, and when it is given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.decide.reading import LONGEST_RETRY_AFTER, GiveUp, ReadAgain, next_read
from monitor.model import ReadFailure

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def delays(failure: ReadFailure, status: int | None = None) -> list[timedelta]:
    """Return the delays until it is given up."""
    found = []
    for tries in range(1, 50):
        step = next_read(failure, tries, NOW, status=status)
        if isinstance(step, GiveUp):
            return found
        found.append(step.at - NOW)
    raise AssertionError("it is never given up")


NETWORK = [MINUTE / 2, 2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, 12 * HOUR, DAY]


@pytest.mark.parametrize(
    ("failure", "status", "expected"),
    [
        (ReadFailure.NETWORK, None, NETWORK),
        (ReadFailure.STATUS, 500, NETWORK),
        (ReadFailure.STATUS, 503, NETWORK),
        (ReadFailure.STATUS, 429, NETWORK),
        (ReadFailure.STATUS, 404, [5 * MINUTE, 2 * HOUR]),
        (ReadFailure.STATUS, 410, [5 * MINUTE, 2 * HOUR]),
        (ReadFailure.STATUS, 401, [HOUR]),
        (ReadFailure.STATUS, 403, [HOUR]),
        (ReadFailure.STATUS, 451, [HOUR]),
        (ReadFailure.STATUS, 418, [HOUR]),
        (ReadFailure.STATUS, None, [HOUR]),
        (ReadFailure.ROBOTS, None, [DAY, DAY, DAY]),
        (ReadFailure.REFUSED, None, [HOUR, DAY]),
        (ReadFailure.PARSER, None, [10 * MINUTE, 6 * HOUR]),
        (ReadFailure.EMPTY, None, [5 * MINUTE, 30 * MINUTE, 3 * HOUR]),
        (ReadFailure.NOT_A_PAGE, None, [HOUR]),
        (ReadFailure.TOO_LARGE, None, []),
    ],
)
def test_each_failure_has_its_delays(failure: ReadFailure, status: int | None, expected: list[timedelta]) -> None:
    assert delays(failure, status) == expected


@pytest.mark.parametrize("failure", list(ReadFailure))
def test_every_failure_is_given_up_in_the_end_with_a_reason(failure: ReadFailure) -> None:
    assert len(delays(failure)) < 10
    step = next_read(failure, 100, NOW)
    assert isinstance(step, GiveUp)
    assert failure.value in step.reason


def test_the_reason_counts_the_tries() -> None:
    step = next_read(ReadFailure.STATUS, 1, NOW, status=404)
    assert step == ReadAgain(NOW + 5 * MINUTE, "status 404, try 1 of 3")
    assert next_read(ReadFailure.STATUS, 3, NOW, status=404) == GiveUp("status 404, given up after 3 tries")
    assert next_read(ReadFailure.TOO_LARGE, 1, NOW) == GiveUp("too large, given up after 1 try")


@given(
    st.sampled_from(list(ReadFailure)),
    st.integers(0, 50),
    st.none() | st.integers(0, 999),
    st.none() | st.floats(allow_nan=False),
)
def test_a_pause_that_is_asked_for_is_kept_up_to_a_day(
    failure: ReadFailure, tries: int, status: int | None, retry_after: float | None
) -> None:
    step = next_read(failure, tries, NOW, status=status, retry_after=retry_after)
    if isinstance(step, ReadAgain):
        assert NOW < step.at <= NOW + DAY
        assert (
            retry_after is None
            or (step.at - NOW).total_seconds() >= min(retry_after, LONGEST_RETRY_AFTER.total_seconds()) - 1e-6
        )
