"""Airflow builds the demo country by spark-submit: a night table by table, and the same day as a range of one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("airflow", reason="make test runs these in .venv-airflow")

ROOT = Path(__file__).parents[2]
AIRFLOW = Path(sys.executable).with_name("airflow")
DAY = "2026-03-02"
# What that day costs, in counts, which no machine makes faster. They change only in a commit that says why.
RECORDED = {"tasks": 496, "rows scanned": 54_492, "bytes shuffled": 492_713}
MORE = 1.1  # than recorded is too much
# prints, as JSON, every table's rows, sorted, but for the times of writing, which is what `runs` hold: read as an
# analyst reads it
READ = """
import json, sys
from pathlib import Path
from deltalake import DeltaTable
out = {}
for log in sorted(Path(sys.argv[1]).glob("*/*/_delta_log")):
    if log.parent.name == "runs":
        continue
    table = DeltaTable(log.parent).to_pyarrow_table()
    kept = [c for c in table.column_names if c != "ingested_at" and (c, log.parent.name) != ("at", "validations")]
    out[log.parent.name] = sorted(str(row) for row in table.select(sorted(kept)).to_pylist())
json.dump(out, sys.stdout)
"""


def command(*words: object, **env: str) -> str:
    """A command that must succeed; its output."""
    words = [str(word) for word in words]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, env=os.environ | env, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-5000:]
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo country."""
    out = tmp_path_factory.mktemp("demo")
    command(ROOT / ".venv/bin/sojourn", "demo", "--out", out, "--subscribers", 200, "--days", 7)
    command(AIRFLOW, "db", "migrate")
    return out


def ran(demo: Path, dag: str, java: str, *words: str) -> tuple[dict[str, list[str]], str]:
    """The rows of the lake that a DAG builds, by table; and what was logged."""
    (log := demo / f"{dag}.log").mkdir()
    spark = {
        # small plans, each run once: what Spark's compiler would gain, it costs
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.shuffle.partitions": "2",  # on whatever machine
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": log.as_uri(),
    }
    page = (demo / "conf.yaml").read_text().replace("lake: lake\n", f"lake: {dag}\nspark: {json.dumps(spark)}\n")
    (demo / f"{dag}.yaml").write_text(page)
    env = {
        "AIRFLOW_CONN_SPARK_DEFAULT": json.dumps({"conn_type": "spark", "host": "local[2]"}),
        "AIRFLOW_VAR_SOJOURN_CONF": str(demo / f"{dag}.yaml"),
        "AIRFLOW_VAR_SOJOURN_DRIVER_MEMORY": "2g",
        "AIRFLOW_VAR_SOJOURN_JAVA_OPTIONS": f"-XX:TieredStopAtLevel=1 -XX:+UseSerialGC {java}",
        "PATH": f"{AIRFLOW.parent}{os.pathsep}{os.environ['PATH']}",  # as where Airflow is at home
    }
    said = command(AIRFLOW, "dags", "test", dag, DAY, *words, **env)
    return json.loads(command(ROOT / ".venv/bin/python", "-c", READ, demo / dag)), said


def work(log: Path) -> dict[str, int]:
    """What was done, by Spark's event log."""
    lines = (line for file in log.glob("**/events_*") for line in file.open(encoding="utf-8"))
    done = [json.loads(line)["Task Metrics"] for line in lines if line.startswith('{"Event":"SparkListenerTaskEnd"')]
    scanned = sum(m["Input Metrics"]["Records Read"] for m in done)
    shuffled = sum(m["Shuffle Write Metrics"]["Shuffle Bytes Written"] for m in done)
    return {"tasks": len(done), "rows scanned": scanned, "bytes shuffled": shuffled}


@pytest.mark.timeout(3600)  # fifteen JVMs: on a slow machine beside other tests each takes two minutes
def test_a_night_table_by_table_is_the_same_day_at_once(demo):
    # the JVM of the range leaves the classes it has loaded to those of the night: a third less to do for each
    classes = demo / "classes.jsa"
    days = json.dumps({"from": DAY, "to": DAY})
    at_once, _ = ran(demo, "backfill", f"-XX:ArchiveClassesAtExit={classes}", "--conf", days)
    done = work(demo / "backfill.log")
    nightly, said = ran(demo, "nightly", f"-XX:SharedArchiveFile={classes}")
    classes.unlink()  # pytest keeps its folders for a while, and this is large
    assert set(nightly) == set(at_once)
    assert [name for name in at_once if nightly[name] != at_once[name]] == []
    assert all(at_once[name] for name in ("events", "presence", "country_runs", "population_grid", "night_quality"))
    assert "spark-submit" in said
    assert "INFO SparkContext" not in said  # Spark logs as log4j2.properties says, whoever started it
    assert {what: n for what, n in done.items() if n > RECORDED[what] * MORE} == {}, f"more than {RECORDED}: {done}"
