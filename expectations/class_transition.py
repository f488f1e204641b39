"""What must be true of classes from one year to the next."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations import count, gather, never, of, share, suite, within
from expectations.release import counted, door, released, told
from schemas.class_transition import ALL, CLASS_TRANSITION

READS = (CLASS_TRANSITION,)


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """Transitions as published, and as counted: the parts of each whole."""
    rows = of(frames["class_transition"], "month", units)
    stayed = (F.col("class_from") == "transnational") & (F.col("class_to") == "transnational")
    months = rows.groupBy("unit").agg(
        count(~F.col("as_of").between(F.col("month"), F.last_day("month"))).alias("stale"),
        count(~F.col("probability").between(0, 1)).alias("outside_shares"),
        count((F.col("class_from") == "absent") & (F.col("class_to") == "absent")).alias("nobody"),
        count(stayed != F.coalesce("confirmed", F.lit(False))).alias("confirmed_wrong"),
    )
    tallies = [months]
    if (raw := counted(CLASS_TRANSITION, frames, units)) is not None:
        tallies.append(_wholes(raw))
    seen = {"parts_differ": F.col("parts_differ"), "share_shown": share("n_shown", "n_counted", 100)}
    rates = {
        "persons_per_device": F.when(F.col("persons") > 0, share("persons", "devices")),
    } | told(frames, CLASS_TRANSITION, seen)
    return gather(units, released(CLASS_TRANSITION, frames, units), *tallies, rates=rates)


def _wholes(raw: DataFrame) -> DataFrame:
    """First classes of which the second ones are not all devices, each once."""
    all_ = F.col("class_to") == ALL
    firsts = raw.groupBy("unit", "home_country", "country", "class_from").agg(
        F.sum(F.when(all_, F.col("n")).otherwise(0)).alias("whole"),
        F.sum(F.when(~all_, F.col("n")).otherwise(0)).alias("parts"),
    )
    return firsts.groupBy("unit").agg(
        count(F.col("whole") != F.col("parts")).alias("parts_differ"),
        (F.sum("whole") + F.sum("parts")).alias("n_counted"),
    )


SUITE = suite(
    "class_transition",
    *door(),
    never("critical", "the second classes of a first are all its devices, each once", "parts_differ"),
    never("critical", "probabilities lie between 0 and 1", "outside_shares"),
    never("critical", "nobody is absent in both years", "nobody"),
    never("critical", "who is transnational in both years is confirmed, and nobody else", "confirmed_wrong"),
    never("critical", "as_of is a day of its month", "stale"),
    within("warning", "a device stands for at most 1,000 persons on average", "persons_per_device", None, 1_000),
    within("warning", "at least a tenth of the devices may be shown", "share_shown", 0.1, None),
)
