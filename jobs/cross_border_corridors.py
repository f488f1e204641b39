"""Where, when and after how long a wait the home border is crossed, counted.

Method: a crossing is two successive signs in different countries; the corridor is the last antenna at home before, or
the first after. What is thin is not hidden but told more coarsely: cells, weekdays and hours are cut as finely as k
devices allow, as the map is (docs/methods.md).
"""

from dataclasses import dataclass
from datetime import date

import pandas as pd
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas import BORDER_CROSSINGS, CELLS, CROSS_BORDER_CORRIDORS, HOME_LOCATIONS, POPULATION_GRID
from schemas.cross_border_corridors import WAYS
from sojourn import clock
from sojourn.cells import coarser
from sojourn.disclosure import safe
from sojourn.errors import ConfigError
from sojourn.methods.counting import counted
from sojourn.methods.countries import as_number, as_text
from sojourn.methods.cutting import parts
from sojourn.methods.weights import residents, zone_weights
from sojourn.methods.zones import UNKNOWN, names

READS = (BORDER_CROSSINGS, HOME_LOCATIONS, CELLS, POPULATION_GRID)
WRITES, EVERY = CROSS_BORDER_CORRIDORS, "month"
ALL, WEEKDAY, HOUR, CELL, ZONE, ZONE_WEEKDAY, NETWORK, ZONE_NETWORK = range(len(WAYS))
NOWHERE = -1  # who has no home lives in no area
BAND = 6  # hours of a part of the day: night, morning, afternoon, evening
TREE = ["by", "out", "country", "area"]
COUNTED = ("crossings", "gap_minutes", "persons")
VIEW = "array<struct<by:int,area:bigint,part:bigint,depth:int,up:bigint>>"


@dataclass(frozen=True)
class Params:
    """How fine, and which silence still tells something.

    finest, coarsest: H3 resolutions of published cells (7: 5 km², about what an antenna in the open serves; 4: as in
    `population_map`). corridor_gap_hours: silence at a crossing up to which the antenna tells where it was (2:
    near_hours of `population_map`). gap_cap_hours: silences count up to so much, for roaming silence is normal and one
    device's must not be most of a sum (6: a part of the day). The last three are this project's.
    """

    finest: int = 7
    coarsest: int = 4
    corridor_gap_hours: float = 2.0
    gap_cap_hours: float = 6.0

    def __post_init__(self) -> None:
        at = "tables.cross_border_corridors"
        if not 0 <= self.coarsest <= self.finest <= 15:
            raise ConfigError("must be from 0 to finest, and finest at most 15", where=f"{at}.coarsest")
        if not 0 <= self.corridor_gap_hours <= 72:
            raise ConfigError("must be from 0 to 72", where=f"{at}.corridor_gap_hours")
        if not 0 < self.gap_cap_hours <= 72:
            raise ConfigError("must be more than 0, and 72 or less", where=f"{at}.gap_cap_hours")


def transform(
    crossings: DataFrame,
    homes: DataFrame,
    cells: DataFrame,
    people: pd.DataFrame | None,
    month: date,
    provisional: bool,
    home: str,
    time_zone: str,
    k: int,
    p: Params,
) -> DataFrame:
    """The counted frame of one month: dimensions, n, record_key, crossings, gap_minutes and persons with their tops.

    Args:
        crossings: rows of `border_crossings` of the dates of that month.
        homes: rows of `home_locations` of that month.
        cells: the register.
        people: of the grid, as `weights.by_zone` tells; None: no persons.
        month: its first day.
        provisional: what the rows say of themselves.
        home: country of the operator, ISO 3166-1 alpha-2; only its SIMs are seen on both sides.
        time_zone: of `home`; hours are local.
        k: devices.
        p: parameters.
    """
    meant = ~F.coalesce("accidental", F.lit(False))  # whom the network across the line took did not cross it
    mine = crossings.where((F.col("home_country") == home) & meant)
    rates = zone_weights(homes, cells, people, home, k).select(
        F.col("area").alias("of"), F.col("released").alias("weight")
    )
    known = (
        _crossed(mine, home, time_zone, p)
        .join(residents(homes, cells, home).select("device", F.col("area").alias("lives")), "device", "left")
        .join(F.broadcast(rates), F.col("lives").eqNullSafe(F.col("of")), "left")
    )
    seen = known.select("*", F.explode(_views(p)).alias("view")).select("*", "view.*")
    by = [*TREE, "part", "depth", "up"]
    measures = {"crossings": F.lit(1).cast("bigint"), "gap_minutes": F.col("minutes")}
    made = _cut(counted(seen, by, measures, {"persons": F.col("weight")}), k)
    told = made.join(F.broadcast(names(cells.select("zone"), home)), "area", "left")
    columns = {
        "month": F.lit(month),
        "obs_status": F.lit("P" if provisional else "A"),
        "direction": F.when(F.col("out"), "out").otherwise("in"),
        "country": as_text("country"),
        **_named(p),
    }
    return told.withColumns(columns).drop("out", "area", "part", "depth", "up")


def _crossed(mine: DataFrame, home: str, time_zone: str, p: Params) -> DataFrame:
    """(device, out, country, weekday, hour, minutes, cell, network): crossings of the home border."""
    out = F.col("from_country") == home
    near = F.col("gap_hours") <= p.corridor_gap_hours
    return mine.where(out | (F.col("to_country") == home)).select(
        "device",
        out.alias("out"),
        F.when(out, as_number("to_country")).otherwise(as_number("from_country")).alias("country"),
        (F.weekday("date") + 1).cast("bigint").alias("weekday"),
        F.hour(clock.local(F.col("at"), time_zone)).cast("bigint").alias("hour"),
        F.round(F.least(F.col("gap_hours"), F.lit(p.gap_cap_hours)) * 60).cast("bigint").alias("minutes"),
        F.when(near, F.when(out, F.col("last_cell")).otherwise(F.col("first_cell"))).alias("cell"),
        F.when(out, F.col("network")).cast("bigint").alias("network"),  # no MCC begins with 0: the number tells it
    )


def _views(p: Params) -> Column:
    """The nodes of all trees that a crossing is in; none of a cell or network that is not known."""
    weekend, band = (F.col("weekday") > 5).cast("bigint"), F.floor(F.col("hour") / BAND)
    nodes = [_node(ALL), _node(ZONE, zone=True)]
    for way in (WEEKDAY, ZONE_WEEKDAY):
        zone = way == ZONE_WEEKDAY
        nodes += [_node(way, weekend, zone=zone), _node(way, F.col("weekday"), 1, weekend, zone=zone)]
    nodes += [_node(HOUR, band), _node(HOUR, F.col("hour"), 1, band)]
    nodes += [_node(NETWORK, F.col("network")), _node(ZONE_NETWORK, F.col("network"), zone=True)]
    up = F.lit(0)
    for depth, resolution in enumerate(range(p.coarsest, p.finest + 1)):
        cell = coarser(F.col("cell"), resolution)
        nodes.append(_node(CELL, cell, depth, up))
        up = cell
    return F.filter(F.array(*nodes).cast(VIEW), lambda node: node["part"].isNotNull())


def _node(by: int, part: Column | None = None, depth: int = 0, up: Column | None = None, zone: bool = False) -> Column:
    none = F.lit(0).cast("bigint")
    return F.struct(
        F.lit(by).alias("by"),
        (F.coalesce("lives", F.lit(NOWHERE)) if zone else none).alias("area"),
        (none if part is None else part).cast("bigint").alias("part"),
        F.lit(depth).alias("depth"),
        (none if up is None else up).cast("bigint").alias("up"),
    )


def _cut(made: DataFrame, k: int) -> DataFrame:
    """The parts of each tree that are published; the rest of them only says what was counted."""
    may = F.col("n") >= k
    for measure in COUNTED:
        may &= safe(F.col("n"), F.col(f"{measure}_top"), F.col(measure), k)
    # a part of k devices or more lies in parts of k devices or more: what has fewer can be left out at once
    thick, columns = made.where((F.col("n") >= k) | (F.col("by") == ALL)), made.columns

    def cut(nodes: pa.Table) -> pa.Table:
        told = nodes.select([*TREE, "part", "depth", "up", "may", "crossings"]).to_pandas()
        kept = parts(told.rename(columns={"crossings": "weight"}), TREE) | (told["by"] == ALL)
        return nodes.filter(pa.array(kept)).select(columns)

    return thick.withColumns({"may": may, "one": F.lit(0)}).groupBy("one").applyInArrow(cut, made.schema)


def _named(p: Params) -> dict[str, Column]:
    """The dimensions as the table has them."""
    by, part, deep = F.col("by"), F.col("part").cast("int"), F.col("depth") == 1
    cell = F.when(by == CELL, F.col("part"))
    week, day = by.isin(WEEKDAY, ZONE_WEEKDAY), by == HOUR
    return {
        "by": F.element_at(F.lit(list(WAYS)), by + 1),
        "zone": F.when(by.isin(ZONE, ZONE_WEEKDAY, ZONE_NETWORK), F.coalesce("zone", F.lit(UNKNOWN))),
        "cell": cell,
        "h3": F.lower(F.hex(cell)),
        "resolution": F.when(by == CELL, F.col("depth") + p.coarsest),
        "weekday_from": F.when(week, F.when(deep, part).otherwise(1 + 5 * part)),
        "weekday_to": F.when(week, F.when(deep, part).otherwise(5 + 2 * part)),
        "hour_from": F.when(day, F.when(deep, part).otherwise(BAND * part)),
        "network": F.when(by.isin(NETWORK, ZONE_NETWORK), F.col("part").cast("string")),
        "hour_to": F.when(day, F.when(deep, part + 1).otherwise(BAND * (part + 1))),
    }
