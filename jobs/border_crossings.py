"""When a device changed country, between two of its successive signs."""

from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import DataFrame, WindowSpec
from pyspark.sql import functions as F

from schemas import BORDER_CROSSINGS, COUNTRY_RUNS, COUNTRY_SINCE
from sojourn.clock import HOUR_US
from sojourn.errors import bounded
from sojourn.methods.brief import BOUNDS, Brief, accidental
from sojourn.methods.countries import as_number
from sojourn.methods.stays import in_order

READS, WRITES, EVERY = (COUNTRY_RUNS, COUNTRY_SINCE), BORDER_CROSSINGS, "date"


@dataclass(frozen=True)
class Params:
    """`look_back_days`: a device that was silent for longer begins anew; its next sign is a first one.

    Both crossings of a stay abroad of the operator's own phone are accidental if its signs span fewer than
    catch_minutes (0: none is), between signs at home within catch_bracket_minutes; they stay rows.
    """

    look_back_days: int = 400
    catch_minutes: int = 30
    catch_bracket_minutes: int = 60

    def __post_init__(self) -> None:
        bounded(self, "border_crossings", {"look_back_days": (1, 3_660)} | BOUNDS)


def transform(runs: DataFrame, since: date, home: str, p: Params) -> DataFrame:
    """Rows of `border_crossings` of the dates from `since` on.

    Most devices stay in one country: they cost one aggregation. Only those that were in two cost a sort.

    Args:
        runs: rows of `country_runs` from `look_back_days` before `since` on; or those since a month
            before it began, and the rows of `country_since` for that month.
        since: first date to give rows for. Where cells have time zones of their own, a run may lie between two of the
            date before: it is the day before the first date that changed.
        home: country of the operator, whose cells are told.
        p: parameters.
    """
    near = runs.where(F.col("date") >= F.lit(since - timedelta(p.look_back_days)))
    countries = near.groupBy("device").agg(
        (F.min(as_number("country")) != F.max(as_number("country"))).alias("moved"),
        (F.max("date") >= F.lit(since)).alias("recent"),
    )
    movers = countries.where("moved and recent").select("device")
    mine, order = in_order(near.join(movers, "device", "left_semi"))
    before = {name: F.lag(name).over(order) for name in ("country", "date", "last_at", "last_cell")}
    crossed = mine.withColumns({f"{name}_before": column for name, column in before.items()}).where(
        (F.col("country") != F.col("country_before")) & (F.datediff("date", "date_before") <= p.look_back_days)
    )
    told = _told(crossed, order, home, Brief(p.catch_minutes, p.catch_bracket_minutes))
    silence = F.unix_micros("first_at") - F.unix_micros("last_at_before")
    return told.where(F.col("date") >= F.lit(since)).select(
        *("date", "device", "home_country"),
        F.col("country_before").alias("from_country"),
        F.col("country").alias("to_country"),
        F.col("first_at").alias("at"),
        F.when(F.col("country_before") == home, F.col("last_cell_before")).alias("last_cell"),
        F.when(F.col("country") == home, F.col("first_cell")).alias("first_cell"),
        (F.greatest(silence, F.lit(0)) / HOUR_US).alias("gap_hours"),
        "accidental",
        F.when(F.col("country") != home, F.col("serving_plmn")).alias("network"),
    )


def _told(crossed: DataFrame, order: WindowSpec, home: str, rule: Brief) -> DataFrame:
    """Crossings of all dates that are read, and whether each begins or ends an accidental stay."""
    stay = {"until": "last_at_before", "next_at": "first_at", "after": "country"}  # a stay ends where the next begins
    beside = crossed.withColumns(
        {name: F.lead(column).over(order) for name, column in stay.items()}
        | {"before": F.col("country_before"), "heard": F.col("last_at_before")}
    )
    caught = F.coalesce(accidental(rule, home, "first_at", "until"), F.lit(False))
    begins = beside.withColumn("caught", caught)
    ends = F.coalesce(F.lag("caught").over(order), F.lit(False))
    return begins.withColumn("accidental", F.col("caught") | ends)
