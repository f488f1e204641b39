"""Accepted records on their way to files of events: which go together, and which of equal ones is the first."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sojourn.parcels import parcelled, whole
from sojourn.sifting import SIFTED, Landed

ROWS = 500_000  # are put into parcels together
LINES = 40  # a record is told by one number: its file's above, its line in the lower 40 bits
SAME = [name for name in SIFTED.names if name not in ("file_no", "line")]


@dataclass
class Packer:
    """What a task has accepted, sorted into the parts of the exchange.

    A batch's own days are spread over its parts by device; each of its other days, a trickle, is in one of them. So
    each day of each batch is one file a part, and records that are equal come together.
    """

    files: Landed
    held: list[pa.RecordBatch] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether it holds enough to pack."""
        return sum(int(b.num_rows) for b in self.held) >= ROWS

    def packed(self) -> Iterator[pa.RecordBatch]:
        """All that it holds, as PARCELS."""
        if not any(b.num_rows for b in self.held):
            self.held = []
            return
        rows = whole(self.held)
        self.held = []
        file_no, device, day = (rows[c].to_numpy() for c in ("file_no", "device", "day"))
        n, back = self.files.parts[file_no], rows["batch"].cast(pa.int32()).to_numpy() - day
        part = self.files.first[file_no] + np.where(back <= 1, device, back) % n
        yield parcelled(rows, part)


def firsts(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Of records that are equal in all mapped columns within a batch, the first by file and line.

    Only those that share device and instant with another are compared.
    """
    device, at = rows["device"].to_numpy(), rows["at"].cast(pa.int64()).to_numpy()
    mark = device ^ (at * np.int64(-7046029254386353131))  # equal for equal ones; a chance hit is only compared
    in_order = np.sort(mark)
    twice = in_order[1:][in_order[1:] == in_order[:-1]]
    if not len(twice):
        return rows
    near = np.flatnonzero(np.isin(mark, np.unique(twice)))
    some = rows.take(pa.array(near))
    number = (some["file_no"].to_numpy().astype(np.int64) << LINES) + some["line"].to_numpy()
    plain = {n: some[n].dictionary_decode() if pa.types.is_dictionary(some[n].type) else some[n] for n in SAME}
    one = pa.table({**plain, "number": number}).group_by(SAME, use_threads=False).aggregate([("number", "min")])
    keep = np.ones(rows.num_rows, bool)
    keep[near] = np.isin(number, one["number_min"].to_numpy())
    return rows.filter(pa.array(keep))


def by_device(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Sorted by device: those who read the file group by it, and equal values beside each other are small."""
    return rows.take(pc.array_sort_indices(rows["device"]))
