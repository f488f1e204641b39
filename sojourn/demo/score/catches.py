"""Which trips no flow counts, told in pandas by the words of docs/methods.md: apart from the job that does the same."""

from datetime import date, timedelta
from typing import Any

import pandas as pd

from jobs import cross_border_flows as job
from schemas import BORDER_CROSSINGS, CROSS_BORDER_FLOWS, TRIPS
from sojourn import clock
from sojourn.cells import parent
from sojourn.demo.score.sources import Sources

BELT = 6  # H3 resolution


def ended(sources: Sources) -> pd.DataFrame:
    """All rows of `trips`, with `ends` (the first day of the local month in which it ended; null: open) and `caught`.

    caught: accidental, loose, or nothing.
    """
    trips = sources.found(TRIPS)
    local = trips["returned_at"].dt.tz_convert(sources.conf.home.time_zone)
    trips["ends"] = [None if pd.isna(d) else d.date().replace(day=1) for d in local]
    accidental = trips["accidental"].fillna(False).astype(bool)
    trips["caught"] = accidental.map({True: "accidental", False: ""})
    crossings = sources.found(BORDER_CROSSINGS)
    p = job.Params(**sources.conf.tables.get(CROSS_BORDER_FLOWS.name, {}))
    if p.catch_minutes and p.catch_bracket_hours:
        for month in sorted(set(trips["ends"].dropna())):
            some = trips[(trips["ends"] == month) & ~accidental & (trips["kind"] != "transit")]
            trips.loc[loose(some, crossings, month, sources.conf.home.country, p), "caught"] = "loose"
    return trips


def loose(trips: pd.DataFrame, crossings: pd.DataFrame, month: date, home: str, p: job.Params) -> "pd.Index[int]":
    """The trips that only who knows the belt tells to be catches, by their index."""
    last = clock.last_day(month) + timedelta(1)
    known = crossings[(crossings["date"] >= last - timedelta(p.belt_days)) & (crossings["date"] <= last)]
    sure = known[known["accidental"].fillna(False).astype(bool)]
    hexagons = region(sure["first_cell"].fillna(sure["last_cell"])).value_counts()
    belt = set(hexagons[hexagons >= p.belt_catches].index)
    times = sure.loc[sure["to_country"] == home, "device"].value_counts()
    often = set(times[times >= p.belt_catches].index)
    short = (trips["last_at"] - trips["departed_at"]) < pd.Timedelta(minutes=p.catch_minutes)
    brief = (
        trips[short & (trips["home_country"] == home) & trips["device"].isin(often)].rename_axis("trip").reset_index()
    )
    near = known[known["gap_hours"] <= p.catch_bracket_hours]
    sides = []
    for end, country, cell in (
        ("departed_at", "from_country", "last_cell"),
        ("returned_at", "to_country", "first_cell"),
    ):
        side = near.loc[near[country] == home, ["device", "at", cell]]
        both = brief.merge(side, left_on=["device", end], right_on=["device", "at"])
        sides.append(region(both.set_index("trip")[cell]).isin(belt))
    before, after = sides
    both_ends = before.index.intersection(after.index)
    return both_ends[before[both_ends] | after[both_ends]]


def region(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    """The hexagon of the belt that each lies in; those that are none are left out."""
    known = cells.dropna()
    hexagons: pd.Series[Any] = pd.Series(parent(known.astype("int64").tolist(), BELT), index=known.index, dtype="int64")
    return hexagons
