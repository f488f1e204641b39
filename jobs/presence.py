"""Where each device was seen, hour by hour."""

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas import EVENTS, PRESENCE
from sojourn.methods.countries import as_number, as_text

READS, WRITES, EVERY = (EVENTS,), PRESENCE, "date"


@dataclass(frozen=True)
class Params:
    """None: a place and its hours are facts."""


def transform(events: DataFrame, p: Params) -> DataFrame:
    """Rows of `presence` for the dates of these events. Events without a country are no sign of presence anywhere."""
    # only whole numbers in the exchange: countries as two letters in an int, hours as bits
    located = events.where("country is not null").select(
        "date",
        "device",
        as_number("country").alias("country"),
        "cell",
        as_number("home_country").alias("home_country"),
        F.expr("shiftleft(1, hour)").alias("bit"),
    )
    seen = located.groupBy("date", "device", "country", "cell").agg(
        F.bit_or("bit").alias("hours"), F.count("*").alias("n_events"), F.min("home_country").alias("home_country")
    )
    return seen.withColumns({"country": as_text("country"), "home_country": as_text("home_country")})
