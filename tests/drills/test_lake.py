"""What befalls the lake and its machine: disks, logs, keys, checks. Mended by one command, it holds what it should."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

import expectations.presence
from schemas import BY_NAME
from sojourn.errors import ConfigError, DataError, SojournError
from sojourn.run import cli
from tests.conftest import Land
from tests.drills.conftest import EVE, NIGHT, Rows
from tests.four_days import UP_TO_TRIPS, copied, differing

drill = pytest.mark.drill


def log(land: Land, table: str) -> list[Path]:
    """The commits of a table, oldest first."""
    (folder,) = (land.root / "lake").glob(f"*/{table}/_delta_log")
    return sorted(folder.glob("0*.json"))


def files(land: Land, table: str) -> list[Path]:
    return sorted((land.root / "lake").glob(f"*/{table}/**/*.parquet"))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("key", "another key of more than 32 characters", marks=drill("Another key")),
        pytest.param("resolution", 7, marks=drill("Another resolution")),
    ],
)
def test_another_key(land, spark, goes_on, truth, key, value):
    well, before = land.page.get(key), [log(land, name) for name in ("events", "validations")]
    land.page[key] = value
    with pytest.raises(ConfigError, match=f"another {key}"):
        land.night(spark)
    assert [log(land, name) for name in ("events", "validations")] == before
    land.page[key] = well
    assert differing(goes_on(land), truth) == {}


@drill("A critical check fails")
def test_a_check_that_fails(land, goes_on, truth, monkeypatch):
    def measured(*given: Any) -> DataFrame:
        return measure(*given).withColumn("hours_wrong", F.lit(1.0))

    measure = expectations.presence.measure
    with monkeypatch.context() as patch:
        patch.setattr(expectations.presence, "measure", measured)
        with pytest.raises(DataError, match="presence"):
            goes_on(land)
    assert differing(goes_on(land), truth) == {}


@drill("A check breaks down itself")
def test_a_check_that_raises(land, goes_on, truth, monkeypatch):
    def broken(*_: Any) -> DataFrame:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(expectations.presence, "measure", broken)
        with pytest.raises(ZeroDivisionError):
            goes_on(land)
    assert differing(goes_on(land), truth) == {}


@pytest.mark.parametrize("kept", [0, 100])
@pytest.mark.parametrize(
    "table",
    [
        pytest.param("presence", marks=drill("The newest commit of a table is damaged")),
        pytest.param("validations", marks=drill("The newest commit of the verdicts is damaged")),
        pytest.param("events", marks=drill("The newest commit of the events is damaged")),
    ],
)
def test_a_damaged_commit(land, spark, goes_on, request, table, kept):
    whole = table == "validations"  # its newest commit is the approval of the last table of a night
    truth = request.getfixturevalue("whole_truth" if whole else "truth")
    newest = log(land, table)[-1]
    newest.write_text(newest.read_text()[:kept])
    with pytest.raises(SojournError, match=newest.name) as told:
        goes_on(land)
    assert f"sojourn recover {table}" in told.value.hint
    assert land.night(spark).lake.set_aside(BY_NAME[table])
    assert differing(goes_on(land, whole), truth) == {}


@drill("The mark of the newest checkpoint is damaged")
def test_a_damaged_checkpoint_mark(land, goes_on, truth):
    marks = list((land.root / "lake").glob("*/*/_delta_log/_last_checkpoint"))
    for mark in marks:
        mark.write_text("{")
    assert marks
    assert differing(goes_on(land), truth) == {}


@pytest.fixture(scope="module")
def calm(eve: Land, tmp_path_factory: pytest.TempPathFactory) -> Land:
    """The eve of a night on which no antenna moves: it reads of the dates before what it does not make anew."""
    land = copied(eve, tmp_path_factory.mktemp("calm"), "lake")
    register = land.root / "landing/cells"
    shutil.copy2(register / f"{EVE[-1]}.csv", register / f"{NIGHT}.csv")
    return land


@pytest.fixture(scope="module")
def calm_truth(calm: Land, goes_on, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """The rows after such a night."""
    return goes_on(copied(calm, tmp_path_factory.mktemp("undisturbed"), "lake"))


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(Path.unlink, marks=drill("A data file of a table is gone")),
        pytest.param(lambda f: f.write_bytes(f.read_bytes()[:50]), marks=drill("A data file of a table is damaged")),
    ],
)
def test_a_lost_data_file(calm, goes_on, calm_truth, tmp_path, damage):
    land = copied(calm, tmp_path, "lake")
    for file in files(land, "country_runs"):
        damage(file)
    land.conf()
    words = f"run --conf {land.root}/conf.yaml --from {NIGHT} --to {NIGHT}".split()
    done = CliRunner().invoke(cli, [*words, *(w for name in UP_TO_TRIPS for w in ("--only", name))])
    assert done.exit_code == 1
    assert re.search(r"restricted/country_runs/date=[\d-]+/[^/]+\.parquet is gone or damaged", done.stderr), done.stderr
    shutil.rmtree(land.root / "lake/restricted/country_runs")
    assert differing(goes_on(land), calm_truth) == {}


@drill("Files that no commit names lie in the lake")
def test_stray_files(land, goes_on, truth):
    for file in files(land, "presence")[:1]:
        file.with_name("part-stray.parquet").write_bytes(file.read_bytes()[:50])
    (land.root / "lake/restricted/presence/_delta_log/.tmp.json").write_text("{")
    assert differing(goes_on(land), truth) == {}


@pytest.fixture
def disk(eve: Land, tmp_path) -> Iterator[Land]:
    """The eve, its lake on a disk of its own."""
    at = tmp_path / "disk"
    at.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", at], check=False, capture_output=True)
    if made.returncode:
        pytest.skip("a disk can be mounted by root only")
    try:
        shutil.copytree(eve.root / "lake", at / "lake")
        yield copied(eve, tmp_path, lake="disk/lake")
    finally:
        subprocess.run(["umount", "-l", at], check=True)


def mounted(land: Land, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", land.root / "disk"], check=True)


@pytest.mark.parametrize("left", [0, 60, 200])
@drill("The disk is full")
def test_a_full_disk(disk, goes_on, truth, left):
    """With so many kB left."""
    mounted(disk, f"size={(shutil.disk_usage(disk.root / 'disk').used >> 10) + left}k")
    with pytest.raises(Exception, match=r"(?i)space|quota|os error 28|ENOSPC"):
        goes_on(disk)
    mounted(disk, "size=64m")
    assert differing(goes_on(disk), truth) == {}


@drill("The lake can only be read")
def test_a_lake_that_can_only_be_read(disk, goes_on, truth):
    mounted(disk, "ro")
    with pytest.raises(Exception, match=r"(?i)read-only|permission|os error 30"):
        goes_on(disk)
    mounted(disk, "rw")
    assert differing(goes_on(disk), truth) == {}
