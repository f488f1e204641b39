"""Events of some dates: gathered in tasks, at hand, or by Spark's own reading, it is the same."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from filled import filled
from pyspark.sql import functions as F

import expectations.country_runs
import expectations.presence
from jobs import country_runs, presence
from schemas import COUNTRY_RUNS, EVENTS, PRESENCE, VALIDATIONS
from sojourn import beside, signs
from sojourn.door import lost_file
from sojourn.lake import Lake, at_hand
from sojourn.methods.runs import runs
from sojourn.seen import PLACES, RUNS, dates_seen, places_told, runs_told
from sojourn.signs import Signs

DAYS = [date(2026, 3, n) for n in (8, 9, 10)]


def event(day, batch, device, n, country="LU"):
    at = datetime(day.year, day.month, day.day, n % 24, n % 60, tzinfo=UTC)
    return {
        "date": day,
        "at": at.replace(tzinfo=None),
        "hour": n % 24,
        "device": device,
        "home_country": ("LU", "FR", None)[device % 3],
        "country": country,
        "serving_plmn": (None, "27001", "20801")[n % 3],
        "cell": (None, 613048392019771391, 613048392021868543)[n % 3],
        "batch": batch,
        "file": "f",
        "line": n,
    }


@pytest.fixture(scope="module")
def lake(spark, tmp_path_factory):
    """Three dates, each with its own batch and a late one; another commit each, so another file."""
    lake = Lake(spark, str(tmp_path_factory.mktemp("lake")))
    for batch in DAYS:
        rows = [
            event(day, batch, device, n, (None, "LU", "FR", "LU")[(device + n) % 4] if batch != DAYS[0] else None)
            for day, many in ((batch - timedelta(1), 2), (batch, 40))
            for device in (range(2) if many == 2 else range(20))
            for n in range(many)
        ]
        version = lake.write(EVENTS, filled(EVENTS, rows), {batch}, {})
        lake.approve(at_hand(VALIDATIONS, pd.DataFrame(columns=VALIDATIONS.names)), {EVENTS.name: version})
    return lake


def summed(places):
    """What whoever reads such rows makes of them."""
    sums = [F.min("home_country"), F.bit_or("hours"), F.sum("n")]
    return sorted(map(str, places.groupBy("date", "device", "country", "cell").agg(*sums).collect()))


@pytest.mark.parametrize("touched", [False, True])
def test_places_are_the_same_by_tasks_at_hand_and_by_spark(spark, lake, monkeypatch, touched):
    some = spark.createDataFrame([(DAYS[1], 1), (DAYS[2], 19)], "date date, device bigint") if touched else None
    asked = Signs(lake, {DAYS[1]: None, DAYS[2]: {DAYS[2]}}, some)
    at_hand_ = summed(asked.places())
    monkeypatch.setattr(signs, "FEW_BYTES", 0)
    assert summed(asked.places()) == at_hand_
    monkeypatch.setattr(Lake, "local", False)
    assert summed(asked.places()) == at_hand_
    assert len(at_hand_) > (20 if not touched else 1)


def of_places(asked):
    return asked.made_of_places(PRESENCE, presence.rows, places_told)


def of_parts(asked):
    return asked.made_of_parts("LU", COUNTRY_RUNS, runs, runs_told)


def by_spark(asked, table):
    if table is PRESENCE:
        return presence.transform(asked.places(), presence.Params()).select(PRESENCE.names)
    return country_runs.transform(asked.parts("LU"), country_runs.Params())


@pytest.mark.parametrize("part_bytes", [1_000, 1 << 20])
@pytest.mark.parametrize(
    ("table", "made_beside", "measure", "counts"),
    [
        (PRESENCE, of_places, expectations.presence.measure, PLACES),
        (COUNTRY_RUNS, of_parts, expectations.country_runs.measure, RUNS),
    ],
)
def test_what_tasks_write_and_see_is_what_is_made_at_hand_and_by_spark(
    spark, lake, monkeypatch, part_bytes, table, made_beside, measure, counts
):
    dates = [DAYS[0] - timedelta(1), *DAYS]
    asked = Signs(lake, dict.fromkeys(dates))
    few = made_beside(asked)
    monkeypatch.setattr(signs, "PART_BYTES", part_bytes)
    monkeypatch.setattr(beside, "AT_HAND_BYTES", 0)
    many = made_beside(asked)
    assert len(many.rows) > 3 if part_bytes == 1_000 else len(many.rows) == 3, (
        "of the first date no event has a country"
    )
    version = lake.write(table, many.rows, asked.dates, {})
    made = lake.rows(table, version=version).to_pylist()
    at_hand_ = few.rows.select(lake.rows(table).column_names)
    assert sorted(map(str, made)) == sorted(map(str, at_hand_.to_pylist()))
    spark_s = by_spark(asked, table).select(lake.rows(table).column_names)
    assert sorted(map(str, spark_s.toArrow().to_pylist())) == sorted(map(str, made))
    assert all(r["country"] for r in made)

    frames = {table.name: lake.read(table, version), EVENTS.name: lake.read(EVENTS)}
    scanned = measure(frames, dates).toPandas().sort_values("unit", ignore_index=True)
    for told in (few.told, many.told):
        seen = {f"{table.name}.seen": spark.createDataFrame(dates_seen(told, counts, asked.placed()))}
        found = measure(frames | seen, dates).toPandas().sort_values("unit", ignore_index=True)
        pd.testing.assert_frame_equal(found[scanned.columns], scanned)
    assert scanned["devices"].tolist() == [0, 2, 20, 20]
    assert (scanned["events"] == scanned["placed"]).all()


def test_only_the_batches_asked_for_count(lake):
    late = Signs(lake, {DAYS[0]: {DAYS[1]}, DAYS[1]: {DAYS[1]}})
    counted = {(r.date, r.batch): r["count"] for r in late.events().groupBy("date", "batch").count().collect()}
    assert counted == {(DAYS[0], DAYS[1]): 4, (DAYS[1], DAYS[1]): 800}
    signs_of = {r.date: r.n for r in late.places().groupBy("date").agg(F.sum("n").alias("n")).collect()}
    assert signs_of == {DAYS[0]: 3, DAYS[1]: 600}, "a quarter has no country"


@pytest.mark.parametrize("few", [0, signs.FEW_BYTES])
def test_a_file_that_is_damaged_is_named(spark, tmp_path, monkeypatch, few):
    lake = Lake(spark, str(tmp_path))
    version = lake.write(EVENTS, filled(EVENTS, [event(DAYS[0], DAYS[0], 1, n) for n in range(9)]), {DAYS[0]}, {})
    lake.approve(at_hand(VALIDATIONS, pd.DataFrame(columns=VALIDATIONS.names)), {EVENTS.name: version})
    (file,) = tmp_path.rglob("events/date*/**/*.parquet")
    file.write_bytes(file.read_bytes()[:-9])
    monkeypatch.setattr(signs, "FEW_BYTES", few)
    with pytest.raises(Exception, match="FAILED_READ_FILE") as told:
        Signs(lake, {DAYS[0]: None}).places().collect()
    assert lost_file(str(told.value)).startswith(
        f"restricted/events/date={DAYS[0]}/batch={DAYS[0]}/{file.name} is gone"
    )
