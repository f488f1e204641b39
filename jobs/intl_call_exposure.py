"""Which countries people call at night, from where: exposure of areas to countries.

Method: where the countries that are called lie close to where their nationals live (Bajardi et al. 2015), at night, to
come close to where people live, without cells in which people work. Figures are of subscribers with a SIM of the
operator's country: who keeps a foreign SIM is in `residents_by_origin`. It says nothing about any subscriber's origin.
"""

from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from schemas import CELLS, INTL_CALL_EXPOSURE, INTL_CALLS, PRESENCE
from sojourn.cells import FINEST, coarser
from sojourn.errors import ConfigError, bounded
from sojourn.methods.counting import counted
from sojourn.methods.zones import zone_of

READS, WRITES, EVERY = (INTL_CALLS, PRESENCE, CELLS), INTL_CALL_EXPOSURE, "month"
ALL = "*"  # all areas, or all foreign countries, together


@dataclass(frozen=True)
class Params:
    """Whose calls count, and how coarse cells may be. The hours of night are those of `home_locations`.

    most_a_day: who makes more calls and messages to other countries on a day is a call centre or a SIM box, and that
    day is left out (as World Bank covid-mobile-data; the figure is ours); 0: nobody. business_share: cells
    are left out whose device-hours are at night to less than this part of what they are in all cells together; 0: none
    is. transit: countries left out, because calls to their numbers go on to others, such as 'LI MC'. coarsest: H3
    resolution.
    """

    most_a_day: int = 50
    business_share: float = 0.5
    transit: str = ""
    coarsest: int = 5

    def __post_init__(self) -> None:
        bounds = {"most_a_day": (0, 10_000), "business_share": (0, 1), "coarsest": (0, FINEST)}
        bounded(self, "intl_call_exposure", bounds)
        if not all(len(code) == 2 and code.isalpha() and code.isupper() for code in self.transit.split()):
            what = "must be countries of two capital letters, with blanks between them"
            raise ConfigError(what, where="tables.intl_call_exposure.transit")


def transform(
    calls: DataFrame,
    presence: DataFrame,
    cells: DataFrame,
    month: date,
    provisional: bool,
    home: str,
    night: tuple[int, int],
    resolution: int,
    p: Params,
) -> DataFrame:
    """The counted frame of one month: dimensions, n, record_key, calls and its top.

    Args:
        calls: rows of `intl_calls` of the month's dates.
        presence: rows of `presence` of these dates.
        cells: the register.
        month: its first day.
        provisional: what the rows say of themselves.
        home: country of the operator, ISO 3166-1 alpha-2.
        night: first hour and the hour after the last, local; by the date of the call.
        resolution: of the cells.
        p: parameters.
    """
    since, until = night
    known = calls.where(~F.col("peer_country").isin(p.transit.split())) if p.transit else calls
    if p.most_a_day:
        day = Window.partitionBy("date", "device")
        known = known.withColumn("day", F.sum("n_calls").over(day)).where(F.col("day") <= p.most_a_day)
    slept = known.where((F.col("hour") >= since) | (F.col("hour") < until))
    if p.business_share:
        slept = slept.join(F.broadcast(_business(presence, night, p.business_share)), "cell", "left_anti")
    register = cells.where("cell is not null").select("cell", zone_of(F.col("zone"), home).alias("zone")).distinct()
    placed = slept.join(F.broadcast(register), "cell", "left").withColumn("zone", F.coalesce("zone", F.lit(home)))
    levels = range(resolution, min(resolution, p.coarsest) - 1, -1)
    areas = F.array(_area(ALL), _area(F.col("zone")), *(_cell(r) for r in levels))
    spread = placed.select(
        "device", "n_calls", F.explode(areas).alias("of"), F.array("peer_country", F.lit(ALL)).alias("countries")
    ).select("device", "n_calls", "of.*", F.explode("countries").alias("country"))
    made = counted(spread, ["area", "cell", "resolution", "country"], {"calls": F.col("n_calls")})
    columns = {
        "month": F.lit(month),
        "h3": F.when(F.col("cell").isNotNull(), F.col("area")),
        "obs_status": F.lit("P" if provisional else "A"),
    }
    return made.withColumns(columns)


def quotients(rows: DataFrame) -> DataFrame:
    """Published rows with share and lq, worked out from their published calls alone."""

    def calls(by: str, where: Column) -> Column:
        return F.max(F.when(where, F.col("calls"))).over(Window.partitionBy(*by.split()))

    area, country = F.col("area") == ALL, F.col("country") == ALL
    here, there, all_ = calls("month area", country), calls("month country", area), calls("month", area & country)
    share = F.col("calls") / here
    return rows.withColumns({"share": F.when(share > 1, 1.0).otherwise(share), "lq": share / (there / all_)})


def _business(presence: DataFrame, night: tuple[int, int], least: float) -> DataFrame:
    """Cells where people are by day: their share of device-hours at night over that of all cells is below `least`."""
    since, until = night
    mask = sum(1 << h for h in range(24) if h >= since or h < until)
    hours = (
        presence.where("cell is not null")
        .groupBy("cell")
        .agg(
            F.sum(F.bit_count(F.col("hours").bitwiseAND(F.lit(mask)))).alias("slept"),
            F.sum(F.bit_count("hours")).alias("hours"),
        )
    )
    whole = hours.agg(F.sum("slept").alias("all_slept"), F.sum("hours").alias("all_hours"))
    both = hours.crossJoin(F.broadcast(whole))
    share = F.col("slept") / F.col("hours")  # of whole numbers: the same in whatever order they were summed up
    return both.where(share < least * F.col("all_slept") / F.col("all_hours")).select("cell")


def _area(name: str | Column) -> Column:
    text = F.lit(name) if isinstance(name, str) else name
    return F.struct(
        text.alias("area"), F.lit(None).cast("bigint").alias("cell"), F.lit(None).cast("int").alias("resolution")
    )


def _cell(resolution: int) -> Column:
    """The H3 cell of a resolution that holds `cell`, as an area."""
    cell = coarser(F.col("cell"), resolution)
    name = F.lower(F.hex(cell))
    return F.struct(name.alias("area"), cell.alias("cell"), F.lit(resolution).alias("resolution"))
