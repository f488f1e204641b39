"""The one door to the published tier.

What a job makes of devices is a counted frame (`sojourn.methods.counting`): raw counts, for this house only. Here it
becomes rows that anybody may read: nothing on fewer than k devices or mostly on one, a device count with the noise of
its cell key, and everything else worked out from that count, so that no quotient of two columns gives the raw one away.
Why, and against whom: docs/decisions/0007-cell-keys.md.
"""

from collections.abc import Callable, Mapping
from dataclasses import InitVar, dataclass
from datetime import date
from itertools import chain

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from sojourn.errors import SojournError
from sojourn.methods.cellkey import VARIANCE, bound, perturbed
from sojourn.methods.counting import DOUBT
from sojourn.table import ERRORS, STATED, Table

MICRO = 1_000_000  # micro-persons in a person
Z90 = 1.6448536269514722  # half a 90 % interval in standard deviations
OPEN = {
    "population_grid": "made of a public raster: no device stands behind it",
    "segregation": "worked out from published rows alone",
    "night_quality": "hides by itself what fewer than k devices stand behind",
    "cross_border_communities": "made of published tables alone, and of what the operator says of places",
}
_SEAL = object()
Derive = Callable[[DataFrame], DataFrame]


def nothing(rows: DataFrame) -> DataFrame:
    """What is derived where nothing is."""
    return rows


@dataclass(frozen=True)
class Released:
    """Rows that passed the door: the only ones that may be written to the published tier.

    `counted` is what they were made of, with the `k` that was kept, for the checks; restricted, never written.
    """

    table: Table
    frame: DataFrame
    counted: DataFrame | None = None
    seal: InitVar[object] = None

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise SojournError("only the door releases rows", where=self.table.name, hint="sojourn.disclosure.release")


def unlocked(table: Table, frame: DataFrame, counted: DataFrame | None = None) -> Released:
    """Rows that need no hiding, of the tables that are known to be such; `counted` is what their checks see beside."""
    if table.name not in OPEN:
        raise SojournError("is about devices: it goes through disclosure control", where=table.name)
    return Released(table, _whole(table, frame), counted, seal=_SEAL)


def stated(released: Released, coverage: Mapping[date, float], definition: str) -> Released:
    """The same rows with what each says of itself; coverage by the unit of the table, null where there is none."""
    table = released.table
    told: dict[str, Column] = {"definition_id": F.lit(definition), "obs_status": F.lit("A")}
    if coverage:
        of = F.create_map(*chain.from_iterable((F.lit(u), F.lit(c)) for u, c in sorted(coverage.items())))
        told["coverage"] = of[F.col(table.unit)]
    own = {name: column for name, column in told.items() if name not in table.given}
    rows = released.frame.withColumns(own).select(*table.names)
    return Released(table, rows, released.counted, seal=_SEAL)


def _whole(table: Table, frame: DataFrame) -> DataFrame:
    """All columns of a table; null what is filled in later, and errors where there is nothing to work them out of."""
    lacking = [c for c in table.columns if c in (*STATED, *ERRORS) and c.name not in frame.columns]
    return frame.withColumns({c.name: F.lit(None).cast(c.type) for c in lacking}).select(*table.names)


def safe(n: Column, top: Column, total: Column, k: int) -> Column:
    """Whether a figure may be published: k devices or more, and none of them has more than half of it."""
    return (n >= k) & F.coalesce(2 * top <= total, F.lit(True))


def _unit(part: Column) -> Column:
    """The smallest power of two, in units of the part, that is not below it; 1 of nothing. By bits: no logarithm."""
    whole = F.greatest(F.ceil(part).cast("bigint"), F.lit(1)) - 1
    bits = F.when(whole > 0, F.length(F.bin(whole))).otherwise(0)
    return F.pow(F.lit(2), bits)


def _grain(devices: Column, unit: Column, k: int) -> Column:
    """The step between the values that a measure may have in public.

    Measure over count is known to within unit / (devices - D), and at least devices - D devices stand behind it: so for
    every count that the noise allows some sum of parts fits, and the measure rules none of them out.
    """
    return devices * unit / F.greatest(devices - bound(k), F.lit(1))


def _scaled(measure: Column, n: Column, devices: Column, unit: Column, k: int) -> Column:
    """A measure times perturbed over raw count, on its grain."""
    grain = _grain(devices, unit, k)
    return F.round(measure * (devices / n) / grain) * grain


def release(table: Table, counted: DataFrame, k: int, derive: Derive = nothing) -> Released:
    """Rows of a sparse table: what may not be published is left out.

    Args:
        table: with the dimensions, `devices`, and measures: bigint (counts), double (persons).
        counted: the dimensions, n, record_key, and of each measure itself and its `_top`; persons in micro-persons.
            For standard errors also `homes` and `relative_error`, public both (`sojourn.methods.weights`), and DOUBT
            where the lower end of the interval shall do without some.
        k: devices.
        derive: adds columns; it sees rows that anybody may read, and nothing of what they were counted from.
    """
    measures = [c for c in table.columns if f"{c.name}_top" in counted.columns]
    n, devices = F.col("n"), F.col("_devices")
    counted = counted.withColumn("k", F.lit(k))  # before all else: what is held for the checks is what the rows rest on
    kept = counted.where(n >= k)
    for c in measures:
        kept = kept.where(safe(n, F.col(f"{c.name}_top"), F.col(c.name), k))
    noisy = kept.withColumn("_devices", perturbed(n, F.col("record_key"), k))
    made = {"devices": devices}
    for c in measures:
        value, top = F.col(c.name), F.col(f"{c.name}_top")
        if c.type == "bigint":  # twice the mean: between two releases the part of one device is lost in the rounding
            whole = F.round(_scaled(value, n, devices, _unit(2 * value / n), k)).cast("bigint")
            made[c.name] = F.when(value >= n, F.greatest(whole, devices)).otherwise(whole)  # each made a trip at least
        else:  # weights are no secret: where all are alike, their quotient tells nothing else
            mixed = _scaled(value, n, devices, _unit(top), k)
            made[c.name] = F.when(value == n * top, devices * top).otherwise(mixed) / MICRO
    rows = noisy
    if "relative_error" in counted.columns:
        rows = rows.withColumn("_mixed", F.col("persons") != n * F.col("persons_top"))  # as the quotient tells anyway
    rows = rows.withColumns(made)
    if "relative_error" in counted.columns:
        rows = rows.withColumns(_errors(k, _doubted(k) if DOUBT[0] in counted.columns else F.lit(0)))
    public = rows.select(*(c for c in rows.columns if c in table.names))
    return Released(table, _whole(table, derive(public)), counted, seal=_SEAL)


def _doubted(k: int) -> Column:
    """How many of the published devices of a row are in doubt: a count of its own with its own noise.

    Between none and k - 1, which are not told: the middle. All but fewer than k: all. Null: of these none can be.
    """
    doubt, key = (F.col(name) for name in DOUBT)
    told = F.least(perturbed(doubt, key, k), F.col("devices"))
    shown = F.when(doubt < k, F.lit(k // 2)).when(F.col("n") - doubt < k, F.col("devices")).otherwise(told)
    return F.when(doubt.isNull(), 0).otherwise(shown)


def _errors(k: int, doubtful: Column) -> dict[str, Column]:
    """Standard errors and interval of the persons, of the published devices and persons and of what is public.

    Sampling as in `sojourn.methods.sampling.count_variance`; the noise of the count; rounding; all else in proportion.
    The lower end does without the devices that are in doubt.
    """
    devices, persons = F.col("devices"), F.col("persons")
    weight = F.nullif(persons / devices, F.lit(0.0))
    # of all residents of a zone, persons are the zone's: nothing is drawn, and noise cancels
    left = F.greatest(1 - F.coalesce(devices / F.col("homes"), F.lit(0.0)), F.lit(0.0))
    sampling = F.pow(weight, 2) * devices * left * F.greatest(1 - 1 / weight, F.lit(0.0))
    # where weights differ, persons are rounded: to twice the mean weight or so
    grain = F.when(F.col("_mixed"), 2 * weight * devices / F.greatest(devices - bound(k), F.lit(1)))
    door = VARIANCE * F.pow(weight, 2) * left + F.pow(F.coalesce(grain, F.lit(0.0)), 2) / 12
    total = F.sqrt(sampling + door + F.pow(F.col("relative_error") * persons, 2))
    return {
        "se_sampling": F.sqrt(sampling),
        "se_total": total,
        "p05": F.when(total.isNotNull(), F.greatest(persons * (1 - doubtful / devices) - Z90 * total, F.lit(0.0))),
        "p95": persons + Z90 * total,
    }


def release_map(table: Table, counted: DataFrame, k: int) -> Released:
    """Rows of `population_map`: residents by their count, visitors by theirs.

    The ends of the interval keep their distance, in devices, and make room for the noise and the rounding of the door.

    Args:
        table: `population_map`.
        counted: date, hour, cell, resolution, obs_status; n, record_key, population, population_top, p05, p95 of
            residents; visitor_n, visitor_record_key, visitors, visitors_top. Persons in micro-persons (bigint).
        k: devices.
    """
    n, devices, visitor_n, guests = F.col("n"), F.col("_devices"), F.col("visitor_n"), F.col("_guests")
    value, visitors = F.col("population"), F.col("visitors")
    counted = counted.withColumn("k", F.lit(k))  # as above
    noisy = counted.where(safe(n, F.col("population_top"), value, k)).withColumns(
        {
            "_devices": perturbed(n, F.col("record_key"), k),
            "_guests": perturbed(visitor_n, F.col("visitor_record_key"), k),
        }
    )
    unit, guest = _unit(value / n), _unit(visitors / F.nullif(visitor_n, F.lit(0)))
    grain, made = _grain(devices, unit, k), F.col("_made")
    door = VARIANCE * F.pow(made / devices, 2) + F.pow(grain, 2) / 12  # variance of the noise and of the rounding

    def reach(end: Column) -> Column:
        return F.sqrt(F.pow(value - end, 2) * (devices / n) + Z90**2 * door)

    shown = safe(visitor_n, F.col("visitors_top"), visitors, k)
    columns = {
        "p05": F.greatest(F.floor((made - reach(F.col("p05"))) / grain) * grain, F.lit(0)) / MICRO,
        "p95": F.ceil((made + reach(F.col("p95"))) / grain) * grain / MICRO,
        "population": made / MICRO,
        "visitors": F.when(shown, _scaled(visitors, visitor_n, guests, guest, k) / MICRO),
        "h3": F.lower(F.hex("cell")),
    }
    rows = noisy.withColumn("_made", _scaled(value, n, devices, unit, k)).withColumns(columns)
    return Released(table, _whole(table, rows), counted, seal=_SEAL)
