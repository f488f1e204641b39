"""Runs by whole arrays: the same as sign by sign in plain Python, however the signs lie in files."""

from datetime import UTC, date, datetime, timedelta
from itertools import groupby

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from schemas import COUNTRY_RUNS
from sojourn.methods.gathering import Gatherer
from sojourn.methods.runs import RUNS, runs

EVENT = pa.schema(
    [
        ("date", pa.date32()),
        ("device", pa.int64()),
        ("at", pa.timestamp("us", "UTC")),
        ("home_country", pa.string()),
        ("country", pa.string()),
        ("serving_plmn", pa.string()),
        ("cell", pa.int64()),
        ("hour", pa.int32()),
    ]
)
DAYS = [date(2026, 3, 10), date(2026, 3, 11)]
A, B = 613048392019771391, 613048392021868543
OWN, FREE, ORANGE, DE = "27001", "20815", "20801", "26201"
PLACES = [("LU", OWN, A), ("LU", OWN, B), ("LU", OWN, None), ("LU", None, A), ("FR", FREE, None), ("FR", ORANGE, None)]
PLACES += [("DE", DE, None), ("DE", None, None), (None, None, None)]
signs = st.builds(
    lambda day, device, minute, home, place: (day, device, _at(day, minute), home, *place, 8),
    st.sampled_from(DAYS),
    st.sampled_from([-(1 << 63), 3, (1 << 63) - 1]),
    st.integers(0, 9),
    st.sampled_from(["LU", "FR", None]),
    st.sampled_from(PLACES),
)


def _at(day, minute):
    return datetime(day.year, day.month, day.day, 8, tzinfo=UTC) + timedelta(minutes=minute)


def by_hand(signs):
    """The same rows, one sign after the other."""
    out = []
    for (day, device), some in groupby(sorted(signs, key=lambda s: s[:2]), key=lambda s: s[:2]):
        mine = sorted((s for s in some if s[4] is not None), key=lambda s: s[2])
        before, run, series = None, None, []
        for _, peers in groupby(mine, key=lambda s: s[2]):
            together = list(peers)
            among = {s[4] for s in together}
            country = before if before in among else min(among)
            before = max(among)
            if country != run:
                series.append((country, []))
                run = country
            series[-1][1].extend(s if s[4] == country else (*s[:5], None, None) for s in together)
        for country, parts in series:
            ends = [(s[2], s[6] is not None, s[6] or 0) for s in parts]
            first, last = min(ends), max(ends)
            placed = [e for e in ends if e[1]]
            cells = (min(placed)[2], max(placed)[2]) if placed else (None, None)
            network = min((s[2], s[5] is None, s[6] is not None, s[6] or 0, s[5] or "") for s in parts)[4] or None
            homes = min((s[3] for s in parts if s[3]), default=None)
            out.append((day, device, homes, country, network, first[0], last[0], *cells, len(parts)))
    return sorted(out, key=str)


def parts(files):
    """As tasks make them of files: places, or signs of devices that were abroad."""
    away = {s[:2] for some in files for s in some if s[4] not in ("LU", None)}
    gatherer = Gatherer(networks=True)
    for some in files:
        for make, mine in (
            (gatherer.gathered, [s for s in some if s[:2] not in away]),
            (gatherer.each, [s for s in some if s[:2] in away]),
        ):
            columns = zip(*mine, strict=True) if mine else [[]] * len(EVENT)
            yield make(pa.table([pa.array(c, f.type) for c, f in zip(columns, EVENT, strict=True)], schema=EVENT))


@given(st.lists(st.lists(signs, max_size=30), min_size=1, max_size=3))
def test_the_same_as_in_plain_python(files):
    made = runs(pa.Table.from_batches(parts(files)))
    assert made.schema == RUNS and made.schema.names == COUNTRY_RUNS.names
    rows = [tuple(row.values()) for row in made.to_pylist()]
    assert sorted(rows, key=str) == by_hand([s for some in files for s in some])
    assert len({(r[0], r[1], r[5]) for r in rows}) == len(rows), "no two runs of a device begin at once"
