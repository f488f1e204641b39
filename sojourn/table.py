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


# What every published row says of itself; filled in where it is written, never by a job (`sojourn.statement`). They may
# be null: a lake of a release before gets them by itself.
STATED = (
    Column("obs_status", "string", "A normal", True, ("A",)),
    Column(
        "coverage", "double", "share of the days of its date, month or year that the lake has; null: of no time", True
    ),
    Column("definition_id", "string", "names table, method and all parameters: other definition, other id", True),
)
# Of a figure in persons: made of what passed the door and of parameters alone (docs/methods.md).
ERRORS = (
    Column("se_sampling", "double", "standard error of sampling alone, persons; null: no persons", True),
    Column("se_total", "double", "standard error of all that is modelled, persons; null: no persons", True),
    Column("p05", "double", "lower end of the 90 % interval of the persons", True),
    Column("p95", "double", "upper end of the 90 % interval of the persons", True),
)


@dataclass(frozen=True)
class Table:
    """A Delta table at {lake}/{tier}/{name}.

    `unit` is the partition that is checked, put back and rebuilt as a whole: the first of `partition`,
    or none for a table that is always written whole. What is `judged` is read only once it has passed its checks.
    `reach`: days up to the last of a month that its rows look back on, where that is more than the month.
    """

    name: str
    sentence: str
    tier: Tier
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    partition: tuple[str, ...] = ()
    unit: str = "date"
    judged: bool = True
    reach: int = 0

    def __post_init__(self) -> None:
        if self.tier == "published":
            there = {c.name for c in self.columns}
            object.__setattr__(self, "columns", (*self.columns, *(c for c in STATED if c.name not in there)))

    @property
    def schema(self) -> t.StructType:
        """The Spark schema, comments and nullability included."""
        return t.StructType([c.field() for c in self.columns])

    @property
    def names(self) -> list[str]:
        """The column names, in order."""
        return [c.name for c in self.columns]

    @property
    def given(self) -> list[str]:
        """The columns that whoever makes its rows gives: all but those that are filled in where they are written."""
        return [c.name for c in self.columns if self.tier != "published" or c not in STATED]

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
