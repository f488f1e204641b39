"""A night on two workers of a standalone Spark, submitted as operations.md says, leaves the rows of a local one."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyspark
import pytest

from schemas import COUNTRY_RUNS, EVENTS, PRESENCE, REJECTS, TRIPS
from sojourn.night import Night
from sojourn.session import LOG4J
from tests.conftest import KEY, Land
from tests.four_days import differing

drill = pytest.mark.drill
ROOT = Path(__file__).parents[2]
SPARK = Path(pyspark.__file__).parent
DAYS = [date(2026, 3, 10), date(2026, 3, 11)]
TABLES = (EVENTS, REJECTS, PRESENCE, COUNTRY_RUNS, TRIPS)
MADE = ("cells", "events", "presence", "country_runs", "trips")
PACKAGES = ("sojourn", "jobs", "schemas", "expectations")


@dataclass
class Cluster:
    """A standalone Spark of this machine: a master, and two workers of a core each."""

    url: str
    workers: list[subprocess.Popen[bytes]]


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"SPARK_HOME": str(SPARK), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_NO_DAEMONIZE": "1"}
    url, log = f"spark://127.0.0.1:{port}", (folder / "log.txt").open("w")

    def begin(what: str, *words: str) -> subprocess.Popen[bytes]:
        command = [str(SPARK / "bin/spark-class"), f"org.apache.spark.deploy.{what}", "--host", "127.0.0.1", *words]
        return subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)

    master = begin("master.Master", "--port", str(port), "--webui-port", "0")
    size = ("--cores", "1", "--memory", "1g", "--webui-port", "0")
    workers = [begin("worker.Worker", *size, "-d", str(folder / f"worker{n}"), url) for n in range(2)]
    try:
        for _ in range(360):
            if len(re.findall("Successfully registered with master", (folder / "log.txt").read_text())) == 2:
                break
            time.sleep(0.5)
        else:
            raise AssertionError((folder / "log.txt").read_text()[-2000:])
        yield Cluster(url, workers)
    finally:
        for process in (*workers, master):
            process.terminate()
        for process in (*workers, master):
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


def rows(night: Night) -> dict[str, list[str]]:
    return {t.name: sorted(map(str, night.lake.rows(t).to_pylist())) for t in TABLES}


@pytest.fixture(scope="module")
def local(spark, tmp_path_factory: pytest.TempPathFactory) -> tuple[Land, dict[str, list[str]]]:
    """Landing files, and what a local run makes of them."""
    land = Land(tmp_path_factory.mktemp("landed"))
    landed(land)
    with pytest.MonkeyPatch.context() as env:
        env.setenv("SOJOURN_KEY", KEY)
        night = land.night(spark)
        night.run(DAYS, MADE)
    return land, rows(night)


def submitted(land: Land, url: str, folder: Path) -> subprocess.Popen[str]:
    """Two landing days into the lake `far`, as operations.md says it."""
    land.page["lake"] = "far"
    land.conf()
    with zipfile.ZipFile(folder / "sojourn.zip", "w") as packed:
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
        "spark.eventLog.dir": folder.as_uri(),
    }
    return subprocess.Popen(
        [
            *(str(SPARK / "bin/spark-submit"), "--master", url, "--py-files", str(folder / "sojourn.zip")),
            *(word for name, value in settings.items() for word in ("--conf", f"{name}={value}")),
            *(str(ROOT / "submit.py"), "run", "--conf", str(land.root / "conf.yaml")),
            *("--from", str(DAYS[0]), "--to", str(DAYS[1])),
            *(word for name in MADE for word in ("--only", name)),
        ],
        env=os.environ
        | {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable, "SOJOURN_KEY": KEY},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def nobody(_: Cluster) -> None:
    """All live."""


def an_executor(cluster: Cluster) -> None:
    ours = ",".join(str(worker.pid) for worker in cluster.workers)  # and nobody else's on this machine
    found = subprocess.run(["pgrep", "-P", ours, "java"], capture_output=True, text=True, check=True)
    os.kill(int(found.stdout.split()[0]), signal.SIGKILL)


def a_worker(cluster: Cluster) -> None:
    cluster.workers[0].kill()


@pytest.mark.parametrize(
    "dies",
    [
        nobody,
        pytest.param(an_executor, marks=drill("kill -9 of an executor of a cluster")),
        pytest.param(a_worker, marks=drill("kill -9 of a worker of a cluster")),
    ],
)
def test_a_night_on_two_workers_leaves_the_rows_of_a_local_one(local, cluster, spark, tmp_path, monkeypatch, dies):
    land, near = local
    shutil.rmtree(land.root / "far", ignore_errors=True)
    monkeypatch.setenv("SOJOURN_KEY", KEY)
    running = submitted(land, cluster.url, tmp_path)
    if dies is not nobody:
        events = land.root / "far/restricted/events"
        while running.poll() is None and not list(events.glob("date=*/**/*.parquet")):
            time.sleep(0.005)  # its tasks are at work
        dies(cluster)
    told = running.communicate(timeout=1500)[1]
    assert running.returncode == 0, told[-3000:]
    said = "".join(f.read_text(errors="ignore") for f in tmp_path.glob("app-*"))
    assert len(set(re.findall(r'"Executor ID":"(\d+)"', said))) >= 2, "both workers had tasks"
    assert KEY not in said and KEY not in told
    far = rows(land.night(spark))
    assert differing(far, near) == {}
    assert all(far.values())
