"""Where the border is crossed: worked out by hand."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from pyspark.sql import functions as F

from expectations.cross_border_corridors import measure
from jobs import cross_border_corridors
from jobs.cross_border_corridors import Params
from schemas import BORDER_CROSSINGS, CROSS_BORDER_CORRIDORS, HOME_LOCATIONS
from sojourn.cells import cell_of, neighbours, parent
from sojourn.disclosure import release
from sojourn.methods.weights import by_zone

MONTH, K = date(2026, 3, 1), 3
SOUTH, NORTH = (int(c) for c in cell_of([49.5, 49.9], [6.1, 6.1], 8))
NEAR = next(c for c in neighbours(SOUTH) if parent([c], 7) == parent([SOUTH], 7))
MONDAY, SATURDAY = date(2026, 3, 9), date(2026, 3, 14)


def crossing(device, to="FR", cell=SOUTH, day=MONDAY, hour=7, gap=0.5, home="LU", accidental=None, network=None):
    """Out, or in where `to` is LU; the hour is local, an hour ahead of UTC."""
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour - 1)
    ends = ("LU", to, at, cell, None) if to != "LU" else ("FR", "LU", at, None, cell)
    return (day, device, home, *ends, gap, accidental, network)


def lives(device, cell=SOUTH):
    return (MONTH, device, "LU", cell, 20, 20, 0, 20, 1.0, "home", False)


@pytest.fixture
def corridors(spark):
    def run(crossings, homes=(), raster=True, provisional=False, **params):
        cells = spark.createDataFrame([(SOUTH, "s"), (NORTH, "n")], "cell bigint, zone string")
        persons = [(SOUTH, 60.0, "s"), (NORTH, 30.0, "n")]
        people = by_zone(pd.DataFrame(persons, columns=["cell", "population", "zone"]), "LU") if raster else None
        return cross_border_corridors.transform(
            spark.createDataFrame(crossings, BORDER_CROSSINGS.schema),
            spark.createDataFrame([*homes], HOME_LOCATIONS.schema),
            *(cells, people, MONTH, provisional, "LU", "Europe/Luxembourg", K, Params(**params)),
        )

    return run


def rows(frame, by):
    return [r for r in frame.collect() if r.by == by]


def test_crossings_are_told_in_all_ways_each_as_fine_as_k_devices_allow(corridors):
    """Three go by the south on Monday at 7, two of them by a cell beside; three by the north on Saturday."""
    south = [crossing(1), crossing(2, cell=NEAR), crossing(3, cell=NEAR), crossing(3, "LU", hour=18)]
    north = [crossing(d, cell=NORTH, day=SATURDAY, hour=h) for d, h in ((4, 6), (5, 9), (6, 11))]
    frame = corridors([*south, *north], [lives(d, SOUTH if d < 4 else NORTH) for d in range(1, 6)]).cache()
    out = [r for r in frame.collect() if r.direction == "out" and r.n >= K]
    told = {(r.by, r.zone, r.resolution, r.weekday_from, r.weekday_to, r.hour_from, r.hour_to): r.n for r in out}
    assert told == {
        ("all", None, None, None, None, None, None): 6,
        ("weekday", None, None, 1, 1, None, None): 3,
        ("weekday", None, None, 6, 6, None, None): 3,
        ("hour", None, None, None, None, 6, 12): 6,  # seven alone: half of the six, twice as deep, is no more
        ("cell", None, 7, None, None, None, None): 3,
        ("zone", "s", None, None, None, None, None): 3,
        ("zone_weekday", "s", None, 1, 1, None, None): 3,
    }
    assert {r.cell for r in out if r.by == "cell"} == {int(c) for c in parent([SOUTH, NORTH], 7)}
    assert [r.n for r in rows(frame, "all") if r.direction == "in"] == [1]


def test_those_who_leave_are_told_by_the_first_network_there(corridors):
    went = [crossing(d, network=("20801", "20810", "208001")[d % 3]) for d in range(12)]
    back = [crossing(d, "LU", network=None) for d in range(12)]
    frame = corridors([*went, *back, crossing(99)], [lives(d) for d in range(12)]).cache()
    assert {(r.network, r.direction, r.n) for r in rows(frame, "network")} == {
        (name, "out", 4) for name in ("20801", "20810", "208001")
    }
    assert {(r.zone, r.network, r.n) for r in rows(frame, "zone_network")} == {
        ("s", name, 4) for name in ("20801", "20810", "208001")
    }
    assert {r.network for r in frame.collect() if r.by not in ("network", "zone_network")} == {None}


def test_persons_are_those_that_the_devices_stand_for(corridors):
    """60 persons live in the south with two devices, 30 in the north with one; who has no home stands for the mean."""
    frame = corridors([crossing(d) for d in (1, 1, 3, 9)], [lives(1), lives(2), lives(3, NORTH)])
    (all_,) = rows(frame, "all")
    assert (all_.n, all_.crossings) == (3, 4)
    assert all_.persons > 0
    assert {r.persons for r in corridors([crossing(1)], raster=False).collect()} == {None}


def test_a_long_silence_tells_no_place_and_counts_up_to_the_cap(corridors):
    frame = corridors([crossing(1, gap=0.5), crossing(2, gap=3.0), crossing(3, gap=300.0)])
    (all_,) = rows(frame, "all")
    assert (all_.gap_minutes, all_.gap_minutes_top) == (30 + 180 + 360, 360)
    assert rows(frame, "cell") == []


def test_other_borders_and_other_sims_are_not_counted(corridors):
    far = (MONDAY, 1, "LU", "FR", "BE", datetime(2026, 3, 9, tzinfo=UTC), None, None, 1.0, False, "20601")
    caught = crossing(4, accidental=True)
    assert corridors([far, caught, crossing(2, home="FR"), crossing(3, home=None)]).count() == 0


def test_through_the_door_it_is_the_table_and_what_is_checked_is_measured(spark, corridors):
    crossings = [
        crossing(d, cell=(SOUTH, NORTH)[d % 2], hour=d % 20, day=MONDAY + timedelta(d % 7), network=f"208{d % 2:02}")
        for d in range(60)
    ]
    crossings += [crossing(d, "LU", hour=18) for d in range(60)]
    made = release(CROSS_BORDER_CORRIDORS, corridors(crossings, [lives(d) for d in range(60)]).cache(), K)
    assert made.frame.columns == CROSS_BORDER_CORRIDORS.names
    assert [f.dataType for f in made.frame.schema] == [f.dataType for f in CROSS_BORDER_CORRIDORS.schema]
    frames = {
        "cross_border_corridors": made.frame.cache(),
        "border_crossings": spark.createDataFrame(crossings, BORDER_CROSSINGS.schema),
    }
    seen = measure(frames | {"cross_border_corridors.counted": made.counted}, [MONTH]).first().asDict()
    wrong = (
        "repeated",
        "negative",
        "few",
        "noisy",
        "mixed",
        "missing",
        "invented",
        "idle",
        "half_told",
        "misnamed",
        "nested",
        "overlaps",
    )
    assert {name: seen[name] for name in wrong if seen[name]} == {}
    assert seen["crossings_counted"] == 120
    assert seen["share_placed"] > 0.5
    other = {**frames, "border_crossings": spark.createDataFrame([*crossings, crossing(99)], BORDER_CROSSINGS.schema)}
    assert measure(other | {"cross_border_corridors.counted": made.counted}, [MONTH]).first().missing == 1
    one = made.frame.where("by = 'cell'").limit(1)
    around = F.lit(int(parent([one.first().cell], 5)[0])).cast("bigint")
    nested = made.frame.unionByName(one.withColumn("cell", around))
    assert measure(frames | {"cross_border_corridors": nested}, [MONTH]).first().nested >= 1
