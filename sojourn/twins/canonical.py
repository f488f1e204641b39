"""The canonical columns of the records of a batch, by the programs of a feed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sojourn.clock import Shift
from sojourn.feeds import CANONICAL
from sojourn.twins.kernels import ARROW, Rows
from sojourn.twins.programs import Step as S

Truth = np.ndarray[Any, np.dtype[np.bool_]]
TEXT = pa.string()
MADE = pa.schema([f for f in CANONICAL if f.name != "line"])  # which the reader knows


@dataclass(frozen=True)
class Twin:
    """The program of a feed's expressions over files of one form."""

    columns: tuple[tuple[str, str], ...]  # what is read, with its type
    steps: tuple[tuple[str, S], ...]
    clock: S  # the event's time as if its feed were in UTC
    given: tuple[tuple[str, tuple[str, ...]], ...]  # what the optional ones read
    turns: tuple[Shift, ...]

    def canonical(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The canonical columns of records, as MADE.

        Raises:
            Unsure: a value is met whose result in Spark is not known here.
        """
        n = batch.num_rows
        rows = Rows(n, {name: _settled(batch.column(name), kind) for name, kind in self.columns})
        made = {name: rows.made(step) for name, step in self.steps}
        lost = np.zeros(n, np.int32)
        for name, columns in self.given:
            if made[name].null_count:
                lost += made[name].is_null().to_numpy(zero_copy_only=False) & _given(rows, columns)
        at = made.pop("event_time")
        twice, never = self._turned(rows, at)
        made |= {"at": at.cast(MADE.field("at").type)}
        made |= {"unreadable": pa.array(lost), "ambiguous": pa.array(twice), "skipped": pa.array(never)}
        arrays = [made[f.name] if f.name in made else pa.nulls(n, f.type) for f in MADE]
        return pa.RecordBatch.from_arrays(arrays, schema=MADE)

    def _turned(self, rows: Rows, at: pa.Array) -> tuple[Truth, Truth]:
        """Where a clock without offset was shown twice, and where it was never shown."""
        twice, never = np.zeros(rows.n, bool), np.zeros(rows.n, bool)
        valid, us = at.is_valid().to_numpy(zero_copy_only=False), at.fill_null(0).to_numpy()
        for turn in self.turns:
            width = turn.after - turn.before
            near = np.flatnonzero(valid & (us >= turn.at - abs(width)) & (us <= turn.at + abs(width)))
            if not len(near):
                continue
            few = Rows(len(near), {name: a.take(pa.array(near)) for name, a in rows.columns.items()})
            moved = few.made(self.clock).fill_null(0).to_numpy() == us[near] + turn.before
            since = us[near] - turn.at
            twice[near] |= moved & (since >= width) & (since < 0)
            never[near] |= moved & (since >= 0) & (since < width)
        return twice, never


def _given(rows: Rows, columns: tuple[str, ...]) -> Truth:
    """Whether any of these columns holds a value that is not blank."""
    any_given = np.zeros(rows.n, bool)
    for a in (rows.columns[c] for c in columns):
        full = (
            pc.greater(pc.binary_length(pc.utf8_trim(a, " ")), 0).fill_null(False) if a.type == TEXT else a.is_valid()
        )
        any_given |= full.to_numpy(zero_copy_only=False)
    return any_given


def _settled(a: pa.Array, kind: str) -> pa.Array:
    if pa.types.is_timestamp(a.type) and a.type.unit != "us":
        a = a.cast(pa.timestamp("us", a.type.tz), safe=False)
    return a.cast(ARROW[kind]) if kind in ARROW and a.type != ARROW[kind] else a
