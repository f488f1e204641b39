"""Who stays in a zone that is not their own: worked out by hand."""

from datetime import date

import pandas as pd
import pytest

from expectations.zone_flows import measure
from jobs import zone_flows
from jobs.zone_flows import Params, with_asymmetry
from schemas import CROSS_BORDER_FLOWS, HOME_LOCATIONS, PRESENCE, ZONE_FLOWS
from sojourn.cells import cell_of
from sojourn.disclosure import release
from sojourn.methods.weights import by_zone

MONTH = date(2026, 3, 1)
SOUTH, NORTH, MIDDLE = (int(c) for c in cell_of([49.5, 49.9, 49.7], [6.1, 6.1, 6.1], 8))


def seen(device, cell=NORTH, hours=(9, 10), day=9, country="LU", home="LU"):
    return (date(2026, 3, day), device, country, cell, sum(1 << h for h in hours), 5, home)


def lives(device, cell=SOUTH, status="home"):
    return (MONTH, device, "LU", cell, 20, 20, 0, 20, 1.0, status, False)


@pytest.fixture
def flows(spark):
    def run(presence, homes=(), raster=True, inbound=None, **params):
        cells = spark.createDataFrame([(SOUTH, "s"), (NORTH, "n"), (MIDDLE, "m")], "cell bigint, zone string")
        persons = [(SOUTH, 60.0, "s"), (NORTH, 10.0, "n")]
        people = by_zone(pd.DataFrame(persons, columns=["cell", "population", "zone"]), "LU") if raster else None
        return zone_flows.transform(
            spark.createDataFrame(presence, PRESENCE.schema),
            spark.createDataFrame([*homes], HOME_LOCATIONS.schema),
            *(cells, people, MONTH, False, "LU", inbound or {"default": 1.0}, 1, Params(**params)),
        )

    return run


def rows(frame):
    return {(r.from_country, r.from_zone, r.to_zone): (r.n, r.days) for r in frame.collect()}


def test_residents_are_counted_where_they_stay_and_days_by_date(flows):
    presence = [seen(1), seen(1, day=10), seen(2), seen(2, SOUTH, day=10), seen(3, SOUTH), seen(4, NORTH, day=11)]
    homes = [lives(1), lives(2), lives(3, NORTH), lives(4, status="unlocatable")]
    assert rows(flows(presence, homes)) == {("LU", "s", "n"): (2, 3), ("LU", "n", "s"): (1, 1)}
    assert rows(flows(presence, homes, min_days=2)) == {("LU", "s", "n"): (1, 2)}


def test_a_day_has_one_destination_and_who_passes_has_none(flows):
    """Morning and evening through the middle to a day's work in the north; a look at the middle of one hour."""
    presence = [
        seen(1, MIDDLE, (8, 18)),
        seen(1, NORTH, (9, 11, 15)),
        seen(1, SOUTH, (6, 20, 21)),
        seen(2, MIDDLE, (9,)),
    ]
    assert rows(flows(presence, [lives(1), lives(2)])) == {("LU", "s", "n"): (1, 1)}
    assert rows(flows(presence[3:], [lives(2)], day_hours=1)) == {("LU", "s", "m"): (1, 1)}


def test_foreign_sims_come_from_their_country_and_those_abroad_stay_in_no_zone(flows):
    presence = [seen(1, home="FR"), seen(2, home=None), seen(3, None, country="FR"), seen(4, None)]
    made = flows(presence, [lives(3), lives(4)], inbound={"default": 1.0, "FR": 2.5})
    assert rows(made) == {("FR", None, "n"): (1, 1), ("_unknown", None, "n"): (1, 1)}
    assert {r.from_country: r.persons for r in made.collect()} == {"FR": 2_500_000, "_unknown": 1_000_000}


def test_persons_are_those_of_the_zone_they_come_from(flows):
    made = flows([seen(1), seen(3, SOUTH)], [lives(1), lives(2), lives(3, NORTH)])
    assert {r.from_zone: r.persons for r in made.collect()} == {"s": 30_000_000, "n": 10_000_000}
    assert {r.persons for r in flows([seen(1)], [lives(1)], raster=False).collect()} == {None}


def test_asymmetry_is_of_public_counts_both_ways(spark):
    def flow(country, a, b, devices):
        return (MONTH, country, a, b, devices, None, devices, None, "A")

    here = [flow("LU", "s", "n", 30), flow("LU", "n", "s", 10), flow("LU", "s", "m", 40), flow("FR", None, "s", 20)]
    trips = [(MONTH, "s", "FR", 60, None, 60, 9, "A"), (MONTH, "_unknown", "LU", 70, None, 70, 9, "A")]
    made = with_asymmetry(
        spark.createDataFrame([(*row, None, None) for row in here], ZONE_FLOWS.schema).drop("asymmetry"),
        spark.createDataFrame([(*row, *[None] * 6) for row in trips], CROSS_BORDER_FLOWS.schema),
        "LU",
    )
    assert {(r.from_zone, r.to_zone): r.asymmetry for r in made.collect()} == {
        ("s", "n"): 0.5,
        ("n", "s"): -0.5,
        ("s", "m"): None,
        (None, "s"): -0.5,
    }


def test_through_the_door_it_is_the_table_and_what_is_checked_is_measured(spark, flows):
    presence = [seen(d) for d in range(20)] + [seen(d, SOUTH) for d in range(20, 60)] + [seen(99, home="FR")]
    homes = [lives(d, SOUTH if d < 20 else NORTH) for d in range(60)]
    trips = spark.createDataFrame([], CROSS_BORDER_FLOWS.schema)
    made = release(ZONE_FLOWS, flows(presence, homes).cache(), 16, lambda rows: with_asymmetry(rows, trips, "LU"))
    assert made.frame.columns == ZONE_FLOWS.names
    assert [f.dataType for f in made.frame.schema] == [f.dataType for f in ZONE_FLOWS.schema]
    frames = {"zone_flows": made.frame.cache(), "presence": spark.createDataFrame(presence, PRESENCE.schema)}
    found = measure(frames | {"zone_flows.counted": made.counted}, [MONTH]).first().asDict()
    wrong = ("repeated", "negative", "few", "noisy", "mixed", "at_home", "stayless", "outside", "uneven", "invented")
    assert {name: found[name] for name in wrong if found[name]} == {}
    assert (found["rows"], found["days_counted"], found["n_counted"]) == (2, 61, 61)
    uneven = made.frame.replace({"n": "x"}, subset=["to_zone"])
    assert measure(frames | {"zone_flows": uneven}, [MONTH]).first().uneven == 2
    less = spark.createDataFrame(presence[:60], PRESENCE.schema)
    assert measure(frames | {"presence": less, "zone_flows.counted": made.counted}, [MONTH]).first().invented == 1
