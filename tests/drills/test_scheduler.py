"""Nights under a real scheduler on PostgreSQL, with LocalExecutor, asked for over the REST API: `make drills`.

One Airflow and one lake for all of them, which goes through the week of a small country: a night, a night in which
processes are killed, five days at once. After each the lake has the rows that `sojourn run` leaves.
"""

import csv
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from demoland import AIRFLOW, PYTHON, command, differing, environment, page, rows, settle
from installation import Installation, installation, postgres

from sojourn.session import CLASSES
from tests.drills.far import CACHE
from tests.sweep import found_in_files

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


def lineage_provider() -> Path:
    """A folder with what Airflow needs to speak OpenLineage, fetched once: its environment stays as it is."""
    folder = CACHE / "airflow-openlineage-2.20.3"
    if not (folder / "made").exists():
        pip = (AIRFLOW.parent / "python", "-m", "pip", "install", "-q", "--no-compile", "--no-deps")
        command(*pip, "--target", folder, "-r", Path(__file__).with_name("openlineage.txt"))
        (folder / "made").touch()
    return folder


@dataclass
class Site:
    """An Airflow with a lake, and a second lake for `sojourn run` on the same landing files."""

    airflow: Installation
    demo: Path
    told: Path
    logs: Path
    lineage: Path

    def said(self, run: str, task: str, attempt: int) -> str:
        """The log of a task's attempt, as far as it is written."""
        file = self.logs / f"dag_id=nightly/run_id={run}/task_id={task}/attempt={attempt}.log"
        return file.read_text() if file.exists() else ""

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
    lineage = home / "lineage.json"
    for name, text in {"config/airflow_local_settings": POLICY, "plugins/on_call": ON_CALL % str(told)}.items():
        (file := home / f"{name}.py").parent.mkdir()
        file.write_text(text)
    java = f"-XX:SharedArchiveFile={CLASSES} -Xlog:cds*=off -Xlog:class+path*=off"
    env = environment(page(demo, "airflow"), java) | {
        "SOJOURN_SCHEDULE": "none",  # the country lives in March 2026
        "SOJOURN_MAINTENANCE_SCHEDULE": "none",
        "SOJOURN_LATE_AFTER": "0.01",  # 36 seconds: no night is ready by then
        "SOJOURN_NOTIFIER": "on_call.notify",
        "AIRFLOW__OPENLINEAGE__NAMESPACE": "sojourn",
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps({"type": "file", "log_file_path": str(lineage), "append": True}),
        "PYTHONPATH": os.pathsep.join([str(lineage_provider()), os.environ.get("PYTHONPATH", "")]),
    }
    # not below pytest's folders: they are their owner's alone, and the server is somebody else where that is root
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        Path(folder).chmod(0o755)
        with postgres(Path(folder) / "server") as database, installation(home, database, env) as airflow:
            yield Site(airflow, demo, told, home / "logs", lineage)


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


def running(table: str, page: Path) -> Task | None:
    """The processes of the task that builds a table by this page; None before all of them are there."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    found = [line.split(maxsplit=2) for line in listed.stdout.splitlines()]
    words = (f"submit.py build {table} --day", str(page))
    ours = {int(pid): (int(parent), args) for pid, parent, args in found if all(w in args for w in words)}
    for pid, (parent, args) in ours.items():
        if parent in ours and "SparkSubmit" not in args:
            return Task(ours[parent][0], parent, pid)
    return None


def parent(pid: int) -> int:
    """The process that started another, or took it over."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def caught_writing(table: str, demo: Path) -> Task:
    """The processes of a task, when the first new file of its table is there."""
    folder = demo / "airflow/restricted" / table
    before, until = set(folder.rglob("*.parquet")), time.monotonic() + 900
    while not set(folder.rglob("*.parquet")) - before:
        assert time.monotonic() < until, f"{table} is not being written"
        time.sleep(0.05)
    task = running(table, demo / "airflow.yaml")
    assert task, f"{table} was written, and its task is over already"
    return task


def left_alone(site: Site, run: str, table: str) -> None:
    """Kill what Airflow has of a task. Its JVM goes on, slowly, until the next try has found out that it does."""
    task = caught_writing(table, site.demo)
    os.kill(task.airflow, signal.SIGKILL)
    # only then: a group of processes whose leader goes while others are stopped is hung up on by the system
    until = time.monotonic() + 10
    while parent(task.jvm) == task.airflow:
        assert time.monotonic() < until, f"the process of Airflow that builds {table} is not dead"
    for pid in (task.jvm, task.python):
        os.kill(pid, signal.SIGSTOP)
    try:
        until = time.monotonic() + 600
        while f"is being written by sojourn build {table}, process {task.python} on" not in site.said(run, table, 2):
            assert time.monotonic() < until, f"nobody waited for {table}: {site.airflow.tasks('nightly', run)}"
            time.sleep(0.5)
    finally:
        for pid in (task.jvm, task.python):
            os.kill(pid, signal.SIGCONT)


@drill("kill -9 of an Airflow task, and of the JVM of another")
@drill("kill -9 of an Airflow task alone, whose JVM lives on")
def test_a_night_whose_processes_are_killed_is_finished_by_the_retries(site):
    """The JVM of a task, of which Airflow tells; all its processes, of which nobody can; Airflow's process alone."""
    run = site.airflow.trigger("nightly", logical_date="2026-03-03T03:00:00Z")
    os.kill(caught_writing("events", site.demo).jvm, signal.SIGKILL)
    task = caught_writing("presence", site.demo)
    for pid in (task.airflow, task.jvm, task.python):
        os.kill(pid, signal.SIGKILL)
    left_alone(site, run, "country_runs")
    assert site.airflow.wait("nightly", run, 1800) == "success"
    tries = site.airflow.tasks("nightly", run)
    assert tries["events"][1] == 2
    assert tries["presence"][1] > 1
    assert tries["country_runs"][1] > 2  # and whoever else came while its JVM lived tried again
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


def test_openlineage_is_told_of_every_task_and_nobody_of_a_secret(site):
    """Tasks are jobs of its own provider's events. No file that Airflow wrote holds the key or an identifier."""
    told = [json.loads(line) for line in site.lineage.read_text().splitlines()]
    done = {event["job"]["name"] for event in told if event["eventType"] == "COMPLETE"}
    assert {event["job"]["namespace"] for event in told} == {"sojourn"}
    tasks = site.airflow.ask("/api/v2/dags/nightly/tasks")["tasks"]
    assert {"nightly", "backfill", "backfill.run", *(f"nightly.{task['task_id']}" for task in tasks)} <= done
    with (site.demo / "landing/subscribers.csv").open() as register:
        people = [row[name] for row in csv.DictReader(register) for name in ("imsi", "msisdn") if row[name]]
    secrets = [(site.demo / "key").read_text().strip(), *people]
    assert list(found_in_files(site.demo / "landing", secrets[1:2])), "the search finds them where they are"
    assert list(found_in_files(site.lineage.parent, secrets)) == []
