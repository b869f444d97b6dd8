"""When a source is looked at again: a table of outcomes, and the laws of never early, never off, never all at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.decide.revisit import LONGEST_BACKOFF, VisitFacts, next_visit
from monitor.model import Visit, VisitOutcome

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MIDDLE = 0.5  # a jitter that moves nothing
FIVE = 5 * MINUTE


def visit(outcome: VisitOutcome, status: int | None = None, retry_after: timedelta | None = None) -> Visit:
    return Visit("s", outcome, "status 500", NOW, NOW, status=status, retry_after=retry_after)


OK, UNCHANGED, FAILED = VisitOutcome.OK, VisitOutcome.UNCHANGED, VisitOutcome.FAILED
GONE, REFUSED = VisitOutcome.GONE, VisitOutcome.REFUSED


@pytest.mark.parametrize(
    ("facts", "looked", "delay"),
    [
        (VisitFacts(FIVE), visit(OK, 200), FIVE),
        (VisitFacts(FIVE), visit(UNCHANGED, 304), FIVE),
        (VisitFacts(FIVE, failures=9), visit(OK, 200), FIVE),
        (VisitFacts(FIVE), visit(FAILED), 2 * FIVE),
        (VisitFacts(FIVE, failures=1), visit(FAILED), 3 * FIVE),
        (VisitFacts(FIVE, failures=2), visit(FAILED, 403), 4 * FIVE),
        (VisitFacts(FIVE, failures=1), visit(FAILED, 500), 2 * FIVE),
        (VisitFacts(FIVE, failures=1), visit(FAILED, 404), 2 * FIVE),
        (VisitFacts(FIVE, failures=10_000), visit(FAILED), LONGEST_BACKOFF),
        (VisitFacts(12 * HOUR, failures=3), visit(FAILED), 12 * HOUR),
        (VisitFacts(FIVE, failures=10_000, is_our_outage=True), visit(FAILED), FIVE),
        (VisitFacts(FIVE), visit(FAILED, 404, retry_after=2 * HOUR), 2 * HOUR * 1.05),
        (VisitFacts(FIVE), visit(FAILED, 404, retry_after=-HOUR), 1.5 * FIVE),
        (VisitFacts(FIVE), visit(FAILED, 404, retry_after=90 * DAY), DAY * 1.05),
        (VisitFacts(FIVE), visit(FAILED, 429, retry_after=HOUR), HOUR * 1.05 + MINUTE / 2),
        (VisitFacts(FIVE), visit(FAILED, 503), 1.5 * FIVE + MINUTE / 2),
        (VisitFacts(FIVE), visit(GONE, 410), DAY),
        (VisitFacts(FIVE), visit(REFUSED), DAY),
        (VisitFacts(7 * DAY), visit(GONE, 410), 7 * DAY),
    ],
)
def test_each_outcome_has_its_delay(facts: VisitFacts, looked: Visit, delay: timedelta) -> None:
    assert next_visit(facts, looked, NOW, MIDDLE).at - NOW == delay


def test_the_reason_tells_what_happened_and_what_follows() -> None:
    assert next_visit(VisitFacts(FIVE), visit(OK), NOW, MIDDLE).reason == "every 5 min"
    failed = next_visit(VisitFacts(FIVE, failures=2), visit(FAILED, 500), NOW, MIDDLE)
    assert failed.reason == "failed 3 in a row (status 500): in 12 min"
    asked = next_visit(VisitFacts(FIVE), visit(FAILED, 503, retry_after=6 * HOUR), NOW, MIDDLE)
    assert "the server asks for 6 h" in asked.reason
    assert "gone for good" in next_visit(VisitFacts(FIVE), visit(GONE), NOW, MIDDLE).reason


FACTS = st.builds(
    VisitFacts,
    interval=st.timedeltas(timedelta(seconds=0), 30 * DAY),
    failures=st.integers(0, 10**9),
    spread=st.floats(0, 1),
    is_first=st.booleans(),
    is_our_outage=st.booleans(),
)
VISITS = st.builds(
    visit,
    st.sampled_from(list(VisitOutcome)),
    st.none() | st.integers(100, 599),
    st.none() | st.timedeltas(-DAY, timedelta.max),
)
JITTER = st.floats(0, 1, exclude_max=True)


@given(FACTS, VISITS, JITTER)
def test_E17_a_source_is_never_switched_off_and_never_asked_at_once(  # named after its row
    facts: VisitFacts, looked: Visit, jitter: float
) -> None:
    delay = next_visit(facts, looked, NOW, jitter).at - NOW
    assert timedelta(0) < delay <= 2 * max(DAY, facts.interval) + MINUTE


@given(FACTS, st.sampled_from([429, 503, 500]), st.timedeltas(timedelta(seconds=1), DAY), JITTER)
def test_a_server_that_asks_for_a_pause_gets_it(
    facts: VisitFacts, status: int, asked: timedelta, jitter: float
) -> None:
    if facts.is_our_outage:
        return
    assert next_visit(facts, visit(FAILED, status, asked), NOW, jitter).at - NOW >= asked


@given(FACTS, JITTER)
def test_more_failures_never_come_back_sooner(facts: VisitFacts, jitter: float) -> None:
    first = next_visit(VisitFacts(facts.interval, failures=1), visit(FAILED), NOW, jitter)
    later = next_visit(VisitFacts(facts.interval, failures=1 + facts.failures), visit(FAILED), NOW, jitter)
    assert later.at >= first.at


@pytest.mark.parametrize("outcome", list(VisitOutcome))
def test_sources_visited_at_once_do_not_fall_due_at_once(outcome: VisitOutcome) -> None:
    due = {next_visit(VisitFacts(FIVE), visit(outcome), NOW, n / 100).at for n in range(100)}
    assert len(due) == 100
    assert max(due) - min(due) >= FIVE * 0.19


def test_after_the_first_visit_sources_are_spread_over_half_their_interval() -> None:
    first = VisitFacts(FIVE, is_first=True)
    due = [next_visit(first, visit(OK), NOW, n / 100).at - NOW for n in range(100)]
    assert min(due) == FIVE / 2
    assert FIVE * 0.99 < max(due) < FIVE
