"""What follows a try: delivered, again, or parked; held to the published schedules."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.decide.retry import MAIL, WEBHOOK, Delivered, Park, Step, TryAgain, next_step
from monitor.model import Outcome, OutcomeKind
from tests.alerts.build import NOW

RETRY = Outcome(OutcomeKind.RETRY, "answered 503", 503)
UNKNOWN = Outcome(OutcomeKind.UNKNOWN, "no answer within 15 s")
SENT = Outcome(OutcomeKind.SENT, "taken with 204", 204)
KINDS = {"webhook": WEBHOOK, "email": MAIL}


def step(
    outcome: Outcome, attempts: int = 1, age: timedelta = timedelta(0), kind: str = "webhook", jitter: float = 0.5
) -> Step:
    return next_step(outcome, attempts, NOW, NOW + age, kind=kind, jitter=jitter)


def tries(outcome: Outcome, kind: str, jitters: list[float]) -> tuple[list[timedelta], Park]:
    """Return the ages at which a target that always fails is tried, and how it ends."""
    ages, age = [timedelta(0)], timedelta(0)
    while len(ages) < 1_000:
        following = step(outcome, len(ages), age, kind, jitters[len(ages) % len(jitters)])
        if isinstance(following, Park):
            return ages, following
        assert isinstance(following, TryAgain)
        age = following.at - NOW
        ages.append(age)
    raise AssertionError("it never ends")


def test_what_was_taken_is_delivered() -> None:
    assert step(SENT) == Delivered("taken with 204")


def test_B4_what_is_refused_is_parked_with_its_reason() -> None:
    gone = Outcome(OutcomeKind.REFUSED, "410: this address wants no more", 410, disable_target=True)
    assert step(gone) == Park("410: this address wants no more")
    assert step(Outcome(OutcomeKind.REFUSED, "answered 550 no such user", 550), kind="email") == Park(
        "answered 550 no such user"
    )


def test_without_jitter_webhooks_follow_the_schedule_of_the_standard() -> None:
    ages, _ = tries(RETRY, "webhook", [0.5])
    hours = [round(age.total_seconds() / 3_600, 2) for age in ages]
    assert hours[:9] == [0, 0, 0.08, 0.58, 2.58, 7.58, 17.58, 31.58, 51.58]
    assert ages[:3] == [timedelta(0), timedelta(seconds=5), timedelta(seconds=305)]
    assert ages[9] == timedelta(hours=75, minutes=35, seconds=5)
    assert len(ages) == 10


def test_without_jitter_mail_follows_its_own_schedule_for_five_days() -> None:
    ages, parked = tries(RETRY, "email", [0.5])
    minutes = [int(age.total_seconds() // 60) for age in ages]
    assert minutes[:7] == [0, 5, 20, 50, 110, 230, 470]
    assert timedelta(days=5) <= ages[-1] < timedelta(days=5, hours=1)
    assert "given up after" in parked.reason


@given(kind=st.sampled_from(sorted(KINDS)), jitters=st.lists(st.floats(0, 0.999), min_size=1, max_size=12))
def test_promise_4_whatever_the_jitter_the_last_try_comes_when_the_span_is_over(
    kind: str, jitters: list[float]
) -> None:
    span = KINDS[kind].span
    ages, parked = tries(RETRY, kind, jitters)
    assert span <= ages[-1] <= span + timedelta(minutes=10)
    assert sum(age >= span for age in ages) == 1
    assert len(ages) >= 10
    assert "503" in parked.reason


@given(attempts=st.integers(1, 8), jitter=st.floats(0, 0.999))
def test_jitter_is_a_fifth_at_most(attempts: int, jitter: float) -> None:
    following = step(RETRY, attempts, jitter=jitter)
    assert isinstance(following, TryAgain)
    planned = WEBHOOK.waits[attempts - 1]
    assert planned * 0.8 <= following.at - NOW <= planned * 1.2


def test_a_service_that_was_off_for_a_week_still_tries_ten_times() -> None:
    following = step(RETRY, 1, timedelta(days=7))
    assert isinstance(following, TryAgain)
    assert following.at == NOW + timedelta(days=7, seconds=5)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 500, 502])
def test_B7_every_failing_status_has_the_same_schedule(status: int) -> None:
    following = step(Outcome(OutcomeKind.RETRY, f"answered {status}", status), 3)
    assert isinstance(following, TryAgain)
    assert following.at == NOW + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        (timedelta(0), timedelta(seconds=5)),
        (timedelta(seconds=1), timedelta(seconds=5)),
        (timedelta(minutes=3), timedelta(minutes=3)),
        (timedelta(hours=24), timedelta(hours=24)),
        (timedelta(days=400), timedelta(hours=24)),
    ],
)
def test_B1_retry_after_is_honoured_up_to_a_day_and_never_shortens_the_schedule(
    asked: timedelta, wait: timedelta
) -> None:
    following = step(Outcome(OutcomeKind.RETRY, "answered 429", 429, retry_after=asked))
    assert isinstance(following, TryAgain)
    assert following.at == NOW + wait


@pytest.mark.parametrize(("kind", "least"), [("webhook", timedelta(seconds=5)), ("email", timedelta(minutes=10))])
@pytest.mark.parametrize("jitter", [0.0, 0.999])
def test_C1_after_a_lost_answer_the_receiver_gets_time_to_finish(kind: str, least: timedelta, jitter: float) -> None:
    following = step(UNKNOWN, 1, kind=kind, jitter=jitter)
    assert isinstance(following, TryAgain)
    assert following.at - NOW >= least


def test_an_answer_that_is_always_lost_is_parked_in_the_end_too() -> None:
    _, parked = tries(UNKNOWN, "webhook", [0.1, 0.9])
    assert "no answer" in parked.reason


def test_a_kind_without_a_schedule_of_its_own_has_that_of_webhooks() -> None:
    assert step(RETRY, 4, kind="console") == step(RETRY, 4, kind="webhook")


def test_the_reason_says_which_try_why_and_when_next() -> None:
    following = step(RETRY, 4)
    assert isinstance(following, TryAgain)
    assert following.reason == "try 4: answered 503; again in 2.0 h"
