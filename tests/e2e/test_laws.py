"""The rows after any sequence of runs are those of one run in order: the promises, on a small lake of four days."""

import contextlib
import gzip
import json
import os
import random
import shutil
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from delta.tables import DeltaTable
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from schemas import EVENTS, PRESENCE, RUNS, TABLES
from sojourn.lake import Lake
from sojourn.night import Night
from sojourn.rasters import write_geotiff
from sojourn.shapes import voronoi_zones
from tests.conftest import CDR, Land

DAYS = [date(2026, 3, 27) + timedelta(n) for n in range(4)]  # over the clock change of the 29th
MORE = int(os.environ.get("SOJOURN_LAWS", "0"))  # so many sequences more are tried, each takes minutes
WRITTEN = ("at", "ingested_at")  # when, not what
CELLS = ["A,49.6117,6.1319", "B,49.4958,5.9806", "C,49.8100,6.4200"]


class Killed(BaseException):
    """The process ends here."""


def landed(root: Path) -> Land:
    """Four landing days of twelve people, on a raster of two zones; a figure may rest on two of them.

    Late and repeated records, a repeated and a truncated file, an antenna learnt on the third day, one that moves.
    """
    land, rng = Land(root), random.Random(7)
    write_geotiff(root / "persons.tif", np.full((60, 40), 3.0, np.float32), 5.9, 50.0, 0.0125, nodata=-1.0)
    areas = voronoi_zones("LU", ["N", "S"], ["north", "south"], [49.9, 49.5], [6.1, 6.1])
    (root / "zones.geojson").write_text(json.dumps(areas))
    land.page |= {
        "resolution": 6,  # some seventy cells
        "population": {"path": "persons.tif", "year": 2026, "kind": "count"},
        "zones": {"path": "zones.geojson", "id": "id", "name": "name"},
        "disclosure": {"k": 2},
        "tables": {"home_locations": {"min_nights": 1}, "transnationals": {"min_days": 2}},
    }
    land.page["sources"]["roaming"][0]["late_days"] = 9
    land.page["sources"]["cdr"] = [
        CDR | {"columns": CDR["columns"] | {"peer": "peer", "duration_s": "cast(dur as int)"}}
    ]
    for n, day in enumerate(DAYS):
        land.cells(day, *(CELLS if n >= 2 else CELLS[:2]), *(["M,49.70,6.20"] if n < 3 else ["M,49.75,6.30"]))
        lines = []
        for who in range(12):
            for _ in range(6):
                back = timedelta(rng.choice([0, 0, 0, 0, 1, 2]))
                hour, cell = rng.randrange(24), rng.choice("ABCM")
                lines.append(
                    f"27001000000{who:04},{day - back} {hour:02}:{rng.randrange(60):02}:00,{cell},+33612345678,{who}"
                )
        lines += lines[:3]
        head = "imsi,start,cell,peer,dur\n"
        for part in range(2):
            land.put(f"cdr/{day}/part-{part}.csv", head + "\n".join(lines[part::2]) + "\n")
        abroad = [f"27001000000{w:04},{day - timedelta(n)} 1{w}:00:00,20801" for w in range(3)]
        land.put(f"roaming/{day}/r.csv", "imsi,time,vplmn\n" + "\n".join(abroad) + "\n")
    first = (root / f"landing/cdr/{DAYS[0]}/part-0.csv").read_bytes()
    land.put(f"cdr/{DAYS[2]}/again.csv", first)
    land.put(f"cdr/{DAYS[3]}/cut.csv.gz", gzip.compress(first * 20)[:-9])
    return land


def rows(night: Night) -> dict[str, list[str]]:
    """All rows of all tables but for the times of writing; `runs` are nothing else."""
    out = {}
    for table in (t for t in TABLES if t is not RUNS):
        names = [c for c in table.names if c not in WRITTEN or table is EVENTS]
        out[table.name] = sorted(map(str, night.lake.read(table).select(names).collect()))
    return out


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Land:
    return landed(tmp_path_factory.mktemp("laws"))


@pytest.fixture(scope="module")
def truth(land: Land, spark) -> dict[str, list[str]]:
    """All days in one pass."""
    night = on_new_lake(land, spark, "at_once")
    night.run(DAYS)
    finish(night)
    return rows(night)


def on_new_lake(land: Land, spark, name: str) -> Night:
    shutil.rmtree(land.root / name, ignore_errors=True)
    land.page["lake"] = name
    return land.night(spark)


def finish(night: Night) -> None:
    night.provisional()


def test_the_small_lake_is_not_trivial(truth):
    assert len(truth["events"]) > 200
    assert len(truth["rejects"]) >= 4
    assert any("duplicate_file" in r for r in truth["rejects"])
    assert any("truncated_file" in r for r in truth["rejects"])
    # no register, and no month that began long enough ago (tests/spark/test_months.py)
    assert [name for name, found in truth.items() if not found] == ["subscribers", "country_since"]


def test_verdicts_lie_in_one_file_a_table_however_many_runs_wrote_some(land, spark, truth):
    files = spark.sql(f"describe detail delta.`{land.root}/at_once/restricted/validations`").first().numFiles
    assert 10 < files <= len(TABLES)


def test_night_by_night_with_files_that_come_late_is_the_same_as_a_range_at_once(land, spark, truth, tmp_path):
    """A file that lands after its day, within late_days, leaves the rows of one that was there in time."""
    late = Land(tmp_path, land.page | {"lake": "late"})
    for name in ("landing", "persons.tif", "zones.geojson"):
        source = land.root / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, tmp_path / name)
    held = [tmp_path / f"landing/cdr/{DAYS[0]}/part-1.csv", tmp_path / f"landing/roaming/{DAYS[1]}/r.csv"]
    for file in held:
        file.rename(tmp_path / file.name)
    for days in (DAYS[:1], DAYS[1:2]):
        late.night(spark).run(days)  # each night a process of its own, which knows only the lake
    for file in held:
        (tmp_path / file.name).rename(file)
    night = late.night(spark)
    night.run(DAYS[2:])
    finish(night)
    assert rows(night) == truth


def commits(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """The process dies at its n-th commit: before it where n is even, right after it where n is odd."""
    left = [at]

    def dying(method):
        def wrapped(self, *args, **kwargs):
            left[0] -= 2
            if left[0] == -2:
                raise Killed
            result = method(self, *args, **kwargs)
            if left[0] == -1:
                raise Killed
            return result

        return wrapped

    for name in ("write", "approve"):
        monkeypatch.setattr(Lake, name, dying(getattr(Lake, name)))


run = st.lists(st.sampled_from(DAYS), min_size=1, max_size=3, unique=True)
step = st.one_of(run, st.integers(0, 25), st.just("optimize"))


@settings(
    max_examples=max(1, MORE),
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, *[Phase.generate] * bool(MORE)],
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(step, min_size=1, max_size=3))
@example([7, "optimize", [DAYS[2], DAYS[0]]])
def test_any_sequence_of_runs_leaves_the_same_rows(land, spark, truth, steps):
    """Runs of days in any order and again, killed at any commit, OPTIMIZE in between; then one of all days."""
    night = on_new_lake(land, spark, "shuffled")
    for one in steps:
        if one == "optimize":
            for table in (EVENTS, PRESENCE):
                if night.lake.exists(table):
                    DeltaTable.forPath(spark, night.lake.path(table)).optimize().executeCompaction()
        elif isinstance(one, int):
            with pytest.MonkeyPatch.context() as patch:
                commits(patch, one)
                with contextlib.suppress(Killed):
                    night.run(DAYS[1:3])
        else:
            night.run(sorted(one))
        night = land.night(spark)  # the next process knows only the lake
    night.run(DAYS)
    finish(night)
    assert rows(night) == truth
