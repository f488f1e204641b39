"""Homes of a lake are the same at hand, by tasks and by Spark, also where their table is built anew."""

from datetime import date, timedelta
from functools import partial

import pandas as pd
import pyarrow as pa
import pytest
from filled import filled

from jobs import home_locations
from jobs.home_locations import Params
from schemas import HOME_LOCATIONS, PRESENCE, VALIDATIONS
from sojourn import beside
from sojourn.cells import cell_of, neighbours
from sojourn.lake import Lake, at_hand
from sojourn.methods.homes import Homes
from sojourn.nights import Nights
from sojourn.seen import homes_scanned, homes_seen, homes_told

FIRST, MONTH = date(2026, 3, 4), date(2026, 3, 1)
DATES = [FIRST + timedelta(n) for n in range(-1, 9)]
A, FAR = (int(c) for c in cell_of([49.6116, 49.85], [6.1319, 6.10], 8))
PLACES = [("LU", A), ("LU", neighbours(A)[0]), ("LU", FAR), ("LU", None), ("FR", None)]
HOMES = Homes({MONTH: (FIRST, DATES[-2])}, "LU", Params(min_nights=3))


@pytest.fixture(scope="module")
def lake(spark, tmp_path_factory):
    """A commit, so a file, for each date."""
    lake = Lake(spark, str(tmp_path_factory.mktemp("lake")))
    for n, day in enumerate(DATES):
        rows = []
        for device in range(-15, 15):
            country, cell = PLACES[(device * device + n // 3) % 5]
            hours = 1 << (device + 7 * n) % 24 | 1 << (3 * device + n) % 24
            one = {"date": day, "device": device, "country": country, "cell": cell, "hours": hours, "n_events": 2}
            rows.append(one | {"home_country": ("LU", "FR", None)[device % 3]})
        lake.write(PRESENCE, filled(PRESENCE, rows), {day}, {})
        lake.approve(at_hand(VALIDATIONS, pd.DataFrame(columns=VALIDATIONS.names)), {PRESENCE.name: n + 1})
    return lake


def texts(rows):
    return sorted(map(str, rows.to_pylist()))


def test_homes_are_the_same_at_hand_by_tasks_and_by_spark(lake, monkeypatch):
    where, make = Nights(lake, HOMES), partial(home_locations.rows, [MONTH])
    few, told = (made := where.made(HOME_LOCATIONS, make, homes_told)).rows, made.told
    assert isinstance(few, pa.Table)
    assert few.num_rows == 30
    assert set(few["status"].to_pylist()) > {"home", "too_few_nights"}
    assert texts(where.frame().toArrow()) == texts(HOMES.of(lake.read(PRESENCE)).toArrow())
    monkeypatch.setattr(beside, "AT_HAND_BYTES", 0)
    monkeypatch.setattr(beside, "PART_BYTES", 2_000)
    made = where.made(HOME_LOCATIONS, make, homes_told)
    assert len(made.rows) > 2
    version = lake.write(HOME_LOCATIONS, made.rows, [MONTH], {})
    spark_s = home_locations.transform(lake.read(PRESENCE), HOMES.windows, [MONTH], "LU", HOMES.rule)
    assert texts(few) == texts(spark_s.toArrow())
    assert texts(few) == texts(lake.rows(HOME_LOCATIONS, version=version).select(HOME_LOCATIONS.names))
    scanned = homes_seen(homes_scanned(lake.read(HOME_LOCATIONS, version)), [MONTH])
    for seen in (homes_seen(told, [MONTH]), homes_seen(made.told, [MONTH])):
        pd.testing.assert_frame_equal(seen, scanned)
    assert (scanned["rows"][0], scanned["repeated"][0], scanned["domestic"][0]) == (30, 0, 8)


def test_files_take_the_place_of_all_rows_where_a_table_is_built_anew(lake, monkeypatch):
    old = filled(HOME_LOCATIONS, [{"month": date(2025, 1, 1), "device": 1, "status": "home"}])
    version = lake.write(HOME_LOCATIONS, old, None, {})
    lake.approve(at_hand(VALIDATIONS, pd.DataFrame(columns=VALIDATIONS.names)), {HOME_LOCATIONS.name: version})
    monkeypatch.setattr(beside, "AT_HAND_BYTES", 0)
    lake.anew.add(HOME_LOCATIONS.name)
    rows = Nights(lake, HOMES).made(HOME_LOCATIONS, partial(home_locations.rows, [MONTH]), homes_told).rows
    version = lake.write(HOME_LOCATIONS, rows, [MONTH], {})
    assert set(lake.rows(HOME_LOCATIONS, version=version)["month"].to_pylist()) == {MONTH}
