"""The DAGs as Airflow reads them: no error, nothing fetched, edges as the tables read each other."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("airflow", reason="make test runs these in .venv-airflow")
from airflow.api_fastapi.core_api.datamodels.dag_run import DAGRunResponse
from airflow.dag_processing.dagbag import DagBag
from airflow.exceptions import AirflowException
from airflow.sdk import RetryAction, Variable
from airflow.sdk.bases.hook import BaseHook
from airflow.serialization.serialized_objects import DagSerialization

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(120)


def read() -> DagBag:
    return DagBag(ROOT / "dags")


@pytest.fixture(scope="module")
def bag() -> Iterator[DagBag]:
    """The DAGs, read where whatever would fetch something fails."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something is fetched to read a DAG")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Variable, "get", refuse)
        patch.setattr(BaseHook, "get_connection", refuse)
        patch.setattr(socket.socket, "connect", refuse)
        yield read()


@pytest.fixture(scope="module")
def tables() -> list[dict]:
    """What sojourn says of its tables."""
    said = subprocess.run([ROOT / ".venv/bin/sojourn", "tables", "--json"], capture_output=True, check=True, cwd=ROOT)
    return json.loads(said.stdout)


def test_both_are_read_without_error_or_fetch_in_under_a_second(bag):
    assert not bag.import_errors
    assert set(bag.dags) == {"nightly", "backfill", "maintenance"}
    assert sum(s.duration.total_seconds() for s in bag.dagbag_stats) < 1
    for dag in bag.dags.values():
        assert DagSerialization.from_dict(DagSerialization.to_dict(dag)).task_dict.keys() == dag.task_dict.keys()


def test_edges_are_what_the_tables_read(bag, tables):
    """One task per producer; what is made by every check is read after all the others."""
    producer = {t["name"]: t["producer"] for t in tables}
    tasks = {p for p in producer.values() if p in producer}
    expected = {
        (source, t["producer"])
        for t in tables
        if t["producer"] in tasks
        for name in t["reads"]
        for source in ({producer[name]} if producer[name] in tasks else tasks - {t["producer"]})
    }
    dag = bag.dags["nightly"]
    assert set(dag.task_ids) == tasks
    assert {(up, task.task_id) for task in dag.tasks for up in task.upstream_task_ids} == expected


def test_others_can_wait_on_every_table(bag, tables):
    """A task tells of the tables it writes; `validations` and `runs` are written by all."""
    written = {t["name"]: t["producer"] for t in tables if not t["producer"].startswith("every ")}
    for dag in (bag.dags["nightly"], bag.dags["backfill"]):
        told = {asset.name: task.task_id for task in dag.tasks for asset in task.outlets}
        assert set(told) == {f"sojourn.{name}" for name in written}
        if dag.dag_id == "nightly":
            assert all(told[f"sojourn.{name}"] == producer for name, producer in written.items())


def test_a_task_builds_its_table_for_the_day_of_the_run(bag):
    for task in bag.dags["nightly"].tasks:
        assert task.application.endswith("/submit.py")
        assert task.application_args[:3] == ["build", task.task_id, "--day"]
        assert task.env_vars["SOJOURN_RUN"] == "{{ run_id }}"
        day = task.render_template(task.application_args[3], {"params": {"day": None}, "ds": "2026-03-02"})
        assert day == "2026-03-02"
        assert task.render_template(task.application_args[3], {"params": {"day": "2026-03-09"}}) == "2026-03-09"


def test_one_task_at_a_time_writes_a_lake(bag):
    assert {task.pool for dag in bag.dags.values() for task in dag.tasks} == {"sojourn"}
    for dag in bag.dags.values():
        assert dag.max_active_runs == 1
        assert not dag.catchup


def test_only_what_can_be_mended_is_tried_again(bag):
    """Exit code 1 with longer and longer waits; 2 and 3 (configuration, data) never."""
    for task in (task for dag in bag.dags.values() for task in dag.tasks):
        assert task.retries >= 2
        assert task.retry_exponential_backoff > 1
        for code, action in {1: "DEFAULT", 2: "FAIL", 3: "FAIL", 137: "DEFAULT"}.items():
            error = AirflowException(f"Cannot execute: spark-submit x. Error code is: {code}.\nLast output: 2 3")
            assert task.retry_policy.evaluate(error, 1, 3).action is RetryAction[action]
        assert task.retry_policy.evaluate(OSError("no spark-submit"), 1, 3).action is RetryAction.DEFAULT


@pytest.mark.parametrize(
    ("dag", "name", "usual"),
    [("nightly", "SOJOURN_SCHEDULE", "0 3 * * *"), ("maintenance", "SOJOURN_MAINTENANCE_SCHEDULE", "0 12 * * 0")],
)
def test_the_hour_is_told_by_the_environment(monkeypatch, dag, name, usual):
    for said, expected in ((None, usual), ("30 5 * * *", "30 5 * * *"), ("none", None)):
        if said:
            monkeypatch.setenv(name, said)
        assert getattr(read().dags[dag].timetable, "expression", None) == expected


def test_a_night_is_late_some_hours_after_it_was_due_where_somebody_says_so(bag, monkeypatch):
    assert not bag.dags["nightly"].deadline, "`airflow dags test` breaks with one"
    monkeypatch.setenv("SOJOURN_LATE_AFTER", "2.5")
    [deadline] = read().dags["nightly"].deadline
    assert deadline.interval == timedelta(hours=2.5)
    assert deadline.reference.reference_name == "DagRunQueuedAtDeadline"
    # by the address of the file itself, which Airflow finds wherever below its folder of DAGs it lies
    assert deadline.callback.path.startswith("unusual_prefix_")
    assert deadline.callback.path.endswith("_nightly.late")


def failure(exception: object) -> dict:
    ti = SimpleNamespace(dag_id="nightly", run_id="a run", task_id="events")
    return {"ti": ti, "exception": exception}


RUN = {"dag_id": "nightly", "dag_run_id": "a run"}
LATE = {"dag_run": RUN, "deadline": {"deadline_time": "2026-03-03 09:00:00+00:00"}}
LINES = [
    (failure("Error code is: 3."), "nightly a run: task events failed: the data failed its expectations"),
    (failure("Error code is: 1."), "nightly a run: task events failed: its log says why"),
    (failure(None), "nightly a run: task events failed: its log says why"),  # its process was killed
    (LATE, "nightly a run is late: not done by 2026-03-03 09:00:00+00:00"),
]


def test_airflow_tells_of_a_late_run_in_these_words():
    assert RUN.keys() <= DAGRunResponse.model_fields.keys()


@pytest.mark.parametrize(("context", "line"), LINES)
def test_a_failure_and_a_late_night_are_a_line_in_the_log(bag, caplog, context, line):
    for task in (task for dag in bag.dags.values() for task in dag.tasks):
        caplog.clear()
        [tell] = task.on_failure_callback
        tell(context)
        assert [record.getMessage() for record in caplog.records] == [f"sojourn: {line}"]


@pytest.mark.parametrize(("context", "line"), LINES)
def test_whom_the_operator_names_is_told(bag, monkeypatch, tmp_path, context, line):
    """A notifier of Airflow, with a template, out of a module of the operator."""
    (tmp_path / "on_call.py").write_text(
        "from airflow.sdk import BaseNotifier\n"
        "class Keeping(BaseNotifier):\n"
        "    template_fields = ('text',)\n"
        "    text = '{{ sojourn }}'\n"
        "    def notify(self, context):\n"
        "        told.append(self.text)\n"
        "told, notify = [], Keeping()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "on_call", raising=False)
    monkeypatch.setenv("SOJOURN_NOTIFIER", "on_call.notify")
    [tell] = bag.dags["nightly"].get_task("events").on_failure_callback
    tell(context)
    assert sys.modules["on_call"].told == [line]
