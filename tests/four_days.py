"""Four landing days of a small country, for tests that ask whether two lakes hold the same."""

import copy
import gzip
import json
import random
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from schemas import EVENTS, RUNS, TABLES
from sojourn.lake import Lake
from sojourn.night import Night
from sojourn.rasters import write_geotiff
from sojourn.shapes import voronoi_zones
from tests.conftest import CDR, Land

DAYS = [date(2026, 3, 27) + timedelta(n) for n in range(4)]  # over the clock change of the 29th
WRITTEN = ("at", "ingested_at", "modified_at")  # when, not what
# of what is made of them nothing reaches back: a night of all takes three times as long
UP_TO_TRIPS = (
    *("cells", "events", "presence", "intl_calls"),
    *("country_runs", "country_since", "border_crossings", "trips"),
)
CELLS = ["A,49.6117,6.1319", "B,49.4958,5.9806", "C,49.8100,6.4200"]


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
    more = {"peer": "peer", "duration_s": "cast(dur as int)", "event_type": "'call'", "direction": "'out'"}
    land.page["sources"]["cdr"] = [CDR | {"columns": CDR["columns"] | more}]
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
    return rows_of(night.lake)


def rows_of(lake: Lake) -> dict[str, list[str]]:
    """The same of a lake that nobody works on."""
    out = {}
    for table in (t for t in TABLES if t is not RUNS):
        names = [c for c in table.names if c not in WRITTEN or table is EVENTS]
        out[table.name] = sorted(map(str, lake.rows(table).select(names).to_pylist()))
    return out


def copied(land: Land, root: Path, *more: str, **page: Any) -> Land:
    """The same land in another folder, with more of what lies in it, and a page that says something else."""
    for source in (land.root / name for name in ("landing", "persons.tif", "zones.geojson", *more)):
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, root / source.name)
    return Land(root, copy.deepcopy(land.page) | page)


def differing(one: dict[str, list[str]], other: dict[str, list[str]]) -> dict[str, Any]:
    """Of each table that is not the same, some rows that only one of two lakes has, and some of the other's."""
    few = 2
    return {
        name: (sorted(set(rows) - set(other[name]))[:few], sorted(set(other[name]) - set(rows))[:few])
        for name, rows in one.items()
        if rows != other[name]
    }
