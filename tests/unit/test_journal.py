"""What a run did is written down, however it ended, and never what a row holds."""

import json
import logging
import re
import shutil
import zipfile
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from deltalake import DeltaTable
from rich.console import Console

from schemas import BATCHES, NIGHT_QUALITY, REJECTS, RUNS, VALIDATIONS
from sojourn import logs
from sojourn.errors import ConfigError, DataError
from sojourn.journal import PACKAGES, Journal, code, digest
from sojourn.lake import Lake, at_hand, in_pandas

ROOT = Path(__file__).parents[2]
DAY = date(2026, 3, 2)
DAYS = [DAY, date(2026, 3, 3)]
NONE = at_hand(VALIDATIONS, pd.DataFrame(columns=VALIDATIONS.names))
SECRET = "270010000001234"


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch):
    monkeypatch.setattr(logs, "PLACE", {})
    monkeypatch.delenv("SOJOURN_RUN", raising=False)


def wrote(lake, days, **notes):
    """A step that writes two rows a day, as one commit that is approved."""

    def build():
        rows = [(day, name, 1, None, None, 0, None, "A") for day in days for name in ("events", "trips")]
        frame = at_hand(NIGHT_QUALITY, pd.DataFrame(rows, columns=NIGHT_QUALITY.given))
        version = lake.write(NIGHT_QUALITY, frame, days, notes)
        lake.approve(NONE, {NIGHT_QUALITY.name: version})
        return f"{len(days)} dates", len(days)

    return build


def fails(error):
    def build():
        raise error

    return build


def kept(lake):
    rows = in_pandas(lake.rows(RUNS)).astype(object)
    return rows.where(rows.notna(), None).sort_values("started_at", kind="stable").to_dict("records")


def test_a_step_is_kept_with_what_it_was_made_of_and_what_it_made(lake):
    journal = Journal(lake, "f" * 64)
    with journal.kept("run"):
        journal.step([NIGHT_QUALITY], [DAY], wrote(lake, [DAY], consumed={"events": 7}))
        journal.step([NIGHT_QUALITY], DAYS, wrote(lake, DAYS, consumed={"events": 8}))
        journal.step([NIGHT_QUALITY], DAYS, lambda: None)
    first, second, third = kept(lake)
    assert (first["version_before"], first["outcome"], first["n_units"], first["rows"]) == (None, "done", 1, 2)
    assert (first["landed_from"], first["landed_to"], first["units"]) == (DAY, DAY, "2026-03-02")
    assert second["version_before"] == first["version_after"] < second["version_after"] == lake.approved(NIGHT_QUALITY)
    assert (second["units"], second["rows"]) == ("2026-03-02/2026-03-03", 4)
    assert [json.loads(r["sources"]) for r in (first, second, third)] == [{"events": 7}, {"events": 8}, {}]
    assert (third["outcome"], third["units"], third["rows"]) == ("nothing due", None, None)
    assert third["version_before"] == third["version_after"] == second["version_after"]
    assert {(r["run"], r["command"], r["code"], r["conf"]) for r in (first, second, third)} == {
        (journal.run, "run", code(), "f" * 64)
    }
    assert first["started_at"] <= first["ended_at"] <= second["started_at"]
    assert first["month"] == first["started_at"].date().replace(day=1)


def test_many_runs_are_one_file_a_month_and_all_there(lake):
    for _ in range(5):
        journal = Journal(lake, "")
        with journal.kept("build"):
            journal.step([NIGHT_QUALITY], [DAY], lambda: None)
    rows = kept(lake)
    assert len({r["run"] for r in rows}) == len(rows) == 5
    assert len(DeltaTable(lake.path(RUNS)).file_uris()) == len({r["month"] for r in rows})


@pytest.mark.parametrize(
    ("error", "exit_code"), [(DataError("3"), 3), (ConfigError("2"), 2), (OSError(SECRET), 1), (KeyboardInterrupt(), 1)]
)
def test_a_step_that_fails_is_kept_with_what_had_been_done_and_without_its_message(lake, error, exit_code):
    journal = Journal(lake, "")
    with pytest.raises(type(error)) as raised, journal.kept("run"):
        journal.step([NIGHT_QUALITY], [DAY], wrote(lake, [DAY]))
        journal.step([REJECTS, BATCHES], [DAY], fails(error))
    assert raised.value is error
    done, *failed = kept(lake)
    assert (done["table"], done["outcome"], done["exit_code"]) == ("night_quality", "done", None)
    assert [(r["table"], r["outcome"], r["exit_code"], r["error"]) for r in failed] == [
        (name, "failed", exit_code, type(error).__name__) for name in ("rejects", "batches")
    ]
    assert SECRET not in str(failed)


def test_a_failure_outside_of_the_steps_is_kept_once(lake):
    with pytest.raises(RuntimeError), Journal(lake, "").kept("run"):
        raise RuntimeError
    with pytest.raises(RuntimeError), Journal(lake, "").kept("build", NIGHT_QUALITY):
        raise RuntimeError
    assert [(r["table"], r["outcome"], r["error"]) for r in kept(lake)] == [
        (None, "failed", "RuntimeError"),
        ("night_quality", "failed", "RuntimeError"),
    ]


def test_a_journal_that_cannot_be_written_does_not_hide_the_first_error(lake, monkeypatch, caplog):
    def full(*_):
        raise OSError(SECRET)

    monkeypatch.setattr(Lake, "write", full)
    with pytest.raises(DataError, match="too few"), Journal(lake, "").kept("run"):
        raise DataError("too few")
    assert "could not be written down (OSError)" in caplog.text
    assert SECRET not in caplog.text
    journal = Journal(lake, "")
    with pytest.raises(OSError), journal.kept("run"):  # where all else went well it is an error
        journal.step([NIGHT_QUALITY], [DAY], lambda: None)


def test_tasks_of_a_scheduler_are_one_run(lake, monkeypatch):
    monkeypatch.setenv("SOJOURN_RUN", "scheduled__2026-03-02")
    for _ in range(2):
        with (journal := Journal(lake, "")).kept("build"):
            journal.step([NIGHT_QUALITY], [DAY], lambda: None)
    assert [r["run"] for r in kept(lake)] == ["scheduled__2026-03-02"] * 2


def test_of_a_register_the_files_that_were_new_are_kept(lake):
    journal = Journal(lake, "")
    with journal.kept("run"):
        journal.step([NIGHT_QUALITY], [DAY], wrote(lake, [DAY], seen={"a.csv": [1, 2]}))
        journal.step([NIGHT_QUALITY], DAYS, wrote(lake, DAYS, seen={"a.csv": [1, 2], "b.csv": [3, 4]}))
    assert [json.loads(r["sources"]) for r in kept(lake)] == [
        {"files": {"a.csv": [1, 2]}},
        {"files": {"b.csv": [3, 4]}},
    ]


def test_the_code_has_the_same_fingerprint_in_a_folder_and_in_a_zip(tmp_path):
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package)
    with zipfile.ZipFile(tmp_path / "sojourn.zip", "w") as zipped:
        for file in sorted(tmp_path.rglob("*.*"), reverse=True):
            if file.suffix in (".py", ".csv"):
                zipped.write(file, file.relative_to(tmp_path))
    assert re.fullmatch("[0-9a-f]{64}", digest(ROOT))
    assert digest(tmp_path) == digest(zipfile.Path(tmp_path / "sojourn.zip")) == digest(ROOT)
    (tmp_path / "jobs" / "trips.py").write_text("# others")
    assert digest(tmp_path) != digest(ROOT)


def test_lines_for_machines_say_where_they_belong_and_nothing_of_a_traceback(capsys):
    logs.begin("json", debug=False, console=Console(stderr=True))
    try:
        logs.PLACE |= {"run": "r1", "days": "2026-03-02", "table": "presence"}
        log = logging.getLogger("sojourn.tests")
        log.info("%s: %s", "presence", "2 dates")
        try:
            raise ValueError(SECRET)
        except ValueError:
            log.exception("a line\nof two")
    finally:
        logs.begin("text", debug=False, console=Console(stderr=True))
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(t["level"], t["message"]) for t in told] == [("INFO", "presence: 2 dates"), ("ERROR", "a line\nof two")]
    assert {(t["run"], t["days"], t["table"]) for t in told} == {("r1", "2026-03-02", "presence")}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", t["time"]) for t in told)


def test_a_lost_jvm_leaves_no_traceback_of_the_library_that_talked_to_it(capsys):
    """Py4J writes it into the root logger, at ERROR."""
    logs.begin("text", debug=False, console=Console(stderr=True, width=120))
    for library in ("py4j", "elsewhere"):
        record = logging.LogRecord("root", logging.ERROR, f"/lib/{library}/java_gateway.py", 1, library, (), None)
        logging.getLogger().handle(record)
    assert capsys.readouterr().err.split() == ["ERROR", "elsewhere"]
