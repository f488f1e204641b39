"""Where each device was seen: worked out by hand."""

from datetime import UTC, date, datetime

import pytest

from jobs import presence
from schemas import PRESENCE
from sojourn.methods.gathering import Gatherer

EVENT = "date date, at timestamp, hour int, device bigint, home_country string, country string, cell bigint"
HOME, WORK = 613048392019771391, 613048392021868543
DAY = date(2026, 3, 10)


def sign(hour, device=1, country="LU", cell=HOME, *, day=DAY, home="LU", at=None):
    return (day, at or datetime(day.year, day.month, day.day, hour, tzinfo=UTC), hour, device, home, country, cell)


@pytest.fixture
def seen(spark):
    def run(*signs):
        places = Gatherer(networks=False).of(spark.createDataFrame(signs, EVENT))
        rows = presence.transform(places, presence.Params()).select(*PRESENCE.names)
        assert [f.dataType for f in rows.schema] == [f.dataType for f in PRESENCE.schema]
        return {tuple(row) for row in rows.collect()}

    return run


def test_an_hour_is_a_bit_and_every_event_counts(seen):
    bits = 1 << 0 | 1 << 8 | 1 << 23
    assert seen(sign(0), sign(8), sign(8), sign(23)) == {(DAY, 1, "LU", HOME, bits, 4, "LU")}


def test_a_row_is_a_device_at_a_place_on_a_date(seen):
    next_day = date(2026, 3, 11)
    assert seen(sign(7), sign(9, cell=WORK), sign(7, day=next_day), sign(7, device=2)) == {
        (DAY, 1, "LU", HOME, 1 << 7, 1, "LU"),
        (DAY, 1, "LU", WORK, 1 << 9, 1, "LU"),
        (next_day, 1, "LU", HOME, 1 << 7, 1, "LU"),
        (DAY, 2, "LU", HOME, 1 << 7, 1, "LU"),
    }


def test_the_hour_that_comes_twice_is_one_bit(seen):
    """25 October 2026: 00:30 and 01:30 UTC are both 02:30 in Luxembourg."""
    autumn = date(2026, 10, 25)
    twice = [sign(2, day=autumn, at=datetime(2026, 10, 25, h, 30, tzinfo=UTC)) for h in (0, 1)]
    assert seen(*twice) == {(autumn, 1, "LU", HOME, 1 << 2, 2, "LU")}


def test_an_event_without_a_country_is_no_sign_of_presence(seen):
    assert seen(sign(3, country=None, cell=None), sign(4)) == {(DAY, 1, "LU", HOME, 1 << 4, 1, "LU")}
    assert seen(sign(3, country=None, cell=None)) == set()


def test_abroad_and_at_an_antenna_of_unknown_place_there_is_no_cell(seen):
    signs = [sign(5, cell=None), sign(6, country="FR", cell=None), sign(7)]
    assert seen(*signs) == {
        (DAY, 1, "LU", None, 1 << 5, 1, "LU"),
        (DAY, 1, "FR", None, 1 << 6, 1, "LU"),
        (DAY, 1, "LU", HOME, 1 << 7, 1, "LU"),
    }


def test_the_country_of_a_sim_may_be_unknown_and_need_not_be_ours(seen):
    signs = [sign(1, home=None), sign(2, device=2, home="FR"), sign(3, device=3, home="XK")]
    assert seen(*signs) == {
        (DAY, 1, "LU", HOME, 1 << 1, 1, None),
        (DAY, 2, "LU", HOME, 1 << 2, 1, "FR"),
        (DAY, 3, "LU", HOME, 1 << 3, 1, "XK"),
    }
