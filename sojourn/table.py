"""What a table is: its name, its tier, its key and its columns, each with its meaning."""

from dataclasses import dataclass
from typing import Literal

from pyspark.sql import types as t

Tier = Literal["restricted", "published"]

TYPES: dict[str, t.DataType] = {
    "date": t.DateType(),
    "timestamp": t.TimestampType(),
    "bigint": t.LongType(),
    "int": t.IntegerType(),
    "double": t.DoubleType(),
    "string": t.StringType(),
    "boolean": t.BooleanType(),
}


@dataclass(frozen=True)
class Column:
    """A column: SQL type, meaning (with unit), whether null is allowed, and its closed domain if it has one."""

    name: str
    type: str
    meaning: str
    null: bool = False
    among: tuple[str, ...] = ()

    def field(self) -> t.StructField:
        """The column as a Spark field, its meaning as the comment."""
        return t.StructField(self.name, TYPES[self.type], self.null, {"comment": self.meaning})


@dataclass(frozen=True)
class Table:
    """A Delta table at {lake}/{tier}/{name}.

    `unit` is the partition that is checked, put back and rebuilt as a whole: the first of `partition`,
    or none for a table that is always written whole. What is `judged` is read only once it has passed its checks.
    """

    name: str
    sentence: str
    tier: Tier
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    partition: tuple[str, ...] = ()
    unit: str = "date"
    judged: bool = True

    @property
    def schema(self) -> t.StructType:
        """The Spark schema, comments and nullability included."""
        return t.StructType([c.field() for c in self.columns])

    @property
    def names(self) -> list[str]:
        """The column names, in order."""
        return [c.name for c in self.columns]

    @property
    def age(self) -> str:
        """The partition that tells how old a row is; nothing where none does."""
        return next((p for p in self.partition if p in ("date", "batch", "month", "as_of")), "")

    @property
    def trail(self) -> bool:
        """Whether every version of it is kept: published months, so that a figure that was changed can be looked up."""
        return self.tier == "published" and self.unit == "month"

    def __getitem__(self, name: str) -> Column:
        return next(c for c in self.columns if c.name == name)
