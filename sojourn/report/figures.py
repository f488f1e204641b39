"""Published tables as plain lists: flows, homes, people of two countries, and how good it all is."""

from typing import Any

import numpy as np
import pandas as pd

from schemas import TABLES
from schemas.intl_migration_flow import CURVE
from sojourn import cells, shapes
from sojourn.report import hours

RANGE = ("p05", "p95")  # of the persons
FLOWS = ("from_zone", "to_country", "devices", "persons", "trips", "nights", *RANGE, "obs_status")
HOMES = ("zone", "home_country", "devices", "persons", *RANGE, "obs_status")
STOCKS = ("zone", "home_country", "country", "class", "devices", "persons", "nights", *RANGE, "obs_status")
BECOMING = ("side", "class_from", "class_to", "devices", "persons", "obs_status")
MOVES = ("direction", "country", "definition_id", "series", "devices", "persons", "obs_status")
CORRIDORS = (
    *("by", "direction", "country", "h3", "hour_from", "hour_to"),
    *("devices", "crossings", "gap_minutes", "obs_status"),
)
COMMUNITIES = ("country", "zone", "community", "stability", "border_share", "modularity", "net_days", "obs_status")
SHOWN = ("all", "cell", "hour")  # of the ways in which corridors are broken down
SHARES = ("share_rejected", "share_unplaced", "cells_reporting_share")
REACH_DEGREES = 32.0  # destinations farther away are named, not drawn


def by_period(rows: pd.DataFrame | None, period: str, columns: tuple[str, ...]) -> dict[str, list[list[Any]]]:
    """Rows of each month (or day looked at), newest first; persons and counts as whole numbers, null as None.

    So is what a lake of a release before has no column for.
    """
    if rows is None:
        return {}
    rows, out = rows.reindex(columns=[period, *columns]), {}
    for when in sorted(set(rows[period]), reverse=True):
        part = rows[rows[period] == when]
        ordered = part.sort_values([c for c in columns if part[c].dtype == object and c != "obs_status"])
        out[str(when)] = [[_plain(v) for v in row] for row in ordered[list(columns)].itertuples(index=False)]
    return out


def becoming(rows: pd.DataFrame | None, home: str) -> dict[str, list[list[Any]]]:
    """Classes of two years, by the last day of the second: our SIMs in all countries together, foreign ones here.

    Args:
        rows: `class_transition`.
        home: country of the operator.
    """
    if rows is None:
        return {}
    ours = rows["home_country"] == home
    some = rows.assign(side=ours.map({True: "out", False: "in"}))[rows["country"] == ours.map({True: "*", False: home})]
    by = ["as_of", "side", "class_from", "class_to", "obs_status"]
    return by_period(some.groupby(by, as_index=False)[["devices", "persons"]].sum(min_count=1), "as_of", BECOMING)


def migration(rows: pd.DataFrame | None) -> dict[str, Any]:
    """Arrivals by year as the newest month knows them, and its last night; of the curve the sums over countries alone.

    Args:
        rows: `intl_migration_flow`.
    """
    if rows is None or rows.empty:
        return {}
    now = rows[rows["month"] == rows["month"].max()]
    curve, of = now["definition_id"].isin(CURVE), ["year", "direction", "definition_id", "series", "obs_status"]
    sums = now[curve].groupby(of, as_index=False)[["devices", "persons"]].sum(min_count=1).assign(country="*")
    years = by_period(pd.concat([now[~curve], sums]), "year", MOVES)
    return {"as_of": str(now["as_of"].max()), "years": years}


def corridors(rows: pd.DataFrame | None) -> dict[str, Any]:
    """Rows of each month, and where the cells among them are: longitude and latitude as hours.DEGREES, and resolution.

    Args:
        rows: `cross_border_corridors`.
    """
    if rows is None or rows.empty:
        return {}
    some = rows[rows["by"].isin(SHOWN)].sort_values(["by", "direction", "country", "h3", "hour_from"])
    known = np.unique(some["cell"].dropna().to_numpy(np.int64))
    lat, lon = cells.centre_of(known)
    at = np.rint(np.column_stack([lon, lat]) * hours.DEGREES).astype(int).tolist()
    return {"months": by_period(some, "month", CORRIDORS), "at": dict(zip(cells.text(known), at, strict=True))}


def communities(rows: pd.DataFrame | None) -> dict[str, list[list[Any]]]:
    """Rows of each month, newest first; shares to three digits.

    Args:
        rows: `cross_border_communities`.
    """
    if rows is None:
        return {}
    shares = {c: (rows[c].astype("Float64") * 1000).round() for c in ("stability", "border_share", "modularity")}
    return by_period(rows.assign(**shares), "month", COMMUNITIES)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value
    return None if pd.isna(value) else round(float(value))


def quality(rows: pd.DataFrame | None) -> dict[str, Any]:
    """Dates, tables in the order of a night, for each table and date rows, checks failed and status, and the shares.

    Args:
        rows: `night_quality`.
    """
    if rows is None or rows.empty:
        return {}
    dateless = rows["table"].isin([t.name for t in TABLES if not t.unit])
    if not dateless.all():  # they are as they are now: at the last night, whatever the day of their check
        now = rows[dateless].sort_values("date").drop_duplicates("table", keep="last")
        rows = pd.concat([rows[~dateless], now.assign(date=rows.loc[~dateless, "date"].max())])
    dates = sorted(set(rows["date"]))
    names = [t.name for t in TABLES if t.name in set(rows["table"])]
    by = rows.set_index(["table", "date"])
    columns = ("rows", "checks_failed", "obs_status")
    cell = {k: [_plain(v) for v in row] for k, row in zip(by.index, by[list(columns)].to_numpy(), strict=True)}
    shares = {}
    for name in SHARES:
        of = rows[rows[name].notna()].sort_values("table").drop_duplicates("date").set_index("date")[name]
        shares[name] = [None if d not in of.index else round(float(of[d]), 6) for d in dates]
    return {
        "dates": [str(d) for d in dates],
        "tables": names,
        "units": {t.name: t.unit for t in TABLES if t.name in names},
        "cells": [[cell.get((name, d)) for d in dates] for name in names],
        "shares": shares,
    }


def residents(grid: pd.DataFrame | None) -> dict[str, Any]:
    """Persons of the raster by zone, and its year."""
    if grid is None or grid.empty:
        return {}
    known = grid[grid["zone"].notna()].sort_values("zone")
    whole = {str(z): round(float(p)) for z, p in zip(known["zone"], known["population"], strict=True)}
    return {"year": int(grid["year"].iloc[0]), "total": round(float(grid["population"].sum())), "zones": whole}


def destinations(flows: pd.DataFrame | None, home: str) -> dict[str, Any]:
    """Where the countries of the flows are (degrees × 100), those too far to draw, and the lands around them."""
    abroad = set() if flows is None else set(flows["to_country"]) - {home}
    codes, lands = shapes.country_shapes()
    wanted = np.isin(codes, [home, *abroad])
    if home not in codes or not abroad:
        return {}
    lat, lon = shapes.label_points(lands[wanted])
    at = {c: (float(x), float(y)) for c, x, y in zip(codes[wanted], lon, lat, strict=True)}
    x, y = at[home]
    near = {c: p for c, p in at.items() if max(abs(p[0] - x), abs(p[1] - y)) <= REACH_DEGREES}
    west, south = np.min(list(near.values()), axis=0) - 4
    east, north = np.max(list(near.values()), axis=0) + 4
    where = (float(west) - 8, max(float(south) - 8, -80.0), float(east) + 8, min(float(north) + 8, 80.0))
    return {
        "at": {c: [round(p[0] * 100), round(p[1] * 100)] for c, p in near.items()},
        "far": sorted(set(abroad) - set(near)),
        "box": [round(float(v), 2) for v in (west, south, east, north)],
        "land": hours.land(where, (north - south) / 400),
    }
