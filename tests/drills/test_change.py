"""What changes in a lake's life: releases, parameters, the resolution, the key, and figures that were published."""

import json
import shutil
from dataclasses import asdict
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest
from deltalake import DeltaTable, write_deltalake
from filled import filled
from pyspark.sql import functions as F

from jobs import trips
from schemas import CROSS_BORDER_FLOWS, EVENTS, HOME_LOCATIONS, PRESENCE, RUNS, TABLES, TRIPS, VALIDATIONS
from sojourn import upkeep
from sojourn.audit import Audit
from sojourn.cells import resolution_of
from sojourn.check import Verdict
from sojourn.errors import ConfigError, DataError
from sojourn.lake import Lake
from sojourn.migration import COLUMNS, migrate, planned
from sojourn.night import Night
from sojourn.pseudonym import key_id, pseudonym
from sojourn.rekey import Keys, rekey
from sojourn.trace import lines, trace
from tests.conftest import KEY, Land
from tests.four_days import differing

DAYS = [date(2026, 3, 27) + timedelta(n) for n in range(7)]  # March closes with the first of April
MARCH = date(2026, 3, 1)
NEW = "another-key-for-tests-only-0123456789-abcdef"
WHO = [f"2700100000{n:05}" for n in range(20)]
NUMBERS = [f"352621{n:06}" for n in range(20)]
OUT = WHO[-1]
KEYS = Keys(KEY.encode(), NEW.encode())
EVERYBODY = [*WHO, *NUMBERS]
PEOPLE = [t for t in TABLES if "device" in t.names]


def abroad(day, who):
    return "".join(f"{imsi},{day} {9 + n % 9:02}:00:00,20801\n" for n, imsi in enumerate(who))


@pytest.fixture(scope="module")
def land(tmp_path_factory):
    """A week of twenty people who sleep at home and go to France on two days; one of them has opted out."""
    land = Land(tmp_path_factory.mktemp("change"))
    register = {"path": "landing/subscribers.csv", "format": "csv", "options": {"header": True}}
    columns = {"imsi": "imsi", "msisdn": "msisdn", "opt_out": "cast(out as boolean)"}
    land.page["sources"]["subscribers"] = [register | {"columns": columns}]
    land.page |= {"late_days": 1}
    land.put(
        "subscribers.csv",
        "imsi,msisdn,out\n" + "".join(f"{i},{n},{i == OUT}\n" for i, n in zip(WHO, NUMBERS, strict=True)),
    )
    land.cells(DAYS[0], "A,49.6117,6.1319", "B,49.50,5.95")
    for n, day in enumerate(DAYS):
        home = [f"{imsi},{day} {hour:02}:{m:02}:00,{'AB'[m % 2]}\n" for hour in (1, 22) for m, imsi in enumerate(WHO)]
        land.put(f"cdr/{day}/a.csv", "imsi,start,cell\n" + "".join(home))
        land.put(f"roaming/{day}/r.csv", "imsi,time,vplmn\n" + (abroad(day, WHO) if n in (1, 5) else ""))
    return land


def on(land, spark, lake, key=KEY, **page):
    """A session's work on a lake of this land; what is said of the page holds for this time."""
    before = dict(land.page)
    land.page |= {"lake": lake, "key": key} | {k: v for k, v in page.items() if k != "migrating"}
    try:
        return Night(spark, land.conf(), page.get("migrating", False))
    finally:
        land.page = before


@pytest.fixture(scope="module")
def built(land, spark):
    """A lake to take copies of: the week but for its last day."""
    night = on(land, spark, "built")
    with night.journal.kept("run"):
        night.run(DAYS[:6])

    def copy(name):
        shutil.copytree(land.root / "built", land.root / name)
        return Lake(spark, str(land.root / name))

    return copy


@pytest.fixture(scope="module")
def renewed(land, spark):
    """The same week in a lake that had the new key from the beginning."""
    on(land, spark, "renewed", NEW).run(DAYS[:6])
    return Lake(spark, str(land.root / "renewed"))


def rows(lake, tables=PEOPLE):
    return {t.name: sorted(map(str, lake.read(t).select(t.names).collect())) for t in tables}


def versions(lake):
    return {t.name: (lake._versions(t), lake.approved(t)) for t in TABLES if lake.exists(t)}


def of_another_release(lake):
    """`trips` without months, as a release before had it, and `runs` without the last of their columns."""
    for table, missing in ((TRIPS, "month"), (RUNS, "params")):
        held = lake.rows(table).drop_columns([missing])
        shutil.rmtree(lake.path(table))
        write_deltalake(lake.path(table), held, partition_by=["month"] if table is RUNS else None)
        lake._commits, lake._approved = {}, {}
    lake.approve(filled(VALIDATIONS, []), {TRIPS.name: 0})
    lake.remember({name: fact for name, fact in lake.facts().items() if name != COLUMNS})


def test_a_lake_of_another_release_is_refused_and_migrated_to_the_same_rows(land, spark, built, monkeypatch):
    whole = rows(built("upgraded"))
    of_another_release(Lake(spark, str(land.root / "upgraded")))
    before = versions(Lake(spark, str(land.root / "upgraded")))
    with pytest.raises(ConfigError, match="trips of another release must be built anew") as refused:
        on(land, spark, "upgraded")
    assert (refused.value.exit_code, "sojourn migrate" in str(refused.value.hint)) == (2, True)
    night = on(land, spark, "upgraded", migrating=True)
    plan = planned(night)
    assert {c.table.name: c.told for c in plan.changes if c.anew or c.added} == {
        "trips": "is built anew: partitioned by nothing, not month",
        "runs": "gets params",
    }
    assert versions(Lake(spark, night.lake.root)) == before, "it only looked"

    def fails(_, table, units, __):
        return [Verdict(table.name, units[0], "all is well", False, 1.0, "critical")]

    with monkeypatch.context() as patch, pytest.raises(DataError):
        patch.setattr(Audit, "verdicts", fails)
        list(migrate(night, plan))
    old = Lake(spark, night.lake.root)
    assert old.rows(TRIPS).num_rows == len(whole["trips"]), "the last good version stays"
    night = on(land, spark, "upgraded", migrating=True)
    with night.journal.kept("migrate"):
        assert dict(migrate(night, planned(night)))["trips"]
    assert rows(on(land, spark, "upgraded").lake) == whole
    assert DeltaTable(old.path(TRIPS)).metadata().partition_columns == ["month"]
    params = on(land, spark, "upgraded").lake.rows(RUNS).to_pandas()
    assert params[params["command"] == "run"]["params"].isna().all()
    made = params[(params["command"] == "migrate") & (params["table"] == "trips")]
    assert json.loads(made["params"].item()) == asdict(trips.Params())


def test_what_has_expired_cannot_be_built_anew(land, spark, built):
    lake = built("expired")
    upkeep.expire(lake, PRESENCE, DAYS[2])
    night = on(land, spark, "expired")
    before = versions(night.lake)
    for name, why in (("home_locations", "oldest rows of presence have expired"), ("events", "made of landing files")):
        with pytest.raises(ConfigError, match=why):
            planned(night, [name])
    assert versions(Lake(spark, lake.root)) == before


def test_other_parameters_make_the_past_anew(land, spark, built):
    built("parameters")
    tables = {"home_locations": {"window_days": 3, "min_nights": 2}}
    night = on(land, spark, "parameters", tables=tables)
    with night.journal.kept("migrate"):
        assert dict(migrate(night, planned(night, ["home_locations"])))["home_locations"] == "1 months"
    fresh = on(land, spark, "fresh", tables=tables)
    fresh.run(DAYS[:6], ("cells", "subscribers", "events", "presence", "home_locations"))
    assert rows(night.lake, [HOME_LOCATIONS]) == rows(fresh.lake, [HOME_LOCATIONS])
    assert '"window_days": 3' in trace(night.lake, "home_locations", MARCH).made.run["params"]
    assert "window_days" in "\n".join(lines(trace(night.lake, "home_locations", MARCH)))


def test_another_resolution_is_another_lake(land, spark, built):
    built("coarse")
    with pytest.raises(ConfigError, match="another resolution"):
        on(land, spark, "coarse", resolution=7)
    night = on(land, spark, "resolution7", resolution=7)
    night.run(DAYS[:1], ("cells", "subscribers", "events", "presence"))
    cells = night.lake.rows(PRESENCE)["cell"].drop_null().unique().to_pylist()
    assert cells and set(resolution_of(cells)) == {7}


def held(lake):
    """All pseudonyms in all files of a lake."""
    files = [f for f in (lake.root_path / "restricted").rglob("*.parquet") if "_delta_log" not in f.parts]
    tables = [pa_parquet.read_table(f, partitioning=None) for f in files]
    return {d for t in tables for c in ("device", "alias") if c in t.column_names for d in t[c].to_pylist()}


def test_under_another_key_the_rows_are_those_of_a_lake_that_always_had_it(land, spark, built, renewed, monkeypatch):
    lake = built("rekeyed")
    lake.root_path = land.root / "rekeyed"
    with pytest.raises(ConfigError, match="opted out"):
        list(rekey(lake, KEYS, WHO[:-1]))
    with pytest.raises(ConfigError, match="SOJOURN_OLD_KEY"):
        list(rekey(lake, Keys(b"no" * 20, NEW.encode()), EVERYBODY))
    on(land, spark, "rekeyed")  # nothing was begun

    def cut_off(table, _):
        if table is PRESENCE:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(lake, "vacuum", cut_off)
        list(rekey(lake, KEYS, EVERYBODY))
    for key in (KEY, NEW):
        with pytest.raises(ConfigError, match="is being changed"):
            on(land, spark, "rekeyed", key)
    again = Lake(spark, lake.root)
    with pytest.raises(ConfigError, match="list or --since"):
        list(rekey(again, KEYS, EVERYBODY[1:]))
    assert {name for name, *_ in rekey(again, KEYS, EVERYBODY)} == {t.name for t in PEOPLE if again.exists(t)}
    assert list(rekey(again, KEYS, EVERYBODY)) == [], "it is over"
    assert differing(rows(Lake(spark, lake.root)), rows(Lake(spark, renewed.root))) == {}
    assert set(again.rows(EVENTS)["key_id"].to_pylist()) == {key_id(NEW.encode())}
    old = {pseudonym(KEY.encode(), s) for s in EVERYBODY}
    assert held(lake) and not held(lake) & old
    stats = [a["add"] for t in PEOPLE for a in again._actions(t, again.approved(t) or 0) if "add" in a]
    assert stats and not any("device" in (add.get("stats") or "") for add in stats)
    with pytest.raises(ConfigError, match="another key"):
        on(land, spark, "rekeyed")

    told = []
    on(land, spark, "rekeyed", NEW).run(DAYS[6:], (), lambda name, done: told.append((name, done)))
    assert dict(told)["presence"] == ("1 dates", 1), "nothing old is built anew"
    on(land, spark, "renewed", NEW).run(DAYS[6:])
    assert differing(rows(Lake(spark, lake.root)), rows(Lake(spark, renewed.root))) == {}


def test_who_is_not_listed_and_what_is_older_can_be_joined_to_nothing_later(land, spark, built):
    lake, since = built("cut"), DAYS[4]
    before = rows(lake)
    listed = [*WHO[:10], OUT, NUMBERS[-1]]
    list(rekey(lake, KEYS, listed, since))
    lake = Lake(spark, lake.root)
    assert {name: len(some) for name, some in rows(lake).items()} == {name: len(r) for name, r in before.items()}
    presence = lake.read(PRESENCE).select("date", "device").toPandas()
    old, new = presence[presence["date"] < since], presence[presence["date"] >= since]
    mine = {pseudonym(NEW.encode(), s) for s in WHO[:10]}
    assert not set(old["device"]) & {pseudonym(k.encode(), s) for k in (KEY, NEW) for s in EVERYBODY}
    assert mine <= set(new["device"])
    assert (old["device"].nunique(), new["device"].nunique()) == (19, 19), "still one for each"
    assert set(old["device"]) & set(new["device"]) == set(new["device"]) - mine, "who is not listed stays one"
    events = lake.read(EVENTS).where(F.col("country").isNotNull()).select("date", "device").distinct().toPandas()
    assert set(map(tuple, events.to_numpy())) == set(map(tuple, presence.to_numpy()))


def test_a_published_month_that_is_corrected_shows_what_was_before(land, spark, built, monkeypatch):
    lake = built("revised")
    first = lake.rows(CROSS_BORDER_FLOWS).to_pylist()
    assert [(r["month"], r["to_country"]) for r in first] == [(MARCH, "FR")]
    file = land.put(f"roaming/{DAYS[1]}/more.csv", "imsi,time,vplmn\n" + abroad(DAYS[1], WHO[:1] * 40))
    try:
        night = on(land, spark, "revised")
        with night.journal.kept("run"):
            night.run(DAYS[1:2])
        land.put(f"roaming/{DAYS[1]}/r.csv", "imsi,time,vplmn\n" + abroad(DAYS[1], WHO[:17]))
        night = on(land, spark, "revised")
        with night.journal.kept("run"):
            night.run(DAYS[1:2])
    finally:
        file.unlink()
        land.put(f"roaming/{DAYS[1]}/r.csv", "imsi,time,vplmn\n" + abroad(DAYS[1], WHO))
    monkeypatch.setattr(upkeep, "WEEK_H", 0)
    assert [k.table for k in upkeep.upkeep(on(land, spark, "revised"))]
    found = trace(Lake(None, lake.root), "cross_border_flows", MARCH)
    assert [(r.number, r.changed) for r in found.revisions] == [(0, None), (1, 0), (2, 1)]
    assert any(f"landing days {DAYS[1]} taken in" in why for why in found.revisions[2].why)
    then = DeltaTable(lake.path(CROSS_BORDER_FLOWS), version=found.revisions[0].version)
    assert pa.table(then.to_pyarrow_table()).to_pylist() == first
    now = Lake(None, lake.root).rows(CROSS_BORDER_FLOWS).to_pylist()
    assert now != first
    assert "1 changed" in "\n".join(lines(found))
