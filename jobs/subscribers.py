"""The subscriber register, by pseudonym: which number is which SIM, who opted out, what is a machine."""

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas import SUBSCRIBERS

READS, WRITES, EVERY = (), SUBSCRIBERS, "source"


@dataclass(frozen=True)
class Params:
    """None."""


def transform(told: DataFrame) -> DataFrame:
    """Rows of `subscribers` out of all that the register told: of two words on one alias and day the newest holds."""
    said = F.struct(F.coalesce("batch", F.to_date(F.lit("0001-01-01"))), "file", "line", "device", "segment", "opt_out")
    newest = told.groupBy("alias", "valid_from").agg(F.max(said).alias("said"))
    out = F.coalesce(F.col("said.opt_out"), F.lit(False)).alias("opt_out")
    return newest.select("alias", "said.device", "valid_from", "said.segment", out)
