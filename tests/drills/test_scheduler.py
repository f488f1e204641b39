"""Nights under a real scheduler on PostgreSQL, with LocalExecutor, asked for over the REST API: `make drills`.

One Airflow and one lake for all of them, which goes through the week of a small country: a night, a night in which
processes are killed, five days at once. After each the lake has the rows that `sojourn run` leaves.
"""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from demoland import PYTHON, command, differing, environment, page, rows, settle
from installation import Installation, installation, postgres

from sojourn.session import CLASSES

drill = pytest.mark.drill
pytestmark = pytest.mark.timeout(3600)  # two nights are 34 JVMs: on a slow machine each takes a minute
# Airflow's own place for what an installation decides about all tasks. Ours wait two minutes before the first retry.
POLICY = """
from datetime import timedelta

def task_policy(task):
    task.retry_delay = timedelta(seconds=5)
"""
ON_CALL = """
from airflow.sdk import BaseNotifier

class Keeping(BaseNotifier):
    template_fields = ("text",)
    text = "{{ sojourn }}"

    def notify(self, context):
        with open(%r, "a") as out:
            out.write(self.text + "\\n")

notify = Keeping()
"""


@dataclass
class Site:
    """An Airflow with a lake, and a second lake for `sojourn run` on the same landing files."""

    airflow: Installation
    demo: Path
    told: Path

    def lake(self) -> dict[str, list[str]]:
        return rows(self.demo / "airflow")

    def expected(self, first: str, last: str) -> dict[str, list[str]]:
        """The rows after `sojourn run` over these days, which follow the former ones."""
        conf = self.demo / "terminal.yaml"
        command(PYTHON, "-m", "sojourn.run", "run", "--conf", conf, "--from", first, "--to", last)
        return rows(self.demo / "terminal")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    demo = settle(tmp_path_factory.mktemp("demo"))
    page(demo, "terminal")
    home, told = tmp_path_factory.mktemp("airflow"), demo / "told"
    for name, text in {"config/airflow_local_settings": POLICY, "plugins/on_call": ON_CALL % str(told)}.items():
        (file := home / f"{name}.py").parent.mkdir()
        file.write_text(text)
    java = f"-XX:SharedArchiveFile={CLASSES} -Xlog:cds*=off -Xlog:class+path*=off"
    env = environment(page(demo, "airflow"), java) | {
        "SOJOURN_SCHEDULE": "none",  # the country lives in March 2026
        "SOJOURN_MAINTENANCE_SCHEDULE": "none",
        "SOJOURN_LATE_AFTER": "0.01",  # 36 seconds: no night is ready by then
        "SOJOURN_NOTIFIER": "on_call.notify",
    }
    # not below pytest's folders: they are their owner's alone, and the server is somebody else where that is root
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        Path(folder).chmod(0o755)
        with postgres(Path(folder) / "server") as database, installation(home, database, env) as airflow:
            yield Site(airflow, demo, told)


def test_a_night_triggered_over_rest_is_that_of_the_command_line(site):
    run = site.airflow.trigger("nightly", conf={"day": "2026-03-02"})
    assert site.airflow.wait("nightly", run, 1800) == "success"
    assert set(site.airflow.tasks("nightly", run).values()) == {("success", 1)}
    found = site.lake()
    assert differing(found, site.expected("2026-03-02", "2026-03-02")) == []
    assert all(found[name] for name in ("events", "presence", "country_runs", "population_grid", "night_quality"))


@dataclass
class Task:
    """The processes of a running task: Airflow's, its JVM, and the Python that the JVM has started."""

    airflow: int
    jvm: int
    python: int


def running(table: str) -> Task | None:
    """The processes of the task that builds a table; None before all of them are there."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    found = [line.split(maxsplit=2) for line in listed.stdout.splitlines()]
    ours = {int(pid): (int(parent), args) for pid, parent, args in found if f"submit.py build {table} --day" in args}
    for pid, (parent, args) in ours.items():
        if parent in ours and "SparkSubmit" not in args:
            return Task(ours[parent][0], parent, pid)
    return None


def caught_writing(table: str, folder: Path) -> Task:
    """The processes of a task, when the first new file of its table is there."""
    before, until = set(folder.rglob("*.parquet")), time.monotonic() + 900
    while not set(folder.rglob("*.parquet")) - before:
        assert time.monotonic() < until, f"{table} is not being written"
        time.sleep(0.05)
    task = running(table)
    assert task, f"{table} was written, and its task is over already"
    return task


@drill("kill -9 of an Airflow task, and of the JVM of another")
def test_a_night_whose_processes_are_killed_is_finished_by_the_retries(site):
    """First the JVM, of which Airflow's task tells; then all processes of a task, of which nobody is left to tell."""
    run = site.airflow.trigger("nightly", logical_date="2026-03-03T03:00:00Z")
    os.kill(caught_writing("events", site.demo / "airflow/restricted/events").jvm, signal.SIGKILL)
    task = caught_writing("presence", site.demo / "airflow/restricted/presence")
    for pid in (task.airflow, task.jvm, task.python):
        os.kill(pid, signal.SIGKILL)
    assert site.airflow.wait("nightly", run, 1800) == "success"
    tries = site.airflow.tasks("nightly", run)
    assert {name for name, (_, n) in tries.items() if n == 2} == {"events", "presence"}
    assert {state for state, _ in tries.values()} == {"success"}
    assert differing(site.lake(), site.expected("2026-03-03", "2026-03-03")) == []


def test_five_days_are_filled_in(site):
    run = site.airflow.trigger("backfill", conf={"from": "2026-03-04", "to": "2026-03-08"})
    assert site.airflow.wait("backfill", run, 1800) == "success"
    found = site.lake()
    assert differing(found, site.expected("2026-03-04", "2026-03-08")) == []
    assert sum("datetime.date(2026, 3, 8)" in row for row in found["batches"])


def test_who_is_on_call_is_told_of_a_failure_and_of_late_nights(site):
    """A configuration that is wrong is not tried again; the nights above were all late."""
    run = site.airflow.trigger("backfill", conf={"from": "2026-03-08", "to": "2026-03-02"})
    assert site.airflow.wait("backfill", run, 600) == "failed"
    assert site.airflow.tasks("backfill", run) == {"run": ("failed", 1)}
    lines = site.told.read_text().splitlines()
    assert [line for line in lines if "failed" in line] == [
        f"backfill {run}: task run failed: the configuration is wrong"
    ]
    late = [line for line in lines if " is late: not done by " in line]
    assert len(late) == 2
    assert all(line.startswith("nightly manual__") for line in late)
