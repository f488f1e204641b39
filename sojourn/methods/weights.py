"""How many persons a device stands for.

A device with a home stands for the grid's persons of its home zone over the devices with a home there (post-stratifying
by home area, UN handbook on mobile phone data, ch. 5). In sums before the door the weight is exact, shared out by
largest remainder, so that all devices together are the persons of the grid. What is published is scaled from counts
with noise, and so is its weight, that persons over devices do not give the count without noise away.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import hypot
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from sojourn.cells import centre_of
from sojourn.errors import bounded
from sojourn.methods.cellkey import noise_of
from sojourn.methods.counting import KEYS, counted
from sojourn.methods.zones import UNKNOWN, area, names, zones_of

MICRO = 1_000_000  # micro-persons in a person
PULL = 1_000  # of a person on the middle of a zone: in whole numbers, whose sum has no order
SET = "of"  # a column of homes (date): several sets of homes, each weighed by itself, as those of several months
WEIGHTS = ("area", "zone", "n", "record_key", "persons", "released", "homes")


def residents(homes: DataFrame, cells: DataFrame, home: str) -> DataFrame:
    """(device, cell, area): the home country's devices with status `home`, one row each (in each set: see SET)."""
    by = _sets(homes)
    own = homes.where((F.col("status") == "home") & (F.col("home_country") == home)).select(*by, "device", "cell")
    known = own.join(F.broadcast(zones_of(cells, home)), "cell", "left")
    return known.select(*by, "device", "cell", F.coalesce("area", area(F.lit(home))).alias("area"))


def _sets(homes: DataFrame) -> list[str]:
    return [SET] if SET in homes.columns else []


def by_zone(grid: pd.DataFrame, home: str) -> pd.DataFrame:
    """(zone, own, x, y, z): micro-persons of each zone, and their sum as vectors, whose direction is its middle.

    Args:
        grid: cell, population and zone of the rows of `population_grid`.
        home: the operator's country, which is the zone of cells without one.
    """
    lat, lon = (np.radians(a) for a in centre_of(grid["cell"].to_numpy(np.int64)))
    persons = grid["population"].to_numpy(np.float64)
    ends = (np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat))
    sums = {c: np.rint(persons * end * PULL).astype(np.int64) for c, end in zip("xyz", ends, strict=True)}
    sums = {"own": np.rint(persons * MICRO).astype(np.int64)} | sums
    return pd.DataFrame(sums).groupby(grid["zone"].fillna(home).to_numpy()).sum().rename_axis("zone").reset_index()


def zone_weights(homes: DataFrame, cells: DataFrame, people: pd.DataFrame | None, home: str, k: int) -> DataFrame:
    """A row for each zone that holds a home, and one, `_unknown`, for all of them together; in memory.

    A zone of the grid without homes gives its persons to the nearest that has some. For what is published, one with
    fewer than k homes gives persons and homes to the nearest with k or more: a published weight is a figure too.

    Args:
        homes: rows of `home_locations` of one month.
        cells: the register.
        people: of the grid, `by_zone`; None: persons and released are null.
        home: the operator's country.
        k: devices.

    Returns:
        area, zone, n, record_key, persons (micro-persons), released (micro-persons per device) and homes, the perturbed
        count of devices that released is made with (both null where no zone has k homes).
    """
    by, spark = _sets(homes), cells.sparkSession
    counts = _in_memory(counted(residents(homes, cells, home), [*by, "area"], {}))
    told = cells.select("zone")
    if people is not None:
        told = told.union(spark.createDataFrame(pa.table({"zone": pa.array(people["zone"], pa.string())})))
    zones = _in_memory(names(told, home))
    known = zones.assign(**dict.fromkeys(("own", *"xyz"), 0)) if people is None else zones.merge(people, "left", "zone")
    made = [
        _weighed(known.merge(some, "left", "area"), k, people is not None).assign(**dict.fromkeys(by, name))
        for name, some in (counts.groupby(SET) if by else [(None, counts)])
    ]
    fields = [(c, pa.string() if c == "zone" else pa.int64()) for c in WEIGHTS]
    schema = pa.schema([*fields, *((c, pa.date32()) for c in by)])
    rows = pd.concat(made) if made else pd.DataFrame(columns=schema.names)
    return spark.createDataFrame(pa.Table.from_pandas(rows, schema, preserve_index=False))


def _in_memory(rows: DataFrame) -> pd.DataFrame:
    """A row for each zone."""
    few: pd.DataFrame = rows.toArrow().to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    return few


def device_weights(homes: DataFrame, cells: DataFrame, people: pd.DataFrame | None, home: str, k: int) -> DataFrame:
    """(device, cell, area, zone, exact, released) of residents, weights in micro-persons; null where there is no grid.

    exact: they sum to the persons of the zone; what whole numbers leave over goes to the devices of least pseudonym.
    """
    weights = zone_weights(homes, cells, people, home, k).where(F.col("zone") != UNKNOWN)
    by = _sets(homes)
    order = F.row_number().over(Window.partitionBy(*by, "area").orderBy("device"))
    ranked = residents(homes, cells, home).withColumn("rank", order).join(F.broadcast(weights), [*by, "area"])
    exact = F.expr("persons div n + cast(rank <= persons % n as int)").alias("exact")
    return ranked.select(*by, "device", "cell", "area", "zone", exact, "released")


def inbound_weight(home_country: Column, inbound: Mapping[str, float]) -> Column:
    """Micro-persons that a foreign device stands for, by its home country (null: unknown), bigint."""
    chosen = F.lit(round(inbound["default"] * MICRO))
    for country, weight in sorted(inbound.items()):
        if country != "default":
            chosen = F.when(home_country == country, F.lit(round(weight * MICRO))).otherwise(chosen)
    return chosen.cast("bigint")


@dataclass(frozen=True)
class Errors:
    """What persons may be off by beside sampling and noise, each a share of them; 0 switches it off.

    benchmark_error: of residents, the persons of the grid in their zone. market_error: of foreign SIMs, how many
    persons each stands for (`weights.inbound`). definition_error: of all, homes that are none and trips or stays not
    seen. Defaults: docs/methods.md.
    """

    table: ClassVar[str] = ""
    benchmark_error: float = 0.05
    market_error: float = 0.1
    definition_error: float = 0.03

    def __post_init__(self) -> None:
        bounded(self, self.table, dict.fromkeys(("benchmark_error", "market_error", "definition_error"), (0, 1)))


def weighed(
    made: DataFrame,
    homes: DataFrame,
    cells: DataFrame,
    people: pd.DataFrame | None,
    home: str,
    k: int,
    errors: Errors | None = None,
) -> DataFrame:
    """A counted frame by `area` (null: not known) with the name of the zone, and the persons its devices stand for.

    `made` has n, area, and guests and guests_top: the micro-persons of foreign devices, and of one at most; null in a
    row of residents, who stand for what those of their zone stand for. The rest is as for `zone_weights`. Where errors
    are given it also gets `homes`, the perturbed count of the residents whose zone's persons these are (null: of
    guests), and `relative_error`.
    """
    rates = zone_weights(homes, cells, people, home, k).select(F.col("area").alias("of"), "released", "homes")
    known = made.join(F.broadcast(names(cells.select("zone"), home)), "area", "left").join(
        F.broadcast(rates), F.col("area").eqNullSafe(F.col("of")), "left"
    )
    columns = {
        "zone": F.coalesce("zone", F.lit(UNKNOWN)),
        "persons": F.coalesce("guests", F.col("n") * F.col("released")),
        "persons_top": F.coalesce("guests_top", "released"),
        "homes": F.when(F.col("guests").isNull(), F.col("homes")),
    }
    if errors is not None:
        ours, theirs = (hypot(of, errors.definition_error) for of in (errors.benchmark_error, errors.market_error))
        columns["relative_error"] = F.when(F.col("guests").isNull(), F.lit(ours)).otherwise(F.lit(theirs))
    unused = ("area", "of", "released", "guests", "guests_top", *(() if errors else ("homes",)))
    return known.withColumns(columns).drop(*unused)


def _weighed(zones: pd.DataFrame, k: int, known: bool) -> pd.DataFrame:
    """The rows of `zone_weights` out of all zones (area, zone, n, record_key, own, x, y, z)."""
    zones = zones.sort_values("zone", ignore_index=True)
    own, n, keys, *ends = (zones[c].fillna(0).astype("int64").to_numpy() for c in ("own", "n", "record_key", *"xyz"))
    middles = np.stack(ends, axis=1).astype(float)
    middles /= np.maximum(np.linalg.norm(middles, axis=1, keepdims=True), 1)

    def pooled(hosts: npt.NDArray[np.int64], what: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        sums: npt.NDArray[np.int64] = np.zeros_like(what)
        np.add.at(sums, hosts, what)
        return sums

    def noisy(n: npt.NDArray[np.int64], keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return (n + noise_of(keys % KEYS, k)).clip(min=1)

    near, shown = _hosts(middles, n > 0), _hosts(middles, n >= k)
    released = behind = None
    if shown is not None:
        count = noisy(pooled(shown, n), pooled(shown, keys))
        released, behind = (pooled(shown, own) // count)[shown], count[shown]
    persons = own if near is None else pooled(near, own)
    out = zones[["area", "zone"]].assign(n=n, record_key=keys, persons=persons, released=released, homes=behind)[n > 0]
    total, key = n.sum(keepdims=True), keys.sum(keepdims=True) % KEYS
    all_homes = noisy(total, key) if total[0] >= k else None
    mean = None if all_homes is None else own.sum(keepdims=True) // all_homes
    every = {"area": None, "zone": UNKNOWN, "n": total, "record_key": key, "persons": own.sum(), "released": mean}
    every["homes"] = all_homes
    out = pd.concat([out.astype(object), pd.DataFrame(every, dtype=object)])
    if not known:
        out[["persons", "released", "homes"]] = None
    typed: pd.DataFrame = out.astype({c: "Int64" for c in out if c != "zone"})
    return typed


def _hosts(middles: npt.NDArray[np.float64], able: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64] | None:
    """For each zone the row of the nearest that is able: itself, if it is; on ties the first. None: no zone is."""
    if not able.any():
        return None
    rows, hosts = np.flatnonzero(able), np.arange(len(able), dtype=np.int64)
    hosts[~able] = rows[np.argmax(np.round(middles[~able] @ middles[rows].T, 12), axis=1)]
    return hosts
