"""From a unit of a table back to the files it was made of, by what the runs have noted."""

import json
from datetime import date, timedelta

import pytest
from click.testing import CliRunner
from filled import AT, filled

from schemas import BATCHES, CELLS, EVENTS, PRESENCE, REJECTS, TRIPS, VALIDATIONS
from sojourn.errors import ConfigError
from sojourn.journal import Journal
from sojourn.run import cli
from sojourn.trace import lines, trace

FIRST, SECOND, THIRD = (date(2026, 3, n) for n in (2, 3, 4))


def put(lake, table, rows, **notes):
    made = filled(table, rows)
    units = set(made[table.unit].to_pylist()) if table.unit else None
    version = lake.write(table, made, units, notes)
    lake.approve(filled(VALIDATIONS, []), {table.name: version})
    return version


def landed(lake, day, dates, tag):
    """A landing day whose events are of these dates."""

    def build():
        consumed = {"cells": lake.approved(CELLS)}
        put(lake, EVENTS, [{"batch": day, "date": d} for d in dates], consumed=consumed)
        put(lake, REJECTS, [{"batch": day, "reason": "malformed", "n": 1}])
        put(lake, BATCHES, [{"batch": day, "source": "cdr", "file": f"cdr/{day}.csv", "sha256": tag}])
        return "1 file", 1

    return build


def of(lake, table, source, rows, seen=None):
    """A step that makes rows of the approved version of a source, or of the files of a register."""

    def build():
        notes = {"seen": seen} if seen else {"consumed": {source.name: lake.approved(source)}}
        put(lake, table, rows, **notes)
        return "some", 1

    return build


@pytest.fixture
def nights(lake):
    """Two nights; the second brings late events of the first date, and an antenna. Then the third date alone."""
    antennas = {"a.csv": [10, 1]}
    for day, dates in ((FIRST, [FIRST]), (SECOND, [FIRST, SECOND]), (THIRD, [THIRD])):
        journal = Journal(lake, "c" * 64, run=f"night of {day}")
        with journal.kept("run"):
            if day != THIRD:
                antennas = antennas | {f"{day}.csv": [20, 2]}
                journal.step([CELLS], [day], of(lake, CELLS, None, [{"cell_id": str(day)}], antennas))
            journal.step([EVENTS, REJECTS, BATCHES], [day], landed(lake, day, dates, str(day)))
            signs = [{"date": d, "device": 1} for d in dates]
            journal.step([PRESENCE], [day], of(lake, PRESENCE, EVENTS, signs))
            journal.step([TRIPS], [day], of(lake, TRIPS, PRESENCE, [{"device": 1}]))
    return lake


def runs(made):
    return {(made.table, made.run and made.run["run"])}.union(*map(runs, made.sources))


def test_a_date_leads_to_the_run_that_built_it_and_the_files_of_the_days_that_hold_it(nights):
    found = trace(nights, "presence", FIRST)  # built again in the second night, and not since
    assert runs(found.made) == {(name, "night of 2026-03-03") for name in ("presence", "events", "cells")}
    assert found.exact
    assert list(found.files["sha256"]) == [str(FIRST), str(SECOND)]
    assert list(trace(nights, "presence", SECOND).files["sha256"]) == [str(SECOND)]
    assert runs(trace(nights, "presence", THIRD).made) == {
        ("presence", "night of 2026-03-04"),
        ("events", "night of 2026-03-04"),
        ("cells", "night of 2026-03-03"),  # the register had no news in the third
    }


def test_a_landing_day_leads_to_its_own_files(nights):
    for name in ("events", "rejects", "batches"):
        found = trace(nights, name, SECOND)
        assert (found.exact, list(found.files["file"])) == (True, [f"cdr/{SECOND}.csv"])


def test_what_is_made_of_many_days_leads_to_all_files_up_to_its_run(nights):
    found = trace(nights, "trips", None)
    assert not found.exact
    assert list(found.files["sha256"]) == [str(FIRST), str(SECOND), str(THIRD)]
    assert found.made.version == nights.approved(TRIPS)
    with (journal := Journal(nights, "c", run="later")).kept("build"):
        journal.step([EVENTS, REJECTS, BATCHES], [later := THIRD + timedelta(1)], landed(nights, later, [later], "new"))
    assert list(trace(nights, "trips", None).files["sha256"]) == [str(FIRST), str(SECOND), str(THIRD)]


def test_a_register_leads_to_all_its_files(nights):
    found = trace(nights, "cells", None)
    assert found.made.inputs == {"files": {"a.csv": [10, 1], "2026-03-02.csv": [20, 2], "2026-03-03.csv": [20, 2]}}
    assert found.files.empty


def test_it_is_told_line_by_line(nights):
    said = list(lines(trace(nights, "presence", FIRST)))
    assert [line.split(":")[0] for line in said[:3]] == [
        "presence 2026-03-02 version 2",
        "  events version 2",
        "    cells version 2",
    ]
    assert f"conf {'c' * 12}" in said[0]
    assert "      2026-03-02.csv  20 bytes" in said
    assert said[-1] == "  2026-03-03  2026-03-03  cdr  cdr/2026-03-03.csv  1 bytes, 1 records accepted"


def test_what_no_run_has_noted_is_said(lake):
    put(lake, PRESENCE, [{"date": FIRST}])
    found = trace(lake, "presence", FIRST)
    assert (found.made.run, found.files.empty) == (None, True)
    assert list(lines(found)) == ["presence 2026-03-02 version 1: built by no run on record"]


@pytest.mark.parametrize(
    ("name", "unit", "what"),
    [
        ("presence", date(2026, 5, 1), "has no rows of date 2026-05-01"),
        ("cells", FIRST, "has no units"),
        ("home_locations", None, "is not built"),
        ("runs", None, "tells of the other tables"),
    ],
)
def test_what_cannot_be_traced_is_refused(nights, name, unit, what):
    with pytest.raises(ConfigError, match=what):
        trace(nights, name, unit)


def test_programs_are_told_all_of_it(nights, land):
    land.conf()
    words = ["trace", "presence", "--unit", str(FIRST), "--json", "--conf", str(land.root / "conf.yaml")]
    told = json.loads(CliRunner().invoke(cli, words).stdout)
    assert told["made"]["sources"][0]["sources"][0]["table"] == "cells"
    assert [f["sha256"] for f in told["files"]] == [str(FIRST), str(SECOND)]
    assert told["files"][0]["ingested_at"] == str(AT)
