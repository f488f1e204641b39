"""A lake on HDFS: the rows of a local one, one writer at a time, and a file system that goes in mid-night."""

import json
import time
from collections.abc import Iterator

import pytest

from sojourn.lake import Lake
from sojourn.lease import HadoopFolder
from tests.drills.far import Site, nights
from tests.drills.hdfs import Hdfs
from tests.four_days import DAYS as FOUR
from tests.four_days import differing, rows_of

drill = pytest.mark.drill
DAYS = FOUR[:2]


@pytest.fixture(scope="module")
def hdfs(tmp_path_factory) -> Iterator[Hdfs]:
    """An empty file system."""
    made = Hdfs(tmp_path_factory.mktemp("hdfs"))
    try:
        made.start()
        yield made
    finally:
        made.kill()


@pytest.fixture(scope="module")
def site(tmp_path_factory, hdfs) -> Site:
    """A small landing zone, and pages for a lake on HDFS and one beside the landing zone."""
    made = Site(tmp_path_factory.mktemp("site"))
    made.settle({"lake": f"{hdfs.uri}/lake"})
    return made


@pytest.fixture(scope="module")
def truth(site, spark) -> dict[str, list[str]]:
    """The rows of a lake beside the landing zone."""
    site.sojourn("near", *nights(*DAYS), "--provisional")
    return rows_of(Lake(spark, str(site.root / "lake")))


def test_the_rows_are_those_of_a_local_lake(site, hdfs, truth, spark):
    site.sojourn("far", *nights(*DAYS), "--provisional")
    assert differing(rows_of(Lake(spark, f"{hdfs.uri}/lake")), truth) == {}
    assert {name for name, found in truth.items() if found} >= {"events", "rejects", "presence", "population_map"}


def test_those_who_look_find_it(site, tmp_path, truth):
    told = json.loads(site.begin("far", "status", "--json").communicate(timeout=300)[0])
    assert str(DAYS[1]) in json.dumps(told)
    site.sojourn("far", "report", "--out", str(tmp_path / "report.html"))
    assert (tmp_path / "report.html").stat().st_size > 10_000
    assert "part-0.csv" in site.sojourn("far", "trace", "presence", "--unit", str(DAYS[1]))


def test_the_files_of_a_lease_are_created_only_where_there_are_none(hdfs, spark):
    folder = HadoopFolder(spark, f"{hdfs.uri}/another")
    folder.create(7, "first")
    with pytest.raises(Exception, match="FileAlreadyExists"):
        folder.create(7, "second")
    folder.replace(7, "third")
    assert (folder.numbers(), folder.read(7), folder.read(8)) == ([7], "third", "")


@drill("kill -9 of a run on HDFS, and another beside it")
def test_two_writers_are_one_and_a_killed_one_stops_nobody_for_long(site, hdfs, truth, spark):
    folder = HadoopFolder(spark, f"{hdfs.uri}/lake")
    before = max(folder.numbers())
    first = site.begin("far", *nights(*DAYS))
    try:
        while max(folder.numbers()) == before and first.poll() is None:
            time.sleep(0.2)
        said = site.sojourn("far", "build", "presence", "--day", str(DAYS[1]), code=1)
        assert f"{hdfs.uri}/lake: is being written by sojourn run, process {first.pid} on " in said
    finally:
        first.kill()
        first.communicate()
    began = time.monotonic()
    site.sojourn("far", *nights(*DAYS))
    assert time.monotonic() - began > 60, "it waited until the lease had lapsed"
    assert differing(rows_of(Lake(spark, f"{hdfs.uri}/lake")), truth) == {}


@drill("HDFS is gone in the middle of a night")
def test_a_file_system_that_is_gone_ends_the_night_with_a_line_and_the_next_one_goes_on(site, hdfs, truth, spark):
    lake = Lake(spark, f"{hdfs.uri}/lake")
    events = f"{lake.root}/restricted/events/_delta_log"
    before = len(lake._names(events))
    running = site.begin("far", *nights(*DAYS))
    while len(lake._names(events)) == before and running.poll() is None:
        time.sleep(0.2)
    hdfs.kill()
    said = running.communicate(timeout=600)[1]
    assert running.returncode == 1, said
    assert len([line for line in said.splitlines() if "sojourn: " in line]) == 1, said
    hdfs.start()
    site.sojourn("far", *nights(*DAYS))
    assert differing(rows_of(Lake(spark, lake.root)), truth) == {}
