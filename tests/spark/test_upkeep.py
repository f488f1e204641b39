"""What expires and who is forgotten is gone for good, and nothing else changes because of it."""

import random
from datetime import date, timedelta

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest
from pyspark.sql import functions as F

from schemas import EVENTS, PRESENCE, TABLES, VALIDATIONS
from sojourn.errors import ConfigError
from sojourn.lake import at_hand
from sojourn.pseudonym import pseudonym
from sojourn.steps import LONG_AGO
from sojourn.upkeep import expire, forget, read_subscribers, refuse, upkeep
from tests.conftest import KEY, Land

DAYS = [date(2026, 3, 2) + timedelta(n) for n in range(7)]
ONLY = ("cells", "events", "presence", "country_runs", "country_since", "border_crossings", "trips")
TIMES = ("at", "ingested_at")
GONE = "270010000000003"


@pytest.fixture(scope="module")
def land(tmp_path_factory):
    """Seven landing days of eight people with late records; a record may be a day late."""
    land, rng = Land(tmp_path_factory.mktemp("upkeep")), random.Random(2)
    land.page |= {"late_days": 1, "retention_days": {"events": 3}}
    land.page["sources"]["roaming"][0]["late_days"] = 1
    land.cells(DAYS[0])
    for day in DAYS:
        lines = [
            f"27001000000000{n},{day - timedelta(rng.randrange(2))} {rng.randrange(24):02}:00:00,A" for n in range(8)
        ]
        land.put(f"cdr/{day}/a.csv", "imsi,start,cell\n" + "\n".join(lines) + "\n")
        land.put(f"roaming/{day}/r.csv", f"imsi,time,vplmn\n{GONE},{day} 12:00:00,20801\n")
    return land


def night_on(land, spark, lake):
    land.page["lake"] = lake
    return land.night(spark)


def rows(night, since=LONG_AGO):
    """Of events and presence those of dates from `since` on."""
    out = {}
    for table in (t for t in TABLES if t.name in ONLY):
        names = [n for n in table.names if n not in TIMES or table is EVENTS]
        found = night.lake.read(table).select(names)
        if table in (EVENTS, PRESENCE):
            found = found.where(F.col("date") >= since)
        out[table.name] = sorted(map(str, found.collect()))
    return out


def test_nights_after_an_expiry_leave_what_they_would_have_left(land, spark):
    undisturbed = night_on(land, spark, "undisturbed")
    undisturbed.run(DAYS, ONLY)
    night_on(land, spark, "kept").run(DAYS[:6], ONLY)
    before = rows(night_on(land, spark, "kept"))
    tried = {k.table: k.expired for k in upkeep(night_on(land, spark, "kept"), try_only=True)}
    assert tried["events"] == 3, "the day before the first, and two more"
    assert rows(night_on(land, spark, "kept")) == before
    assert {k.table: k.expired for k in upkeep(night_on(land, spark, "kept"))} == tried
    assert {k.table: k.expired for k in upkeep(night_on(land, spark, "kept"))} == dict.fromkeys(tried, 0)
    expire(night_on(land, spark, "kept").lake, PRESENCE, DAYS[2])

    night = night_on(land, spark, "kept")
    assert min(night.lake.units(EVENTS, "date")) == DAYS[2]
    told = []
    night.run(DAYS[6:], ONLY, lambda name, done: told.append((name, done)))
    assert dict(told)["presence"] == ("2 dates", 2), "nothing old is built anew"
    whole = rows(undisturbed, DAYS[2])
    assert rows(night_on(land, spark, "kept")) == whole
    with pytest.raises(ConfigError, match="have expired"):
        night_on(land, spark, "kept").run(DAYS[3:4], ONLY)
    assert rows(night_on(land, spark, "kept")) == whole


def test_who_is_forgotten_is_in_no_file_and_everybody_else_stays(land, spark):
    night_on(land, spark, "forgetful").run(DAYS[:3], ONLY)
    before, device = rows(night_on(land, spark, "forgetful")), pseudonym(KEY.encode(), GONE)
    of_a_killed_night = land.root / "forgetful/restricted/events/part-0.parquet"
    pa_parquet.write_table(pa.table({"device": [device]}), of_a_killed_night)
    removed = dict(forget(night_on(land, spark, "forgetful"), read_subscribers([GONE, "\n"]), now=True))
    assert removed["events"] >= 3 and removed["trips"] >= 1
    after = rows(night_on(land, spark, "forgetful"))
    assert after == {name: [r for r in some if str(device) not in r] for name, some in before.items()}
    files = list((land.root / "forgetful/restricted").rglob("*.parquet"))
    held = [pa_parquet.read_table(f, partitioning=None) for f in files if "_delta_log" not in f.parts]
    assert len(held) > 6
    assert not any(device in t["device"].to_pylist() for t in held if "device" in t.column_names)
    told = []
    night_on(land, spark, "forgetful").run(DAYS[3:4], ONLY, lambda name, done: told.append((name, done)))
    assert dict(told)["country_runs"] == ("2 dates", 2), "nothing old is built anew"


def test_rows_whose_small_files_are_gone_are_read_and_put_back(land, spark):
    """OPTIMIZE is not approved: what is must be found in the files that it made, when the others have been deleted."""
    night_on(land, spark, "small").run(DAYS[:3], ONLY)
    lake = night_on(land, spark, "small").lake
    dates, known = lake.units(PRESENCE), lake.consumed(PRESENCE)
    none = at_hand(VALIDATIONS, pd.DataFrame(columns=VALIDATIONS.names))
    lake.approve(none, {PRESENCE.name: lake.write(PRESENCE, lake.read(PRESENCE).repartition(40), dates, known)})
    whole = rows(night_on(land, spark, "small"))["presence"]
    assert lake.crowded(PRESENCE, "date", 1)
    assert lake.compact(PRESENCE) > len(dates)
    lake.vacuum(PRESENCE, 0)
    assert not lake.crowded(PRESENCE, "date", 1), "once is enough"
    assert lake.rows(PRESENCE).num_rows == len(whole)
    lake.write(PRESENCE, lake.read(PRESENCE).limit(1), dates, {})  # and the night is killed
    assert rows(night_on(land, spark, "small"))["presence"] == whole
    night_on(land, spark, "small").lake.put_back(PRESENCE)
    assert rows(night_on(land, spark, "small"))["presence"] == whole


def test_what_later_nights_look_back_on_is_kept(land, spark):
    page = land.page["retention_days"]
    for wrong, why in (
        ({"events": 2}, "look back on 3 days"),
        ({"batches": 900}, "kept whole"),
        ({"presence": 9}, "look"),
    ):
        land.page["retention_days"] = wrong
        with pytest.raises(ConfigError, match=why):
            refuse(night_on(land, spark, "undisturbed"))
    land.page["retention_days"] = page


@pytest.mark.parametrize("lines", [["27001"], ["a name"], [GONE, "270010000000004x"], []])
def test_a_line_that_names_nobody_is_told_by_its_number(lines):
    with pytest.raises(ConfigError) as told:
        read_subscribers(lines)
    assert not any(line in str(told.value) for line in lines)


def test_an_imsi_may_begin_like_a_number_that_is_dialled():
    assert set(read_subscribers(["001010123456789"])) == {"001010123456789", "1010123456789"}
    assert read_subscribers([GONE, "+352 621 000 001"]) == [GONE, "352621000001"]
