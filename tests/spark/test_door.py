"""The door in Spark: what passes, what stays out, and what is said of it."""

from datetime import date

import numpy as np
import pytest
from pyspark.sql import functions as F

from schemas import CROSS_BORDER_FLOWS, POPULATION_GRID, POPULATION_MAP, RESIDENTS_BY_ORIGIN
from sojourn.disclosure import MICRO, Z90, _unit, release, release_map, safe, stated, unlocked
from sojourn.methods.cellkey import VARIANCE, noise, noise_of, perturbed, thresholds
from sojourn.methods.sampling import count_variance

MONTH, K, KEYS = date(2026, 3, 1), 16, 2**32
FLOWS = (
    "month date, from_zone string, to_country string, obs_status string, n bigint, record_key bigint, "
    "trips bigint, trips_top bigint, nights bigint, nights_top bigint, persons bigint, persons_top bigint"
)
MAP = (
    "date date, hour int, cell bigint, resolution int, obs_status string, n bigint, record_key bigint, "
    "population bigint, population_top bigint, p05 bigint, p95 bigint, "
    "visitor_n bigint, visitor_record_key bigint, visitors bigint, visitors_top bigint"
)


def flow(zone, n=40, key=KEYS // 2, trips=80, trips_top=4, nights=90, nights_top=9, persons=None, persons_top=None):
    persons = n * 12_345_678 if persons is None else persons
    top = 12_345_678 if persons_top is None else persons_top
    return (MONTH, zone, "FR", "A", n, key, trips, trips_top, nights, nights_top, persons, top)


def cell(hour, n=50, key=KEYS // 2, people=1_000, half=230, visitor_n=None, guests=None, visitor_key=KEYS // 2, top=40):
    micro = 1_000_000
    spread = [people * micro, top * micro, (people - half) * micro, (people + half) * micro]
    return (
        *(MONTH, hour, 0x881FA3CD07FFFFF, 8, "A", n, key),
        *spread,
        *(visitor_n, visitor_n and visitor_key, guests and guests * micro, guests and micro),
    )


@pytest.fixture
def flows(spark):
    def run(*rows, k=K):
        made = release(CROSS_BORDER_FLOWS, spark.createDataFrame([*rows], FLOWS), k)
        return {r.from_zone: r for r in made.frame.collect()}

    return run


@pytest.fixture
def hours(spark):
    def run(*rows):
        made = release_map(POPULATION_MAP, spark.createDataFrame([*rows], MAP), K).frame
        assert made.columns == POPULATION_MAP.names
        assert [f.dataType for f in made.schema] == [f.dataType for f in POPULATION_MAP.schema]
        return {r.hour: r for r in made.collect()}

    return run


def test_spark_and_numpy_know_the_same_noise(spark):
    edges = [t + i for t in thresholds(K) for i in (-1, 0, 1)]
    keys = [0, KEYS - 1, *edges, *np.random.default_rng(1).integers(0, KEYS, 500).tolist()]
    frame = spark.createDataFrame([(key,) for key in keys], "key bigint")
    for k in (1, 2, 4, K):
        assert [r[0] for r in frame.select(noise(F.col("key"), k)).collect()] == noise_of(keys, k).tolist()


def test_nobody_stays_nobody_and_somebody_somebody(spark):
    frame = spark.createDataFrame(
        [(n, key) for n in (0, 1, 2, 16) for key in (0, KEYS // 2, KEYS - 1)], "n int, key bigint"
    )
    found = [r[0] for r in frame.select(perturbed(F.col("n"), F.col("key"), K)).collect()]
    assert found == [0, 0, 0, 1, 1, 6, 1, 2, 7, 11, 16, 21]


def test_few_devices_and_one_that_is_most_stay_out(spark, flows):
    rows = [
        *(flow("few", n=15), flow("enough", n=16)),
        *(flow("half", nights=18, nights_top=9), flow("most", nights=17, nights_top=9)),
        *(flow("no nights", nights=0, nights_top=0), flow("heavy", persons=100, persons_top=51)),
    ]
    assert set(flows(*rows)) == {"enough", "half", "no nights"}
    frame = spark.createDataFrame([(16, None, None)], "n int, top int, total int")
    assert frame.select(safe(F.col("n"), F.col("top"), F.col("total"), K)).first()[0], "no raster: no persons to hide"


def test_the_same_set_has_the_same_noise_in_every_row(flows):
    found = flows(flow("a", key=9, trips=50), flow("b", key=9, nights=400), flow("c", key=KEYS - 9))
    assert {z: r.devices for z, r in found.items()} == {"a": 35, "b": 35, "c": 45}


def test_everything_is_scaled_with_the_count(flows):
    """Persons per device stay what they were, exactly; of trips and nights as much as the rounding lets."""
    up, down = flows(flow("up", key=KEYS - 1))["up"], flows(flow("down", key=0))["down"]
    for row, devices in ((up, 45), (down, 35)):
        assert row.devices == devices
        assert row.persons == pytest.approx(devices * 12.345678, abs=1e-9)
        assert row.trips / devices == pytest.approx(80 / 40, abs=4 / (devices - 5) / 2 + 0.5 / devices)
        assert row.nights / devices == pytest.approx(90 / 40, abs=8 / (devices - 5) / 2 + 0.5 / devices)


def test_every_count_that_the_noise_allows_fits_what_is_published(flows):
    """Whatever quotients are formed, none of the counts n - D to n + D can be ruled out."""
    rng = np.random.default_rng(2)
    rows = []
    for i in range(300):
        n = int(rng.integers(21, 60))
        trips, nights = rng.integers(1, 5, n), rng.integers(0, 9, n)
        weight = rng.choice([1_000_000, 1_200_000, 37_000_000], n)
        parts = [int(x) for p in (trips, nights, weight) for x in (p.sum(), p.max())]
        rows.append(flow(str(i), n, int(rng.integers(KEYS)), *parts))
    raw = {r[1]: r for r in rows}
    for zone, row in flows(*rows).items():
        for published, value in ((row.trips, raw[zone][6]), (row.nights, raw[zone][8])):
            unit = 2 ** int(np.ceil(np.log2(max(2 * value / raw[zone][4], 1))))
            step = unit / (row.devices - 5)
            quotient = round(published / row.devices / step) * step
            for n in range(row.devices - 5, row.devices + 6):
                low, high = (quotient - step / 2) * n, (quotient + step / 2) * n
                assert np.ceil(low) <= high, "no whole number of trips fits: n is ruled out"


def test_units_are_powers_of_two(spark):
    parts = [0.0, 0.3, 1.0, 1.5, 2.0, 2.1, 7.9, 8.0, 8.1, float(2**40), float(2**40 + 1)]
    frame = spark.createDataFrame([(p,) for p in parts], "part double")
    found = [r[0] for r in frame.select(_unit(F.col("part"))).collect()]
    assert found == [1, 1, 1, 2, 2, 4, 8, 8, 16, 2**40, 2**41]


def test_with_a_k_of_one_nothing_is_changed(flows):
    row = flows(flow("a", n=3, key=5, trips=6, trips_top=3, nights=3, nights_top=1), k=1)["a"]
    assert (row.devices, row.trips, row.nights) == (3, 8, 4), "but what rounding by twice the mean does"


def test_the_counted_frame_and_its_k_stay_at_hand_for_the_checks(spark):
    made = release(CROSS_BORDER_FLOWS, spark.createDataFrame([flow("few", n=3)], FLOWS), K)
    assert (made.frame.count(), made.counted.count(), made.counted.first().k) == (0, 1, K)


def test_a_map_cell_is_scaled_with_its_interval(hours):
    found = hours(cell(0), cell(1, key=0), cell(2, key=KEYS - 1), cell(3, n=15), cell(4, top=501))
    assert set(found) == {0, 1, 2}
    for hour, devices in ((0, 50), (1, 45), (2, 55)):
        row, grain = found[hour], 33.554432 * devices / (devices - 5)
        assert row.population == pytest.approx(1_000 * devices / 50, abs=grain / 2 + 1e-6)
        door = VARIANCE * (row.population / devices) ** 2 + grain**2 / 12
        reach = np.sqrt(230**2 * devices / 50 + Z90**2 * door)
        assert 0 <= (row.population - row.p05) - reach < grain
        assert 0 <= (row.p95 - row.population) - reach < grain
        assert (row.h3, row.resolution, row.visitors) == ("881fa3cd07fffff", 8, None)


def test_visitors_are_a_figure_of_their_own(hours):
    found = hours(cell(0, visitor_n=15, guests=30), cell(1, visitor_n=16, guests=32), cell(2, visitor_n=40, guests=80))
    assert found[0].visitors is None
    assert found[1].visitors == pytest.approx(32, abs=3.1)
    assert found[2].visitors == pytest.approx(80, abs=1.3)


def test_what_remains_has_no_cell(hours, spark):
    rest = list(cell(0, half=2_000))
    rest[2] = rest[3] = None
    row = hours(tuple(rest))[0]
    assert (row.cell, row.h3, row.resolution, row.p05) == (None, None, None, 0)


def test_the_open_door_is_for_tables_without_devices(spark):
    released = unlocked(POPULATION_GRID, spark.createDataFrame([], POPULATION_GRID.schema))
    assert (released.frame.columns, released.counted) == (POPULATION_GRID.names, None)


def test_without_measures_there_is_still_a_count(spark):
    schema = (
        "month date, zone string, home_country string, obs_status string, n bigint, record_key bigint, "
        "persons bigint, persons_top bigint"
    )
    frame = spark.createDataFrame([(MONTH, "s", "LU", "A", 20, 0, None, None)], schema)
    (row,) = release(RESIDENTS_BY_ORIGIN, frame, K).frame.collect()
    assert (row.devices, row.persons) == (15, None)


@pytest.mark.parametrize(("by", "table", "row", "columns"), [
    (release, CROSS_BORDER_FLOWS, flow("A"), FLOWS), (release_map, POPULATION_MAP, cell(3), MAP)
])  # fmt: skip
def test_what_is_held_for_the_checks_is_what_the_rows_are_made_of(spark, by, table, row, columns):
    """Held, it is not counted a second time for the rows."""
    made = by(table, spark.createDataFrame([row], columns), K)
    made.counted.persist()
    assert "InMemoryRelation" in made.frame._jdf.queryExecution().withCachedData().toString()
    made.counted.unpersist()


@pytest.mark.parametrize(("doubt", "without"), [(None, 0), (0, K // 2), (K - 1, K // 2), (K, K), (30, 40), (40, 40)])
def test_the_lower_end_does_without_who_is_in_doubt(spark, doubt, without):
    """Of 40 guests. Fewer than k of either kind are not told apart."""
    schema = (
        "month date, zone string, home_country string, obs_status string, n bigint, record_key bigint, persons bigint, "
        "persons_top bigint, homes bigint, relative_error double, doubt_n bigint, doubt_record_key bigint"
    )
    row = (MONTH, "guests", "FR", "A", 40, KEYS // 2, 40 * 10 * MICRO, 10 * MICRO, None, 0.01, doubt, KEYS // 2)
    (found,) = release(RESIDENTS_BY_ORIGIN, spark.createDataFrame([row], schema), K).frame.collect()
    assert found.p05 == pytest.approx(max(400 - 10 * without - Z90 * found.se_total, 0))
    assert found.p95 == pytest.approx(400 + Z90 * found.se_total)


def test_errors_are_worked_out_of_what_is_published(spark):
    """Of 400 residents 40 went, each for 100 persons; 40 guests, each for two; and all residents of a zone."""
    schema = (
        "month date, zone string, home_country string, obs_status string, n bigint, record_key bigint, "
        "persons bigint, persons_top bigint, homes bigint, relative_error double"
    )
    rows = [
        (MONTH, "went", "LU", "A", 40, KEYS // 2, 40 * 100 * MICRO, 100 * MICRO, 400, 0.05),
        (MONTH, "guests", "FR", "A", 40, KEYS // 2, 40 * 2 * MICRO, 2 * MICRO, None, 0.1),
        (MONTH, "all", "LU", "A", 400, KEYS // 2, 400 * 100 * MICRO, 100 * MICRO, 400, 0.05),
        (MONTH, "no raster", "LU", "A", 40, KEYS // 2, None, None, None, 0.05),
        (MONTH, "nobody", "XK", "A", 40, KEYS // 2, 0, 0, None, 0.1),
    ]
    released = release(RESIDENTS_BY_ORIGIN, spark.createDataFrame(rows, schema), K).frame
    found = {r.zone: r for r in released.collect()}
    went, guests, whole = found["went"], found["guests"], found["all"]
    assert (went.devices, guests.devices, whole.devices) == (40, 40, 400), "noise of the middle key is none"
    assert went.se_sampling == pytest.approx(np.sqrt(count_variance(40, 400, 100.0)))
    assert went.se_total == pytest.approx(
        np.sqrt(count_variance(40, 400, 100.0) + VARIANCE * 100**2 * 0.9 + (0.05 * 4000) ** 2)
    )
    assert (went.p05, went.p95) == pytest.approx((4000 - Z90 * went.se_total, 4000 + Z90 * went.se_total))
    assert guests.se_total == pytest.approx(np.sqrt(count_variance(40, np.inf, 2.0) + VARIANCE * 4 + 8**2))
    assert (whole.se_sampling, whole.se_total) == pytest.approx((0, 0.05 * 40_000))
    none = found["no raster"]
    assert (none.persons, none.se_sampling, none.se_total, none.p05, none.p95) == (None, None, None, None, None)
    assert found["nobody"].persons == 0
    assert (whole.coverage, whole.definition_id) == (None, None), "for whoever writes them to say"
    told = stated(release(RESIDENTS_BY_ORIGIN, spark.createDataFrame(rows, schema), K), {MONTH: 0.5}, "x:1")
    assert {(r.coverage, r.definition_id, r.obs_status) for r in told.frame.collect()} == {(0.5, "x:1", "A")}
    assert told.frame.columns == RESIDENTS_BY_ORIGIN.names
