"""A year of one person's real call records: homes, local times, and every one of 10,476 rows accounted for."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from pyspark.sql import functions as F

from jobs.home_locations import Params
from schemas import BATCHES, BORDER_CROSSINGS, CELLS, EVENTS, HOME_LOCATIONS, REJECTS, TRIPS
from sojourn.cells import centre_of
from sojourn.config import load
from sojourn.night import Night
from sojourn.steps import months

ROOT = Path(__file__).parents[2]
RECORDS = ROOT.parent / "shared/data/ockenden_cdr_au/metadata.csv"
pytestmark = pytest.mark.skipif(not RECORDS.exists(), reason="../shared/data/ockenden_cdr_au is not there")

FIRST, LAST = date(2014, 4, 1), date(2015, 4, 1)
SITES = {"Redfern": (-33.8929, 151.2023), "Balgowlah": (-33.7882, 151.2665)}  # REDFERN TE, BALGOWLAH HAYES ST
ROWS, REPEATS = 10_476, 2_031
AROUND_CHANGES = (date(2014, 4, 5), date(2014, 4, 7), date(2014, 10, 4), date(2014, 10, 6))  # none on 6 April
TASMANIA = [date(2014, 11, 12) + timedelta(n) for n in range(4)] + [date(2014, 12, 20) + timedelta(n) for n in range(7)]
KEY = ["comm_timestamp", "cell_cgi", "comm_type"]


@pytest.fixture(scope="module")
def records():
    return pd.read_csv(RECORDS, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def lake(spark, records, tmp_path_factory):
    """The year in one pass, by the configuration that ships, over the landing zone that it describes."""
    folder = tmp_path_factory.mktemp("ockenden")
    (folder / "landing/cdr").mkdir(parents=True)
    for day, rows in records.groupby(records["comm_timedate_string"].str[:10]):
        rows.to_csv(folder / f"landing/cdr/{day}.csv", index=False)
    places = (
        records.groupby(["cell_cgi", "cell_tower_lat", "cell_tower_long"])
        .size()
        .sort_values(ascending=False, kind="stable")
    )
    usual = places.reset_index(name="n").drop_duplicates("cell_cgi")  # 27 antennas were written down at several places
    usual.to_csv(folder / "landing/cells.csv", index=False)
    shutil.copy(ROOT / "conf/examples/ockenden.yaml", folder / "conf.yaml")
    with pytest.MonkeyPatch.context() as env:
        env.setenv("SOJOURN_KEY", "a key that is in no way a secret, for tests")
        night = Night(spark, load(folder / "conf.yaml"))
    days = [FIRST + timedelta(n) for n in range((LAST - FIRST).days + 1)]
    night.run(days, only=("cells", "events", "presence", "country_runs", "border_crossings", "trips"))
    months.home_locations(night, asked=months.still_open(night))
    return night.lake


@pytest.fixture(scope="module")
def params():
    said = yaml.safe_load((ROOT / "conf/examples/ockenden.yaml").read_text()).get("tables", {})
    return Params(**said.get("home_locations", {}))


@pytest.fixture(scope="module")
def events(lake):
    return lake.read(EVENTS).toPandas()


def km(cell, site):
    (lat,), (lon,) = centre_of([cell])
    north, east = lat - site[0], (lon - site[1]) * np.cos(np.radians(site[0]))
    return 111.2 * float(np.hypot(north, east))


NIGHTS = {  # of the last 28 nights of each month: at home or next to it, and with any sign; counted apart from the job
    date(2014, 4, 1): ("Redfern", 8, 8),
    date(2014, 5, 1): ("Redfern", 6, 7),
    date(2014, 6, 1): ("Redfern", 8, 9),
    date(2014, 7, 1): ("Redfern", 8, 9),
    date(2014, 8, 1): ("Redfern", 3, 3),
    date(2014, 9, 1): ("Balgowlah", 6, 12),
    date(2014, 10, 1): ("Balgowlah", 19, 20),
    date(2014, 11, 1): ("Balgowlah", 25, 28),
    date(2014, 12, 1): ("Balgowlah", 21, 28),
    date(2015, 1, 1): ("Balgowlah", 28, 28),
    date(2015, 2, 1): ("Balgowlah", 8, 8),
}


def test_he_lives_in_redfern_until_august_and_in_balgowlah_from_september(lake, params):
    """He used his phone little in his first months: where he lives is known, but by the default not said aloud."""
    homes = {r.month: r for r in lake.read(HOME_LOCATIONS).collect()}
    assert sorted(homes) == [d.date() for d in pd.date_range("2014-04-01", "2015-04-01", freq="MS")]
    closed = {m: r for m, r in homes.items() if not r.provisional}
    assert sorted(closed) == sorted(NIGHTS), "March closes a week into April, and the records end on the first"
    for month, (site, nights, observed) in NIGHTS.items():
        row = closed[month]
        assert km(row.cell, SITES[site]) < 1, month
        assert (row.nights, row.observed_nights, row.home_country) == (nights, observed, "AU"), month
        said = "home" if nights / observed > params.min_share else "unlocatable"
        assert row.status == ("too_few_nights" if observed < params.min_nights else said), month


def test_the_stays_in_tasmania_are_stays_and_no_moves(lake, events):
    """Two journeys in the homeland: no border is crossed, no trip is made, and in both months he lives in Balgowlah."""
    south = events[[lat < -39.5 for lat in centre_of(events["cell"].to_numpy())[0]]]
    assert [d for d in sorted(set(south["date"])) if d >= TASMANIA[0]] == TASMANIA
    assert lake.read(BORDER_CROSSINGS).count() == lake.read(TRIPS).count() == 0
    for month in (date(2014, 11, 1), date(2014, 12, 1)):
        row = lake.read(HOME_LOCATIONS).where(F.col("month") == F.lit(month)).first()
        assert (row.status, km(row.cell, SITES["Balgowlah"]) < 1, row.abroad_nights) == ("home", True, 0)


def test_local_dates_and_hours_are_those_in_the_file_over_both_clock_changes(events, records):
    kinds = {"Internet": "data", "Phone": "call", "SMS": "sms"}
    seconds = events["at"].astype("datetime64[ns]").astype("int64") // 10**9
    found = {
        (at, cell, kind): (day, hour)
        for at, cell, kind, day, hour in zip(
            seconds, events["cell_id"], events["event_type"], events["date"], events["hour"], strict=True
        )
    }
    for row in records.itertuples():
        local = (date.fromisoformat(row.comm_timedate_string[:10]), int(row.comm_timedate_string[11:13]))
        assert found[int(row.comm_timestamp), row.cell_cgi, kinds[row.comm_type]] == local
    east = {day: east_of_utc(records, day) for day in map(str, AROUND_CHANGES)}
    assert set(map(date.fromisoformat, east)) <= set(events["date"])
    assert list(east.values()) == [{11}, {10}, {10}, {11}], "the file itself covers both"


def east_of_utc(records, day):
    """Hours between the file's local clock and UTC, of the records of a day."""
    rows = records[records["comm_timedate_string"].str.startswith(day)]
    wall = pd.to_datetime(rows["comm_timedate_string"]).astype("datetime64[s]").astype("int64")
    return set((wall - rows["comm_timestamp"].astype("int64")) // 3600)


def test_every_row_is_accepted_or_rejected_for_a_reason(lake, events):
    batches = lake.read(BATCHES).toPandas()
    rejected = lake.read(REJECTS).toPandas()
    assert batches["rows_read"].sum() == ROWS
    assert batches["rows_accepted"].sum() == len(events) == ROWS - REPEATS
    assert rejected.groupby("reason")["n"].sum().to_dict() == {"duplicate_record": REPEATS}
    by_file = rejected.set_index("file")["n"].reindex(batches["file"]).fillna(0)
    assert (batches["rows_read"].to_numpy() == batches["rows_accepted"].to_numpy() + by_file.to_numpy()).all()
    assert (len(batches), batches["file"].isna().sum()) == (366, 62), "and 62 days without a file"
    assert batches[["values_unreadable", "times_ambiguous", "times_skipped"]].to_numpy().sum() == 0


def test_the_rows_that_repeat_time_cell_and_kind_repeat_the_counterpart_too(events, records):
    """So all of them are the same record once more: 2,023 data sessions and 8 messages; none differs and stays."""
    again = records[records.duplicated(KEY)]
    assert len(again) == REPEATS
    assert again["comm_type"].value_counts().to_dict() == {"Internet": 2_023, "SMS": 8}
    assert records.duplicated([*KEY, "comm_identifier"]).sum() == REPEATS
    assert not events.duplicated(["at", "cell_id", "event_type"]).any()
    kept = {(r.file, r.line) for r in events.itertuples()}
    first = records[~records.duplicated(KEY)]
    place = records.groupby(records["comm_timedate_string"].str[:10]).cumcount() + 2  # below the header
    days = first["comm_timedate_string"].str[:10]
    assert kept == {(f"landing/cdr/{d}.csv", n) for d, n in zip(days, place[first.index], strict=True)}


def test_every_record_is_placed(lake, events):
    assert set(events["country"]) == {"AU"}
    assert events["cell"].notna().all()
    cells = lake.read(CELLS).toPandas()
    assert (len(cells), set(cells["country"]), cells["cell"].isna().sum()) == (187, {"AU"}, 0)
