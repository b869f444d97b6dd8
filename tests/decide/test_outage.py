"""Our own outage is told from the sites' by how many fall silent at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.decide.outage import WINDOW, Sign, is_our_outage
from tests.builders import NOON


def signs(silent: int, answering: int, age: timedelta = timedelta(0)) -> list[Sign]:
    return [Sign(f"site{number}", NOON - age, number >= silent) for number in range(silent + answering)]


@pytest.mark.parametrize(
    ("silent", "answering", "expected"),
    [
        (0, 9, False),
        (4, 0, False),
        (5, 0, True),
        (8, 2, False),
        (9, 2, True),
        (9, 1, True),
        (100, 24, True),
        (100, 26, False),
    ],
)
def test_E17_most_sites_silent_at_once_is_our_own_outage(silent: int, answering: int, expected: bool) -> None:
    assert is_our_outage(signs(silent, answering), NOON) is expected


def test_what_was_long_ago_says_nothing() -> None:
    assert not is_our_outage(signs(9, 0, age=WINDOW + timedelta(seconds=1)), NOON)


def test_the_last_sign_of_a_site_counts() -> None:
    back = [Sign(sign.site, NOON, True) for sign in signs(9, 0)]
    assert not is_our_outage([*back, *signs(9, 0, age=timedelta(minutes=1))], NOON)
