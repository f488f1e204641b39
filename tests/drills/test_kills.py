"""Processes die, at chosen moments and at any: the next run leaves the rows of a night on which nobody died."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sojourn.door import INTERRUPTED
from tests.conftest import Land
from tests.drills.conftest import NIGHT
from tests.drills.dying import MOMENTS
from tests.four_days import UP_TO_TRIPS, copied, differing, rows

drill = pytest.mark.drill
ROOT = Path(__file__).parents[2]
TIMES = int(os.environ.get("SOJOURN_DRILLS", "4"))  # so many nights are killed at random moments
SMALL = {
    "spark.master": "local[2]",
    "spark.sql.shuffle.partitions": "2",
    "spark.driver.memory": "1g",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


def sojourn(land: Land, module: str = "sojourn.run", *first: str, whole: bool = True) -> subprocess.Popen[str]:
    """The night, up to the trips or `whole`, in a process group of its own."""
    land.page["spark"] = SMALL
    land.conf()
    day = str(NIGHT)
    words = ["run", "--conf", str(land.root / "conf.yaml"), "--from", day, "--to", day]
    words += [word for name in (() if whole else UP_TO_TRIPS) for word in ("--only", name)]
    return subprocess.Popen(
        [sys.executable, "-m", module, *first, *words],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def commits(land: Land, table: str) -> int:
    (folder,) = (land.root / "lake").glob(f"*/{table}/_delta_log")
    return len(list(folder.glob("0*.json")))


def when_written(land: Land, table: str, running: subprocess.Popen[str]) -> None:
    """Wait for a commit of the night to a table."""
    before = commits(land, table)
    while running.poll() is None and commits(land, table) == before:
        time.sleep(0.01)
    assert running.poll() is None, running.stderr and running.stderr.read()


def of(parent: int, name: str) -> list[int]:
    """The processes that it started and that are called so."""
    found = subprocess.run(["pgrep", "-P", str(parent), name], capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]


def all_gone(running: subprocess.Popen[str]) -> None:
    """Its group is killed, if it is not dead yet."""
    if running.poll() is None:
        os.killpg(running.pid, signal.SIGKILL)
    running.communicate()


@pytest.mark.parametrize(
    ("moment", "table"),
    [
        pytest.param(MOMENTS[0], "events", marks=drill("The machine dies before a table is written")),
        pytest.param(MOMENTS[1], "events", marks=drill("The machine dies while tasks write files")),
        pytest.param(MOMENTS[1], "trips", marks=drill("The machine dies while Spark writes files")),
        pytest.param(MOMENTS[2], "events", marks=drill("The machine dies after a commit, before it is approved")),
        pytest.param(MOMENTS[2], "population_map", marks=drill("The machine dies before the map is approved")),
        pytest.param(MOMENTS[3], "country_runs", marks=drill("The machine dies between two tables")),
    ],
)
def test_death_at_a_moment(land, goes_on, request, moment, table):
    whole = table not in UP_TO_TRIPS
    truth = request.getfixturevalue("whole_truth" if whole else "truth")
    running = sojourn(land, "tests.drills.dying", moment, table, whole=whole)
    running.communicate(timeout=600)
    assert running.returncode == -signal.SIGKILL
    assert differing(goes_on(land, whole), truth) == {}


def the_jvm(running: subprocess.Popen[str]) -> None:
    for java in of(running.pid, "java"):
        os.kill(java, signal.SIGKILL)


def the_workers(running: subprocess.Popen[str]) -> None:
    for java in of(running.pid, "java"):
        for daemon in of(java, "python"):
            for pid in [*of(daemon, "python"), daemon]:
                os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(
    "kill",
    [
        pytest.param(the_jvm, marks=drill("kill -9 of Spark's JVM, or the system takes its memory")),
        pytest.param(the_workers, marks=drill("kill -9 of Spark's Python workers")),
        pytest.param(subprocess.Popen.kill, marks=drill("kill -9 of the driver's Python")),
        pytest.param(subprocess.Popen.terminate, marks=drill("The service is told to stop (SIGTERM)")),
        pytest.param(lambda p: p.send_signal(signal.SIGINT), marks=drill("Somebody types Ctrl-C")),
    ],
)
def test_one_process_dies(land, goes_on, truth, kill: Callable[[subprocess.Popen[str]], None]):
    running = sojourn(land, whole=False)
    when_written(land, "events", running)
    kill(running)
    told = running.communicate(timeout=600)[1]
    assert "Traceback" not in told
    if running.returncode in (1, INTERRUPTED):
        assert [line for line in told.splitlines() if line.startswith("sojourn: ")], "one line says it"
    assert differing(goes_on(land), truth) == {}


@pytest.fixture(scope="module")
def seconds(eve, tmp_path_factory) -> float:
    """How long a night takes."""
    began = time.monotonic()
    running = sojourn(copied(eve, tmp_path_factory.mktemp("timed"), "lake"))
    told = running.communicate()[1]
    assert running.returncode == 0, told
    return time.monotonic() - began


@pytest.mark.parametrize("seed", range(TIMES))
@drill("The machine dies at any moment")
def test_death_at_any_moment(land, goes_on, whole_truth, seconds, seed):
    running = sojourn(land)
    time.sleep(random.Random(seed).uniform(0.1, 1) * seconds)
    all_gone(running)
    assert differing(goes_on(land, whole=True), whole_truth) == {}


@drill("Two runs of the same night at once")
def test_two_at_once(land, spark, whole_truth):
    both = [sojourn(land), sojourn(land)]
    told = [running.communicate(timeout=900)[1] for running in both]
    assert sorted(running.returncode for running in both) == [0, 1]
    (refused,) = (text for running, text in zip(both, told, strict=True) if running.returncode)
    assert "is being written by sojourn run" in refused
    assert differing(rows(land.night(spark)), whole_truth) == {}
