"""Successive signs in different countries: worked out by hand, and against the same in plain Python."""

from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from jobs import border_crossings
from jobs.border_crossings import Params
from schemas import BORDER_CROSSINGS

RUN = (
    "date date, device bigint, home_country string, country string, first_at timestamp, last_at timestamp, "
    "first_cell bigint, last_cell bigint, serving_plmn string"
)
A, B, C = 613048392019771391, 613048392021868543, 613048392023965695
SINCE = date(2026, 3, 1)


def at(day, hour, minute=0):
    """An instant of March 2026, UTC."""
    return datetime(2026, 3, 1, hour, minute, tzinfo=UTC) + timedelta(day - 1)


def run(since, until=None, country="LU", cells=(A, B), *, device=1, home="LU", day=None, network=None):
    return (
        day or since.date(),
        device,
        home,
        country,
        since,
        until or since,
        *(cells if country == "LU" else (None,) * 2),
        network,
    )


@pytest.fixture(scope="module")
def crossings(spark):
    def go(*runs, since=SINCE, params=None, shuffled=None):
        frame = spark.createDataFrame([*runs], RUN)
        if shuffled is not None:
            frame = frame.repartition(3, F.hash("first_at", F.lit(shuffled))).orderBy(F.rand(shuffled))
        made = border_crossings.transform(frame, since, "LU", params or Params())
        assert made.columns == BORDER_CROSSINGS.names
        assert [f.dataType for f in made.schema] == [f.dataType for f in BORDER_CROSSINGS.schema]
        rows = [tuple(v.astimezone(UTC) if isinstance(v, datetime) else v for v in r) for r in made.collect()]
        return sorted(rows, key=lambda r: (r[1], r[5]))

    return go


def test_a_crossing_is_the_later_of_two_signs_in_different_countries(crossings):
    """It knows the home cells on its two sides, and how long nobody heard anything; a first sign makes none."""
    signs = [
        run(at(2, 8), at(2, 9)),
        run(at(2, 9, 30), at(2, 20), "FR"),
        run(at(3, 7), at(3, 8), "FR"),  # another date, the same country
        run(at(3, 11), at(3, 12), "DE"),
        run(at(4, 12), at(4, 18), cells=(C, A)),
    ]
    day = date(2026, 3, 2)
    assert crossings(*signs) == [
        (day, 1, "LU", "LU", "FR", at(2, 9, 30), B, None, 0.5, False, None),
        (day + timedelta(1), 1, "LU", "FR", "DE", at(3, 11), None, None, 3.0, False, None),
        (day + timedelta(2), 1, "LU", "DE", "LU", at(4, 12), None, C, 24.0, False, None),
    ]


def test_the_network_abroad_is_told_and_none_at_home(crossings):
    signs = [
        run(at(2, 8), network="27001"),
        run(at(2, 9, 30), at(2, 20), "FR", network="20801"),
        run(at(2, 21), at(2, 22), "DE", network="26202"),
        run(at(3, 12), network="27001"),
    ]
    assert [r[-1] for r in crossings(*signs)] == ["20801", "26202", None]


def test_a_foreign_subscriber_and_one_of_no_country_cross_too(crossings):
    signs = [
        *(run(at(2, 8), home="FR"), run(at(2, 12), None, "BE", home="FR")),
        *(run(at(2, 8), None, "FR", home=None, device=2), run(at(2, 12), home=None, device=2)),
    ]
    assert [r[1:8] for r in crossings(*signs)] == [
        (1, "FR", "LU", "BE", at(2, 12), B, None),
        (2, None, "FR", "LU", at(2, 12), None, A),
    ]


def test_only_dates_from_since_on_and_what_lies_before_them_counts(crossings):
    signs = [run(at(2, 8)), run(at(3, 8), None, "FR"), run(at(9, 8)), run(at(12, 8), None, "DE")]
    assert [r[5] for r in crossings(*signs)] == [at(3, 8), at(9, 8), at(12, 8)]
    for day in (4, 9):
        assert [r[3:6] for r in crossings(*signs, since=date(2026, 3, day))] == [
            ("FR", "LU", at(9, 8)),
            ("LU", "DE", at(12, 8)),
        ]
    assert crossings(*signs, since=date(2026, 3, 13)) == []


def test_a_device_that_was_silent_for_longer_than_the_look_back_begins_anew(crossings):
    """Whatever the first date that rows are asked for."""
    signs = [run(at(2, 8)), run(at(7, 8), None, "FR"), run(at(13, 8))]
    for since in (SINCE, date(2026, 3, 7), date(2026, 3, 5)):
        assert [r[5] for r in crossings(*signs, since=since, params=Params(look_back_days=5))] == [at(7, 8)]


def test_two_crossings_at_midnight(crossings):
    """A run ends with its date; the next begins elsewhere, and so may the one after it."""
    signs = [run(at(2, 22), at(2, 23, 59)), run(at(3, 0), at(3, 0), "FR"), run(at(3, 0, 1), at(3, 5), "DE")]
    assert [(r[0], r[4], r[5]) for r in crossings(*signs)] == [
        (date(2026, 3, 3), "FR", at(3, 0)),
        (date(2026, 3, 3), "DE", at(3, 0, 1)),
    ]


def test_runs_that_begin_at_one_instant_under_two_dates_are_one_crossing(crossings):
    """Where cells have time zones of their own. No gap is negative where two runs overlap."""
    signs = [
        run(at(2, 8), at(2, 23, 30)),
        run(at(2, 23, 20), at(2, 23, 20), "FR", day=date(2026, 3, 2)),
        run(at(2, 23, 20), at(3, 8), "DE", day=date(2026, 3, 3)),
    ]
    assert [r[3:] for r in crossings(*signs)] == [("LU", "DE", at(2, 23, 20), B, None, 0.0, False, None)]
    back = [signs[0], (*signs[1][:3], "LU", *signs[1][4:6], C, C, None), signs[2]]
    assert [r[3:] for r in crossings(*back)] == [("LU", "DE", at(2, 23, 20), B, None, 0.0, False, None)]


def test_antennas_of_unknown_place_leave_the_cell_empty(crossings):
    signs = [run(at(2, 8), cells=(None, None)), run(at(2, 9), None, "FR"), run(at(2, 10), cells=(None, None))]
    assert [(r[6], r[7]) for r in crossings(*signs)] == [(None, None)] * 2


def test_who_stays_in_one_country_crosses_nothing(crossings):
    """Nor do stays in the far corner of it: an island over the sea is no other country."""
    signs = [run(at(d, 8), at(d, 20), cells=(A, C)) for d in range(2, 9)]
    assert crossings(*signs, *(run(at(d, 8), None, "FR", home="FR", device=2) for d in range(2, 9))) == []


def test_minutes_abroad_between_signs_at_home_are_accidental_both_ways(crossings):
    """Whatever the first date that rows are asked for; over midnight too. Half an hour is none, nor two countries."""
    night = [run(at(2, 22), at(2, 23, 40)), run(at(2, 23, 55), at(2, 23, 59), "FR"), run(at(3, 0), at(3, 0, 5), "FR")]
    signs = [*night, run(at(3, 1, 5), at(3, 8)), run(at(3, 9), at(3, 9, 30), "FR"), run(at(3, 10), at(3, 11))]
    signs += [run(at(3, 11, 10), None, "FR"), run(at(3, 11, 20), None, "DE"), run(at(3, 11, 30), at(3, 12))]
    told = [(at(2, 23, 55), True), (at(3, 1, 5), True), (at(3, 9), False), (at(3, 10), False)]
    told += [(at(3, 11, 10), False), (at(3, 11, 20), False), (at(3, 11, 30), False)]
    assert [(r[5], r[9]) for r in crossings(*signs)] == told
    assert [(r[5], r[9]) for r in crossings(*signs, since=date(2026, 3, 3))] == told[1:]
    assert not any(r[9] for r in crossings(*signs, params=Params(catch_minutes=0)))
    foreign = [(*r[:2], "FR", *r[3:]) for r in signs]
    assert not any(r[9] for r in crossings(*foreign)), "of foreign phones nobody hears the other side"
    assert not any(r[9] for r in crossings(*night, run(at(3, 1, 6))))


def test_the_expectations_find_what_is_wrong(spark):
    from expectations.border_crossings import measure

    day = date(2026, 3, 2)
    signs = [run(at(2, 8)), run(at(2, 10), None, "FR"), run(at(2, 12))]
    runs = spark.createDataFrame([(*r, 1) for r in signs], f"{RUN}, n_events bigint")
    leaves, returns = ("LU", "FR", at(2, 10), B, None, 2.0), ("FR", "LU", at(2, 12), None, A, 2.0)

    def seen(*crossings):
        rows = [(day, 1, "LU", *crossing, False, None) for crossing in crossings]
        frames = {"border_crossings": spark.createDataFrame(rows, BORDER_CROSSINGS.schema), "country_runs": runs}
        (found,) = measure(frames, [day]).collect()
        return {name: value for name, value in found.asDict().items() if value}

    counts = {"unit": day, "rows": 2, "devices": 1, "crossings_per_device": 2, "lands": 1, "at_home": 2}
    assert seen(leaves, returns) == {**counts, "runs": 3, "within": 2}
    assert seen(leaves)["share_missed"] == 0.5
    found = seen(
        *(leaves, leaves, ("FR", "FR", at(2, 11), None, None, 30.0), ("LU", "DE", at(2, 13), A, B, -1.0)),
        *(("DE", "FR", at(2, 14), A, None, 1.0), ("FR", "LU", at(2, 15), None, None, 1.0)),
    )
    expected = {"repeated": 1, "nowhere": 1, "long": 1, "two_cells": 1, "backwards": 1, "lands": 2, "unplaced": 1}
    assert {name: found.get(name) for name in expected} == expected
    assert found["invented"] == 3


def by_hand(runs, since):
    out = []
    for device, some in groupby(sorted(runs, key=lambda r: (r[1], r[4])), key=lambda r: r[1]):
        mine = list(some)
        caught = ends(mine)
        for one, two in pairwise(mine):
            if one[3] != two[3] and two[0] >= since:
                gap = (two[4] - one[5]).total_seconds() / 3600
                cells = (one[7] if one[3] == "LU" else None, two[6] if two[3] == "LU" else None)
                out.append((two[0], device, two[2], one[3], two[3], two[4], *cells, gap, two[4] in caught, None))
    return out


def ends(mine):
    """The instants at which accidental stays begin and end, in runs of one device."""
    stays = [list(some) for _, some in groupby(mine, key=lambda r: r[3])]
    out = set()
    for before, stay, after in zip(stays, stays[1:], stays[2:], strict=False):
        spans = (stay[-1][5] - stay[0][4], stay[0][4] - before[-1][5], after[0][4] - stay[-1][5])
        at_home = before[0][3] == after[0][3] == "LU"
        if at_home and spans[0] < timedelta(minutes=30) and max(spans[1:]) <= timedelta(minutes=60):
            out |= {stay[0][4], after[0][4]}
    return out


@st.composite
def lives(draw):
    runs = []
    for device in range(1, draw(st.integers(1, 4)) + 1):
        days = draw(st.sampled_from([1, 14]))  # in one day, stays are brief
        instants = sorted(draw(st.sets(st.integers(0, days * 96), max_size=24)))
        for since, until in zip(instants[::2], instants[1::2], strict=False):
            begin, stop = (at(1, 0) + timedelta(minutes=15 * t) for t in (since, until))
            cells = draw(st.sampled_from([(A, B), (C, C), (None, None)]))
            runs.append(run(begin, stop, draw(st.sampled_from(["LU", "FR", "DE"])), cells, device=device))
    return runs


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(runs=lives(), seed=st.integers(0, 99), since=st.integers(1, 12))
def test_neither_order_nor_partitions_nor_the_first_date_matter(crossings, runs, seed, since):
    day = SINCE + timedelta(since)
    assert crossings(*runs, shuffled=seed, since=day) == by_hand(runs, day)
    assert crossings(*reversed(runs)) == by_hand(runs, SINCE)
