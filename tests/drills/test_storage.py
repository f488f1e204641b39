"""A lake on S3: the rows of a local one, one writer at a time, and a storage that fails."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.drills.far import CACHE, Site, nights, rows
from tests.four_days import DAYS as FOUR

drill = pytest.mark.drill
ROOT, HERE = Path(__file__).parents[2], Path(__file__).parent
DAYS = FOUR[:2]
LAKE = "s3a://bucket/lake"
WHO = {"AWS_ACCESS_KEY_ID": "a-name-at-the-storage", "AWS_SECRET_ACCESS_KEY": "a-secret-of-the-storage"}
NEVER = {"kind": 500, "first": 1, "last": 0, "every": 1}
SOON = {  # what an operator would not set: a test has no minutes
    "spark.hadoop.fs.s3a.connection.timeout": "3s",
    "spark.hadoop.fs.s3a.connection.establish.timeout": "3s",
    "spark.hadoop.fs.s3a.attempts.maximum": "3",
    "spark.hadoop.fs.s3a.retry.limit": "3",
    "spark.hadoop.fs.s3a.retry.throttle.limit": "5",
}


@dataclass
class Storage:
    """The S3 server, as s3_server.py tells of it."""

    port: int

    def faults(self, **plan: Any) -> dict[str, int]:
        """What has come since the last time, and what is to fail from now on."""
        before = self._door(None)
        self._door(json.dumps(NEVER | plan).encode())
        return before

    def _door(self, data: bytes | None) -> dict[str, int]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_faults", data, timeout=30) as answer:
            return json.load(answer)

    @property
    def options(self) -> dict[str, str]:
        """For delta-rs, which knows S3 by itself."""
        url = f"http://127.0.0.1:{self.port}"
        return WHO | {"AWS_ENDPOINT_URL": url, "AWS_REGION": "us-east-1", "AWS_ALLOW_HTTP": "true"}


@pytest.fixture(scope="module")
def storage(tmp_path_factory) -> Any:
    """An S3 server with an empty bucket."""
    home = CACHE / "s3-server"
    python = home / "bin/python"
    if not (home / "made").exists():
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", HERE / "s3_server.txt"], check=True)
        (home / "made").touch()
    log = (tmp_path_factory.mktemp("s3") / "log.txt").open("w")
    command = [python, HERE / "s3_server.py"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=os.environ | WHO)
    try:
        made = Storage(int(server.stdout.readline()))
        put = urllib.request.Request(f"http://127.0.0.1:{made.port}/bucket", method="PUT")
        urllib.request.urlopen(put, timeout=30).close()
        yield made
    finally:
        server.kill()
        server.wait()
        log.close()


def documented() -> dict[str, Any]:
    """The page that operations.md gives for a lake on object storage."""
    section = (ROOT / "docs/operations.md").read_text().partition("## On object storage")[2].partition("\n## ")[0]
    return yaml.safe_load(re.search(r"```yaml\n(.*?)```", section, re.DOTALL)[1])


@pytest.fixture(scope="module")
def land(tmp_path_factory, storage) -> Site:
    """A small landing zone, and pages for a lake on S3 and one beside the landing zone."""
    jars = CACHE / "s3a-3.4.2"
    subprocess.run([sys.executable, "-m", "sojourn.session", "s3a", str(jars)], check=True)
    page = documented()
    page["lake"] = LAKE
    page["spark"] |= SOON
    page["spark"]["spark.jars"] = f"{jars}/*.jar"
    page["spark"]["spark.hadoop.fs.s3a.endpoint"] = f"http://127.0.0.1:{storage.port}"
    site = Site(tmp_path_factory.mktemp("storage"), WHO)
    site.settle(page)
    return site


@pytest.fixture(scope="module")
def truth(land) -> dict[str, list[str]]:
    """The rows of a lake beside the landing zone."""
    land.sojourn("near", *nights(*DAYS), "--provisional")
    return rows(str(land.root / "lake"))


def test_the_rows_are_those_of_a_local_lake(land, storage, truth):
    land.sojourn("far", *nights(*DAYS), "--provisional")
    assert rows(LAKE, storage.options) == truth
    assert {name for name, found in truth.items() if found} >= {"events", "rejects", "presence", "population_map"}


def test_a_day_again_leaves_the_same_rows(land, storage, truth):
    land.sojourn("far", *nights(DAYS[1]))
    assert rows(LAKE, storage.options) == truth


def test_those_who_look_find_it(land, storage, tmp_path):
    told = json.loads(land.begin("far", "status", "--json").communicate(timeout=300)[0])
    assert str(DAYS[1]) in json.dumps(told)
    land.sojourn("far", "check", "presence", "--day", str(DAYS[1]))
    land.sojourn("far", "report", "--out", str(tmp_path / "report.html"))
    assert (tmp_path / "report.html").stat().st_size > 10_000
    assert "events: as it was" in land.sojourn("far", "upkeep", "--dry-run")
    assert "part-0.csv" in land.sojourn("far", "trace", "presence", "--unit", str(DAYS[1]))


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(
            {"kind": 500, "last": None, "every": 9}, marks=drill("Storage answers every ninth request with 500")
        ),
        pytest.param({"kind": 503, "first": 100, "last": 103}, marks=drill("Storage says 503, slow down")),
        pytest.param(
            {"kind": "hang", "first": 100, "last": 400, "every": 100},
            marks=drill("Storage does not answer, now and then"),
        ),
    ],
)
def test_a_storage_that_stumbles_ends_no_night(land, storage, truth, plan):
    storage.faults(**plan)
    land.sojourn("far", *nights(DAYS[1]))
    assert storage.faults()["failed"] >= 3
    assert rows(LAKE, storage.options) == truth


def lease(storage: Storage) -> str:
    """Which lease of the lake counts, and what it says."""
    import pyarrow.fs as arrow

    store = arrow.S3FileSystem(
        access_key="nobody", secret_key="x", endpoint_override=f"127.0.0.1:{storage.port}", scheme="http"
    )
    found = store.get_file_info(arrow.FileSelector("bucket/lake/_sojourn.lock"))
    return store.open_input_stream(max(f.path for f in found)).read().decode()


@drill("Storage is gone in the middle of a night")
def test_a_storage_that_is_gone_ends_the_night_with_a_line_and_the_next_one_goes_on(land, storage, truth):
    storage.faults(kind=500, first=150, last=None)
    said = land.sojourn("far", *nights(DAYS[1]), code=1)
    assert len([line for line in said.splitlines() if "sojourn: " in line]) == 1
    assert storage.faults()["failed"] > 3
    assert not json.loads(lease(storage)).get("free"), "it could not be given back"
    land.sojourn("far", *nights(DAYS[1]))
    assert rows(LAKE, storage.options) == truth


@drill("kill -9 of a run on object storage, and another beside it")
def test_two_writers_are_one_and_a_killed_one_stops_nobody_for_long(land, storage, truth):
    first = land.begin("far", *nights(*DAYS))
    try:
        before = lease(storage)
        while lease(storage) == before and first.poll() is None:
            time.sleep(0.5)
        said = land.sojourn("far", "build", "presence", "--day", str(DAYS[1]), code=1)
        assert f"{LAKE}: is being written by sojourn run, process {first.pid} on " in said
    finally:
        first.kill()
        first.communicate()
    began = time.monotonic()
    land.sojourn("far", *nights(*DAYS))
    assert time.monotonic() - began > 60, "it waited until the lease had lapsed"
    assert rows(LAKE, storage.options) == truth
