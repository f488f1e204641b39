"""Where each device was seen, hour by hour."""

from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas import EVENTS, PRESENCE
from sojourn.methods.countries import as_text, texts_of

READS, WRITES, EVERY = (EVENTS,), PRESENCE, "date"


@dataclass(frozen=True)
class Params:
    """None: a place and its hours are facts."""


def rows(places: pa.RecordBatch) -> pa.RecordBatch:
    """Rows of `presence` out of rows of PLACES in memory, which have one row for each place."""
    made = {name: places["n" if name == "n_events" else name] for name in PRESENCE.names}
    made |= {name: texts_of(made[name]) for name in ("country", "home_country")}
    return pa.RecordBatch.from_arrays([*made.values()], names=[*made])


def transform(places: DataFrame, p: Params) -> DataFrame:
    """Rows of `presence` for the dates of these rows of PLACES (`sojourn.methods.gathering`)."""
    seen = places.groupBy("date", "device", "country", "cell").agg(
        F.bit_or("hours").alias("hours"), F.sum("n").alias("n_events"), F.min("home_country").alias("home_country")
    )
    return seen.withColumns({"country": as_text("country"), "home_country": as_text("home_country")})
