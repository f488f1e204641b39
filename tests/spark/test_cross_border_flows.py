"""Trips from home zones to countries: worked out by hand."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from expectations.cross_border_flows import measure
from jobs import cross_border_flows
from jobs.cross_border_flows import Params
from schemas import BORDER_CROSSINGS, CROSS_BORDER_FLOWS, HOME_LOCATIONS, TRIPS
from sojourn.cells import cell_of
from sojourn.disclosure import release
from sojourn.methods.weights import by_zone

MONTH = date(2026, 3, 1)
SOUTH, NORTH = (int(c) for c in cell_of([49.5, 49.9], [6.1, 6.1], 8))
MARCH = datetime(2026, 3, 1, tzinfo=UTC)
MID_MARCH = datetime(2026, 3, 15, 12, tzinfo=UTC)


def trip(
    device, country, nights=2, ends=MID_MARCH, home="LU", kind="overnight", began=MARCH, last=None, accidental=False
):
    last = last or ends or began
    return (device, home, country, began, last, ends, nights, kind, device, False, MONTH, accidental)


def lives(device, cell=SOUTH, status="home", country="LU"):
    return (MONTH, device, country, cell, 20, 20, 0, 20, 1.0, status, False)


@pytest.fixture
def flows(spark):
    def run(trips, homes=(), raster=True, inbound=None, provisional=False, crossings=(), params=None):
        cells = spark.createDataFrame([(SOUTH, "s"), (NORTH, "n")], "cell bigint, zone string")
        persons = [(SOUTH, 60.0, "s"), (NORTH, 10.0, "n")]
        people = by_zone(pd.DataFrame(persons, columns=["cell", "population", "zone"]), "LU") if raster else None
        return cross_border_flows.transform(
            spark.createDataFrame(trips, TRIPS.schema),
            spark.createDataFrame([*crossings], BORDER_CROSSINGS.schema),
            spark.createDataFrame([*homes], HOME_LOCATIONS.schema),
            *(cells, people, MONTH, provisional, "LU", "Europe/Luxembourg"),
            *(inbound or {"default": 1.0}, 1, params or Params()),
        )

    return run


def rows(frame):
    return {(r.from_zone, r.to_country): r for r in frame.collect()}


def test_trips_are_counted_from_home_zones_and_devices_once(flows):
    trips = [trip(1, "FR"), trip(1, "FR", 5), trip(2, "FR", 0, kind="same_day"), trip(3, "DE"), trip(4, "FR", 1)]
    found = rows(flows(trips, [lives(1), lives(2), lives(3, NORTH), lives(4, NORTH, "unlocatable")]))
    assert {key: (r.n, r.trips, r.nights) for key, r in found.items()} == {
        ("s", "FR"): (2, 3, 7),
        ("n", "DE"): (1, 1, 2),
        ("_unknown", "FR"): (1, 1, 1),
    }
    assert (found["s", "FR"].trips_top, found["s", "FR"].nights_top) == (2, 7)


def test_a_foreign_sim_comes_from_an_unknown_zone_to_here(flows):
    homes = [lives(1), lives(2, country="FR"), lives(3, country=None)]
    trips = [trip(1, "FR"), trip(2, "LU", home="FR"), trip(3, "LU", home=None)]
    found = rows(flows(trips, homes, inbound={"default": 1.5, "FR": 0.5}))
    assert set(found) == {("s", "FR"), ("_unknown", "LU")}
    guests = found["_unknown", "LU"]
    assert (guests.n, guests.persons, guests.persons_top) == (2, 2_000_000, 1_500_000)


def test_persons_are_those_of_the_zone_and_the_mean_where_it_is_unknown(flows):
    """Without noise (k = 1): 60 persons live with two devices in the south, 10 with one in the north."""
    homes = [lives(1), lives(2), lives(3, NORTH)]
    found = rows(flows([trip(1, "FR"), trip(1, "FR"), trip(3, "FR"), trip(9, "FR")], homes))
    persons = {z: (r.persons, r.persons_top) for (z, _), r in found.items()}
    third = 70_000_000 // 3
    assert persons == {"s": (30_000_000,) * 2, "n": (10_000_000,) * 2, "_unknown": (third,) * 2}


def test_without_a_raster_residents_have_no_persons(flows):
    found = rows(flows([trip(1, "FR"), trip(2, "LU", home="FR")], [lives(1)], raster=False))
    assert (found["s", "FR"].persons, found["_unknown", "LU"].persons) == (None, 1_000_000)


def test_a_trip_counts_in_the_local_month_in_which_it_ends(flows):
    """Midnight in Luxembourg is 23:00 in London, and 22:00 in summer."""
    ends = {
        1: datetime(2026, 2, 28, 22, 59, 59, tzinfo=UTC),
        2: datetime(2026, 2, 28, 23, tzinfo=UTC),
        3: datetime(2026, 3, 31, 21, 59, 59, tzinfo=UTC),
        4: datetime(2026, 3, 31, 22, tzinfo=UTC),
        5: None,
    }
    found = flows([trip(device, "FR", ends=end) for device, end in ends.items()])
    assert rows(found)["_unknown", "FR"].n == 2


def test_transit_is_no_trip(flows):
    assert rows(flows([trip(1, "FR", 0, kind="transit")])) == {}


def caught(device, day, before=15, after=15, cell=SOUTH, sure=True):
    """Three minutes in Germany on a day of March, with the two crossings; minutes of silence on both sides."""
    since = MARCH + timedelta(days=day - 1, hours=20)
    last, back = since + timedelta(minutes=3), since + timedelta(minutes=3 + after)
    nights = int(back.date() > since.date())
    gone = (since.date(), device, "LU", "LU", "DE", since, cell, None, before / 60, sure, None)
    home = (back.date(), device, "LU", "DE", "LU", back, None, cell, after / 60, sure, None)
    kind = "overnight" if nights else "same_day"
    return trip(device, "DE", nights, back, "LU", kind, since, last, sure), [gone, home]


def test_who_was_caught_across_the_border_made_no_trip(flows):
    """Neither accidental stays nor, of a phone that was caught three times, a longer one from where these were."""
    sure = [caught(1, day) for day in (2, 3, 4)]
    late, elsewhere = (caught(1, day, 60, 600, cell, sure=False) for day, cell in ((5, SOUTH), (8, NORTH)))
    stranger, visit = caught(2, 6, 60, 600, sure=False), trip(1, "DE", 1, began=MARCH + timedelta(9))
    known = [*sure, late, elsewhere, stranger]
    trips, crossings = [visit, *(t for t, _ in known)], [c for _, both in known for c in both]

    def counts(**params):
        row = rows(flows(trips, crossings=crossings, params=Params(**params)))["_unknown", "DE"]
        return (row.n, row.trips, row.nights)

    assert counts() == (2, 3, 3), "the visit, the one from elsewhere, and the other phone's"
    assert counts(catch_bracket_hours=0) == counts(catch_minutes=0) == counts(belt_catches=4) == (2, 4, 4)
    assert counts(catch_bracket_hours=9) == (2, 4, 4)


def test_through_the_door_it_is_the_table(flows):
    made = flows([trip(d, "FR") for d in range(20)] + [trip(0, "DE")], provisional=True)
    frame = release(CROSS_BORDER_FLOWS, made, 16).frame
    assert frame.columns == CROSS_BORDER_FLOWS.names
    assert [f.dataType for f in frame.schema] == [f.dataType for f in CROSS_BORDER_FLOWS.schema]
    (row,) = frame.collect()
    assert (row.month, row.from_zone, row.to_country, row.obs_status) == (MONTH, "_unknown", "FR", "P")
    assert 15 <= row.devices <= 25
    assert row.devices <= row.trips <= 1.15 * row.devices
    assert row.nights == pytest.approx(2 * row.devices, rel=0.2)


def test_what_is_checked_is_measured(spark, flows):
    trips = [*(trip(d, "FR") for d in range(20)), trip(1, "DE"), trip(2, "FR", 0, kind="transit")]
    made = release(CROSS_BORDER_FLOWS, flows(trips).cache(), 16)
    frames = {"cross_border_flows": made.frame, "trips": spark.createDataFrame(trips, TRIPS.schema)}
    seen = measure(frames | {"cross_border_flows.counted": made.counted}, [MONTH]).first().asDict()
    assert {seen[name] for name in ("repeated", "negative", "few", "noisy", "mixed", "missing", "invented")} == {0}
    assert (seen["rows"], seen["trips_counted"], seen["quiet_days"]) == (1, 21, 16)
    assert {measure(frames, [MONTH]).first()[name] for name in ("few", "noisy", "missing", "share_shown")} == {None}
    more = {**frames, "trips": spark.createDataFrame([*trips, trip(30, "BE")], TRIPS.schema)}
    assert measure(more | {"cross_border_flows.counted": made.counted}, [MONTH]).first().missing == 1
    less = {**frames, "trips": spark.createDataFrame(trips[3:], TRIPS.schema)}
    raw = made.counted.withColumn("k", made.counted.n + 1)
    seen = measure(less | {"cross_border_flows.counted": raw}, [MONTH]).first()
    assert (seen.invented, seen.few) == (3, 1)
