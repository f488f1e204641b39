"""The population map as the page wants it: a dictionary of cells, and hour by hour whole numbers that point into it."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sojourn import cells, shapes

Ints = npt.NDArray[np.int64]

DEGREES = 100_000  # coordinates are whole numbers of 1/100,000 degree, about a metre
MEASURES = ("population", "visitors", "p05", "p95")
HIDDEN = -1  # stands for null


def hourly(rows: pd.DataFrame) -> dict[str, Any]:
    """All hours, and all cells that any of them shows.

    Args:
        rows: date, hour, cell (null: what remains), population, visitors (may be null), p05, p95 (persons, whole),
            obs_status.

    Returns:
        cells: h3, res, km2, and ring: for each cell its corners, longitude and latitude in turn, the first as they
        are and the others as steps from the one before. hours: for each, date, hour, c (places in cells, rising, as
        steps), the measures by name, s (a letter of obs_status each), and rest (the measures of what remains, and s).
    """
    placed = rows[rows["cell"].notna()]
    known = np.unique(placed["cell"].to_numpy(np.int64))
    at = placed.assign(c=np.searchsorted(known, placed["cell"].to_numpy(np.int64)))
    rests = dict(iter(rows[rows["cell"].isna()].groupby(["date", "hour"])))
    hours = {key: hour.sort_values("c") for key, hour in at.groupby(["date", "hour"])}
    return {
        "cells": {
            "h3": cells.text(known),
            "res": cells.resolution_of(known).tolist(),
            "km2": [float(f"{a:.4g}") for a in cells.km2(known)],
            "ring": _rings(known),
        },
        "hours": [_hour(key, hours.get(key), rests.get(key)) for key in sorted({*hours, *rests})],
    }


def _rings(known: Ints) -> list[list[int]]:
    if not len(known):
        return []
    lat, lon, first = cells.corners(known)
    rings = np.split(np.column_stack([lat, lon]), first[1:-1])
    return [steps(ring, float(lon[0])) for ring in rings]


def steps(ring: npt.NDArray[np.float64], middle: float) -> list[int]:
    """Corners of shape (m, 2), latitude and longitude, as x, y, then steps; longitudes within 180° of `middle`."""
    lon = (ring[:, 1] - middle + 180) % 360 - 180 + middle
    whole = np.rint(np.column_stack([lon, ring[:, 0]]) * DEGREES).astype(np.int64)
    whole[1:] = np.diff(whole, axis=0)
    return whole.ravel().tolist()


def _hour(key: Any, placed: pd.DataFrame | None, rest: pd.DataFrame | None) -> dict[str, Any]:
    out: dict[str, Any] = {"date": str(key[0]), "hour": int(key[1]), "c": [], **{m: [] for m in MEASURES}, "s": ""}
    if placed is not None:
        out["c"] = np.diff(placed["c"].to_numpy(np.int64), prepend=0).tolist()
        out |= {m: _whole(placed[m]) for m in MEASURES}
        out["s"] = "".join(placed["obs_status"])
    if rest is not None:
        out["rest"] = [_whole(rest[m])[0] for m in MEASURES] + [rest["obs_status"].iloc[0]]
    return out


def _whole(values: pd.Series) -> list[int]:
    return [int(v) for v in values.fillna(HIDDEN)]


def box(rings: list[list[int]], margin: float) -> tuple[float, float, float, float]:
    """West, south, east, north of all corners, with a margin as a share of the larger side; degrees."""
    lon = np.concatenate([np.cumsum(r[::2]) for r in rings]) / DEGREES
    lat = np.concatenate([np.cumsum(r[1::2]) for r in rings]) / DEGREES
    side = margin * max(np.ptp(lon), np.ptp(lat))
    return float(lon.min() - side), float(lat.min() - side), float(lon.max() + side), float(lat.max() + side)


def land(where: tuple[float, float, float, float], finest: float) -> list[dict[str, Any]]:
    """The countries inside a box: code, and rings as `steps` writes them."""
    codes, lands = shapes.country_shapes()
    return drawn(codes, lands, where, finest)


def drawn(codes: Any, areas: Any, where: tuple[float, float, float, float], finest: float) -> list[dict[str, Any]]:
    """Areas inside a box, simplified to `finest` degrees."""
    middle = (where[0] + where[2]) / 2
    shown = zip(codes, shapes.outlines(areas, where, finest), strict=True)
    return [{"code": c, "rings": [steps(r, middle) for r in rings]} for c, rings in shown if rings]
