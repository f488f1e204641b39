"""Homes by whole arrays: the same as night by night in plain Python, however the rows lie."""

from collections import Counter, defaultdict
from datetime import date, timedelta

import h3.api.basic_int as h3
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.home_locations import Params
from sojourn.methods.countries import number_of
from sojourn.methods.homes import FOUND, SEEN, Homes

FIRST = date(2026, 3, 4)
NIGHTS = 9
HERE = h3.latlng_to_cell(49.6116, 6.1319, 8)
CELLS = [*sorted(h3.grid_disk(HERE, 1)), h3.latlng_to_cell(49.85, 6.10, 8)]
WINDOWS = {date(2026, 3, 12): (FIRST, FIRST + timedelta(NIGHTS - 1)), FIRST: (FIRST, FIRST + timedelta(2))}
RULES = [
    Params(min_nights=3),
    Params(ring=0, night_from=22, night_to=5, core_from=23, core_to=2, min_nights=1, min_share=0.3),
]
hours = st.sets(st.integers(0, 23), min_size=1, max_size=4)
places = st.one_of(st.sampled_from(CELLS).map(lambda c: ("LU", c)), st.sampled_from([("LU", None), ("FR", None)]))
keys = st.tuples(st.sampled_from([-(1 << 63), -5, 3, (1 << 63) - 1]), st.integers(-1, NIGHTS + 1), places)
lives = st.dictionaries(keys, hours, max_size=60)


def of_night(rule, day, hour):
    """The night that an hour of a date belongs to, if any, and how late in it."""
    if hour >= rule.night_from:
        return day, hour
    return (day - 1, hour + 24) if hour < rule.night_to else (None, None)


def plainly(life, first, last, rule):
    """Device → cell, nights, observed_nights, abroad_nights, core_nights, status."""
    signs = defaultdict(lambda: defaultdict(list))
    for (device, day, place), seen in life.items():
        for hour in seen:
            night, late = of_night(rule, day, hour)
            if night is not None and first <= night <= last:
                core = hour >= rule.core_from or hour < rule.core_to
                signs[device][place].append((night, late, core))
    out = {}
    for device, at in signs.items():
        nights = {place: {n for n, *_ in some} for place, some in at.items()}
        hours_at = Counter({place: len({(n, late) for n, late, _ in some}) for place, some in at.items()})
        cells = [(len(nights[p]), hours_at[p], max(some)[:2], -p[1]) for p, some in at.items() if p[1]]
        cell = -max(cells)[3] if cells else None
        around = {*h3.grid_disk(cell, rule.ring)} if cell else set()

        def union(of, nights=nights):
            return set().union(*(n for place, n in nights.items() if of(place)))

        observed, abroad, here = union(bool), union(lambda p: p[0] != "LU"), union(lambda p: p[0] == "LU")
        mine = union(lambda p, around=around: p[1] in around)
        core = {n for place, some in at.items() if place[0] == "LU" for n, _, is_core in some if is_core}
        status = "home" if len(mine) / len(observed) > rule.min_share else "unlocatable"
        if len(abroad) > len(here):
            status = "abroad"
        if len(observed) < rule.min_nights:
            status = "too_few_nights"
        out[device] = (cell, len(mine), len(observed), len(abroad), len(core), status)
    return out


@pytest.mark.parametrize("rule", RULES)
@given(life=lives, order=st.randoms())
def test_homes_are_those_of_plain_python(rule, life, order):
    rows = [
        {
            "device": device,
            "date": FIRST + timedelta(day),
            "country": number_of(country),
            "cell": cell,
            "hours": sum(1 << h for h in seen),
            "home_country": number_of("XK") if device > 0 else None,
        }
        for (device, day, (country, cell)), seen in life.items()
    ]
    order.shuffle(rows)
    homes = Homes(WINDOWS, "LU", rule)
    found = homes.table(pa.Table.from_pylist(rows, SEEN))
    assert found.schema == FOUND
    for name, (first, last) in WINDOWS.items():
        mine = [r for r in found.to_pylist() if r["of"] == name]
        what = ("cell", "nights", "observed_nights", "abroad_nights", "core_nights", "status")
        assert {r["device"]: tuple(r[c] for c in what) for r in mine} == plainly(
            life, (first - FIRST).days, (last - FIRST).days, rule
        )
        assert all(r["share"] == r["nights"] / r["observed_nights"] for r in mine)
        assert all(r["home_country"] == ("XK" if r["device"] > 0 else None) for r in mine)
        assert len(mine) == len({r["device"] for r in mine})
