"""Who calls which foreign country from where: the waist between events and all that is made of international calls.

Few calls cross a border, so that a month of them is small where a month of events is not. Rows are facts: which hours
are a night, and who is left out, is for the tables after it.
"""

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas import EVENTS, INTL_CALLS
from sojourn.methods.countries import as_number, as_text

READS, WRITES, EVERY = (EVENTS,), INTL_CALLS, "date"


@dataclass(frozen=True)
class Params:
    """None: who was called is a fact."""


def transform(events: DataFrame, p: Params) -> DataFrame:
    """Rows of `intl_calls` for the dates of these events.

    An event with a cell happened in the operator's country: a SIM of that country is a subscriber at home. Numbers that
    are no country's (satellites, international freephone) have no `peer_country`.
    """
    abroad = (F.col("peer_country") != F.col("country")) & (F.col("home_country") == F.col("country"))
    made = (F.col("direction") == "out") & F.col("event_type").isin("call", "sms") & F.col("cell").isNotNull()
    by = ["date", "device", "hour", "cell", "peer"]
    calls = events.where(made & abroad).select(
        "date", "device", "hour", "cell", as_number("peer_country").alias("peer")
    )
    return calls.groupBy(*by).agg(F.count("*").alias("n_calls")).withColumn("peer_country", as_text("peer"))
