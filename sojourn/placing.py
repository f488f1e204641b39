"""Where an event happened, by the antennas that its batch knows; and its local date and hour."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas import EVENTS
from sojourn.clock import local
from sojourn.config import Config
from sojourn.pseudonym import key_id


def place(rows: DataFrame, cells: DataFrame, conf: Config) -> DataFrame:
    """Sifted records as rows of `events`: where each happened, and the local date and hour of it."""
    home, own = conf.home, conf.home.plmn
    found = _at_cell(rows, cells, conf)
    roaming = F.col("visited_plmn").isNotNull()
    country = F.when(roaming, F.col("visited_country")).otherwise(F.when(F.col("registered"), F.lit(home.country)))
    serving = F.coalesce("visited_plmn", F.lit(own[0] if len(own) == 1 else None))
    key = F.lit(key_id(conf.key.get_secret_value().encode()))
    placed = found.withColumns({"country": country, "serving_plmn": serving, "key_id": key})
    return placed.select(*EVENTS.names)


def replaced(events: DataFrame, cells: DataFrame, conf: Config) -> DataFrame:
    """Rows of `events` placed again, by the register as it is now."""
    own = (
        F.col("cell_id").isNotNull() | F.col("country").isNull()
    )  # of the call records; roaming events name no antenna
    found = _at_cell(events.drop("date", "hour", "cell"), cells, conf)
    country = F.when(own, F.when(F.col("registered"), F.lit(conf.home.country))).otherwise(F.col("country"))
    return found.withColumn("country", country).select(*EVENTS.names)


def _at_cell(rows: DataFrame, cells: DataFrame, conf: Config) -> DataFrame:
    """With cell, registered, date and hour. A batch knows the antennas that were told up to `late_days` after it."""
    antennas = cells.select(
        F.col("cell_id").alias("c_id"), "valid_from", "valid_to", "learned", F.col("time_zone").alias("zone_"), "cell"
    )
    there = F.to_date(local(F.col("at"), F.col("zone_")))
    holds = (
        (F.col("cell_id") == F.col("c_id"))
        & (F.col("valid_from").isNull() | (F.col("valid_from") <= there))
        & (F.col("valid_to").isNull() | (there <= F.col("valid_to")))
        & (F.col("learned").isNull() | (F.col("learned") <= F.date_add("batch", conf.late_days)))
    )
    found = rows.join(F.broadcast(antennas), holds, "left")
    here = local(F.col("at"), F.coalesce("zone_", F.lit(conf.home.time_zone)))
    return found.withColumns({"registered": F.col("c_id").isNotNull(), "date": F.to_date(here), "hour": F.hour(here)})


def moved(events: DataFrame, batches: Mapping[date, Any] | Iterable[date], changed: DataFrame) -> list[date]:
    """The batches, other than these, that hold an event of one of the changed antennas (a frame of `cell_id`)."""
    others = events.where(~F.col("batch").isin(sorted(batches)) & F.col("cell_id").isNotNull())
    hit = others.join(F.broadcast(changed), "cell_id", "left_semi").select("batch").distinct().collect()
    return sorted(r.batch for r in hit)
