"""Dates as they are found in the wild."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.parse.dates import parse_date, sane

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2003-12-31T10:14:55Z", "2003-12-31T10:14:55"),
        ("2003-12-31T10:14:55.123+01:00", "2003-12-31T09:14:55"),
        ("2003-12-31T10:14:5+01:00", "2003-12-31T09:14:05"),
        ("2003-12-31 10:14:55 -0500", "2003-12-31T15:14:55"),
        ("2003-12-31+01:00", "2003-12-30T23:00:00"),
        ("20031231T101455Z", "2003-12-31T10:14:55"),
        ("2003-335", "2003-12-01T00:00:00"),
        ("2004-W11-1", "2004-03-08T00:00:00"),
        ("2003-12", "2003-12-01T00:00:00"),
        ("2003", "2003-01-01T00:00:00"),
        ("03-12-31", "2003-12-31T00:00:00"),
        ("20240512103000", "2024-05-12T10:30:00"),
        ("1714123456", "2024-04-26T09:24:16"),
        ("1714123456123", "2024-04-26T09:24:16"),
        ("2024-05-12T24:00:00Z", "2024-05-13T00:00:00"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59"),
        ("Thu, 01 Jan 2004 19:48:21 GMT", "2004-01-01T19:48:21"),
        ("Thu, 1 Jan 04 19:48 EST", "2004-01-02T00:48:00"),
        ("Sun, 12 May 2024 10:00:00 +02:00", "2024-05-12T08:00:00"),
        ("Tue, 16 Mar 2010 9:15 pm CEST", "2010-03-16T19:15:00"),
        ("Mon, Jan 02 2006 03:04:05 PM", "2006-01-02T15:04:05"),
        ("December 4, 2023 at 5:30 p.m. EST", "2023-12-04T22:30:00"),
        ("Stand des Artikels: 26. Februar 2020, 12:30 Uhr", "2020-02-26T12:30:00"),
        ("Sun Jan  4 16:29:06 2004", "2004-01-04T16:29:06"),
        ("Sun Jan  4 16:29:06 PDT 2004", "2004-01-04T23:29:06"),
        ("Fri, 2006/09/15 08:19:53 EDT", "2006-09-15T12:19:53"),
        ("2004년 05월 28일  01:31:15", "2004-05-28T01:31:15"),
        ("2004-05-28 오후 1:31:15", "2004-05-28T04:31:15"),
        ("2004-július-13T9:15-05:00", "2004-07-13T14:15:00"),
        ("Κυρ, 11 Ιούλ 2004 12:00:00 EST", "2004-07-11T17:00:00"),
        ("2024年5月12日 下午3:30", "2024-05-12T15:30:00"),
        ("mar, 12 nov 2024 10:00:00 +0100", "2024-11-12T09:00:00"),
        ("12. März 2024, 14.30 Uhr", "2024-03-12T14:30:00"),
        ("3 de enero de 2024", "2024-01-03T00:00:00"),
        ("5 мая 2024 г., 10:20", "2024-05-05T10:20:00"),
        ("4 Aralık 2023 Pazartesi", "2023-12-04T00:00:00"),
        ("12 พฤษภาคม 2567", "2024-05-12T00:00:00"),
        ("12 मार्च 2024", "2024-03-12T00:00:00"),
        ("Ngày 12 tháng 5 năm 2024", "2024-05-12T00:00:00"),
        ("31.12.2023 10:00", "2023-12-31T10:00:00"),
        ("1/13/2024 5:00 PM", "2024-01-13T17:00:00"),
        ("2024-05-12T10:00:00+99:99", "2024-05-12T10:00:00"),
    ],
)
def test_dates_of_the_wild_are_read_in_utc(written: str, moment: str) -> None:
    assert parse_date(written) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    ["", " ", "yesterday", "15 January", "31 February 2024", "2024-13-45", "0001-01-01T00:00:00+05:00",
     "9999-12-31T23:59:59-05:00",
     "0000-00-00", "99999999999999999999", "3/4/2024 17:00",
     "1" * 100_000, "2024-" * 20_000],
)  # fmt: skip
def test_what_names_no_day_is_none_e11(written: str) -> None:
    assert parse_date(written) is None


def test_the_order_of_day_and_month_may_be_told() -> None:
    assert parse_date("3/4/2024", day_first=True) == datetime(2024, 4, 3, tzinfo=UTC)
    assert parse_date("3/4/2024", day_first=False) == datetime(2024, 3, 4, tzinfo=UTC)


@given(st.text(max_size=60) | st.text(alphabet="0123456789-:T+Z/., aApPmMjnJN年月日", max_size=40))
def test_no_text_makes_it_fail(text: str) -> None:
    moment = parse_date(text)
    assert moment is None or moment.utcoffset() == timedelta()


@given(st.integers(86_400, 4_000_000_000), st.integers(-14 * 60, 14 * 60))
def test_what_is_written_in_iso_is_read_back(seconds: int, minutes: int) -> None:
    aware = datetime.fromtimestamp(seconds, UTC)
    sign, ahead = "+-"[minutes < 0], abs(minutes)
    local = (aware + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S")
    assert parse_date(f"{local}{sign}{ahead // 60:02}:{ahead % 60:02}") == aware


@pytest.mark.parametrize(
    ("moment", "is_kept"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), False),
        (datetime(1, 1, 1, tzinfo=UTC), False),
        (datetime(9999, 12, 31, tzinfo=UTC), False),
        (NOW + timedelta(days=3), False),
        (NOW + timedelta(hours=20), True),
        (datetime(1995, 1, 1, tzinfo=UTC), True),
    ],
)
def test_only_dates_that_news_can_have_are_sane_e11(moment: datetime, is_kept: bool) -> None:
    assert (sane(moment, NOW) == moment) is is_kept
    assert sane(None, NOW) is None
