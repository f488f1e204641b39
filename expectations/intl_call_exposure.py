"""What must be true of which countries people call, from where."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations import count, gather, never, of, share, suite, within
from expectations.release import counted, door, released, told
from schemas.intl_call_exposure import INTL_CALL_EXPOSURE
from schemas.intl_calls import INTL_CALLS

READS = (INTL_CALL_EXPOSURE, INTL_CALLS)
ALL = "*"


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """The rows as published, as counted, and the calls they are of."""
    rows = of(frames["intl_call_exposure"], "month", units)
    whole, cells = F.col("area") == ALL, F.col("cell").isNotNull()
    months = rows.groupBy("unit").agg(
        F.sum(F.when(whole & (F.col("country") == ALL), F.col("calls"))).alias("calls"),
        F.sum(F.when(whole & (F.col("country") == ALL), F.col("devices"))).alias("callers"),
        count(~F.col("share").between(0, 1)).alias("outside_shares"),
        count((F.col("share").isNull() & F.col("lq").isNotNull()) | (F.col("lq") < 0)).alias("wrong_quotients"),
        count(whole & (F.abs(F.col("lq") - 1) > 1e-9)).alias("uneven"),
        count(cells != F.col("h3").isNotNull()).alias("half_named"),
        count(cells & (F.col("area") != F.lower(F.hex("cell")))).alias("misnamed"),
    )
    made = frames["intl_calls"].where(F.trunc("date", "month").isin(list(units)))
    tallies = [months, made.groupBy(F.trunc("date", "month").alias("unit")).agg(F.sum("n_calls").alias("made"))]
    if (raw := counted(INTL_CALL_EXPOSURE, frames, units)) is not None:
        counts = raw.where(whole & (F.col("country") == ALL))
        by_area = raw.where((F.col("country") == ALL) & F.col("cell").isNull() & ~whole).groupBy("unit")
        tallies.append(counts.groupBy("unit").agg(F.sum("calls").alias("counted"), F.sum("n").alias("n_all")))
        tallies.append(by_area.agg(F.sum("calls").alias("in_zones")))
    seen = {
        "invented": F.greatest(F.col("counted") - F.col("made"), F.lit(0)),
        "zones_differ": F.abs(F.col("counted") - F.col("in_zones")),
    }
    rates = {"calls_per_device": share("calls", "callers")} | told(frames, INTL_CALL_EXPOSURE, seen)
    return gather(units, released(INTL_CALL_EXPOSURE, frames, units), *tallies, rates=rates)


SUITE = suite(
    "intl_call_exposure",
    *door(),
    never("critical", "no call is counted that was not made", "invented"),
    never("critical", "the zones have all calls together", "zones_differ"),
    never("critical", "every share lies between 0 and 1", "outside_shares"),
    never("critical", "a quotient is not negative, and there is a share where there is one", "wrong_quotients"),
    never("critical", "all areas together call every country as often as all areas together do", "uneven"),
    never("critical", "a row has a cell where it has the name of one", "half_named"),
    never("critical", "every cell has its usual name", "misnamed"),
    within(
        "warning",
        "who calls abroad at night does so at most 300 times a month on average",
        "calls_per_device",
        None,
        300,
    ),
)
