"""Airflow builds the demo country by spark-submit: a night table by table, and the same day as a range of one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("airflow", reason="make test runs these in .venv-airflow")
from demoland import AIRFLOW, command, differing, environment, page, rows, settle

DAY = "2026-03-02"
# What that day costs, in counts, which no machine makes faster. They change only in a commit that says why.
RECORDED = {"tasks": 212, "rows scanned": 27_310, "bytes shuffled": 263_469}
MORE = 1.1  # than recorded is too much


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo country."""
    command(AIRFLOW, "db", "migrate")
    return settle(tmp_path_factory.mktemp("demo"))


def ran(demo: Path, dag: str, java: str, *words: str) -> tuple[dict[str, list[str]], str]:
    """The rows of the lake that a DAG builds, by table; and what was logged."""
    (log := demo / f"{dag}.log").mkdir()
    counted = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": log.as_uri(),
    }
    env = environment(page(demo, dag, **counted), java)
    said = command(AIRFLOW, "dags", "test", dag, DAY, *words, **env)
    return rows(demo / dag), said


def work(log: Path) -> dict[str, int]:
    """What was done, by Spark's event log. Rows that Spark was handed count as scanned each time they are read."""
    lines = (line for file in log.glob("**/events_*") for line in file.open(encoding="utf-8"))
    told = [json.loads(line) for line in lines if "SparkListenerTaskEnd" in line[:40] or '"sparkPlanInfo"' in line]
    handed = {n for event in told if "sparkPlanInfo" in event for n in _handed(event["sparkPlanInfo"])}
    done = [event for event in told if "Task Metrics" in event]
    scanned = sum(event["Task Metrics"]["Input Metrics"]["Records Read"] for event in done)
    counts = (a for event in done for a in event["Task Info"]["Accumulables"] if a["ID"] in handed)
    shuffled = sum(event["Task Metrics"]["Shuffle Write Metrics"]["Shuffle Bytes Written"] for event in done)
    rows_handed = sum(int(a.get("Update", 0)) for a in counts)
    return {"tasks": len(done), "rows scanned": scanned + rows_handed, "bytes shuffled": shuffled}


def _handed(plan: dict[str, Any]) -> Iterator[int]:
    """The counters of rows that stand in a plan themselves, and lie in no file."""
    if plan["nodeName"] == "LocalTableScan":
        yield from (m["accumulatorId"] for m in plan["metrics"] if m["name"] == "number of output rows")
    for child in plan["children"]:
        yield from _handed(child)


@pytest.mark.timeout(3600)  # fifteen JVMs: on a slow machine beside other tests each takes two minutes
def test_a_night_table_by_table_is_the_same_day_at_once(demo):
    # the JVM of the range leaves the classes it has loaded to those of the night: a third less to do for each
    classes = demo / "classes.jsa"
    days = json.dumps({"from": DAY, "to": DAY})
    at_once, _ = ran(demo, "backfill", f"-XX:ArchiveClassesAtExit={classes}", "--conf", days)
    done = work(demo / "backfill.log")
    nightly, said = ran(demo, "nightly", f"-XX:SharedArchiveFile={classes}")
    classes.unlink()  # pytest keeps its folders for a while, and this is large
    assert differing(nightly, at_once) == []
    assert all(at_once[name] for name in ("events", "presence", "country_runs", "population_grid", "night_quality"))
    assert "spark-submit" in said
    assert "INFO SparkContext" not in said  # Spark logs as log4j2.properties says, whoever started it
    assert {what: n for what, n in done.items() if n > RECORDED[what] * MORE} == {}, f"more than {RECORDED}: {done}"
