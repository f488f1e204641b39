"""Where an event happened: at the antenna that its batch knows and that stood there on the local date."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from sojourn.clock import Offsets
from sojourn.placing import NEVER, Antennas

EPOCH = date(1970, 1, 1)
FIRST, LAST = date(2026, 3, 25), date(2026, 4, 5)  # the clocks of Europe go forward on the 29th
ZONES = ("Europe/Luxembourg", "America/Havana", "Asia/Kathmandu")
LATE = 2
# antenna, valid_from, valid_to, learned (days after FIRST), place of its zone, cell; none of an antenna overlap
Row = tuple[str, int | None, int | None, int | None, int, int]
ROWS: list[Row] = [
    ("A", None, 3, None, 0, 11),
    ("A", 4, 6, 1, 1, 12),
    ("A", 7, None, 9, 2, 13),
    ("B", None, None, None, 1, 0),
    ("C", 2, 5, None, 2, 31),
]


def day(n: int | None, absent: int) -> int:
    return absent if n is None else (FIRST - EPOCH).days + n


def register(rows: list[Row]) -> Antennas:
    ids = sorted({r[0] for r in rows})
    begin = np.append(0, np.cumsum([sum(r[0] == i for r in rows) for i in ids])).astype(np.int64)
    arrays = {
        "valid_from": [day(r[1], -NEVER) for r in rows],
        "valid_to": [day(r[2], NEVER) for r in rows],
        "learned": [day(r[3], -NEVER) for r in rows],
        "zone": [r[4] for r in rows],
        "cell": [r[5] for r in rows],
    }
    zones = [Offsets.of(z, FIRST, LAST) for z in ZONES]
    return Antennas(
        pa.array(ids, pa.string()), begin, {n: np.array(a, np.int64) for n, a in arrays.items()}, zones, LATE
    )


def one_by_one(rows: list[Row], name: str | None, at: datetime, batch: date) -> tuple[bool, int, date, int]:
    for cell_id, since, until, learned, zone, cell in rows:
        there = at.astimezone(ZoneInfo(ZONES[zone])).date()
        n = (there - FIRST).days
        known = learned is None or FIRST + timedelta(learned) <= batch + timedelta(LATE)
        if cell_id == name and (since is None or since <= n) and (until is None or n <= until) and known:
            wall = at.astimezone(ZoneInfo(ZONES[zone]))
            return True, cell, wall.date(), wall.hour
    wall = at.astimezone(ZoneInfo(ZONES[0]))
    return False, 0, wall.date(), wall.hour


SECONDS = st.integers(0, 11 * 86_400)
EVENTS = st.lists(st.tuples(st.sampled_from(["A", "B", "C", "D", None]), SECONDS, st.integers(0, 11)), max_size=40)


@given(EVENTS, st.booleans(), st.sampled_from([0, 1, 3, len(ROWS)]))
def test_in_bulk_as_one_by_one(events: list[tuple[str | None, int, int]], encoded: bool, rows: int) -> None:
    start = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)
    names = pa.array([e[0] for e in events], pa.string())
    at = np.array([(int(start.timestamp()) + e[1]) * 1_000_000 for e in events], np.int64)
    batch = np.array([day(e[2], 0) for e in events], np.int64)
    found = register(ROWS[:rows]).place(names.dictionary_encode() if encoded else names, at, batch)
    local = [EPOCH + timedelta(int(d)) for d in found.day]
    expected = [
        one_by_one(ROWS[:rows], name, start + timedelta(seconds=s), FIRST + timedelta(b)) for name, s, b in events
    ]
    got = zip(found.registered.tolist(), found.cell.tolist(), local, found.hour.tolist(), strict=True)
    assert list(got) == expected


@given(st.sampled_from([*ZONES, "Australia/Lord_Howe", "UTC"]), st.lists(SECONDS, max_size=30))
def test_offsets_are_those_of_the_zone(zone: str, seconds: list[int]) -> None:
    start = int(datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC).timestamp())
    at = np.array([start + s for s in seconds], np.int64) * 1_000_000
    local = Offsets.of(zone, FIRST, LAST).local(at)
    for instant, wall in zip(at.tolist(), local.tolist(), strict=True):
        offset = datetime.fromtimestamp(instant // 1_000_000, ZoneInfo(zone)).utcoffset()
        assert offset == timedelta(microseconds=wall - instant)
