"""Events gathered by place: the same as in plain Python, however the events lie."""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.methods import gathering
from sojourn.methods.countries import number_of
from sojourn.methods.gathering import Gatherer

DAYS = [date(2026, 3, 9), date(2026, 3, 10)]
EVENT = pa.schema(
    [
        ("date", pa.date32()),
        ("device", pa.int64()),
        ("at", pa.timestamp("us", "UTC")),
        ("hour", pa.int32()),
        ("country", pa.string()),
        ("cell", pa.int64()),
        ("home_country", pa.string()),
        ("serving_plmn", pa.string()),
    ]
)
events = st.fixed_dictionaries(
    {
        "date": st.sampled_from(DAYS),
        "device": st.sampled_from([-(1 << 63), -5, 3, (1 << 63) - 1]),
        "at": st.integers(0, 3).map(lambda s: datetime(2026, 3, 9, tzinfo=UTC) + timedelta(seconds=s)),
        "hour": st.integers(0, 23),
        "country": st.sampled_from(["LU", "FR", None]),
        "cell": st.sampled_from([1, 613048392019771391, None]),
        "home_country": st.sampled_from(["LU", "XK", None]),
        "serving_plmn": st.sampled_from(["27001", "20801", None]),
    }
)


def plainly(rows, networks):
    """One row a place, in Python."""
    out = {}
    for r in rows:
        if r["country"]:
            place = tuple(r[c] for c in ("date", "device", "country", "cell", *(["serving_plmn"] if networks else [])))
            out.setdefault(place, []).append(r)
    made = {}
    for place, some in out.items():
        home = min((r["home_country"] for r in some if r["home_country"]), default=None)
        hours = sum({1 << r["hour"] for r in some})
        times = (min(r["at"] for r in some), max(r["at"] for r in some)) if networks else ()
        made[(*place[:2], number_of(place[2]), *place[3:])] = (home and number_of(home), hours, len(some), *times)
    return made


def named(batch, networks):
    keys = ("date", "device", "country", "cell", *(["serving_plmn"] if networks else []))
    values = ("home_country", "hours", "n", *(["at", "last_at"] if networks else []))
    rows = batch.to_pylist()
    made = {tuple(r[c] for c in keys): tuple(r[c] for c in values) for r in rows}
    assert len(made) == len(rows), "a place has one row"
    return made


@given(st.lists(events, max_size=40), st.booleans(), st.booleans(), st.booleans())
def test_the_same_as_in_plain_python(rows, networks, in_numbers, by_spark):
    table = pa.Table.from_pylist(rows, EVENT)
    if by_spark:  # as files are read that Spark has written
        table = table.set_column(2, "at", table["at"].cast(pa.timestamp("ns", "UTC")).cast(pa.timestamp("ns")))
    if in_numbers:  # as files of events are read
        for name in ("country", "home_country", "serving_plmn"):
            at = table.schema.get_field_index(name)
            table = table.set_column(at, name, table[name].dictionary_encode())
    made = Gatherer(networks).gathered(table)
    assert made.schema == Gatherer(networks).schema
    assert named(made, networks) == plainly(rows, networks)


@pytest.mark.parametrize("most", [1, 7])
def test_more_places_than_a_number_can_tell_are_numbered_anew(monkeypatch, most):
    monkeypatch.setattr(gathering, "MOST", most)
    rows = [
        {"date": d, "device": n, "at": None, "hour": n % 24, "country": c, "cell": n % 5, "home_country": "LU"}
        for d in DAYS
        for n in range(60)
        for c in ("LU", "FR")
    ]
    assert named(Gatherer(networks=False).gathered(pa.Table.from_pylist(rows, EVENT)), False) == plainly(rows, False)
