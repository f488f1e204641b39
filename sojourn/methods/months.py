"""Rows of months out of rows of windows: `of` is the month, and rows of months that have not closed say so."""

from collections.abc import Collection
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def of_months(found: pa.Table, provisional: Collection[date]) -> pa.Table:
    """The rows in memory with `month` and `provisional`."""
    early = pc.is_in(found["of"], pa.array(sorted(provisional), pa.date32()))
    return found.append_column("month", found["of"]).append_column("provisional", early)


def of_months_by_spark(found: DataFrame, provisional: Collection[date]) -> DataFrame:
    """The same of a frame."""
    early = F.col("of").isin(sorted(provisional)) if provisional else F.lit(False)
    return found.withColumns({"month": F.col("of"), "provisional": early})
