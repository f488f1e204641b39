"""Runs: unbroken series of signs of a device in one country within a date, out of whole arrays of parts.

Most devices are in one country all day: of their many signs at a place only the first and the last matter, and parts of
their runs are what `sojourn.methods.gathering` makes of them. Of a device that was abroad every sign is a part.
"""

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from sojourn.methods.arrays import Ints, groups, starts
from sojourn.methods.countries import NOWHERE, named
from sojourn.methods.gathering import INSTANT
from sojourn.parcels import by_device

LATEST = np.iinfo(np.int64).max
RUNS = pa.schema(
    [
        ("date", pa.date32()),
        ("device", pa.int64()),
        ("home_country", pa.string()),
        ("country", pa.string()),
        ("serving_plmn", pa.string()),
        ("first_at", INSTANT),
        ("last_at", INSTANT),
        ("first_cell", pa.int64()),
        ("last_cell", pa.int64()),
        ("n_events", pa.int64()),
    ]
)


def runs_of(parts: DataFrame) -> DataFrame:
    """Rows of RUNS, out of a frame of rows as `runs` takes them."""
    return by_device(parts, runs, RUNS)


def runs(parts: pa.Table) -> pa.Table:
    """Rows of RUNS, one a run.

    Args:
        parts: rows of IN_NETWORKS, all there are of some devices; those of a device that was in several countries on a
            date are of one sign each.
    """
    texts, plmn = _ranked(parts["serving_plmn"])
    of = {name: _ints(parts[name]) for name in ("device", "cell", "home_country", "country", "n", "at", "last_at")}
    of |= {"date": parts["date"].cast(pa.int32()).to_numpy(), "plmn": plmn}
    order = np.lexsort((of["at"], of["device"], of["date"]))
    of = {name: values[order] for name, values in of.items()}
    _settle(of)
    start = starts(of["date"], of["device"], of["country"])
    first, last = of["at"][start], np.maximum.reduceat(of["last_at"], start)
    made = {
        "date": pa.array(of["date"][start]).cast(pa.date32()),
        "device": pa.array(of["device"][start]),
        "home_country": named(np.minimum.reduceat(of["home_country"], start)),
        "country": named(of["country"][start]),
        "serving_plmn": texts.take(pa.array(_network(of, start, first))),
        "first_at": pa.array(first).cast(INSTANT),
        "last_at": pa.array(last).cast(INSTANT),
        "first_cell": _cell(of["cell"], of["at"], start, np.minimum),
        "last_cell": _cell(of["cell"], of["last_at"], start, np.maximum),
        "n_events": pa.array(np.add.reduceat(of["n"], start)),
    }
    return pa.table([made[name] for name in RUNS.names], schema=RUNS)


def _settle(of: dict[str, Ints]) -> None:
    """Signs of an instant that has signs in several countries count in one of them: two runs must not begin at once.

    It is the country of the sign before, if that is among them, else the first by its letters. Another country's cell
    and network are none of this one.
    """
    start, country = starts(of["date"], of["device"], of["at"]), of["country"]
    low, high = np.minimum.reduceat(country, start), np.maximum.reduceat(country, start)
    if (low == high).all():
        return
    same = np.zeros(len(start), bool)  # as the instant before: one of the same device on the same date
    same[1:] = (of["device"][start][1:] == of["device"][start][:-1]) & (np.diff(of["date"][start]) == 0)
    before = np.where(same, np.roll(high, 1), 0)
    instant = groups(start, len(country))
    among = np.logical_or.reduceat(country == before[instant], start)
    there = np.where(among, before, low)[instant]
    for name in ("cell", "plmn"):
        of[name] = np.where(country == there, of[name], 0)
    of["country"] = there


def _network(of: dict[str, Ints], start: Ints, first: Ints) -> Ints:
    """The number of the network of each run's first sign: of signs at once one that has a network, then by its cell."""
    run = groups(start, len(of["at"]))
    left = of["at"] == first[run]
    for values in (of["plmn"] == 0, of["cell"], of["plmn"]):
        least = np.minimum.reduceat(np.where(left, values, LATEST), start)
        left &= values == least[run]
    return least


def _cell(cell: Ints, at: Ints, start: Ints, end: np.ufunc) -> pa.Array:
    """The cell of each run's first (minimum) or last (maximum) sign that has one: of signs at once the end one."""
    none = LATEST if end is np.minimum else -LATEST
    run = groups(start, len(cell))
    when = end.reduceat(np.where(cell > 0, at, none), start)
    found = end.reduceat(np.where((cell > 0) & (at == when[run]), cell, none), start)
    return pa.array(found, mask=found == none)


def _ints(column: pa.ChunkedArray) -> Ints:
    """Numbers, or instants as such; no home country is NOWHERE, no cell 0."""
    plain = column.cast(INSTANT).cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
    none = NOWHERE if column.type == pa.int32() else 0
    return np.asarray(plain.fill_null(none).to_numpy(), np.int64)


def _ranked(column: pa.ChunkedArray) -> tuple[pa.Array, Ints]:
    """Texts in their order, null before all, and the number of each row's among them."""
    coded = column.combine_chunks().dictionary_encode()
    known = coded.dictionary.to_pylist()
    rank = np.argsort(np.argsort(np.array(known, object))) + 1 if known else np.zeros(0, np.int64)
    code = coded.indices.fill_null(-1).to_numpy()
    return pa.array([None, *sorted(known)], pa.string()), np.append(rank, 0)[code].astype(np.int64)
