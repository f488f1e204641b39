"""How many persons a device stands for: worked out by hand."""

from datetime import date

import pandas as pd
import pytest
from pyspark.sql import functions as F

from schemas import HOME_LOCATIONS
from sojourn.cells import cell_of
from sojourn.methods.cellkey import noise_of
from sojourn.methods.counting import counted, record_key
from sojourn.methods.weights import by_zone, device_weights, inbound_weight, zone_weights

MONTH = date(2026, 3, 1)
# three towns on a line from south to north; the third is nearer to the second
SOUTH, MIDDLE, NORTH = (int(c) for c in cell_of([49.5, 49.8, 49.9], [6.1, 6.1, 6.1], 8))
REGISTER = [(SOUTH, "s"), (MIDDLE, "m"), (MIDDLE, "m"), (NORTH, "n"), (None, None)]


def lives(device, cell, status="home", country="LU"):
    return (MONTH, device, country, cell, 20, 20, 0, 20, 1.0, status, False)


@pytest.fixture
def weigh(spark):
    def run(make, homes, grid=((SOUTH, 100.0, "s"), (MIDDLE, 200.5, "m"), (NORTH, 300.0, "n")), k=2, register=REGISTER):
        frame = spark.createDataFrame([*homes], HOME_LOCATIONS.schema)
        cells = spark.createDataFrame(register, "cell bigint, zone string")
        persons = None if grid is None else by_zone(pd.DataFrame([*grid], columns=["cell", "population", "zone"]), "LU")
        rows = make(frame, cells, persons, "LU", k)
        return {r[0] if make is device_weights else r.zone: r for r in rows.collect()}

    return run


def noisy(spark, *devices, k=2):
    keys = spark.createDataFrame([(d,) for d in devices], "device bigint").select(record_key(F.col("device"))).collect()
    return max(1, len(devices) + int(noise_of([sum(r[0] for r in keys) % 2**32], k)[0]))


def test_a_zone_s_persons_are_its_devices(spark, weigh):
    homes = [
        *(lives(d, SOUTH) for d in (1, 2, 3)),
        *(lives(d, MIDDLE) for d in (4, 5)),
        lives(6, NORTH),
        lives(7, NORTH),
    ]
    found = weigh(zone_weights, homes)
    assert {z: (r.n, r.persons) for z, r in found.items()} == {
        "s": (3, 100_000_000),
        "m": (2, 200_500_000),
        "n": (2, 300_000_000),
        "_unknown": (7, 600_500_000),
    }
    assert found["s"].homes == noisy(spark, 1, 2, 3)
    assert found["s"].released == 100_000_000 // found["s"].homes
    assert found["_unknown"].released == 600_500_000 // noisy(spark, *range(1, 8))


def test_only_residents_count(weigh):
    homes = [
        lives(1, SOUTH),
        lives(2, SOUTH, "unlocatable"),
        lives(3, SOUTH, country="FR"),
        lives(4, SOUTH, country=None),
    ]
    assert weigh(zone_weights, homes)["s"].n == 1


def test_a_zone_without_homes_gives_its_persons_to_the_nearest_that_has_some(weigh):
    found = weigh(zone_weights, [lives(1, SOUTH), lives(2, MIDDLE)], k=1)
    assert {z: r.persons for z, r in found.items()} == {"s": 100_000_000, "m": 500_500_000, "_unknown": 600_500_000}


def test_a_zone_with_few_homes_is_weighted_with_its_neighbour(spark, weigh):
    homes = [*(lives(d, MIDDLE) for d in range(1, 5)), lives(9, NORTH), lives(8, SOUTH), lives(7, SOUTH)]
    found = weigh(zone_weights, homes)
    together = 500_500_000 // noisy(spark, 1, 2, 3, 4, 9)
    assert {found[z].released for z in ("m", "n")} == {together}
    assert {found[z].homes for z in ("m", "n")} == {noisy(spark, 1, 2, 3, 4, 9)}
    assert (found["n"].persons, found["m"].persons) == (300_000_000, 200_500_000)  # before the door each is its own
    assert {r.released for r in weigh(zone_weights, homes, k=99).values()} == {None}


def test_devices_share_out_their_zone_to_the_last_micro_person(weigh):
    homes = [*(lives(-d, SOUTH) for d in (1, 2, 3)), lives(4, MIDDLE)]
    found = weigh(device_weights, homes, k=1)
    assert {d: r.exact for d, r in found.items()} == {-3: 33_333_334, -2: 33_333_333, -1: 33_333_333, 4: 500_500_000}
    assert sum(r.exact for r in found.values()) == 600_500_000
    assert {(r.cell, r.zone) for r in found.values()} == {(SOUTH, "s"), (MIDDLE, "m")}


def test_without_areas_the_country_is_one_zone(weigh):
    bare = [(SOUTH, None), (MIDDLE, None)]
    found = weigh(zone_weights, [lives(1, SOUTH), lives(2, MIDDLE)], [(NORTH, 8.0, None)], 2, bare)
    assert {z: (r.n, r.persons) for z, r in found.items()} == {"LU": (2, 8_000_000), "_unknown": (2, 8_000_000)}


def test_without_a_raster_there_are_no_persons(weigh):
    homes = [lives(1, SOUTH), lives(2, SOUTH)]
    assert {(r.n, r.persons, r.released) for r in weigh(zone_weights, homes, None).values()} == {(2, None, None)}
    assert {(r.exact, r.released) for r in weigh(device_weights, homes, None).values()} == {(None, None)}
    assert [(r.zone, r.n) for r in weigh(zone_weights, []).values()] == [("_unknown", 0)]


def test_a_foreign_device_stands_for_what_the_configuration_says(spark):
    frame = spark.createDataFrame([("FR",), ("DE",), (None,)], "home_country string")
    weight = inbound_weight(F.col("home_country"), {"default": 1.5, "FR": 0.3})
    assert [r[0] for r in frame.select(weight).collect()] == [300_000, 1_500_000, 1_500_000]


def test_a_device_counts_once_however_many_rows_it_has(spark):
    rows = [("a", 1, 3, 7), ("a", 1, 4, 7), ("a", 2, 1, 5), ("b", 1, 9, 7)]
    frame = spark.createDataFrame(rows, "zone string, device bigint, nights int, weight bigint")
    made = counted(frame, ["zone"], {"nights": F.col("nights")}, {"persons": F.col("weight")})
    assert made.columns == ["zone", "n", "record_key", "nights", "persons", "nights_top", "persons_top"]
    found = {r.zone: r for r in made.collect()}
    assert (found["a"].n, found["a"].nights, found["a"].nights_top) == (2, 8, 7)
    assert (found["a"].persons, found["a"].persons_top) == (12, 7)
    keys = [r[0] for r in frame.select(record_key(F.col("device"))).distinct().collect()]
    assert found["a"].record_key == sum(keys) % 2**32
    assert {type(k) for k in keys} == {int}
    assert all(0 <= k < 2**32 for k in keys)


def test_the_record_key_of_many_does_not_overflow(spark):
    made = counted(spark.range(20_000).withColumnRenamed("id", "device").withColumn("all", F.lit(1)), ["all"], {})
    keys = spark.range(20_000).select(record_key(F.col("id")).alias("key"))
    whole = sum(r.key for r in keys.collect())
    assert whole > 2**32
    assert made.first().record_key == whole % 2**32
