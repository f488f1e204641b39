"""Phones caught across the border: the belt is learnt from those that nobody can doubt, and used for the others."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from pyspark.sql import functions as F

from jobs.transnationals import Params
from sojourn.cells import cell_of, coarser, parent
from sojourn.methods.catches import REGION, Catch, region, without_catches

RUN = (
    "date date, device bigint, home_country string, country string, first_at timestamp, last_at timestamp, "
    "first_cell bigint, last_cell bigint"
)
BELT, INLAND = (int(c) for c in cell_of([49.713, 49.612], [6.5, 6.132], 8))
START = datetime(2026, 3, 2, tzinfo=UTC)
RULE = Catch(30, 60, 24, 3, 0.9)


def run(day, since, until, country="LU", *, device=1, home="LU", cell=BELT):
    """Minutes of a day."""
    first, last = (START + timedelta(days=day, minutes=m) for m in (since, until))
    there = cell if country == "LU" else None
    return (first.date(), device, home, country, first, last, there, there)


def caught(device, day, before=15, after=15, cell=BELT):
    """At home, three minutes abroad at 20:00, at home; so many minutes between."""
    at = 20 * 60
    home = {"device": device, "cell": cell}
    out = run(day, at, at + 3, "DE", device=device)
    return [run(day, 60, at - before, **home), out, run(day, at + 3 + after, at + 60 + after, **home)]


KNOWN = [r for day in range(3) for r in caught(1, day)]


@pytest.fixture(scope="module")
def gone(spark):
    """(device, day, minute) of the runs that are left out."""

    def go(rows, rule=RULE):
        frame = spark.createDataFrame(rows, RUN)
        kept = {(r.device, r.first_at) for r in without_catches(frame, "LU", rule).collect()}
        seen = {(r[1], r[4]) for r in rows}
        left = {(d, at.replace(tzinfo=UTC)) for d, at in seen} - {(d, at.astimezone(UTC)) for d, at in kept}
        return {(d, (at - START).days, (at - START).seconds // 60) for d, at in left}

    return go


def test_the_region_of_a_cell_is_its_parent(spark):
    cells = [BELT, INLAND, int(parent([BELT], 5)[0])]
    found = spark.createDataFrame([(c,) for c in cells], "cell bigint").select(region("cell").alias("r")).collect()
    assert [r.r for r in found] == [int(parent([BELT], REGION)[0]), int(parent([INLAND], REGION)[0]), cells[2]]


def test_minutes_abroad_between_signs_at_home_are_no_stay_and_hours_are(gone):
    visit = [run(5, 600, 700), run(5, 720, 800, "DE"), run(5, 820, 900)]
    assert gone(KNOWN + visit) == {(1, day, 1200) for day in range(3)}
    assert gone(KNOWN, Catch(0, 60, 24, 3, 0.9)) == set()


def test_a_phone_that_is_caught_often_may_be_silent_for_hours_around_it(gone):
    seldom, rare = caught(1, 5, before=200, after=500), caught(2, 5, before=200, after=500)
    far, long_ = caught(1, 7, before=200, after=500, cell=INLAND), caught(1, 9, before=1500, after=15)
    assert gone([*KNOWN, *seldom, *rare, *far, *long_]) == {(1, day, 1200) for day in (0, 1, 2, 5)}


def test_foreign_phones_heard_for_minutes_in_the_belt_alone_are_spilt(gone):
    spill = [run(day, 1200, 1203, device=3, home="DE") for day in range(9)]
    worker = [run(day, 480, 1000, device=4, home="DE") for day in range(9)]
    inland = [run(day, 1200, 1203, device=5, home="DE", cell=INLAND) for day in range(9)]
    both = [run(day, 1200, 1203, device=6, home="DE") for day in range(8)]
    both += [run(day, 0, 1400, device=6, home="DE") for day in (20, 21)]
    sure = {(1, day, 1200) for day in range(3)}
    assert gone([*KNOWN, *spill, *worker, *inland, *both]) == sure | {(3, day, 1200) for day in range(9)}
    assert gone([*KNOWN, *spill], Catch(30, 60, 24, 3, 1.01)) == sure
    assert gone(spill) == set(), "without a belt nothing is told"


def test_the_defaults_are_those_of_the_page():
    p = Params()
    assert Catch(p.catch_minutes, p.catch_bracket_minutes, p.catch_bracket_hours, p.belt_catches, p.spill_share) == RULE


def test_a_column_of_cells_rolls_up_as_an_array_of_them_does(spark):
    fine = cell_of([49.6, 49.9, -33.9], [6.1, 6.2, 151.2], 9).to_numpy(np.int64)
    for resolution in (0, 4, 8, 9):
        frame = spark.createDataFrame([(int(c),) for c in fine], "cell bigint")
        told = [r[0] for r in frame.select(coarser(F.col("cell"), resolution)).collect()]
        assert told == parent(fine, resolution).tolist()
    assert frame.select(coarser(F.col("cell"), 10)).distinct().collect() == [(None,)]
