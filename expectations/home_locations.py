"""What must be true of where devices live, whatever the parameters that were chosen."""

from collections.abc import Mapping, Sequence
from datetime import date

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations import gather, never, share, suite, within
from schemas.home_locations import HOME_LOCATIONS
from sojourn.seen import homes_scanned, homes_seen

READS = (HOME_LOCATIONS,)


def measure(frames: Mapping[str, DataFrame], units: Sequence[date]) -> DataFrame:
    """As those saw the months who wrote them, or by one scan of them."""
    seen = frames.get("home_locations.seen")
    if seen is None:
        rows = frames["home_locations"]
        told = homes_scanned(rows.where(F.col("month").isin(list(units))))
        seen = rows.sparkSession.createDataFrame(pa.Table.from_pandas(homes_seen(told, units), preserve_index=False))
    shared = (F.col("home_from") > 0) & (F.col("home_from") <= F.col("unlocatable_to"))
    counted = (F.col("enough_from") > 0) & (F.col("enough_from") <= F.col("too_few_to"))
    rates = {
        "devices": F.col("rows"),
        "threshold_share": shared.cast("int"),
        "threshold_nights": counted.cast("int"),
        "share_unlocatable": share("unlocatable", "judged", 30),
        "share_domestic_home": share("domestic_home", "domestic", 30),
    }
    return gather(units, seen, rates=rates)


SUITE = suite(
    "home_locations",
    never("critical", "a device has one row a month", "repeated"),
    never("critical", "nights at the cell, abroad and in this country are among those observed", "nights_wrong"),
    never("critical", "every device was observed on a night, and on no more than a year has", "observed_wrong"),
    never("critical", "share is nights over observed nights", "wrong_shares"),
    never("critical", "share lies between 0 and 1", "outside_shares"),
    never("critical", "there is a cell where there were nights at it, and only there", "cell_wrong"),
    never("critical", "a home has a cell", "homeless"),
    never("critical", "who lives abroad was there on most of the nights", "not_abroad"),
    never("critical", "every home has a greater share than any that is unlocatable", "threshold_share"),
    never("critical", "no device with too few nights has as many as one with enough", "threshold_nights"),
    never("critical", "a month is provisional as a whole or not at all", "mixed"),
    within("warning", "somebody was seen at night", "rows", 1),
    within("info", "every row is a device", "devices", 1),
    within(
        "warning",
        "at most half of those seen often enough and living here are unlocatable",
        "share_unlocatable",
        None,
        0.5,
    ),
    within(
        "warning",
        "at least a third of the home country's devices seen often enough has a home",
        "share_domestic_home",
        0.33,
        None,
    ),
)
