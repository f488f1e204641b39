"""What a table of another release takes to have the columns of this one: told by its columns alone."""

import pytest
from deltalake import write_deltalake
from filled import filled
from pyspark.sql import types as t

from schemas import CELLS, CROSS_BORDER_FLOWS, RUNS, TRIPS, VALIDATIONS
from sojourn.errors import ConfigError
from sojourn.migration import COLUMNS, changes, compared, release, settle
from sojourn.stamp import REKEYING, stamped


def without(table, *names):
    return t.StructType([f for f in table.schema.fields if f.name not in names])


def retyped(table, name, kind, null=False):
    return t.StructType([t.StructField(f.name, kind, null) if f.name == name else f for f in table.schema.fields])


@pytest.mark.parametrize(
    ("stored", "by", "told"),
    [
        (RUNS.schema, ("month",), "keeps all its versions"),
        (without(RUNS, "params", "error"), ("month",), "gets error, params"),
        (retyped(RUNS, "rows", t.LongType()), ("month",), "rows may be null"),
        (without(RUNS, "code"), ("month",), "is built anew: code cannot be filled"),
        (retyped(RUNS, "rows", t.StringType(), null=True), ("month",), "is built anew: rows cannot be filled"),
        (without(RUNS, "month"), (), "is built anew: partitioned by nothing, not month"),
    ],
)
def test_columns_are_added_or_the_table_is_built_anew(stored, by, told):
    assert compared(RUNS, stored, by).told == told


def test_a_table_of_a_newer_release_is_left_alone():
    newer = t.StructType([*RUNS.schema.fields, t.StructField("mood", t.StringType())])
    with pytest.raises(ConfigError, match="does not know: mood"):
        compared(RUNS, newer, ("month",))


def test_a_lake_of_this_release_is_looked_at_once(lake, monkeypatch):
    lake.write(TRIPS, filled(TRIPS, [{"device": 1}]), None, {})
    lake.remember({"key": "k"})
    settle(lake)
    assert lake.facts() == {"key": "k", COLUMNS: release()}
    monkeypatch.setattr("sojourn.migration.changes", lambda _: pytest.fail("looked again"))
    settle(lake)


def test_what_must_be_built_anew_is_refused_by_every_run(lake):
    old = filled(TRIPS, [{"device": 1}]).drop_columns(["month"])
    write_deltalake(lake.path(TRIPS), old)
    lake.approve(filled(VALIDATIONS, []), {TRIPS.name: 0})
    assert [c.table for c in changes(lake)] == [TRIPS]
    with pytest.raises(ConfigError, match="trips of another release") as refused:
        settle(lake)
    assert (refused.value.exit_code, COLUMNS in lake.facts()) == (2, False)


def test_to_who_builds_it_anew_a_table_is_not_there_until_it_is_approved(lake):
    lake.approve(filled(VALIDATIONS, []), {CELLS.name: lake.write(CELLS, filled(CELLS, [{"cell_id": "a"}]), None, {})})
    lake.anew = {CELLS.name}
    assert (lake.rows(CELLS).num_rows, lake.consumed(CELLS)) == (0, {})
    lake.note(CELLS, {"made": "anew"})
    assert (lake.anew, lake.rows(CELLS).num_rows, lake.consumed(CELLS)) == (set(), 0, {"made": "anew"})


def test_published_months_keep_their_versions():
    assert CROSS_BORDER_FLOWS.trail and not TRIPS.trail and not RUNS.trail


def test_while_the_key_changes_nothing_else_is_done(lake):
    lake.remember({"key": "k", REKEYING: {"to": "l", "of": "m"}})
    with pytest.raises(ConfigError, match="is being changed"):
        stamped(lake, None)
