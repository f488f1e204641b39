"""Steps over the columns of a batch: over whole arrays where that is quick, else over the values that differ."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sojourn.clock import DAY_US
from sojourn.twins.programs import Step, Value, function
from sojourn.twins.times import LONG, Failed, tail, wall_clocks
from sojourn.twins.values import BITS

# Spark's name of a type → ours; times are numbers
ARROW = {
    **{"string": pa.string(), "boolean": pa.bool_(), "byte": pa.int8(), "short": pa.int16(), "integer": pa.int32()},
    **{"long": pa.int64(), "timestamp": pa.int64(), "timestamp_ntz": pa.int64(), "date": pa.int32()},
    **{"double": pa.float64(), "float": pa.float64()},
}
# what is quickly made of whole columns, and is read by other steps as if it were a column
TEXTS = "column Literal Substring StringTrim StringTrimLeft StringTrimRight Lower Upper Concat".split()
FAILING = ("SecondsToTimestamp", "MillisToTimestamp")


@dataclass(frozen=True)
class Rows:
    """The columns of a batch that steps read; times are numbers."""

    n: int
    columns: dict[str, pa.Array]

    def made(self, step: Step) -> pa.Array:
        """What a step makes of them."""
        if step.does == "column":
            return self.columns[step.more[0]]
        kernel = KERNELS.get(step.does)
        made = kernel(step, self) if kernel else None
        return self._by_value(step) if made is None else made

    def _by_value(self, step: Step) -> pa.Array:
        """Of each row of values once."""
        leaves: list[Step] = []
        f = function(Step(step.does, tuple(_planted(s, leaves) for s in step.over), step.kind, step.more))
        index, rows = np.zeros(self.n, np.int64), list[tuple[Any, ...]]([()])
        for leaf in leaves:
            encoded = self.made(leaf).dictionary_encode()
            values = [*encoded.dictionary.to_pylist(), None]
            codes = encoded.indices.fill_null(len(values) - 1).to_numpy().astype(np.int64)
            if len(leaves) > 1:
                both = pa.array(index * len(values) + codes).dictionary_encode()
                rows = [(*rows[b // len(values)], values[b % len(values)]) for b in both.dictionary.to_pylist()]
                index = both.indices.to_numpy()
            else:
                rows, index = [(v,) for v in values], codes
        return pa.array([_tried(f, row) for row in rows], ARROW[step.kind]).take(pa.array(index))


def _tried(f: Value, row: Sequence[Any]) -> Any:
    try:
        return f(row)
    except Failed:
        return None


def _planted(step: Step, leaves: list[Step]) -> Step:
    """The same over leaves: columns, and what is quickly made of whole columns."""
    if step.does == "Literal":
        return step
    if any(s.does not in TEXTS for s in step.every()):
        return Step(step.does, tuple(_planted(s, leaves) for s in step.over), step.kind, step.more)
    if step not in leaves:
        leaves.append(step)
    return Step("leaf", more=(leaves.index(step),))


# each None where it cannot do it


def _quick(step: Step) -> bool:
    return all(s.does in ("column", "Literal") or s.does in KERNELS for s in step.over)


def _whole(a: pa.Array, good: Any, values: Any, step: Step) -> pa.Array:
    """The values where they are good, else what the step's function makes of the value."""
    valid = a.is_valid().to_numpy(zero_copy_only=False)
    rest = np.flatnonzero(valid & ~good)
    if len(rest):
        encoded = a.take(pa.array(rest)).dictionary_encode()
        f = function(Step(step.does, (Step("leaf", more=(0,)),), step.kind, step.more))
        made = [_tried(f, (v,)) for v in encoded.dictionary.to_pylist()]
        index = encoded.indices.to_numpy()
        values[rest] = np.array([v or 0 for v in made], np.int64)[index]
        valid[rest] = np.array([v is not None for v in made])[index]
    return pa.array(values, mask=None if valid.all() else ~valid).cast(ARROW[step.kind])


def _substring(step: Step, rows: Rows) -> pa.Array | None:
    pos, length = (s.more[0] if s.does == "Literal" else None for s in step.over[1:])
    if pos is None or length is None or length < 0 or (pos < 0 and length < -pos):
        return None
    start = pos - 1 if pos > 0 else pos
    return pc.utf8_slice_codeunits(rows.made(step.over[0]), start, start + length if pos >= 0 else None)


def _trim(step: Step, rows: Rows) -> pa.Array:
    trim = {"StringTrimLeft": pc.utf8_ltrim, "StringTrimRight": pc.utf8_rtrim}.get(step.does, pc.utf8_trim)
    return trim(rows.made(step.over[0]), " ")


def _case(step: Step, rows: Rows) -> pa.Array | None:
    a = rows.made(step.over[0])
    if not pc.all(pc.string_is_ascii(a)).as_py():
        return None
    return (pc.ascii_upper if step.does == "Upper" else pc.ascii_lower)(a)


def _concat(step: Step, rows: Rows) -> pa.Array:
    parts = [pa.scalar(s.more[0], pa.string()) if s.does == "Literal" else rows.made(s) for s in step.over]
    return pc.binary_join_element_wise(*parts, "")


def _coalesce(step: Step, rows: Rows) -> pa.Array | None:
    if not _quick(step) or any(s.does in FAILING for s in step.every()):
        return None
    return pc.coalesce(*(rows.made(s) for s in step.over))


def _case_when(step: Step, rows: Rows) -> pa.Array | None:
    if step.kind != "timestamp" or any(s.does in FAILING for s in step.every()):
        return None
    pairs = len(step.over) // 2
    out = rows.made(step.over[-1]) if len(step.over) % 2 else pa.nulls(rows.n, pa.int64())
    for n in reversed(range(pairs)):
        out = pc.if_else(rows.made(step.over[2 * n]).fill_null(False), rows.made(step.over[2 * n + 1]), out)
    return out


def _multiple(step: Step, rows: Rows) -> pa.Array | None:
    a = rows.made(step.over[0]).cast(pa.int64())
    factor = {"MillisToTimestamp": 1_000, "MicrosToTimestamp": 1}.get(step.does, 1_000_000)
    least, most = pc.min_max(a).as_py().values()
    if most is not None and max(-least, most) > LONG // factor:
        return None
    return pc.multiply(a, factor)


def _zoned(step: Step, rows: Rows) -> pa.Array:
    a = rows.made(step.over[0])
    values = a.fill_null(0).to_numpy().astype(np.int64) * (DAY_US if step.does == "midnight" else 1)
    return pa.array(step.more[0].instant(values), mask=a.is_null().to_numpy(zero_copy_only=False))


def _integer(step: Step, rows: Rows) -> pa.Array:
    a = rows.made(step.over[0])
    most = (1 << BITS[step.kind] - 1) - 1
    digits = pc.and_(pc.ascii_is_decimal(a), pc.less(pc.binary_length(a), 19)).fill_null(False)
    values = pc.if_else(digits, a, None).cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False).copy()
    return _whole(a, (values >= 0) & (values <= most), values, step)


def _bounded(step: Step, rows: Rows) -> pa.Array | None:
    inner, bound = step.over[0], step.more[0]
    if not _quick(step) or (inner.kind not in BITS and inner.kind not in ("double", "float")):
        return None
    a = rows.made(inner)
    if inner.kind in BITS:
        return pc.if_else(pc.and_(pc.greater_equal(a, 0), pc.less_equal(a.cast(pa.int64()), bound)), a, None).cast(
            ARROW[step.kind]
        )
    numbers = a.fill_null(-1.0).to_numpy()
    good = (numbers >= 0) & (numbers <= min(bound, 2**53)) & (numbers == np.floor(numbers))
    return _whole(a, good, np.where(good, numbers, 0).astype(np.int64), step)


def _named(step: Step, rows: Rows) -> pa.Array | None:
    if not _quick(step):
        return None
    a, domain = pc.utf8_trim(rows.made(step.over[0]), " "), step.more[0]
    good = pc.is_in(a, pa.array(domain, pa.string())) if domain else pc.greater(pc.binary_length(a), 0)
    return a if pc.all(good).as_py() and (a.null_count == 0 or not domain) else pc.if_else(good, a, None)


def _text(step: Step, rows: Rows) -> pa.Array | None:
    return rows.made(step.over[0]).cast(pa.string()) if step.over[0].kind in BITS else None


def _read(step: Step, rows: Rows) -> pa.Array:
    """Times of the pattern's width by their bytes, all at once."""
    a, (pattern, zone) = rows.made(step.over[0]), step.more
    lengths = pc.binary_length(a).fill_null(0).to_numpy()
    ends = bool(pattern.tail) and bool((lengths > pattern.width).any())
    heads = pc.utf8_slice_codeunits(a, 0, pattern.width) if ends else a
    fits = (pc.binary_length(heads).fill_null(0).to_numpy() if ends else lengths) == pattern.width
    at, good = np.zeros(len(a), np.int64), fits.copy()
    at[fits], good[fits] = wall_clocks(heads if fits.all() else heads.filter(pa.array(fits)), pattern)
    if not pattern.tail or (pattern.iso and not ends):
        at[good] = zone.instant(at[good])
        return _whole(a, good, at, step)
    which = np.flatnonzero(good)
    encoded = pc.utf8_slice_codeunits(a.take(pa.array(which)), pattern.width, None).dictionary_encode()
    found = [tail(text, pattern) for text in encoded.dictionary.to_pylist()]

    def of(values: list[Any]) -> Any:
        return np.array(values, np.int64)[encoded.indices.to_numpy()]

    good[which] = of([x is not None for x in found]) > 0
    walls = at[which] + of([x[0] if x else 0 for x in found])
    told = of([bool(x and x[1] is not None) for x in found]) > 0
    at[which] = np.where(told, walls - of([x[1] or 0 if x else 0 for x in found]), zone.instant(walls))
    return _whole(a, good, at, step)


Kernel = Callable[[Step, Rows], pa.Array | None]
KERNELS: dict[str, Kernel] = {
    "Substring": _substring,
    "StringTrim": _trim,
    "StringTrimLeft": _trim,
    "StringTrimRight": _trim,
    "Lower": _case,
    "Upper": _case,
    "Concat": _concat,
    "Coalesce": _coalesce,
    "CaseWhen": _case_when,
    "SecondsToTimestamp": _multiple,
    "MillisToTimestamp": _multiple,
    "MicrosToTimestamp": _multiple,
    "epoch": _multiple,
    "local": _zoned,
    "midnight": _zoned,
    "read": _read,
    "integer": _integer,
    "bounded": _bounded,
    "named": _named,
    "text": _text,
}
