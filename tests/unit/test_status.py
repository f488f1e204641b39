"""What `sojourn status` says of a lake in every state, without Spark; and how it ends."""

import io
import json
import re
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from click.testing import CliRunner
from filled import AT, filled
from rich.console import Console

from schemas import BATCHES, BY_NAME, HOME_LOCATIONS, NIGHT_QUALITY, PRESENCE, REJECTS, RUNS, VALIDATIONS
from sojourn import clock, shown
from sojourn.run import cli
from sojourn.status import status

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 9)
DAYS = clock.days(FIRST, LAST)
NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)  # in Luxembourg: 12 hours after the landing day was over
MONTH = date(2026, 3, 1)


def put(lake, table, rows, notes=None, verdicts=()):
    """Rows of a table, approved, with verdicts on it: (day, sentence, success, severity)."""
    made = filled(table, rows)
    units = set(made[table.unit].to_pylist()) if table.unit else None
    version = lake.write(table, made, units, notes or {})
    told = [(table.name, day, what, good, 0.5, severity, AT) for day, what, good, severity in verdicts]
    lake.approve(filled(VALIDATIONS, told), {table.name: version})
    return version


def ran(lake, *steps, run="r1", began=AT, command="run"):
    """Steps of a run: (table, outcome, exit_code)."""
    rows = []
    for n, (table, outcome, code) in enumerate(steps):
        at = began + timedelta(minutes=n)
        facts = {"run": run, "command": command, "landed_from": LAST, "landed_to": LAST, "table": table}
        facts |= {"started_at": at, "ended_at": at + timedelta(minutes=1), "outcome": outcome, "exit_code": code}
        rows.append({"month": MONTH} | facts)
    lake.write(RUNS, pa.concat_tables([lake.rows(RUNS).cast(filled(RUNS, []).schema), filled(RUNS, rows)]), [MONTH], {})


def batch(day, read=1000, accepted=990, source="cdr"):
    file = (f"{source}/{day}.csv", 9, "ab", AT, read, accepted, read - accepted, 0, 0, 0, AT)
    return (day, source, *file)


def built(lake, rejected=0.01, looked=LAST, **quality):
    """Nine landing days in order, of which all is up to date."""
    put(lake, BATCHES, [batch(day) for day in DAYS])
    rejects = [{"batch": LAST, "source": "cdr", "file": "f", "reason": r, "n": n} for r, n in REASONS.items()]
    put(lake, REJECTS, rejects)
    people = [{"date": day, "device": 1, "country": "LU", "cell": 1, "hours": 1, "n_events": 1} for day in DAYS]
    put(lake, PRESENCE, people)
    homes = {"month": date(2026, 3, 1), "device": 1, "nights": 1, "observed_nights": 1, "status": "home"}
    put(lake, HOME_LOCATIONS, [homes | {"provisional": True}], {"newest": str(looked)})
    shares = dict.fromkeys(DAYS, 0.01) | {LAST: rejected}
    rows = [(day, "batches", 9, share, None, 0, None, "A") for day, share in shares.items()]
    put(lake, NIGHT_QUALITY, rows)


REASONS = {"malformed": 3, "too_late": 7}
ALL_WELL = (("events", "done", None), ("presence", "done", None), ("cells", "nothing due", None))


@pytest.fixture
def conf(land):
    return land.conf()


def alarms(found):
    return [t.what for t in found.todo if t.alarm]


def test_an_empty_lake_says_how_to_begin(lake, conf):
    found = status(lake, conf, NOON, 12)
    assert (found.run, found.landed, found.tables, found.unusual) == (None, None, [], [])
    assert len(found.todo) == 1
    assert "sojourn run --from DAY" in found.todo[0].what
    assert not found.well


def test_a_lake_on_which_all_went_well_asks_for_nothing(lake, conf):
    built(lake)
    ran(lake, *ALL_WELL)
    found = status(lake, conf, NOON, 12)
    assert (found.todo, found.unusual, found.well) == ([], [], True)
    assert (found.run.failed, found.run.landed_from, found.run.landed_to) == (False, LAST, LAST)
    assert (found.run.started_at, found.run.ended_at) == (
        AT.replace(tzinfo=UTC),
        AT.replace(tzinfo=UTC) + timedelta(minutes=3),
    )
    x = found.landed
    assert (x.day, x.files, x.read, x.accepted, x.rejected) == (LAST, 1, 1000, 990, {"too_late": 7, "malformed": 3})
    held = {h.table: h for h in found.tables}
    assert (held["presence"].newest, held["presence"].rows, held["presence"].files) == (LAST, 9, 9)
    assert held["presence"].bytes > 9 * 500
    assert (held["home_locations"].newest, held["home_locations"].behind) == (date(2026, 3, 1), "")


def test_a_landing_day_is_late_so_many_hours_after_it_was_over_at_home(lake, conf):
    built(lake)
    ran(lake, *ALL_WELL)
    over = datetime(2026, 3, 10, 23, 0, tzinfo=UTC)  # midnight in Luxembourg: the 10th is over
    before = over + timedelta(hours=12, minutes=-1)
    assert alarms(status(lake, conf, before, 12)) == []
    late = status(lake, conf, before + timedelta(minutes=1), 12)
    assert [w for w in alarms(late) if "sojourn run --from 2026-03-10 --to 2026-03-10" in w] == alarms(late) != []
    assert alarms(status(lake, conf, before + timedelta(minutes=1), 13)) == []
    assert "2026-03-10/2026-03-12 not taken in" in alarms(status(lake, conf, over + timedelta(days=2.5), 12))[0]


def test_a_feed_that_came_on_most_days_and_not_on_the_newest_is_unusual(lake, conf):
    built(lake)
    of = {"daily": DAYS[:-1], "new": DAYS[-1:], "seldom": DAYS[2:-1:3]}
    more = [batch(day, source=name) for name, days in of.items() for day in days]
    put(lake, BATCHES, [*(batch(day) for day in DAYS), *more])
    ran(lake, *ALL_WELL)
    assert status(lake, conf, NOON, 12).unusual == [f"daily {LAST}: no file came"]


@pytest.mark.parametrize(("exit_code", "mend"), [(1, "doctor"), (2, "mend"), (3, "sojourn check presence --day 2026")])
def test_a_run_that_failed_is_an_alarm_with_what_to_do(lake, conf, exit_code, mend):
    built(lake)
    ran(lake, ("events", "done", None), ("presence", "failed", exit_code))
    found = status(lake, conf, NOON, 12)
    assert (found.run.failed, found.run.table, found.run.exit_code) == (True, "presence", exit_code)
    (what,) = alarms(found)
    assert what.startswith(f"the last run failed in presence with exit code {exit_code}")
    assert mend in what


def test_what_failed_and_was_built_again_in_the_same_run_did_not_fail(lake, conf):
    """A range goes through its days after a check failed; a scheduler tries a task again."""
    built(lake)
    ran(lake, ("presence", "failed", 3), ("events", "done", None), ("presence", "done", None))
    ran(lake, ("presence", "failed", 1), run="r0", began=AT - timedelta(days=1))
    found = status(lake, conf, NOON, 12)
    assert (found.run.run, found.run.failed) == ("r1", False)


def test_a_run_that_failed_outside_of_its_tables_failed_until_it_goes_on(lake, conf):
    built(lake)
    ran(lake, ("events", "done", None), (None, "failed", 1))
    assert alarms(status(lake, conf, NOON, 12))[0].startswith("the last run failed in no table with exit code 1")
    ran(lake, ("events", "done", None), began=AT + timedelta(hours=1))
    assert status(lake, conf, NOON, 12).well


def test_a_critical_check_is_an_alarm_until_it_holds_and_a_warning_of_the_last_run_is_unusual(lake, conf):
    built(lake)
    row = {"date": LAST, "device": 1, "country": "LU", "cell": 1, "hours": 1, "n_events": 1}
    old = [(FIRST, "no hour is missing", False, "critical"), (DAYS[1], "no hour is missing", False, "critical")]
    put(lake, PRESENCE, [row], verdicts=[*old, (LAST, "as many as before", False, "warning")])
    ran(lake, *ALL_WELL)
    found = status(lake, conf, NOON, 12)
    assert found.unusual == ["presence 2026-03-09: not so (warning, 0.5): as many as before"]
    assert [what.split(".")[0] for what in alarms(found)] == [
        "presence 2026-03-01/2026-03-02: not so (critical, 0"
    ] and "no hour is missing" in alarms(found)[0]
    put(lake, PRESENCE, [row], verdicts=[(day, what, True, severity) for day, what, _, severity in old])
    ran(lake, *ALL_WELL, run="r2", began=AT + timedelta(days=1))
    assert status(lake, conf, NOON, 12).well


@pytest.mark.parametrize(
    ("share", "told"), [(0.045, True), (0.021, True), (0.019, False), (0.0, True), (0.0051, False)]
)
def test_a_share_far_from_those_of_the_days_before_is_unusual_and_no_alarm(lake, conf, share, told):
    built(lake, rejected=share)
    ran(lake, *ALL_WELL)
    found = status(lake, conf, NOON, 12)
    assert found.well
    assert (
        found.unusual
        == [f"batches 2026-03-09: {share:.1%} of the records were rejected, 1.0% on the days before"] * told
    )


def test_a_table_is_behind_when_its_source_has_moved_on(lake, conf):
    built(lake)
    ran(lake, *ALL_WELL)
    version = lake.approved(PRESENCE)
    crossings = {"date": LAST, "device": 1, "from_country": "LU", "to_country": "FR", "at": AT, "gap_hours": 1.0}
    put(lake, BY_NAME["border_crossings"], [crossings], {"consumed": {"presence": version}})
    assert status(lake, conf, NOON, 12).well
    row = {"date": LAST, "device": 2, "country": "LU", "cell": 1, "hours": 1, "n_events": 1}
    put(lake, PRESENCE, [row])
    found = status(lake, conf, NOON, 12)
    assert [(h.table, h.behind) for h in found.tables if h.behind] == [("border_crossings", "presence changed")]
    assert alarms(found) == ["border_crossings not up to date: run the newest landing day again"]


def test_a_month_that_has_closed_is_due(lake, conf):
    built(lake, looked=LAST)
    newest = date(2026, 4, 7)  # a week after the last of March
    put(lake, BATCHES, [batch(newest)])
    behind = {h.table: h.behind for h in status(lake, conf, NOON, 12).tables if h.behind}
    assert behind == {"home_locations": "2026-03 closed"}


def test_what_a_run_left_unjudged_is_told(lake, conf):
    built(lake)
    ran(lake, *ALL_WELL)
    lake.write(BATCHES, filled(BATCHES, [batch(LAST)]), [LAST], {})
    found = status(lake, conf, NOON, 12)
    assert found.well
    assert [t.what.split(":")[0] for t in found.todo] == ["batches"]


def test_prometheus_reads_it(lake, conf):
    built(lake, rejected=0.05)
    ran(lake, ("events", "done", None), ("presence", "failed", 3))
    said = shown.prometheus(status(lake, conf, NOON, 12))
    line = re.compile(r'(# (HELP|TYPE) sojourn_[a-z_]+ .+|(sojourn_[a-z_]+)(\{[a-z]+="[a-z_]+"\})? (-?[0-9.e+]+))\n')
    assert "".join(m[0] for m in line.finditer(said)) == said
    values = {m[3] + (m[4] or ""): float(m[5]) for m in line.finditer(said) if m[3]}
    assert values["sojourn_well"] == 0
    assert values["sojourn_last_run_exit_code"] == 3
    assert values["sojourn_last_run_end_timestamp_seconds"] == AT.replace(tzinfo=UTC).timestamp() + 120
    assert values["sojourn_landing_day_timestamp_seconds"] == datetime(2026, 3, 9, tzinfo=UTC).timestamp()
    assert values['sojourn_rows_rejected{reason="too_late"}'] == 7
    assert (
        values['sojourn_table_newest_unit_timestamp_seconds{table="presence"}']
        == values["sojourn_landing_day_timestamp_seconds"]
    )
    assert values["sojourn_unusual"] == 1
    assert not [name for name in values if name.startswith("sojourn_table_rows")]  # of some they are counts of devices
    names = [m[2] for m in re.finditer(r"# (TYPE) (\S+)", said)]
    assert len(names) == len(set(names))


def shown_as_text(found):
    out = Console(file=io.StringIO(), width=120)
    out.print(shown.screen(found))
    return out.file.getvalue()


def test_it_is_one_screen(lake, conf):
    built(lake)
    ran(lake, *ALL_WELL)
    said = shown_as_text(status(lake, conf, NOON, 12))
    assert len(said.splitlines()) < 40
    for words in ("1,000 records in 1 files", "10: 7 too_late, 3 malformed", "well (r1)", "nothing", "home_locations"):
        assert words in said


def test_the_command_ends_with_3_where_somebody_must_look_and_starts_no_spark(lake, conf, tmp_path):
    assert conf.lake == lake.root
    built(lake)
    ran(lake, *ALL_WELL)
    words = ["status", "--conf", str(tmp_path / "conf.yaml"), "--json", "--late-after"]
    well, late = (CliRunner().invoke(cli, [*words, hours]) for hours in ("1000000", "12"))
    assert (well.exit_code, late.exit_code) == (0, 3)
    told = json.loads(well.stdout)
    assert (told["well"], told["run"]["ended_at"], told["landed"]["day"]) == (
        True,
        "2026-03-10T03:03:00+00:00",
        "2026-03-09",
    )
    assert json.loads(late.stdout)["well"] is False


def test_an_error_is_one_json_object_where_the_log_is_json(tmp_path, monkeypatch):
    monkeypatch.setenv("SOJOURN_LOG", "json")
    failed = CliRunner().invoke(cli, ["status", "--conf", str(tmp_path / "none.yaml")])
    assert failed.exit_code == 2
    told = json.loads(failed.stderr)
    assert (told["level"], "no such file" in told["message"]) == ("ERROR", True)
