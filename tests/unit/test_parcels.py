"""Parcels lose nothing, bring equal records together, and of these the first is kept."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from sojourn.landing import PER_PART, SHARED, places
from sojourn.packing import Packer, by_device, firsts
from sojourn.parcels import unpacked, whole
from sojourn.sifting import SIFTED, Landed

DAY = date(2026, 3, 10)
BATCH = (DAY - date(1970, 1, 1)).days
FILES = 4  # two of each batch, which has three parts and one
# file, line, day before the batch, second, device, antenna, duration
RECORD = st.tuples(
    st.integers(0, FILES - 1), st.integers(1, 9), st.integers(-1, 3), st.integers(0, 2),
    st.sampled_from([-7, 0, 5, 2**62]), st.sampled_from(["A", "B", None]), st.sampled_from([None, 1]),
)  # fmt: skip
RECORDS = st.lists(RECORD, max_size=60, unique_by=lambda r: r[:2])


def landed() -> Landed:
    ints = lambda *values: np.array(values, np.int64)  # noqa: E731
    no = np.zeros(FILES, bool)
    return Landed(
        no, no, ints(8, 8, 8, 8), ints(BATCH, BATCH, BATCH + 1, BATCH + 1), ints(0, 0, 3, 3), ints(3, 3, 1, 1)
    )


def sifted(records: list[Any]) -> pa.RecordBatch:
    batch = landed().batch
    rows = [
        {"file_no": f, "line": n, "batch": DAY + timedelta(int(batch[f] - BATCH)), "day": int(batch[f]) - back}
        | {"at": (int(batch[f]) - back) * 86_400_000_000 + s, "device": d, "cell_id": cell, "duration_s": duration}
        | {"peer_mark": 0, "home_country": "LU", "event_type": "call"}
        for f, n, back, s, d, cell, duration in records
    ]
    columns = [
        pa.array([r.get(f.name) for r in rows], f.type.value_type if pa.types.is_dictionary(f.type) else f.type)
        for f in SIFTED
    ]
    encoded = [
        c.dictionary_encode() if pa.types.is_dictionary(f.type) else c for c, f in zip(columns, SIFTED, strict=True)
    ]
    return pa.RecordBatch.from_arrays(encoded, schema=SIFTED)


def plain(rows: pa.RecordBatch | None) -> list[Any]:
    found = [] if rows is None else [tuple(r.values()) for r in rows.to_pylist()]
    return sorted(found, key=str)


@given(RECORDS, st.integers(1, 4))
def test_nothing_is_lost_and_equal_records_come_together(records: list[Any], batches: int) -> None:
    packer = Packer(landed())
    parcels = []
    for n in range(batches):
        packer.held = [sifted(records[n::batches])]
        parcels += list(packer.packed())
    by_part: dict[int, list[pa.RecordBatch]] = {}
    for batch in parcels:
        for part in batch.column(0).to_pylist():
            mine = batch.filter(pa.array([p == part for p in batch.column(0).to_pylist()]))
            by_part.setdefault(part, []).append(mine)
    parts = {part: plain(unpacked(some)) for part, some in by_part.items()}
    assert sorted((r for rows in parts.values() for r in rows), key=str) == plain(sifted(records))
    place = {}
    for part, rows in parts.items():
        assert 0 <= part < landed().number
        for r in rows:
            assert place.setdefault(r[2:], part) == part  # but for file and line


@given(RECORDS)
def test_of_equal_records_the_first_is_kept(records: list[Any]) -> None:
    first: dict[Any, Any] = {}
    for r in plain(sifted(records)):
        if r[2:] not in first or r[:2] < first[r[2:]][:2]:
            first[r[2:]] = r
    assert plain(firsts(sifted(records))) == sorted(first.values(), key=str)


@given(RECORDS, RECORDS)
def test_dictionaries_become_one_and_the_order_is_of_devices(some: list[Any], others: list[Any]) -> None:
    both = by_device(whole([sifted(some), sifted(others)]))
    assert plain(both) == sorted([*plain(sifted(some)), *plain(sifted(others))], key=str)
    assert both["device"].to_pylist() == sorted(both["device"].to_pylist())


@given(st.lists(st.integers(0, 3 * PER_PART), min_size=1, max_size=30))
def test_days_have_parts_of_their_own_or_share_one_while_they_are_small(sizes):
    days = {date(2026, 3, 1) + timedelta(n): size for n, size in enumerate(sizes)}
    taken = places(days)
    held = {}
    for day, (first, n) in taken.items():
        assert n == max(1, -(-days[day] // PER_PART))
        for part in range(first, first + n):
            held.setdefault(part, []).append(day)
    assert sorted(held) == list(range(len(held)))
    for some in held.values():
        assert len(some) == 1 or sum(days[day] for day in some) <= SHARED
