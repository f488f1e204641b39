"""The administrative area of a cell of the network."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

UNKNOWN = "_unknown"


def zone_of(zone: Column, home: str) -> Column:
    """A zone as tables name it: where no areas are configured, the whole country is one, named as the country."""
    return F.coalesce(zone, F.lit(home))


def area(zone: Column) -> Column:
    """A zone as a whole number: a bigint costs less than a text in an exchange. Null stays null."""
    return F.when(zone.isNotNull(), F.xxhash64(zone))


def zones_of(cells: DataFrame, home: str) -> DataFrame:
    """(cell, area): a row for each H3 cell of the register."""
    return cells.where("cell is not null").select("cell", area(zone_of(F.col("zone"), home)).alias("area")).distinct()


def names(frame: DataFrame, home: str) -> DataFrame:
    """(area, zone) of a frame with a column `zone`, and of the whole country: what the numbers are called."""
    country = frame.sparkSession.range(1).select(F.lit(home).alias("zone"))
    told = frame.select(zone_of(F.col("zone"), home).alias("zone")).union(country).distinct()
    return told.select(area(F.col("zone")).alias("area"), "zone")
