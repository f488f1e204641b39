"""The population by place, and hour by hour."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs import home_locations as homes_job
from jobs import population_grid as grid_job
from jobs import population_map as map_job
from schemas import CELLS, HOME_LOCATIONS, POPULATION_GRID, POPULATION_MAP, PRESENCE
from sojourn import clock, disclosure, rasters
from sojourn.methods.homes import Homes
from sojourn.nights import Nights
from sojourn.steps import Done, knows
from sojourn.steps.dates import dirty
from sojourn.steps.months import changed, close, consumed

if TYPE_CHECKING:
    from sojourn.night import Night

SOURCES = (PRESENCE, HOME_LOCATIONS, CELLS, POPULATION_GRID)


def population_grid(night: "Night", days: Sequence[date] = ()) -> Done:
    """The raster on H3 cells, if it or the areas are others than before."""
    source, conf = night.conf.population, night.conf
    if source is None:
        return None
    files = {"raster": source.path, **({"zones": conf.zones.path} if conf.zones else {})}
    notes: dict[str, str | int] = {name: rasters.fingerprint(path) for name, path in files.items()}
    p = night.params["population_grid"]
    notes |= {"year": source.year, "kind": source.kind, "resolution": conf.resolution, "params": str(p)}
    known = night.lake.consumed(POPULATION_GRID)
    if all(known.get(name) == value for name, value in notes.items()):
        return None
    raster = rasters.Population(source.path, source.kind)
    made = grid_job.transform(raster, night.zones, conf.resolution, source.year, p)
    frame = night.lake.frame(POPULATION_GRID, made)
    told = night.spark.createDataFrame(grid_job.told(raster))
    changed_on = datetime.fromtimestamp(Path(source.path).stat().st_mtime, UTC).date()  # whatever day is being built
    night.audit.release(disclosure.unlocked(POPULATION_GRID, frame, told), [changed_on], notes)
    return f"{len(made):,} cells", len(made)


def population_map(night: "Night", days: Sequence[date] = ()) -> Done:
    """The dates that landed since, those whose signs, homes or antennas changed, and those that look back on them."""
    lake, conf, p = night.lake, night.conf, night.params["population_map"]
    dates = _due(night)
    if not dates:
        return None
    since, until = dates[0] - timedelta(p.look_back_days), clock.later(dates[-1], 1)
    nights, homes = night.params["home_locations"], _homes(night, dates)
    homes.frame.persist()  # asked twice: how many live in each zone, and who
    try:
        counted = map_job.transform(
            lake.read(PRESENCE).where(F.col("date").between(since, until)),
            homes,
            lake.read(CELLS),
            lake.read(POPULATION_GRID),
            dates,
            map_job.Country(
                conf.home.country, (nights.night_from, nights.night_to), conf.weights.inbound, conf.late_days
            ),
            conf.disclosure.k,
            p,
        )
        notes = {**consumed(night, SOURCES), "newest": night.newest()}
        night.audit.release(disclosure.release_map(POPULATION_MAP, counted, conf.disclosure.k), dates, notes)
    finally:
        homes.frame.unpersist()
    return f"{len(dates)} dates", len(dates)


def _due(night: "Night") -> list[date]:
    first, newest, known = night.first(), night.newest(), night.lake.consumed(POPULATION_MAP)
    if first is None or newest is None or night.lake.approved(POPULATION_GRID) is None:
        return []
    built = clock.days(max(first, night.oldest() or first), newest)  # older presence may have expired
    if changed(night, POPULATION_MAP, POPULATION_GRID)(first, newest):
        return built
    before = date.fromisoformat(known["newest"])
    back = max(night.params["population_map"].look_back_days, night.params["home_locations"].window_days)
    due = {d for d in built if d > before}
    for x in dirty(night, POPULATION_MAP, PRESENCE):
        due |= set(clock.days(clock.later(x, -1), clock.later(x, back)))
    moved = changed(night, POPULATION_MAP, HOME_LOCATIONS)
    for month in clock.months(first, newest):
        if close(night, month) <= newest and moved(month, month):
            due |= set(clock.days(close(night, month), newest))
    if (told := _told(night, known["consumed"]["cells"])) is not None:
        due |= {d for d in built if d >= told}
    return sorted(due & set(built))


def _told(night: "Night", version: int | None) -> date | None:
    """The first date whose map may know of a change of the register since a version of it; None: none does."""
    if version == night.lake.approved(CELLS):
        return None
    columns = ["cell", "latitude", "longitude", "valid_from", "valid_to", "zone", "learned"]
    return knows(night.lake.difference(CELLS, version, columns), night.conf.late_days)


def _homes(night: "Night", dates: Sequence[date]) -> map_job.Homes:
    """Of each date those of the newest month that closed by then, else provisional ones as of the date."""
    first, rule = night.oldest() or dates[0], night.params["home_locations"]
    closed = {close(night, month): month for month in clock.months(first, dates[-1])}
    of = {day: max((c for c in closed if c <= day), default=day) for day in dates}
    early = {day: homes_job.window(day, day, rule) for day in dates if of[day] == day and day not in closed}
    columns = ["of", "device", "home_country", "cell", "status"]
    name = F.create_map(*[F.lit(v) for c, month in sorted(closed.items()) for v in (month, c)])[F.col("month")]
    rows = night.lake.read(HOME_LOCATIONS).where(~F.col("provisional") & name.isin(sorted({*of.values()})))
    frame = rows.withColumn("of", name).select(columns)
    if early:
        found = Nights(night.lake, Homes(early, night.conf.home.country, rule)).frame()
        frame = frame.unionByName(found.select(columns))
    return map_job.Homes(frame, of, set(early))
