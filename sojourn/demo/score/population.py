"""The population map against the persons that were planted: by published cell, by zone, in total."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from schemas import HOME_LOCATIONS, POPULATION_GRID, POPULATION_MAP
from sojourn import shapes
from sojourn.cells import Cells, centre_of
from sojourn.demo.score.page import Goal, Section, count, share, table
from sojourn.demo.score.persons import Floats, Ints, Persons, hour_of, relative_error, spread
from sojourn.demo.score.sources import Sources

WIDTH_GOAL, ENOUGH = 0.6, 50
SIZES = (20, 100, 300, 1000, 2000)
INSIDE_GOAL = (0.85, 0.95)  # of an interval that says 90 %
TIMES = {"night, 0 to 6": range(6), "day, 9 to 17 on weekdays": range(9, 17), "all hours": range(24)}
WORKDAYS = "day, 9 to 17 on weekdays"

HOW = """\
The planted persons are those of the raster (650,000), of whom the SIMs are a sample: those who live here, by the share
of resident SIMs that is at home, at work or out in that hour, spread as homes and places of work are; who is abroad is
in no cell. Published cells differ in size; the planted persons of one are those of its cells of the base resolution,
those of the row without a cell all others.

- *error*: |published − planted| ÷ planted of a published row. *weighted*: the sum of the differences ÷ the sum of the
  planted. *signed*: published ÷ planted − 1, of the sums.
- *inside*: share of the rows whose planted persons lie from `p05` to `p95`.
- *width*: (`p95` − `p05`) ÷ `population`. *Devices* of a row: its planted persons ÷ the persons of the grid per device
  with a home, as if the SIMs were spread as the persons are. (Chosen by the published figure instead, rows would be
  those that came out too high.) The contract counts more behind a row, all those whose antenna's area meets it: see
  below, *What disclosure costs*.
- by zone: published cells are shared out to zones by the grid.
"""


@dataclass(frozen=True, eq=False)
class Map:
    """What was published, beside what was planted."""

    sources: Sources
    rows: pd.DataFrame
    grid: pd.DataFrame

    @classmethod
    def of(cls, sources: Sources) -> "Map":
        return cls(sources, sources.found(POPULATION_MAP), sources.found(POPULATION_GRID, ["cell", "population"]))

    @cached_property
    def hours(self) -> Ints:
        return np.unique(hour_of(self.rows))

    @cached_property
    def true(self) -> Persons:
        """Persons, in the cells of either the truth or the grid."""
        rows = self.sources.planted("population")
        cells = np.union1d(rows["cell"].to_numpy(np.int64), self.grid["cell"].to_numpy(np.int64))
        return Persons.of(rows, "persons", self.hours, cells)

    @cached_property
    def weight(self) -> Floats:
        """Persons of the grid in the cells of `true`."""
        known = pd.Series(self.grid["population"].to_numpy(float), index=self.grid["cell"].to_numpy(np.int64))
        return known.reindex(self.true.cells, fill_value=0).to_numpy(dtype=np.float64)

    @cached_property
    def judged(self) -> pd.DataFrame:
        """The rows with `true`, `error` and `inside`."""
        rows = self.rows.assign(true=self.true.within(self.rows))
        inside = (rows["p05"] <= rows["true"]) & (rows["true"] <= rows["p95"])
        return rows.assign(error=relative_error(rows["population"], rows["true"]), inside=inside)

    @cached_property
    def per_device(self) -> float:
        """Persons of the grid per device with a home, by the newest homes."""
        homes = self.sources.found(HOME_LOCATIONS, ["month", "status", "home_country"])
        newest = homes[homes["month"] == homes["month"].max()]
        mine = (newest["status"] == "home") & (newest["home_country"] == self.sources.conf.home.country)
        return float(self.grid["population"].sum()) / max(int(mine.sum()), 1)

    def zones(self) -> npt.NDArray[np.object_]:
        """The zone of each cell of `true`."""
        conf = self.sources.conf
        if conf.zones is None:
            return np.full(len(self.true.cells), conf.home.country, dtype=object)
        areas = shapes.read_zones(conf.zones.path, conf.zones.id, conf.zones.name)
        return shapes.zone_of(areas, *centre_of(self.true.cells))


def section(chart: Map) -> Section:
    """All hours that were published."""
    if chart.rows.empty:
        return Section(["## Population map", "", "No row was published.", ""])
    rows = chart.judged
    dense = rows[(devices(rows, chart.per_device) >= ENOUGH) & rows["cell"].notna()]
    goals = [width_goal(dense, "live in the cell"), _inside(rows)]
    first, last = min(rows["date"]), max(rows["date"])
    ran = f"{first} to {last}, {len(chart.hours):,} hours; {chart.per_device:.1f} persons of the grid per device."
    lines = ["## Population map", "", HOW, ran, "", *(g.sentence() for g in goals)]
    lines += [*_by_cell(rows, chart.per_device), *_by_size(rows), *_by_resolution(rows), *_by_zone(chart)]
    lines += _in_total(chart)
    return Section(lines, goals)


def devices(rows: pd.DataFrame, per_device: float) -> "pd.Series":
    """Devices that the planted persons of each row are worth."""
    return rows["true"] / per_device


def width_goal(rows: pd.DataFrame, who: str) -> Goal:
    """Whether the intervals of cells with enough devices are narrow enough."""
    wide = width(rows)
    told = "–" if wide is None else f"{wide:.2f}"
    goal = f"intervals of {WIDTH_GOAL} of the population or less (median) where {ENOUGH} devices or more {who}"
    return Goal("population map", goal, told, None if wide is None else wide <= WIDTH_GOAL)


def width(rows: pd.DataFrame) -> float | None:
    """Median relative width of the intervals; None of none."""
    return float(((rows["p95"] - rows["p05"]) / rows["population"]).median()) if len(rows) else None


def _inside(rows: pd.DataFrame) -> Goal:
    cells = rows[rows["cell"].notna()]
    inside = float(cells["inside"].mean()) if len(cells) else None
    low, high = INSIDE_GOAL
    goal = f"{low:.0%} to {high:.0%} of the planted values lie from p05 to p95"
    return Goal("population map", goal, share(inside), None if inside is None else low <= inside <= high)


def _when(rows: pd.DataFrame, name: str) -> "pd.Series":
    """Which rows are of these hours."""
    at = rows["hour"].isin(TIMES[name])
    return at & (pd.to_datetime(rows["date"]).dt.dayofweek < 5) if name == WORKDAYS else at


def _by_cell(rows: pd.DataFrame, per_device: float) -> list[str]:
    lines = []
    for name in TIMES:
        some = rows[_when(rows, name) & rows["cell"].notna()]
        dense = some[devices(some, per_device) >= ENOUGH]
        for what, part in ((name, some), (f"of these, {ENOUGH} devices or more", dense)):
            lines.append([what, *_errors(part), "–" if (w := width(part)) is None else f"{w:.2f}"])
    head = ["hours", "rows", "error, median", "error, 95 of 100", "weighted", "signed", "inside", "width, median"]
    return ["", "By published cell:", *table(head, lines)]


def _by_size(rows: pd.DataFrame) -> list[str]:
    lines, cells = [], rows[rows["cell"].notna()]
    for low, high in zip((0, *SIZES), (*SIZES, np.inf), strict=True):
        part = cells[(cells["true"] >= low) & (cells["true"] < high)]
        name = f"{low:,} to {high - 1:,}" if np.isfinite(high) else f"{low:,} and more"
        lines.append([name, *_errors(part), "–" if (w := width(part)) is None else f"{w:.2f}"])
    head = ["planted persons", "rows", "error, median", "error, 95 of 100", "weighted", "signed", "inside", "width"]
    return ["By the planted persons of a cell:", *table(head, lines)]


def _errors(part: pd.DataFrame) -> list[str]:
    if part.empty:
        return ["0", *["–"] * 5]
    off, true = (part["population"] - part["true"]), part["true"].sum()
    known = part["error"].dropna()
    figures = (known.median(), known.quantile(0.95), off.abs().sum() / true, off.sum() / true, part["inside"].mean())
    return [count(len(part)), *(share(float(f), 1) for f in figures)]


def _by_resolution(rows: pd.DataFrame) -> list[str]:
    lines, all_ = [], rows["population"].sum()
    for resolution in [*sorted(rows["resolution"].dropna().unique(), reverse=True), None]:
        part = rows[rows["resolution"].isna() if resolution is None else rows["resolution"] == resolution]
        name = "what remains" if resolution is None else str(int(resolution))
        lines.append([name, *_errors(part), share(part["population"].sum() / all_, 1)])
    head = ["resolution", "rows", "error, median", "error, 95 of 100", "weighted", "signed", "inside"]
    return ["By resolution:", *table([*head, "share of persons"], lines)]


def _by_zone(chart: Map) -> list[str]:
    found = spread(chart.rows, "population", chart.hours, chart.true.cells, chart.weight)
    zones, lines = chart.zones(), []
    for zone in sorted({z for z in zones if z is not None}):
        mine = zones == zone
        f, t = found[:, mine].sum(axis=1), chart.true.persons[:, mine].sum(axis=1)
        error = relative_error(f, t)
        figures = (np.nanmedian(error), np.nanquantile(error, 0.95), f.sum() / t.sum() - 1)
        lines.append([zone, count(round(t.mean())), *(share(float(x), 1) for x in figures)])
    return ["By zone and hour:", *table(["zone", "planted, mean", "median", "95 of 100", "signed"], lines)]


def _in_total(chart: Map) -> list[str]:
    rows, lines = chart.rows, []
    hour = np.searchsorted(chart.hours, hour_of(rows))
    guests = _visitors(chart)
    whole = {"residents": ("population", chart.true.total), "visitors": ("visitors", guests.total)}
    at = pd.DataFrame({"date": pd.to_datetime(chart.hours // 24, unit="D").date, "hour": chart.hours % 24})
    for what, (column, true) in whole.items():
        found = np.bincount(hour, rows[column].fillna(0).to_numpy(float), minlength=len(chart.hours))
        for name in TIMES:
            when = _when(at, name).to_numpy()
            f, t = found[when], true[when]
            if not t.sum():
                continue
            error = relative_error(f, t)
            figures = (np.nanmedian(error), np.nanmax(error), f.sum() / t.sum() - 1)
            lines.append([f"{what}, {name}", count(round(t.mean())), *(share(float(x), 1) for x in figures)])
    told = ["In total, by hour. Visitors: planted SIMs without machines, which the map takes for visitors too:"]
    return [*told, *table(["", "planted, mean", "median", "largest", "signed"], lines)]


def _visitors(chart: Map) -> Persons:
    rows = chart.sources.planted("present")
    weight = chart.sources.conf.weights.inbound["default"]
    cells: Cells = np.unique(rows["cell"].to_numpy(np.int64))
    return Persons.of(rows.assign(persons=rows["visitors"] * weight), "persons", chart.hours, cells)
