"""Where people are, hour by hour: from signs and homes to counted rows, and what is checked of them."""

from datetime import date, timedelta

import numpy as np
import pytest
from pyspark.sql import functions as F

from expectations import population_map as expected
from jobs import population_map as job
from jobs.population_map import Country, Homes, Params
from schemas import POPULATION_MAP
from sojourn.cells import cell_of, neighbours, parent, text
from sojourn.disclosure import release_map
from sojourn.errors import ConfigError

PRESENCE = "date date, device bigint, country string, cell bigint, hours int, n_events bigint, home_country string"
CELLS = (
    "cell_id string, cell bigint, zone string, latitude double, longitude double, "
    "valid_from date, valid_to date, learned date"
)
DAY, MONTH = date(2026, 3, 10), date(2026, 2, 1)
TOWN, VILLAGE, NEW = (int(c) for c in cell_of([49.61, 49.75, 49.68], [6.13, 6.30, 6.40], 8))
GRID = [*((c, 1000.123456) for c in (TOWN, *neighbours(TOWN))), *((c, 50.5) for c in (VILLAGE, *neighbours(VILLAGE)))]
PERSONS = sum(round(p * 1e6) for _, p in GRID)
TOWNSMEN, VILLAGERS = range(100, 140), range(200, 220)
LU = Country("LU", (20, 7), {"default": 1.0, "FR": 2.5}, 7)
K = 16


def seen(device, *hours, day=DAY, cell=TOWN, country="LU", home="LU", events=1):
    return (day, device, country, cell, sum(1 << h for h in hours), events, home)


def lives(device, cell=TOWN, of=MONTH, status="home"):
    return (of, device, "LU", cell, status)


EVERYBODY = [*map(lives, TOWNSMEN), *(lives(d, VILLAGE) for d in VILLAGERS)]
ANTENNAS = [(TOWN, None, None), (VILLAGE, None, None)]


@pytest.fixture
def frames(spark):
    def make(*signs, homes=EVERYBODY, antennas=ANTENNAS, grid=GRID, parts=2):
        register = [(f"A{n}", c, None, None, None, since, until, None) for n, (c, since, until) in enumerate(antennas)]
        return {
            "presence": spark.createDataFrame([*signs], PRESENCE).repartition(parts),
            "homes": spark.createDataFrame(
                homes, "of date, device bigint, home_country string, cell bigint, status string"
            ),
            "cells": spark.createDataFrame(register, CELLS),
            "grid": spark.createDataFrame(
                [(c, text([c])[0], p, None, 2026) for c, p in grid],
                "cell bigint, h3 string, population double, zone string, year int",
            ),
        }

    return make


def drawn(f, dates=(DAY,), of=None, early=(), k=K, p=None):
    sets = Homes(f["homes"], of or dict.fromkeys(dates, MONTH), early)
    return job.transform(f["presence"], sets, f["cells"], f["grid"], list(dates), LU, k, p or Params())


def hours(frame, *columns):
    """By hour, the rows as tuples of these columns, sorted, nulls first."""
    out = {}
    for r in frame.select("hour", *columns).collect():
        out.setdefault(r.hour, []).append(tuple(r)[1:])
    return {h: sorted(rows, key=lambda r: [(v is not None, v) for v in r]) for h, rows in sorted(out.items())}


def inside(rows, place):
    """Persons in a place and around it, out of rows of cell and persons; cells may be coarser."""
    near = {int(parent([c], r)[0]) for c in (place, *neighbours(place)) for r in range(4, 9)}
    return sum(p for c, p in rows if c in near) / 1e6


def test_all_day_at_home_each_stands_for_as_many_and_the_grid_spreads_them(frames):
    found = hours(drawn(frames()), "cell", "persons", "n", "present", "abroad")
    assert list(found) == list(range(24))
    for rows in found.values():
        assert {r[0] for r in rows} == {c for c, _ in GRID}
        for place, devices in ((TOWN, 40), (VILLAGE, 20)):
            here = [r for r in rows if r[0] in (place, *neighbours(place))]
            assert {r[2] for r in here} == {devices}
            assert [r[1] for r in here] == pytest.approx([PERSONS * devices / 60 / 7] * 7, abs=41)
        assert {r[3:] for r in rows} == {(PERSONS, 0)}
        assert sum(r[1] for r in rows) == PERSONS


def test_people_are_where_their_phones_are_and_abroad_in_no_cell(frames):
    """All villagers but four go to town from 9 to 15; twenty townsmen went abroad at 12 and were not heard again."""
    away = [seen(d, 12, cell=None, country="FR") for d in TOWNSMEN[:20]]
    commute = [seen(d, 9, 12, 15, cell=TOWN) for d in VILLAGERS[4:]] + [
        seen(d, 18, cell=VILLAGE) for d in VILLAGERS[4:]
    ]
    nowhere = [seen(d, 12, cell=None) for d in VILLAGERS[:4]]  # an antenna without coordinates is no place
    found = hours(drawn(frames(*away, *commute, *nowhere)), "cell", "persons", "present", "abroad", "n")
    each = PERSONS / 60
    for hour, rows in found.items():
        gone, out = 20 * (hour >= 10), 16 * (7 <= hour < 17)
        present, abroad = rows[0][2], rows[0][3]
        assert present + abroad == PERSONS
        assert abroad == pytest.approx(gone * each, abs=40)
        assert sum(r[1] for r in rows) == present
        left = [r for r in rows if r[0] is None]
        assert [r[4] >= K for r in rows] == [True] * len(rows)
        if out:  # four villagers are too few for a row: the smallest cell of the town is merged with them
            assert [r[4] for r in left] == [60 - gone]
        else:
            assert not left
            assert inside([r[:2] for r in rows], VILLAGE) == pytest.approx(20 * each / 1e6, rel=1e-6)


def test_visitors_are_persons_by_country_and_hidden_where_they_are_few(frames):
    french = [seen(d, 12, home="FR") for d in range(300, 316)]
    others = [seen(d, 12, cell=VILLAGE, home=h) for d, h in zip(range(400, 410), ["DE", None] * 5, strict=True)]
    found = hours(drawn(frames(*french, *others)), "cell", "visitor_n", "visitors", "visitors_top", "n")
    assert {r[1:4] for r in found[9] + found[15]} == {(None, None, None)}
    for hour in (10, 12, 14):
        told = [r for r in found[hour] if r[1] is not None]
        assert {r[1] for r in told} == {16}  # those of the village stand with what remains, and are too few for it
        assert sum(r[2] for r in told) == 16 * 2_500_000
    crowd = [seen(d, 12, cell=VILLAGE, home="DE") for d in range(400, 420)]
    found = hours(drawn(frames(*french, *crowd)), "cell", "visitor_n", "visitors")
    assert sum(r[2] for r in found[12]) == 16 * 2_500_000 + 20 * 1_000_000


def test_the_last_sign_of_the_days_before_says_where_one_is(frames):
    before = [
        seen(TOWNSMEN[0], 3, 22, day=DAY - timedelta(5), cell=None, country="BE"),
        seen(TOWNSMEN[0], 22, day=DAY - timedelta(5), cell=TOWN, events=9),  # one hour, more events: here
        seen(TOWNSMEN[1], 3, 21, day=DAY - timedelta(28), cell=None, country="BE"),
        seen(TOWNSMEN[2], 3, 21, day=DAY - timedelta(29), cell=None, country="BE"),  # too long ago
        seen(TOWNSMEN[3], 0, day=DAY + timedelta(1), cell=None, country="BE"),
        seen(TOWNSMEN[4], 0, day=DAY + timedelta(2), cell=None, country="BE"),
    ]
    each = PERSONS / 60
    found = hours(drawn(frames(*before)), "abroad")
    assert [round(found[h][0][0] / each) for h in (0, 12, 21, 22, 23)] == [1, 1, 1, 2, 2]


def crowd(seed, days=3):
    """Signs and homes of a random crowd."""
    rng = np.random.default_rng(seed)
    places = [(TOWN, "LU"), (VILLAGE, "LU"), (None, "FR"), (NEW, "LU")]
    signs = {}
    for _ in range(1200):
        device, n = int(rng.integers(0, 150)), int(rng.integers(-8, days + 1))
        cell, country = places[rng.choice(4, p=[0.5, 0.3, 0.1, 0.1])]
        home = "LU" if device < 110 else ("FR" if device % 2 else None)
        if home == "LU" or country == "LU":
            hour = rng.integers(1, 2**24)
            row = (DAY + timedelta(n), device, country, cell, int(hour & rng.integers(1, 2**24)) or 1, n + 9, home)
            signs[row[:4]] = row
    homes = [lives(d, (TOWN, VILLAGE, NEW)[d % 3]) for d in range(100)] + [lives(105, status="unlocatable")]
    return [*signs.values()], homes


def test_the_same_rows_on_any_partitions_and_date_by_date(frames, spark):
    signs, homes = crowd(1)
    dates = [DAY + timedelta(n) for n in range(3)]
    antennas = [*ANTENNAS, (NEW, DAY + timedelta(1), None)]
    at_once = drawn(frames(*signs, homes=homes, antennas=antennas), dates).collect()
    assert {r.date for r in at_once} == set(dates)
    spark.conf.set("spark.sql.shuffle.partitions", "5")
    try:
        shuffled = frames(*reversed(signs), homes=homes[::-1], antennas=antennas[::-1], parts=7)
        one_by_one = [r for day in dates for r in drawn(shuffled, [day]).collect()]
    finally:
        spark.conf.set("spark.sql.shuffle.partitions", "2")
    assert sorted(map(str, one_by_one)) == sorted(map(str, at_once))
    assert all(r.n >= K for r in at_once)
    whole = {(r.date, r.hour): r.present + r.abroad for r in at_once}
    assert set(whole.values()) == {PERSONS}


def test_an_antenna_draws_people_from_its_first_day_on(frames):
    antennas = [*ANTENNAS, (NEW, DAY + timedelta(1), None)]
    signs = [seen(d, 12, day=DAY + timedelta(n), cell=NEW) for d in TOWNSMEN for n in (0, 1)]
    rows = drawn(frames(*signs, antennas=antennas), [DAY, DAY + timedelta(1)]).where("hour = 12").collect()
    assert {r.cell for r in rows if r.date > DAY} >= {NEW}  # nobody lives there: it has its own cell
    assert {r.cell for r in rows if r.date == DAY}.isdisjoint({NEW})  # not there yet: the nearest antenna's people


def test_each_date_uses_its_own_homes_and_says_whether_they_are_provisional(frames):
    next_day, march = DAY + timedelta(1), date(2026, 3, 1)
    homes = [*EVERYBODY, *(lives(d, VILLAGE, of=march) for d in TOWNSMEN)]
    found = drawn(frames(homes=homes), (DAY, next_day), of={DAY: MONTH, next_day: march}, early={march})
    rows = found.where("hour = 3").collect()
    assert {r.obs_status for r in rows if r.date == DAY} <= {"A", "U"}
    assert {r.obs_status for r in rows if r.date == next_day} <= {"P", "U"}
    assert inside([(r.cell, r.persons) for r in rows if r.date == next_day], VILLAGE) * 1e6 == PERSONS


def test_too_few_people_make_no_map(frames):
    assert drawn(frames(homes=[lives(d) for d in range(K - 1)])).collect() == []
    assert drawn(frames(antennas=[(TOWN, None, DAY - timedelta(1))])).collect() == []
    assert drawn(frames(homes=[])).collect() == []


def test_whole_numbers_in_the_exchanges_and_python_on_whole_arrays_only(frames):
    signs, homes = crowd(1)
    plan = drawn(frames(*signs, homes=homes))._jdf.queryExecution().executedPlan().toString()
    assert plan.count("MapInArrow") == 2, "devices are counted, dates are drawn"
    for slow in ("BatchEvalPython", "ArrowEvalPython"):
        assert slow not in plan


@pytest.fixture
def checked(frames):
    """What the expectations measure of a map on its way through the door, changed or not."""
    signs, homes = crowd(1)
    f = frames(*signs, homes=homes)
    raw = drawn(f).cache()

    def measure(change=lambda frame: frame, counted=lambda frame: frame):
        out = release_map(POPULATION_MAP, counted(raw) if counted else raw, K)
        held = {
            "population_map": change(out.frame),
            "population_map.counted": out.counted,
            "population_grid": f["grid"],
            "presence": f["presence"],
        }
        if counted is None:
            del held["population_map.counted"]
        return expected.measure(held, [DAY]).first().asDict()

    return measure


NEVER = ("repeated", "no_hour", "overlaps", "negative", "outside", "half_named", "misnamed", "mixed", "mass_wrong",
         "sums_wrong", "few", "lost")  # fmt: skip


def test_a_map_holds_what_is_expected_of_it(checked):
    found = checked()
    assert {name: found[name] for name in NEVER} == dict.fromkeys(NEVER, 0)
    assert (found["hours"], found["hours_heard"]) == (24, 24)
    assert found["rows"] > 24 * 5
    assert 0.5 < found["share_at_night"] < 1.2


def test_what_is_found_does_not_depend_on_the_order_of_rows(checked):
    assert checked(lambda f: f.orderBy(F.rand(7)).repartition(5), lambda f: f.repartition(3)) == checked()


def test_what_is_wrong_is_found(checked):
    other = F.lit(int(parent([TOWN], 6)[0]))
    first = (F.col("hour") == 5) & F.col("cell").eqNullSafe(TOWN)
    coarse = {"cell": other, "h3": F.lower(F.hex(other)), "resolution": F.lit(6)}
    found = checked(lambda f: f.unionByName(f.where(first).withColumns(coarse)))
    assert (found["overlaps"], found["few"], found["lost"]) == (1, 1, -1)
    found = checked(lambda f: f.withColumn("p95", F.when(first, F.col("population") - 1).otherwise(F.col("p95"))))
    assert found["outside"] == 1
    found = checked(lambda f: f.where(~first).withColumn("h3", F.lit("881fa3cd07fffff")))
    assert found["misnamed"] > 0
    assert found["lost"] == 1
    micro = F.when(first, F.col("persons") + 1).otherwise(F.col("persons"))
    found = checked(counted=lambda f: f.withColumn("persons", micro))
    assert (found["sums_wrong"], found["mass_wrong"]) == (1, 0)
    found = checked(counted=lambda f: f.withColumn("abroad", F.col("abroad") + (F.col("hour") == 7).cast("int")))
    assert (found["sums_wrong"], found["mass_wrong"]) == (0, 1)
    found = checked(counted=None)  # as `sojourn check` has it
    assert (found["mass_wrong"], found["width"], found["overlaps"]) == (None, None, 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("look_back_days", 2), ("near_hours", 13), ("gap_hours", 73), ("model_error", -0.1), ("model_error_max", 0.04)],
)
def test_values_that_cannot_be_are_refused_by_name(name, value):
    with pytest.raises(ConfigError) as refused:
        Params(**{name: value})
    assert refused.value.where == f"tables.population_map.{name}"
