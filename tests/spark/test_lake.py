"""What fits in memory: the same by way of delta-rs (a path) as by way of Spark (a URI)."""

import json
import shutil
from datetime import date

import pandas as pd
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable
from deltalake.fs import DeltaStorageHandler

from schemas import EVENTS, NIGHT_QUALITY, VALIDATIONS
from sojourn.errors import SojournError
from sojourn.lake import Lake, at_hand, in_pandas

DAYS = [date(2026, 3, n) for n in (1, 2, 3)]
NONE = pd.DataFrame(columns=VALIDATIONS.names)


def page(**rows_of):
    """Rows of `night_quality`: of each table a number of rows by day."""
    told = [
        (DAYS[day], name, n, None, None, 0, None, "A")
        for name, days in rows_of.items()
        for day, n in enumerate(days)
        if n is not None
    ]
    return at_hand(NIGHT_QUALITY, pd.DataFrame(told, columns=NIGHT_QUALITY.given))


def seen(rows):
    return {(r["date"], r["table"]): r["rows"] for r in rows.to_pylist()}


@pytest.fixture(params=["path", "uri"])
def lake(spark, tmp_path, request, monkeypatch):
    monkeypatch.setattr(Lake, "local", request.param == "path")
    return Lake(spark, str(tmp_path))


def put(lake, rows, units, **notes):
    version = lake.write(NIGHT_QUALITY, rows, units, notes)
    lake.approve(at_hand(VALIDATIONS, NONE), {NIGHT_QUALITY.name: version})
    return version


def test_a_table_is_the_same_whoever_creates_it(spark, tmp_path, monkeypatch):
    """Columns, meanings, what may be null, properties, protocol."""
    made = {}
    for way in (True, False):
        monkeypatch.setattr(Lake, "local", way)
        lake = Lake(spark, str(tmp_path / str(way)))
        lake.ready(EVENTS)
        actions = {name: what for action in lake._actions(EVENTS, 0) for name, what in action.items()}
        about = {k: v for k, v in actions["metaData"].items() if k not in ("id", "createdTime") and v is not None}
        about["schemaString"] = json.loads(about["schemaString"])
        made[way] = about, {k: v for k, v in actions["protocol"].items() if v}
    assert made[True] == made[False]


def test_rows_at_hand_are_written_read_replaced_and_compared(lake):
    assert (lake.units(NIGHT_QUALITY), lake.rows(NIGHT_QUALITY).num_rows) == (set(), 0)
    first = put(lake, page(events=[7, 8, 9], trips=[1, None, 3]), DAYS, made="first")
    assert lake.units(NIGHT_QUALITY) == set(DAYS)
    day = pc.field("date") == DAYS[2]
    assert seen(lake.rows(NIGHT_QUALITY, day)) == {(DAYS[2], "events"): 9, (DAYS[2], "trips"): 3}
    put(lake, page(events=[None, 8, 5]), DAYS[1:], made="second")
    now = {(DAYS[0], "events"): 7, (DAYS[0], "trips"): 1, (DAYS[1], "events"): 8, (DAYS[2], "events"): 5}
    assert seen(lake.rows(NIGHT_QUALITY)) == now
    assert seen(lake.read(NIGHT_QUALITY).toArrow()) == now
    assert lake.consumed(NIGHT_QUALITY) == {"made": "second"}
    assert lake.dirty(NIGHT_QUALITY, first) == set(DAYS[1:])
    assert seen(lake.rows(NIGHT_QUALITY, version=first))[DAYS[2], "trips"] == 3
    other = lake.difference(NIGHT_QUALITY, first, ["date", "table", "rows"])
    assert sorted(other["rows"]) == [3, 5, 9]
    assert len(lake.difference(NIGHT_QUALITY, None, ["date", "table"])) == 4


def test_threads_of_arrow_do_not_come_into_python(spark, tmp_path, monkeypatch):
    """One that does while the interpreter ends aborts the process: `terminate called without an active exception`."""
    lake = Lake(spark, str(tmp_path))
    put(lake, page(events=[7]), DAYS[:1])

    def opened(*given):
        raise AssertionError("a file is opened by way of Python")

    monkeypatch.setattr(DeltaStorageHandler, "open_input_file", opened)
    with pytest.raises(AssertionError, match="by way of Python"):
        DeltaTable(lake.path(NIGHT_QUALITY)).to_pyarrow_table()
    assert seen(lake.rows(NIGHT_QUALITY)) == {(DAYS[0], "events"): 7}
    assert seen(lake.read(NIGHT_QUALITY).toArrow()) == {(DAYS[0], "events"): 7}


def test_what_is_not_approved_is_not_read_and_put_back(lake):
    put(lake, page(events=[7, None, None]), DAYS[:1])
    lake.write(NIGHT_QUALITY, page(events=[99, None, None]), DAYS[:1], {})
    assert seen(lake.rows(NIGHT_QUALITY)) == {(DAYS[0], "events"): 7}
    put(lake, page(trips=[None, 2, None]), DAYS[1:2])
    assert seen(lake.rows(NIGHT_QUALITY)) == {(DAYS[0], "events"): 7, (DAYS[1], "trips"): 2}


@pytest.mark.parametrize("times", [1, 4])
def test_who_has_seen_a_table_sees_it_anew_where_its_folder_was_removed(spark, lake, tmp_path, times):
    """Though it is built in as many commits as before: a version has its number once."""
    for n in range(times):
        before = put(lake, page(events=[n, 2]), DAYS[:2])
    shutil.rmtree(lake.path(NIGHT_QUALITY))
    lake = Lake(spark, str(tmp_path))
    assert lake.dirty(NIGHT_QUALITY, before) == set()
    for _ in range(times):
        put(lake, page(events=[5, 6]), DAYS[:2])
        assert lake.dirty(NIGHT_QUALITY, before) == set(DAYS[:2])
    assert seen(lake.rows(NIGHT_QUALITY)) == {(DAYS[0], "events"): 5, (DAYS[1], "events"): 6}
    assert lake.read(NIGHT_QUALITY).count() == 2
    assert seen(DeltaTable(lake.path(NIGHT_QUALITY)).to_pyarrow_table()) == seen(lake.rows(NIGHT_QUALITY))


def test_a_table_without_units_is_replaced_as_a_whole(lake):
    put(lake, page(events=[7, 8, 9]), DAYS)
    put(lake, page(trips=[1, None, None]), None)
    assert seen(lake.rows(NIGHT_QUALITY)) == {(DAYS[0], "trips"): 1}


def test_checkpoints_bound_the_log_that_is_read(spark, tmp_path):
    lake = Lake(spark, str(tmp_path))
    for n in range(12):
        put(lake, page(events=[n, None, None]), DAYS[:1])
    assert list((tmp_path / "published/night_quality/_delta_log").glob("*.checkpoint.parquet"))
    assert seen(lake.read(NIGHT_QUALITY).toArrow()) == {(DAYS[0], "events"): 11}
    assert DeltaTable(tmp_path / "published/night_quality").protocol().min_reader_version == 1


def test_a_value_that_must_be_there_is_named_by_its_column_alone():
    rows = in_pandas(page(events=[7, None, None])).assign(table=None, obs_status="a-secret")
    with pytest.raises(SojournError) as refused:
        at_hand(NIGHT_QUALITY, rows)
    assert str(refused.value).startswith("night_quality") and "table" in str(refused.value)
    assert "a-secret" not in str(refused.value)


def test_a_table_can_note_what_it_has_seen_while_its_rows_stay(lake):
    first = put(lake, page(events=[7, 8, 9]), DAYS, made="first")
    lake.note(NIGHT_QUALITY, {"made": "looked at again"})
    assert lake.approved(NIGHT_QUALITY) == first + 1
    again = Lake(lake.spark, lake.root)  # another process knows it from the log
    assert again.approved(NIGHT_QUALITY) == first + 1
    assert again.consumed(NIGHT_QUALITY) == {"made": "looked at again"}
    assert (again.rows(NIGHT_QUALITY).num_rows, again.dirty(NIGHT_QUALITY, first)) == (3, set())


def test_which_units_only_got_more_rows_and_in_which_parts(spark, tmp_path):
    lake = Lake(spark, str(tmp_path))

    def events(*places):
        one = dict.fromkeys(EVENTS.names) | {"device": 1, "hour": 1, "event_type": "call", "key_id": "k", "file": "f"}
        told = [{"date": d, "batch": b, "at": pd.Timestamp(d, tz="UTC"), "line": n} for n, (d, b) in enumerate(places)]
        rows = [one | row for row in told]
        made = lake.write(EVENTS, at_hand(EVENTS, pd.DataFrame(rows)), sorted({b for _, b in places}), {})
        lake.approve(at_hand(VALIDATIONS, NONE), {EVENTS.name: made})
        return made

    one, two, three = DAYS
    first = events((one, one), (two, one))
    second = events((one, two), (two, two))
    assert lake.grown(EVENTS, first, "date", "batch") == {one: {two}, two: {two}}
    events((one, two), (three, two))  # the second landing day again: other events of its dates
    assert lake.grown(EVENTS, second, "date", "batch") == {three: {two}}
    assert lake.grown(EVENTS, first, "date", "batch") == {three: {two}}
    assert lake.grown(EVENTS, None, "date", "batch") == {}
