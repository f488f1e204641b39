"""The records of files of one form as a Spark frame, counted where they pass, file by file.

A file is wholly in one task, so that a task that runs twice counts once.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
from pyspark import AccumulatorParam
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as t

from sojourn.arrivals import Arrival, Row, over_files
from sojourn.files import Form, Found, records

Counts = dict[str, int]
OURS = (
    t.StructField("__file", t.IntegerType()),
    t.StructField("__batch", t.DateType()),
    t.StructField("__line", t.LongType()),
)


class Tally(AccumulatorParam):
    """Counts by file. A file that is counted again (a task that ran twice) takes the place of its first count."""

    def zero(self, value: dict[int, Counts]) -> dict[int, Counts]:
        """Nothing counted."""
        return {}

    def addInPlace(self, value1: dict[int, Counts], value2: dict[int, Counts]) -> dict[int, Counts]:  # noqa: N802
        """Take over the counts of a task."""
        value1.update(value2)
        return value1


def counted(path: str, form: Form, found: Found, counts: Counts, forgive: bool = True) -> Iterator[pa.RecordBatch]:
    """The records of a file, counted as they come: rows, what was no row (malformed), and whether it broke (failed).

    One file must not stop the others, which are read again without it; unless that is not to be forgiven.
    """
    counts |= {"rows": 0, "malformed": 0}

    def malformed(rows: int) -> None:
        counts["malformed"] += rows

    batches = records(path, form, found, malformed)
    while True:
        try:
            batch = next(batches, None)
        except Exception:  # whatever a damaged file makes a reader say
            if not forgive:
                raise
            counts["failed"] = 1
            return
        if batch is None:
            return
        counts["rows"] += batch.num_rows
        yield batch


def found_types(found: Found) -> t.StructType:
    """The columns asked for, with the types they have in a file."""
    columns = [{"name": c, "type": json.loads(kind), "nullable": True, "metadata": {}} for c, _, kind in found.columns]
    return t.StructType.fromJson({"fields": columns})


def reader(
    spark: SparkSession, form: Form, found: Found, files: Sequence[tuple[int, Arrival]], tally: Any
) -> DataFrame:
    """The records of files of one form: __file (its number), __batch, __line, and the columns asked for.

    `tally` is told, by file, of the rows that came (rows), were no rows (malformed), or whether it broke (failed).
    """
    schema = t.StructType([*OURS, *found_types(found)])
    names = schema.names

    def task(dealt: Iterable[Row]) -> Iterator[pa.RecordBatch]:
        counts: dict[int, Counts] = {}
        for row in dealt:
            n = counts[row["n"]] = {}
            for batch in counted(row["path"], form, found, n, forgive=tally is not None):
                size, lines = batch.num_rows, batch.column(batch.num_columns - 1)
                head = [
                    pa.repeat(pa.scalar(row["n"], pa.int32()), size),
                    pa.repeat(pa.scalar(row["batch"], pa.date32()), size),
                ]
                arrays = [*head, lines, *(batch.column(i) for i in range(batch.num_columns - 1))]
                yield pa.RecordBatch.from_arrays(arrays, names=names)
        if tally is not None:
            tally.add(counts)

    lying = [{"n": n, "batch": a.batch, "path": a.path, "bytes": a.bytes} for n, a in files]
    return over_files(spark, lying, task, schema)
