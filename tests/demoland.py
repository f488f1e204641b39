"""A small demo country, built by the commands that an operator types; what tests/dags and tests/drills share.

It knows neither sojourn nor Airflow, so that it can be read in the environment of either.
"""

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".venv/bin/python"
AIRFLOW = ROOT / ".venv-airflow/bin/airflow"
# small plans, each run once: what the compilers of Spark and of the JVM would gain, they cost
SPARK = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.shuffle.partitions": "2",  # on whatever machine
}
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
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


def settle(out: Path) -> Path:
    """A country of 200 subscribers with the files of a week, from 2026-03-02 on."""
    command(PYTHON, "-m", "sojourn.run", "demo", "--out", out, "--subscribers", 200, "--days", 7)
    return out


def page(demo: Path, lake: str, **spark: str) -> Path:
    """A page of configuration of its own for each lake."""
    text = (demo / "conf.yaml").read_text()
    (out := demo / f"{lake}.yaml").write_text(
        text.replace("lake: lake\n", f"lake: {lake}\nspark: {json.dumps(SPARK | spark)}\n")
    )
    return out


def environment(conf: Path, java: str) -> dict[str, str]:
    """What Airflow must be told for its tasks to work on this page."""
    return {
        "AIRFLOW_CONN_SPARK_DEFAULT": json.dumps({"conn_type": "spark", "host": "local[2]"}),
        "AIRFLOW_VAR_SOJOURN_CONF": str(conf),
        "AIRFLOW_VAR_SOJOURN_DRIVER_MEMORY": "2g",
        "AIRFLOW_VAR_SOJOURN_JAVA_OPTIONS": f"{JAVA} {java}",
        "PATH": f"{AIRFLOW.parent}{os.pathsep}{os.environ['PATH']}",  # as where Airflow is at home
    }


def rows(lake: Path) -> dict[str, list[str]]:
    """Every row of a lake, by table."""
    return json.loads(command(PYTHON, "-c", READ, lake))


def differing(one: dict[str, list[str]], other: dict[str, list[str]]) -> list[str]:
    """The tables that two lakes do not have the same rows of."""
    return [name for name in sorted({*one, *other}) if one.get(name) != other.get(name)]
