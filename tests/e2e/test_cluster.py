"""A night on two workers of a standalone Spark, submitted as operations.md says, leaves the rows of a local one."""

import os
import re
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pyspark
import pytest

from schemas import COUNTRY_RUNS, EVENTS, PRESENCE, REJECTS, TRIPS
from sojourn.session import LOG4J
from tests.conftest import KEY, Land

ROOT = Path(__file__).parents[2]
SPARK = Path(pyspark.__file__).parent
DAYS = [date(2026, 3, 10), date(2026, 3, 11)]
TABLES = (EVENTS, REJECTS, PRESENCE, COUNTRY_RUNS, TRIPS)
MADE = ("cells", "events", "presence", "country_runs", "trips")
PACKAGES = ("sojourn", "jobs", "schemas", "expectations")


@pytest.fixture(scope="module")
def master(tmp_path_factory) -> Iterator[str]:
    """The address of a standalone cluster of this machine: a master, and two workers of a core each."""
    folder = tmp_path_factory.mktemp("cluster")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"SPARK_HOME": str(SPARK), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_NO_DAEMONIZE": "1"}
    log = (folder / "log.txt").open("w")

    def begin(what: str, *words: str) -> subprocess.Popen:
        command = [str(SPARK / "bin/spark-class"), f"org.apache.spark.deploy.{what}", "--host", "127.0.0.1", *words]
        return subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)

    url = f"spark://127.0.0.1:{port}"
    started = [begin("master.Master", "--port", str(port), "--webui-port", "0")]
    for n in range(2):
        place = str(folder / f"worker{n}")
        started.append(begin("worker.Worker", "--cores", "1", "--memory", "1g", "--webui-port", "0", "-d", place, url))
    try:
        for _ in range(360):
            if len(re.findall("Successfully registered with master", (folder / "log.txt").read_text())) == 2:
                break
            time.sleep(0.5)
        else:
            raise AssertionError((folder / "log.txt").read_text()[-2000:])
        yield url
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait(30)
        log.close()


def landed(land: Land) -> None:
    land.cells(DAYS[0], "A,49.6117,6.1319", "B,49.4958,5.9806")
    for day in DAYS:
        for part in range(4):  # tasks for both workers
            lines = [
                f"2700100000{part:02}{n:03},{day - timedelta(n % 2)} {(n * 7 + part) % 24:02}:{n:02}:00,{'ABZ'[n % 3]}"
                for n in range(40)
            ]
            land.put(f"cdr/{day}/{part}.csv", "imsi,start,cell\n" + "\n".join([*lines, "x,y,z"]) + "\n")
        land.put(f"roaming/{day}/r.csv", f"imsi,time,vplmn\n270010000000001,{day} 10:00:00,20801\n")
    land.page["key"] = "${SOJOURN_KEY}"


def rows(night) -> dict[str, list[str]]:
    return {t.name: sorted(map(str, night.lake.read(t).select(t.names).collect())) for t in TABLES}


def test_a_night_on_two_workers_leaves_the_rows_of_a_local_one(land, spark, master, tmp_path, monkeypatch):
    monkeypatch.setenv("SOJOURN_KEY", KEY)
    landed(land)
    land.page["lake"] = "far"
    land.conf()
    with zipfile.ZipFile(tmp_path / "sojourn.zip", "w") as packed:
        for file in (f for name in PACKAGES for f in (ROOT / name).rglob("*") if f.is_file() and f.suffix != ".pyc"):
            packed.write(file, file.relative_to(ROOT))
    settings = {
        "spark.executor.memory": "512m",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": f"-XX:TieredStopAtLevel=1 -Dlog4j2.configurationFile=file:{LOG4J}",
        "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1",
        "spark.sql.shuffle.partitions": "4",
        "spark.databricks.delta.snapshotPartitions": "1",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": tmp_path.as_uri(),
    }
    days = ["--from", str(DAYS[0]), "--to", str(DAYS[1])]
    done = subprocess.run(
        [
            *(str(SPARK / "bin/spark-submit"), "--master", master, "--py-files", str(tmp_path / "sojourn.zip")),
            *(word for name, value in settings.items() for word in ("--conf", f"{name}={value}")),
            *(str(ROOT / "submit.py"), "run", "--conf", str(land.root / "conf.yaml"), *days),
            *(word for name in MADE for word in ("--only", name)),
        ],
        env=os.environ | {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = "".join(f.read_text(errors="ignore") for f in tmp_path.glob("app-*"))
    assert len(set(re.findall(r'"Executor ID":"(\d+)"', said))) == 2, "both workers had tasks"
    assert KEY not in said and KEY not in done.stderr

    land.page["lake"] = "near"
    near = land.night(spark)
    near.run(DAYS, MADE)
    land.page["lake"] = "far"
    far = rows(land.night(spark))
    assert far == rows(near)
    assert all(far.values())
