"""What tasks see of the events they write: few devices one by one, many within a few in a hundred."""

from collections import Counter
from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql.pandas.types import to_arrow_schema

from schemas import HOME_LOCATIONS, PRESENCE
from sojourn.seen import MOST, PLACES, Seen, dates_seen, frames, homes_seen, homes_told, places_told, together

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


def test_dates_without_a_place_are_seen_too():
    nobody = pa.Table.from_pylist([], to_arrow_schema(PRESENCE.schema))
    assert places_told(nobody) == {}
    assert dates_seen([], PLACES, {DAY: 3}).to_dict("records") == [
        {"unit": DAY, **dict.fromkeys(PLACES, 0), "placed": 3}
    ]


MONTH, NEXT, AFTER = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
GOOD = {
    **{"month": MONTH, "home_country": "LU", "cell": 7, "nights": 6, "observed_nights": 10, "abroad_nights": 2},
    **{"core_nights": 5, "share": 0.6, "status": "home", "provisional": False},
}
WRONG = {
    "nights_wrong": [{"core_nights": 11}, {"abroad_nights": -1}],
    "observed_wrong": [{"nights": 300, "abroad_nights": 300, "observed_nights": 500}],
    "wrong_shares": [{"share": 0.61}],
    "outside_shares": [{"share": 1.1, "nights": 11}],
    "cell_wrong": [{"cell": None, "status": "abroad"}, {"nights": 0, "share": 0.0}],
    "homeless": [{"cell": None}],
    "not_abroad": [{"status": "abroad", "abroad_nights": 5}],
    "unlocatable": [{"status": "unlocatable"}],
}


def dwellers(*others, devices=None):
    rows = [GOOD | {"device": n} | other for n, other in enumerate(others)]
    if devices:
        rows = [r | {"device": d} for r, d in zip(rows, devices, strict=True)]
    return pa.Table.from_pylist(rows, to_arrow_schema(HOME_LOCATIONS.schema))


def homes(*tables):
    told = [one for table in tables for one in homes_told(table).items()]
    return {row["unit"]: row for row in homes_seen(told, [MONTH, NEXT, AFTER]).to_dict("records")}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_with_homes_is_counted(what):
    assert homes(dwellers({}, {"core_nights": None}))[MONTH][what] == 0
    assert homes(dwellers({}, *WRONG[what]))[MONTH][what] == len(WRONG[what])


def test_homes_are_seen_by_month_whoever_wrote_them():
    few = {"status": "too_few_nights", "observed_nights": 9, "share": 0.7}
    rows = [
        {}, {"share": 0.9}, {"status": "unlocatable", "share": 0.4}, few, {"home_country": None},
        {"month": NEXT, "provisional": True}, {"month": NEXT},
    ]  # fmt: skip
    whole = homes(dwellers(*rows))
    assert homes(*(dwellers(r, devices=[n]) for n, r in enumerate(rows))) == whole
    one = whole[MONTH]
    assert (one["rows"], one["judged"], one["domestic"], one["domestic_home"], one["mixed"]) == (5, 4, 3, 2, 0)
    assert (one["home_from"], one["unlocatable_to"], one["enough_from"], one["too_few_to"]) == (0.6, 0.4, 10, 9)
    assert whole[NEXT]["mixed"] == 1
    assert whole[AFTER]["rows"] == whole[AFTER]["home_from"] == 0
    assert homes(dwellers({}, {}, {}, devices=[4, 4, 5]))[MONTH]["repeated"] == 1
