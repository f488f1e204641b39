"""The whole demo country in order: land, antennas, people, journeys, days, signs, files, truth."""

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np

from sojourn import rasters, shapes
from sojourn.demo import conf, dirt, feeds, heard, landing, people, population, radio, roots, signs, slots, stays, truth
from sojourn.demo import days as diaries
from sojourn.demo import grid as grids
from sojourn.demo.places import TOWNS
from sojourn.errors import ConfigError

Progress = Callable[[str, int, int], None]

FEWEST = {"days": 7, "subscribers": 200}
STEPS = ("the country", "its people", "their days", "their signs", "the truth")


def write(
    out: Path,
    subscribers: int = 10_000,
    days: int = 35,
    seed: int = 1,
    start: date = date(2026, 3, 2),
    *,
    progress: Progress | None = None,
) -> None:
    """Writes a landing zone, the conf that runs it, and the truth under `truth/`.

    Args:
        out: a folder; made where it is missing. A key that is there is kept, `landing/` and `truth/` are replaced.
        subscribers: SIMs, domestic and foreign, machines among them.
        days: local days from `start` on.
        seed: the same seed gives the same files, byte for byte, but for the key.
        start: the first local day.
        progress: called with what is being done, how much of it is done, and how much there is.

    Raises:
        ConfigError: too few days or subscribers for what is planted.
    """
    for name, given in (("days", days), ("subscribers", subscribers)):
        if given < FEWEST[name]:
            hint = f"at least {FEWEST[name]}"
            raise ConfigError(f"{given} {name} are too few for what is planted", where=f"--{name}", hint=hint)
    steps = _steps(progress)
    rng = np.random.default_rng(seed)
    clock = slots.clock(start, days)
    _clear(out)

    steps(0)
    grid = grids.grid(rng)
    net = radio.network(grid, days, rng)
    _write_country(out, grid)
    steps(1)
    folk = people.people(subscribers, days, start, grid=grid, net=net, rng=rng)
    trips = stays.stays(folk, clock, rng)
    steps(2)
    diary = diaries.days(folk, trips, clock, rng)
    steps(3)
    seen, caught = signs.signs(folk, diary, trips, clock, rng)
    silent_day = dirt.SILENT_DAY if days > dirt.SILENT_DAY + 1 else None
    records = heard.heard(seen, folk, net, clock, silent_day=silent_day, rng=rng)
    feeds.write_registers(out / "landing", folk, net, clock)
    opted_out = frozenset(folk.imsi[i].encode() for i in np.flatnonzero(folk.opt_out))
    word = feeds.words(folk, net, clock)
    root = roots.roots(folk, np.random.default_rng((seed, ord("r"))))
    ledger = landing.write_days(landing.Zone(out, records, folk, root, word, clock, seed, opted_out), progress)
    steps(4)
    at = truth.spot_cells(folk)
    files, rejects = truth.files(ledger)
    for name, table in {
        "subscribers": truth.subscribers(folk, net, clock, at),
        "trips": truth.journeys(folk, trips, clock, records, diary),
        "classes": truth.kinds_of_life(folk, trips, clock),
        "present": truth.present(folk, diary, clock, at),
        "population": population.population(
            folk, trips, diary, clock, grid=grid, rng=np.random.default_rng((seed, ord("p")))
        ),
        "roots": truth.roots(folk, root),
        "caught": truth.caught(folk, caught),
        "antennas": truth.antennas(net, clock),
        "files": files,
        "dirt": rejects,
    }.items():
        truth.save(out / "truth" / f"{name}.parquet", table)
    conf.write_key(out)
    conf.write_conf(out)
    steps(5)


def _steps(progress: Progress | None) -> Callable[[int], None]:
    def step(done: int) -> None:
        if progress:
            progress(STEPS[min(done, len(STEPS) - 1)], done, len(STEPS))

    return step


def _clear(out: Path) -> None:
    """A file of a former demo would be a late file of this one."""
    for folder in ("landing", "truth"):
        shutil.rmtree(out / folder, ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)


def _write_country(out: Path, grid: grids.Grid) -> None:
    """The raster of its population and the cantons, each the land that is nearest to its seat."""
    rasters.write_geotiff(
        out / "population.tif", grid.raster(), grids.WEST, grids.NORTH, grids.PIXEL_DEG, nodata=grids.NODATA
    )
    seats = [t for t in TOWNS if t.canton]
    zones = shapes.voronoi_zones(
        "LU",
        [f"LU-{t.canton}" for t in seats],
        [t.name for t in seats],
        [t.latitude for t in seats],
        [t.longitude for t in seats],
    )
    (out / "zones.geojson").write_text(json.dumps(zones, ensure_ascii=False))
