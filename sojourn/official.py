"""Published figures held against official ones, and residents of a census foretold by calls (methods/exposure.py).

A file of official figures names its columns as the table does: what its rows are of, and the figure. What was hidden or
never seen has no counterpart: it is counted, and compared with nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.compute as pc

from schemas import INTL_CALL_EXPOSURE, POPULATION_GRID
from sojourn.cells import cell_of, centre_of, neighbours, parent
from sojourn.errors import ConfigError
from sojourn.lake import Lake, in_pandas
from sojourn.methods.agreement import Agreement, agreement, moran
from sojourn.methods.exposure import fitted, held_out
from sojourn.table import ERRORS, STATED, Table

ALL, RESIDENTS = "*", "residents"
AREAS = ("zone", "from_zone", "home_zone", "area")  # columns that say where; of them neighbours are known
MEASURES = {
    "n": "rows",
    "mae": "mean absolute error",
    "rmse": "root mean square error",
    "mape": "mean relative error, of 16 or more",
    "pearson": "Pearson",
    "spearman": "Spearman",
    "kendall": "Kendall tau-b",
    "common": "common part",
    "divergence": "Jensen-Shannon, bits",
    "slope": "slope of logarithms",
    "intercept": "intercept",
}
BLOCKS = 5  # regions to leave out, at least


@dataclass(frozen=True)
class Official:
    """Figures of a file: rows with the columns `of`, and the figure as `official`."""

    path: str
    of: list[str]
    figure: str
    rows: pd.DataFrame


@dataclass(frozen=True)
class Comparison:
    """How figures agree, by level: row by row, and summed by one of the columns.

    ratio: published over official, of rows that are both. lacking: official rows without a published one, and their
    part of the official total. extra: published rows without an official one. clustered: Moran's I of ln(published /
    official) by area; None where no neighbours are known.
    """

    levels: Mapping[str, Agreement]
    ratio: float
    lacking: tuple[int, float]
    extra: int
    clustered: float | None

    def facts(self) -> Iterator[str]:
        """In words."""
        n, part = self.lacking
        yield f"published / official: {self.ratio:.3f} of the rows that are both"
        yield f"official rows that were not published: {n:,}, {part:.1%} of the total; others that were: {self.extra:,}"
        if self.clustered is not None:
            yield f"errors of areas that touch: Moran's I {self.clustered:.2f}; about 0 where they are not alike"


@dataclass(frozen=True)
class Foretold:
    """Residents by calls, in regions that the model was not fitted to; and what a country's share alone would do.

    regions: how many. slopes: of each country, residents by calls, both as logarithms; fitted to all regions.
    """

    levels: Mapping[str, Agreement]
    regions: int
    slopes: Mapping[str, float]

    def facts(self) -> Iterator[str]:
        """In words."""
        yield f"held out region by region: {self.regions} of them"
        yield "slopes: " + ", ".join(f"{country} {slope:.2f}" for country, slope in sorted(self.slopes.items()))


def plain(told: Any) -> Any:
    """For JSON, which knows no figure that is none."""
    if isinstance(told, Mapping):
        return {name: plain(value) for name, value in told.items()}
    return None if isinstance(told, float) and not np.isfinite(told) else told


def read(path: str, table: Table) -> Official:
    """A file of official figures for a table.

    Raises:
        ConfigError: it cannot be read as that; says the column or the line.
    """
    of = [c for c in table.key if c != table.unit]
    figures = [RESIDENTS] if table.name == INTL_CALL_EXPOSURE.name else []
    numbers = [c for c in table.columns if c.type in ("bigint", "int", "double") and c not in (*STATED, *ERRORS)]
    figures += [c.name for c in numbers if c.name not in table.key]
    hint = f"a CSV file with the columns {', '.join(of)} and one of {', '.join(figures)}"
    try:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a CSV file in UTF-8"
        raise ConfigError(f"cannot be read: {reason}", where=path, hint=hint) from None
    given = [name for name in figures if name in rows]
    lacking = [name for name in of if name not in rows]
    if lacking or len(given) != 1:
        what = f"has no column {', '.join(lacking)}" if lacking else f"has {len(given)} columns of figures"
        raise ConfigError(what, where=path, hint=hint)
    rows["official"] = pd.to_numeric(rows[given[0]], errors="coerce")
    wrong = ~(rows["official"] >= 0) | ~np.isfinite(rows["official"])
    again = rows.duplicated(of)
    for which, what in ((wrong, f"has no {given[0]} of none or more"), (again, "names the same again")):
        if which.any():
            raise ConfigError(what, where=f"{path}, line {int(np.argmax(which)) + 2}", hint=hint)
    return Official(path, of, given[0], rows[[*of, "official"]])


def published(lake: Lake, table: Table, unit: date) -> pd.DataFrame:
    """The rows of a unit, what they are of as text.

    Raises:
        ConfigError: there are none.
    """
    rows = in_pandas(lake.rows(table, pc.field(table.unit) == unit if table.unit else None))
    if rows.empty:
        raise ConfigError(f"has no rows of {unit}", where=table.name, hint="sojourn run builds them")
    return rows.astype({name: str for name in table.key if name != table.unit})


def compared(found: pd.DataFrame, official: Official, touching: Mapping[str, set[str]]) -> Comparison:
    """Published rows against official ones; touching: the neighbours of each area.

    Raises:
        ConfigError: no row of the file is one that was published.
    """
    both = official.rows.merge(found[[*official.of, official.figure]], on=official.of, how="left")
    there = both[both[official.figure].notna()].astype({official.figure: float})
    if there.empty:
        hint = f"published are such as {', '.join(map(str, found[official.of].iloc[0]))}"
        raise ConfigError("none of its rows was published", where=official.path, hint=hint)
    levels = {"rows": _agree(there, official)}
    for name in official.of if len(official.of) > 1 else []:
        levels[f"by {name}"] = _agree(there.groupby(name)[[official.figure, "official"]].sum(), official)
    lost = both[both[official.figure].isna()]["official"]
    total = both["official"].sum()
    area = next((name for name in official.of if name in AREAS), None)
    return Comparison(
        levels,
        float(there[official.figure].sum() / there["official"].sum()) if there["official"].sum() else float("nan"),
        (len(lost), float(lost.sum() / total) if total else 0.0),
        len(found) - len(there),
        _clustered(there.groupby(area)[[official.figure, "official"]].sum(), official, touching) if area else None,
    )


def _agree(rows: pd.DataFrame, official: Official) -> Agreement:
    return agreement(rows[official.figure], rows["official"])


def _clustered(areas: pd.DataFrame, official: Official, touching: Mapping[str, set[str]]) -> float | None:
    some = areas[(areas[official.figure] > 0) & (areas["official"] > 0)]
    names = list(some.index)
    near = np.array([[float(b in touching.get(a, ())) for b in names] for a in names])
    left = np.log(some[official.figure] / some["official"])
    return moran(left, near) if near.any() and np.ptp(left) else None


def foretold(found: pd.DataFrame, official: Official, centres: Mapping[str, tuple[float, float]]) -> Foretold:
    """Residents by country out of calls; in the file the country * is everybody. centres: of zones, in degrees.

    Raises:
        ConfigError: too little of the file can be held against calls.
    """
    everybody = official.rows[official.rows["country"] == ALL].set_index("area")["official"]
    cells = found.loc[found["cell"].notna(), ["area", "cell"]].drop_duplicates()
    at = zip(*centre_of(cells["cell"].to_numpy(np.int64)), strict=True)
    centres = {**centres, **dict(zip(cells["area"], at, strict=True))}
    some = official.rows[(official.rows["country"] != ALL) & official.rows["area"].isin(centres)]
    calls = found.set_index(["area", "country"])["calls"].astype(float)
    rows = some.assign(people=some["area"].map(everybody))
    rows = rows[(rows["people"] > 0) & rows["area"].isin({area for area, _ in calls.index})]
    rows["calls"] = [calls.get(pair, 0.0) for pair in zip(rows["area"], rows["country"], strict=True)]
    block = _blocks([centres[a] for a in rows["area"]]) if len(rows) else np.zeros(0, np.int64)
    if len(np.unique(block)) < BLOCKS:
        what = f"{rows['area'].nunique()} of its areas have calls, a centre and a row of all residents (country {ALL})"
        raise ConfigError(what, where=official.path, hint=f"give areas in {BLOCKS} regions or more")
    residents, many, people, country = (rows[name].to_numpy() for name in ("official", "calls", "people", "country"))
    levels = {
        "by calls": agreement(held_out(residents, many, people, country, block), residents),
        "by the country's share": agreement(_shares(rows, block), residents),
    }
    model = fitted(residents, many, people, country)
    return Foretold(
        levels, len(np.unique(block)), dict(zip(model.countries.tolist(), model.slopes.tolist(), strict=True))
    )


def _shares(rows: pd.DataFrame, block: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Residents if every area had the share of a country that all areas outside its region have."""
    out = np.zeros(len(rows))
    for one in np.unique(block):
        away = block == one
        rest = rows[~away].groupby("country")[["official", "people"]].sum()
        share = (rest["official"] / rest["people"]).reindex(rows["country"][away]).fillna(0)
        out[away] = share.to_numpy() * rows["people"][away]
    return out


def _blocks(centres: Sequence[tuple[float, float]]) -> npt.NDArray[np.int64]:
    """Regions: the coarsest H3 cells of which there are enough."""
    north, east = np.array(centres).T
    cells = cell_of(north, east, 6).to_numpy(np.int64)
    for resolution in range(6):
        blocks = parent(cells, resolution)
        if len(np.unique(blocks)) >= BLOCKS:
            return blocks
    return cells


@dataclass(frozen=True)
class Areas:
    """Where administrative areas are, by the population grid: centres of their people, and which touch."""

    centres: Mapping[str, tuple[float, float]]
    touching: Mapping[str, set[str]]

    @staticmethod
    def of(lake: Lake) -> "Areas":
        """Of a lake; none where it has no grid."""
        rows = in_pandas(lake.rows(POPULATION_GRID).select(["cell", "zone", "population"]))
        rows = rows[rows["zone"].notna()]
        zones: dict[int, str] = dict(zip(rows["cell"].tolist(), rows["zone"].tolist(), strict=True))
        touching: dict[str, set[str]] = {}
        for cell, zone in zones.items():
            touching.setdefault(zone, set()).update({zones.get(c, zone) for c in neighbours(cell)} - {zone})
        north, east = centre_of(rows["cell"].to_numpy(np.int64))
        many = rows["population"].to_numpy(float) + 1e-9  # where nobody lives, the middle of the area
        sums = pd.DataFrame({"zone": rows["zone"], "n": many, "north": north * many, "east": east * many})
        middle = sums.groupby("zone")[["n", "north", "east"]].sum()
        at = zip(middle["north"] / middle["n"], middle["east"] / middle["n"], strict=True)
        return Areas(dict(zip(middle.index.astype(str), at, strict=True)), touching)
