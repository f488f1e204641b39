"""What disclosure control costs: published figures against the same ones out of the restricted tier."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from jobs import residents_by_origin
from schemas import (
    CROSS_BORDER_FLOWS,
    RESIDENTS_BY_ORIGIN,
    TRANSNATIONAL_STOCKS,
    TRANSNATIONALS,
)
from sojourn.demo.score import catches, door
from sojourn.demo.score.page import Section, count, ratio, share, table
from sojourn.demo.score.persons import relative_error
from sojourn.demo.score.population import ENOUGH, Map, width_goal
from sojourn.demo.score.residents import places, weighed
from sojourn.demo.score.sources import Sources
from sojourn.methods.zones import UNKNOWN
from sojourn.table import Table

MONTHS = 2  # the latest

HOW = """\
The same figures out of the restricted tier, with exact counts and exact weights, against what was published: the error
that noise and rounding add, and what is left out because fewer than k devices stand behind it.

- *left out*: share of the combinations, and of what they count: a device counts once in each combination it is in.
- *error*: |published − exact| ÷ exact, of the published rows: median, and what 95 of 100 stay below.
"""
MAP_HOW = """\
The map: the same devices, placed and spread by the same method, with exact weights and in the published cells, on the
dates whose homes are in the lake (the day after the last night of a month's window); so the error is that of noise and
rounding alone, and what coarser cells cost is under *by resolution* above. *Behind*: devices behind a row as the
contract counts them: those whose antenna's area meets the cell, many times those who live in it.
"""


@dataclass(frozen=True)
class Compared:
    """A month of a table: combinations before and after, and those that were published and never counted."""

    table: Table
    month: date
    rows: pd.DataFrame
    measures: Sequence[str]

    @property
    def strangers(self) -> int:
        return int(self.rows["n"].isna().sum())


def section(sources: Sources, chart: Map) -> Section:
    """Every published table that is about devices."""
    parts = [*_flows(sources), *_residents(sources), *_stocks(sources)]
    rows = door.before(sources, chart)
    goal = width_goal(rows[rows["cell"].notna() & (rows["behind"] >= ENOUGH)], "stand behind it (contract)")
    lines = ["## What disclosure costs", "", HOW, *_table(parts), MAP_HOW, goal.sentence(), *_map(rows, chart)]
    faults = [f"{p.table.name}: {p.strangers} combinations published that nobody is in" for p in parts if p.strangers]
    return Section(lines, [goal], faults)


def _map(rows: pd.DataFrame, chart: Map) -> list[str]:
    if rows.empty:
        return ["No date has its homes in the lake.", ""]
    cells = rows[rows["cell"].notna()]
    dense = cells[cells["behind"] >= ENOUGH]
    error = relative_error(rows["population"], rows["before"])
    total = rows.groupby(["date", "hour"])[["population", "before"]].sum()
    off = relative_error(total["population"], total["before"])
    wide = ((dense["p95"] - dense["p05"]) / dense["population"]).median()
    quotient = (cells["population"] / chart.per_device / cells["behind"]).median()
    dates = ", ".join(sorted({str(d) for d in rows["date"]}))
    figures = [
        ("rows", count(len(rows))),
        ("error of a row, median", share(float(pd.Series(error).median()), 1)),
        ("error of a row, 95 of 100", share(float(pd.Series(error).quantile(0.95)), 1)),
        ("error of an hour's total, largest", share(float(off.max()), 2)),
        (f"rows with {ENOUGH} devices or more behind them", count(len(dense))),
        ("their intervals' width, median", "–" if dense.empty else f"{wide:.2f}"),
        ("their planted persons from p05 to p95", share(float(dense["inside"].mean()), 1)),
        ("population ÷ persons per device ÷ devices behind, median", f"{quotient:.2f}"),
    ]
    return [f"Dates: {dates}.", *table(["map", ""], figures)]


def compare(
    table_: Table, month: date, exact: pd.DataFrame, published: pd.DataFrame, keys: list[str], measures: Sequence[str]
) -> Compared:
    """Combinations of either, with `n` devices (exact) and each measure before and after."""
    shown = published.loc[published["month"] == month, [*keys, *measures]]
    rows = exact.merge(shown, on=keys, how="outer", suffixes=("_exact", ""))
    return Compared(table_, month, rows, measures)


def _table(parts: Sequence[Compared]) -> list[str]:
    lines = []
    for part in parts:
        counted = part.rows[part.rows["n"].notna()]
        kept = counted[counted["devices"].notna()]
        total = counted["n"].sum()
        for i, measure in enumerate(part.measures):
            error = pd.Series(relative_error(kept[measure], kept[f"{measure}_exact"])).dropna()
            out = 1 - len(kept) / len(counted) if len(counted) else None
            lost = None if not total else 1 - float(kept["n"].sum()) / float(total)
            weighty = counted[f"{measure}_exact"].sum()
            gone = ratio(float(weighty - kept[f"{measure}_exact"].sum()), float(weighty))
            name = f"{part.table.name}, {part.month:%Y-%m}"
            first = [name, count(len(counted)), share(out, 1), share(lost, 1)] if not i else [""] * 4
            figures = (error.median(), error.quantile(0.95))
            lines.append([*first, measure, share(gone, 1), *(share(float(f), 1) for f in figures)])
    head = ["table", "combinations", "left out", "of devices", "measure", "left out of it", "error, median"]
    return table([*head, "error, 95 of 100"], lines)


def _counted(rows: pd.DataFrame, keys: list[str], measures: Sequence[str]) -> pd.DataFrame:
    groups = rows.groupby(keys)
    made = groups[list(measures)].sum().assign(devices=groups["device"].nunique())
    made["persons"] = rows.drop_duplicates([*keys, "device"]).groupby(keys)["weight"].sum()
    return made.add_suffix("_exact").assign(n=made["devices"]).reset_index()


def _months(published: pd.DataFrame) -> list[date]:
    return sorted(set(published["month"]))[-MONTHS:]


def _flows(sources: Sources) -> list[Compared]:
    published, trips = sources.found(CROSS_BORDER_FLOWS), catches.ended(sources)
    trips = trips[(trips["kind"] != "transit") & (trips["caught"] == "")]
    keys, made = ["from_zone", "to_country"], []
    for month in _months(published):
        homes = places(sources, month)
        mine = homes.loc[homes["own"], ["device", "zone"]]
        rows = trips[trips["ends"] == month].merge(mine, on="device", how="left").fillna({"zone": UNKNOWN})
        rows = rows.assign(trips=1, weight=weighed(sources, rows, homes))
        exact = _counted(rows.rename(columns={"zone": "from_zone", "country": "to_country"}), keys, ["trips", "nights"])
        measures = ["devices", "persons", "trips", "nights"]
        made.append(compare(CROSS_BORDER_FLOWS, month, exact, published, keys, measures))
    return made


def _residents(sources: Sources) -> list[Compared]:
    published, made = sources.found(RESIDENTS_BY_ORIGIN), []
    p = residents_by_origin.Params(**sources.conf.tables.get(RESIDENTS_BY_ORIGIN.name, {}))
    for month in _months(published):
        homes = places(sources, month)
        live = homes[(homes["status"] == "home") & (homes["own"] | (homes["nights"] >= p.min_foreign_nights))]
        rows = live.assign(weight=weighed(sources, live, homes)).fillna({"home_country": UNKNOWN})
        keys = ["zone", "home_country"]
        exact = _counted(rows, keys, [])
        made.append(compare(RESIDENTS_BY_ORIGIN, month, exact, published, keys, ["devices", "persons"]))
    return made


def _stocks(sources: Sources) -> list[Compared]:
    published, lives = sources.found(TRANSNATIONAL_STOCKS), sources.found(TRANSNATIONALS)
    keys, made = ["zone", "home_country", "country", "class"], []
    for month in _months(published):
        homes = places(sources, month)
        foreign = ~homes["home_country"].eq(sources.conf.home.country).fillna(False)
        sleeps = homes.loc[homes["own"] | foreign, ["device", "zone"]]
        rows = lives[lives["month"] == month].merge(sleeps, on="device", how="left").fillna({"zone": UNKNOWN})
        rows = rows.assign(weight=weighed(sources, rows, homes)).fillna({"home_country": UNKNOWN})
        exact = _counted(rows, keys, ["nights"])
        made.append(compare(TRANSNATIONAL_STOCKS, month, exact, published, keys, ["devices", "persons", "nights"]))
    return made
