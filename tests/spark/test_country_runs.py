"""Unbroken series of signs in one country, worked out by hand."""

from datetime import UTC, date, datetime, timedelta

import pytest
from pyspark.sql import functions as F

from jobs import country_runs
from schemas import COUNTRY_RUNS
from sojourn.methods.gathering import Gatherer

EVENT = "date date, device bigint, at timestamp, home_country string, country string, serving_plmn string, cell bigint"
DAY = date(2026, 3, 10)
A, B, C = 613048392019771391, 613048392021868543, 613048392023965695
OWN, FREE, ORANGE, DE = "27001", "20815", "20801", "26201"


def at(hour, minute=0, day=DAY):
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def sign(when, country="LU", cell=None, plmn=OWN, *, device=1, home="LU", day=DAY):
    return (day, device, when, home, country, plmn, cell)


@pytest.fixture(scope="module")
def runs(spark):
    def run(signs, shuffled=None):
        frame = spark.createDataFrame(signs, EVENT).withColumn("hour", F.hour("at"))
        if shuffled is not None:
            frame = frame.repartition(3, F.hash("at", "cell", F.lit(shuffled))).orderBy(F.rand(shuffled))
        gatherer, key = Gatherer(networks=True), ["date", "device"]
        away = frame.where("country <> 'LU'").select(key).distinct()
        stayed, moved = (frame.join(away, key, how) for how in ("left_anti", "left_semi"))
        rows = country_runs.transform(gatherer.of(stayed).unionByName(gatherer.each_of(moved)), country_runs.Params())
        assert [f.dataType for f in rows.schema] == [f.dataType for f in COUNTRY_RUNS.schema]
        found = [tuple(r) for r in rows.select(*COUNTRY_RUNS.names, "first_at", "last_at").collect()]
        return sorted((utc(row[: len(COUNTRY_RUNS.names)]) for row in found), key=str)

    return run


def utc(row):
    return tuple(v.astimezone(UTC) if isinstance(v, datetime) else v for v in row)


def test_a_run_ends_where_another_country_begins(runs):
    signs = [
        sign(at(8), cell=A),
        sign(at(9)),  # an antenna of unknown place
        sign(at(10), "FR", plmn=FREE),
        sign(at(11), "FR", plmn=ORANGE),  # another network of the same country does not end a run
        sign(at(12), cell=B),
        sign(at(13), "DE", plmn=DE),
    ]
    assert runs(signs) == [
        (DAY, 1, "LU", "DE", DE, at(13), at(13), None, None, 1),
        (DAY, 1, "LU", "FR", FREE, at(10), at(11), None, None, 2),
        (DAY, 1, "LU", "LU", OWN, at(12), at(12), B, B, 1),
        (DAY, 1, "LU", "LU", OWN, at(8), at(9), A, A, 2),
    ]


def test_a_device_in_one_country_has_one_run(runs):
    """First and last cell are those of the nearest signs that have one."""
    signs = [sign(at(7)), sign(at(8), cell=B), sign(at(9), cell=C), sign(at(9, 30), cell=A), sign(at(22))]
    assert runs(signs) == [(DAY, 1, "LU", "LU", OWN, at(7), at(22), B, A, 5)]


def test_a_cell_that_is_seen_again_and_again_is_one_place_of_the_run(runs):
    signs = [sign(at(h), cell=A if h % 2 else B) for h in range(10)]
    assert runs(signs) == [(DAY, 1, "LU", "LU", OWN, at(0), at(9), B, A, 10)]


def test_midnight_divides_a_run(runs):
    next_day = DAY + timedelta(1)
    signs = [sign(at(23), cell=A), sign(at(0, 0, next_day), cell=A, day=next_day)]
    assert [(r[0], r[5], r[9]) for r in runs(signs)] == [(DAY, at(23), 1), (next_day, at(0, 0, next_day), 1)]


def test_events_without_a_country_do_not_interrupt_a_run(runs):
    signs = [sign(at(8), cell=A), sign(at(9), None, plmn=None), sign(at(10), cell=B)]
    assert runs(signs) == [(DAY, 1, "LU", "LU", OWN, at(8), at(10), A, B, 2)]
    assert runs(signs[1:2]) == []


def test_foreign_devices_and_those_of_no_country_have_runs_too(runs):
    signs = [sign(at(8), cell=A, home="FR"), sign(at(9), cell=A, device=2, home=None)]
    assert runs(signs) == [
        (DAY, 1, "FR", "LU", OWN, at(8), at(8), A, A, 1),
        (DAY, 2, None, "LU", OWN, at(9), at(9), A, A, 1),
    ]


def test_of_signs_at_one_instant_in_one_country_the_smallest_cell_is_first(runs):
    signs = [sign(at(8), cell=B), sign(at(8), cell=A), sign(at(9), cell=C), sign(at(9), cell=B)]
    alone = (DAY, 1, "LU", "LU", OWN, at(8), at(9), A, C, 4)
    assert runs(signs) == [alone]
    assert alone in runs([*signs, sign(at(10), "FR", plmn=FREE)]), "whatever else the device does that day"


def test_two_countries_at_one_instant_are_one(runs):
    """The country of the sign before, else the first by its letters: no key (date, device, first_at) comes twice."""
    stays = [sign(at(8), cell=A), sign(at(9), "FR", plmn=FREE), sign(at(9), cell=B), sign(at(10), cell=C)]
    assert runs(stays) == [(DAY, 1, "LU", "LU", OWN, at(8), at(10), A, C, 4)]
    begins = [sign(at(8), cell=A), sign(at(8), "FR", plmn=FREE), sign(at(9), cell=B)]
    assert runs(begins) == [
        (DAY, 1, "LU", "FR", FREE, at(8), at(8), None, None, 2),
        (DAY, 1, "LU", "LU", OWN, at(9), at(9), B, B, 1),
    ]


def test_neither_order_nor_partitions_matter(runs):
    places = [("LU", A), ("LU", B), ("LU", None), ("FR", None, FREE), ("DE", None, DE), (None, None, None)]
    signs = [sign(at(8, n * 7 % 13), *places[n * n % 11 % 6], device=n % 4) for n in range(60)]
    expected = runs(signs)
    assert len({(r[0], r[1], r[5]) for r in expected}) == len(expected) > 8
    for seed in range(2):
        assert runs(list(reversed(signs)), seed) == expected
