"""Days, months and the changes of clocks."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.clock import Shift, days, last_day, later, month_of, months, shifts, spans, unspan

HOUR = 3_600_000_000


def micros(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[misc, arg-type]


@given(st.dates(date(1970, 1, 1), date(2100, 1, 1)))
def test_months(day: date) -> None:
    month = month_of(day)
    assert (month.day, month <= day <= last_day(month)) == (1, True)
    assert later(last_day(month), 1).day == 1
    assert list(months(day, day)) == [month]


@given(st.sets(st.dates(date(2026, 2, 20), date(2026, 3, 10))))
def test_days_as_text_are_the_same_days(some: set[date]) -> None:
    assert unspan(spans(some)) == some


def test_days_that_follow_each_other_are_an_interval() -> None:
    assert spans([date(2026, 3, 9), *days(date(2026, 2, 27), date(2026, 3, 1))]) == "2026-02-27/2026-03-01, 2026-03-09"
    assert spans([]) == ""


def test_ranges() -> None:
    assert days(date(2026, 2, 27), date(2026, 3, 1)) == [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)]
    assert days(date(2026, 3, 2), date(2026, 3, 1)) == []
    assert list(months(date(2025, 12, 31), date(2026, 2, 1))) == [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]
    assert last_day(date(2028, 2, 1)) == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Luxembourg", [(micros(2026, 3, 29, 1), 1, 2), (micros(2026, 10, 25, 1), 2, 1)]),
        ("Australia/Lord_Howe", [(micros(2026, 4, 4, 15), 11, 10.5), (micros(2026, 10, 3, 15, 30), 10.5, 11)]),
        ("UTC", []),
        ("Asia/Kolkata", []),
    ],
)
def test_clocks_change_to_the_second(zone: str, expected: list[tuple[int, float, float]]) -> None:
    made = shifts(zone, date(2026, 1, 1), date(2026, 12, 31))
    assert made == [Shift(at, int(before * HOUR), int(after * HOUR)) for at, before, after in expected]


def test_a_day_that_was_left_out() -> None:
    (change,) = shifts("Pacific/Apia", date(2011, 12, 29), date(2012, 1, 1))  # no 30 December 2011 in Samoa
    assert change.after - change.before == 24 * HOUR


def test_nothing_between_no_days() -> None:
    assert shifts("Europe/Luxembourg", date.max, date.min) == []


@given(
    st.sampled_from(["Europe/Luxembourg", "America/New_York", "Africa/Casablanca"]),
    st.dates(date(2000, 1, 1), date(2030, 1, 1)),
)
def test_offsets_hold_on_both_sides(zone: str, first: date) -> None:
    for change in shifts(zone, first, first + timedelta(30)):
        for second, offset in ((change.at - 1_000_000, change.before), (change.at, change.after)):
            local = datetime.fromtimestamp(second / 1e6, UTC).astimezone(ZoneInfo(zone))
            assert local.utcoffset() == timedelta(microseconds=offset)
