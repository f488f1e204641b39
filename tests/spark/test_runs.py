"""A night leaves its rows in `runs`, in a lake by path or by URI; what it says on the way is for machines, if asked."""

import hashlib
import json
from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner
from filled import filled

from schemas import BATCHES, BY_NAME, NIGHT_QUALITY, RUNS, VALIDATIONS
from sojourn import run
from sojourn.journal import Journal
from sojourn.lake import Lake, in_pandas
from sojourn.night import STEPS
from sojourn.status import status
from sojourn.trace import trace

DAY = date(2026, 3, 2)
IMSI = "27001000000"


@pytest.fixture
def small(land):
    """A landing day of a few people."""
    land.cells(DAY)
    lines = [f"{IMSI}{who:04},{DAY} {hour:02}:00:00,A" for who in range(5) for hour in (1, 9, 22)]
    land.put(f"cdr/{DAY}/a.csv", "imsi,start,cell\n" + "\n".join(lines) + "\n,,\n")
    land.conf()
    return land


def kept(lake):
    rows = in_pandas(lake.rows(RUNS)).astype(object)
    return rows.where(rows.notna(), None).sort_values("started_at", kind="stable").to_dict("records")


def test_a_night_is_told_line_by_line_and_written_down(spark, small, unjudged, monkeypatch):
    monkeypatch.setenv("SOJOURN_LOG", "json")
    words = ["run", "--conf", str(small.root / "conf.yaml"), "--from", str(DAY), "--to", str(DAY)]
    done = CliRunner().invoke(run.cli, words)
    assert done.exit_code == 0, done.output
    lake = Lake(None, str(small.root / "lake"))  # what it left is read without Spark
    rows = kept(lake)
    assert [r["table"] for r in rows if r["table"] not in ("rejects", "batches")] == list(STEPS)
    built = {r["table"]: r for r in rows if r["outcome"] == "done"}
    assert {name: r["version_after"] for name, r in built.items()} == {
        name: lake.approved(BY_NAME[name]) for name in built
    }
    assert built.keys() >= {"cells", "events", "rejects", "batches", "presence", "country_runs", "trips"}
    assert json.loads(built["presence"]["sources"]) == {"events": built["events"]["version_after"]}
    assert (built["events"]["rows"], built["rejects"]["rows"], built["events"]["units"]) == (15, 1, str(DAY))
    assert {(r["outcome"], r["rows"]) for r in rows if r["table"] not in built} == {("nothing due", None)}
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert {t["run"] for t in told} == {rows[0]["run"]}
    assert {(t["days"], t["table"]) for t in told if t["message"].startswith("presence: ")} == {(str(DAY), "presence")}
    assert IMSI not in str(rows) + done.stderr
    (file,) = trace(lake, "presence", DAY).files.to_dict("records")
    assert file["sha256"] == hashlib.sha256((small.root / "landing" / f"cdr/{DAY}/a.csv").read_bytes()).hexdigest()
    found = status(lake, small.conf(), datetime(2026, 3, 3, tzinfo=UTC), 12)
    assert [h.table for h in found.tables if h.behind] == []
    assert (found.run.failed, found.landed.read, found.landed.rejected) == (False, 16, {"no_subscriber": 1})


def test_a_lake_by_uri_is_written_and_looked_at_by_spark(spark, small, monkeypatch):
    monkeypatch.setattr(Lake, "local", False)
    lake = Lake(spark, str(small.root / "lake"))

    def put(table, unit, rows):
        version = lake.write(table, filled(table, rows), [unit], {})
        lake.approve(filled(VALIDATIONS, []), {table.name: version})

    def build():
        put(NIGHT_QUALITY, DAY, [{"date": DAY}, {"date": DAY}])
        return "1 date", 1

    for _ in range(2):
        with (journal := Journal(lake, "")).kept("build"):
            journal.step([NIGHT_QUALITY], [DAY], build)
    rows = kept(lake)
    assert [(r["table"], r["outcome"], r["rows"], r["units"]) for r in rows] == [
        ("night_quality", "done", 2, str(DAY))
    ] * 2
    assert rows[0]["version_after"] == rows[1]["version_before"]
    assert lake.weight(RUNS)[1] == 1
    found = status(lake, small.conf(), datetime(2026, 3, 3, tzinfo=UTC), 12)
    assert (found.run.run, found.run.failed, found.landed) == (rows[1]["run"], False, None)
    put(BATCHES, DAY, [{"batch": DAY, "file": "a.csv", "rows_read": 7, "rows_accepted": 7}])
    found = status(lake, small.conf(), datetime(2026, 3, 3, tzinfo=UTC), 12)
    assert (found.well, found.landed.read, found.landed.rejected) == (True, 7, {})
    held = {h.table: (h.newest, h.rows, h.files) for h in found.tables}
    assert (held["batches"], held["night_quality"]) == ((DAY, None, 1), (DAY, None, 1))
