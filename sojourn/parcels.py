"""Rows of Arrow on their way to a task: in parcels, of which an exchange moves bytes, not rows; or device by device."""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import from_arrow_schema

PARCELS = "part int, parcel binary"
RUN = 200_000  # rows that a task looks at together


def parcelled(rows: pa.RecordBatch, part: npt.NDArray[np.integer] | int) -> pa.RecordBatch:
    """Rows as PARCELS: those of each part in one, in their order; or all in one part."""
    part = np.broadcast_to(part, len(rows))
    order = np.argsort(part.astype(np.int32), kind="stable")
    rows, part = rows.take(pa.array(order)), part[order]
    at = [*np.flatnonzero(np.append(True, part[1:] != part[:-1])), len(part)]
    sink, ends = pa.BufferOutputStream(), [0]
    for begin, end in pairwise(at):
        with pa.ipc.new_stream(sink, rows.schema) as stream:
            stream.write_batch(rows.slice(begin, end - begin))
        ends.append(sink.tell())
    offsets = pa.array(ends, pa.int32()).buffers()[1]
    parcels = pa.Array.from_buffers(pa.binary(), len(ends) - 1, [None, offsets, sink.getvalue()])
    return pa.RecordBatch.from_arrays([pa.array(part[at[:-1]], pa.int32()), parcels], names=["part", "parcel"])


def whole(batches: Iterable[pa.RecordBatch]) -> pa.RecordBatch:
    """Batches of one schema as one; their dictionaries become one, too."""
    table = pa.Table.from_batches(batches).unify_dictionaries().combine_chunks()
    return table.to_batches()[0] if len(table) else pa.RecordBatch.from_pylist([], schema=table.schema)


def unpacked(batches: Iterable[pa.RecordBatch]) -> pa.RecordBatch | None:
    """The records of the parcels of a part; None where there are none."""
    opened = [*each(batches)]
    return whole(opened) if opened else None


def each(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same, parcel by parcel."""
    for batch in batches:
        for parcel in batch.column(1):
            yield from pa.ipc.open_stream(parcel.as_buffer())


def devices(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Rows that are sorted by device, those of whole devices, so many at a time."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(len(b) for b in waiting) >= RUN:
            table = pa.Table.from_batches(waiting).combine_chunks()
            device = table.column("device").to_numpy()
            end = int(np.searchsorted(device == device[-1], True))  # the last device may go on in the next batch
            if end:
                yield table.slice(0, end)
            waiting = table.slice(end).to_batches()
    if any(len(b) for b in waiting):
        yield pa.Table.from_batches(waiting)


def by_device(rows: DataFrame, make: Callable[[pa.Table], pa.Table], schema: pa.Schema) -> DataFrame:
    """What is made of rows of whole devices in memory, so many at a time, where Spark has the rows."""

    def task(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return (batch for some in devices(batches) for batch in make(some).to_batches())

    return rows.repartition("device").sortWithinPartitions("device").mapInArrow(task, from_arrow_schema(schema))
