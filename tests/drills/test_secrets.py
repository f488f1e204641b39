"""Whatever happens to a night, neither the key nor an identifier is on the disk afterwards."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import KEY
from tests.drills.conftest import NIGHT
from tests.drills.test_kills import SMALL, when_written
from tests.sweep import found_in_files, found_in_tables

ROOT = Path(__file__).parents[2]
SECRETS = (KEY, "33612345678", *(f"27001000000{who:04}" for who in range(12)))


@pytest.mark.parametrize("night", ["goes well", "goes well, and says all", "is killed"])
def test_no_secret_is_left(land, tmp_path, monkeypatch, night):
    """Spark's event log, its spills and its temporary files included, logs of JSON and the traceback of --debug."""
    places = {name: tmp_path / "written" / name for name in ("temporary", "spills", "log")}
    for folder in places.values():
        folder.mkdir(parents=True)
    land.page["key"] = "${SOJOURN_KEY}"
    land.page["spark"] = SMALL | {
        "spark.local.dir": str(places["spills"]),
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": places["log"].as_uri(),
        "spark.shuffle.compress": "false",
        "spark.shuffle.spill.compress": "false",
        "spark.broadcast.compress": "false",
    }
    temporary = str(places["temporary"])
    page = tmp_path / "conf.yaml"
    monkeypatch.setenv("SOJOURN_KEY", KEY)
    land.conf()
    with (tmp_path / "written/said.txt").open("w") as said:
        running = subprocess.Popen(
            [
                *(sys.executable, "-m", "sojourn.run", "run", "--conf", str(page), "--log", "json"),
                *("--from", str(NIGHT), "--to", str(NIGHT), *["--debug"] * (night != "goes well")),
            ],
            cwd=ROOT,
            env=os.environ | {"TMPDIR": temporary, "JAVA_TOOL_OPTIONS": f"-Djava.io.tmpdir={temporary}"},
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        if night == "is killed":
            when_written(land, "events", running)
            os.killpg(running.pid, signal.SIGKILL)
        running.wait(900)
    assert (running.returncode == 0) is night.startswith("goes well")
    assert any(p.stat().st_size for p in places["log"].rglob("*") if p.is_file())
    assert list(found_in_files(land.root / "landing", SECRETS)), "the search finds them where they are"
    for folder in (tmp_path / "written", land.root / "lake"):
        assert list(found_in_files(folder, SECRETS)) == []
    assert list(found_in_tables(land.root / "lake", SECRETS)) == []
