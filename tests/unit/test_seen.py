"""What tasks see of the events they write: few devices one by one, many within a few in a hundred."""

from collections import Counter
from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.seen import MOST, Seen, frames, together

DAY = date(2026, 3, 10)


def rows(devices, hour=1, cell=7, home="LU", duration=None):
    n = len(devices)
    one = {"hour": hour, "cell": cell, "home_country": home, "duration_s": duration, "volume_bytes": None}
    types = {"hour": pa.int32(), "cell": pa.int64(), "duration_s": pa.int32(), "volume_bytes": pa.int64()}
    columns = {name: pa.array([v] * n, types.get(name, pa.string())) for name, v in one.items()}
    columns |= {"device": pa.array(devices, pa.int64()), "at": pa.array(range(n), pa.timestamp("us", "UTC"))}
    columns |= {name: pa.array([v] * n, pa.string()) for name, v in (("country", "LU"), ("cell_id", "A"))}
    columns["file"] = pa.array([f"f{d % 3}" for d in devices], pa.string()).dictionary_encode()
    return pa.RecordBatch.from_pydict(columns)


@given(st.lists(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=60), max_size=4), st.randoms())
def test_few_devices_are_counted_one_by_one_whoever_saw_them(parts, order):
    told = []
    for part in parts:
        seen = Seen("LU")
        seen.add(rows(part))
        told.append((DAY, seen.told()))
    order.shuffle(told)
    hours, whole = frames(together(told, "LU"))
    devices = {d for part in parts for d in part}
    assert whole["devices"].sum() == len(devices)
    assert hours["rows"].sum() == sum(map(len, parts))
    assert sum((s.files for s in together(told, "LU").values()), Counter()) == Counter(
        f"f{d % 3}" for part in parts for d in part
    )


def test_of_many_devices_the_number_is_near():
    """Of three draws, of other sizes and in parts that overlap, within a twentieth."""
    rng = np.random.default_rng(5)
    for many in (5_000, 60_000, 700_000):
        devices = rng.integers(-(2**63), 2**63 - 1, many)
        told = []
        for part in np.array_split(rng.permutation(np.r_[devices, devices[: many // 3]]), 3):
            seen = Seen("LU")
            seen.add(rows(part))
            assert len(seen.devices) <= MOST
            told.append((DAY, seen.told()))
        assert frames(together(told, "LU"))[1]["devices"].sum() == pytest.approx(many, rel=0.05)
