"""From file to parcel in one task, where the expressions of a feed have twins: no record of theirs passes the JVM."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from sojourn.arrivals import Arrival, Row, over_files
from sojourn.feeds import CANONICAL
from sojourn.files import Form, Found
from sojourn.packing import Packer
from sojourn.parcels import PARCELS
from sojourn.reading import Counts, counted
from sojourn.sifting import Sieve, add_up
from sojourn.twins import Twin, Unsure


@dataclass(frozen=True)
class Kind:
    """How some files are read: their form, what was found in them, and the feed's expressions."""

    form: Form
    found: Found
    twin: Twin


def straight(
    spark: SparkSession, files: Sequence[tuple[Kind, list[tuple[int, Arrival]]]], sieve: Sieve, read: Any, sifted: Any
) -> DataFrame:
    """PARCELS of files, kind by kind, each with its number.

    `read` and `sifted` are told of the records, file by file. A file that breaks is told of as failed, one with a value
    that the twin does not know as unsure: what has been packed of it must not be used.
    """
    kinds = [kind for kind, _ in files]

    def task(dealt: Iterable[Row]) -> Iterator[pa.RecordBatch]:
        came, taken = dict[int, Counts](), dict[int, Counts]()
        packer = Packer(sieve.files.value)
        for row in dealt:
            n = row["n"]
            came[n] = {}
            try:
                for batch in _canonical(row["path"], kinds[row["kind"]], came[n]):
                    file_no = np.full(batch.num_rows, n, np.int32)
                    out, reason = sieve.sift(file_no, batch)
                    add_up(taken, file_no, batch, reason)
                    packer.held.append(out)
                    if packer.full:
                        yield from packer.packed()
            except Unsure:
                came[n]["unsure"] = 1
        yield from packer.packed()
        read.add(came)
        sifted.add(taken)

    lying = [
        {"n": n, "kind": k, "path": a.path, "bytes": a.bytes} for k, (_, some) in enumerate(files) for n, a in some
    ]
    return over_files(spark, lying, task, PARCELS)


def _canonical(path: str, kind: Kind, counts: Counts) -> Iterator[pa.RecordBatch]:
    for batch in counted(path, kind.form, kind.found, counts):
        if batch.num_rows:
            lines = batch.column(batch.num_columns - 1)
            made = kind.twin.canonical(batch.select(list(range(batch.num_columns - 1))))
            yield pa.RecordBatch.from_arrays([lines, *made.columns], schema=CANONICAL)
