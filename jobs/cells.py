"""The antennas: each placed once, so that events need not be."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast
from zoneinfo import available_timezones

import numpy as np
import pandas as pd

from schemas import CELLS
from sojourn.cells import cell_of, centre_of
from sojourn.shapes import Zones, country_of, zone_of

READS, WRITES, EVERY = (), CELLS, "source"
SAYS = ["latitude", "longitude", "time_zone", "radio", "range_m", "azimuth_deg", "beam_deg"]


@dataclass(frozen=True)
class Params:
    """`sea_km`: how far from land an antenna may stand and still belong to it (piers, ships at anchor)."""

    sea_km: float = 20.0


@dataclass
class _Stay:
    """An antenna in one place: from the day `told_from` as its file says, in fact from `start` (date.min: open)."""

    told_from: date
    start: date
    told_to: date | None
    said: tuple[Any, ...]
    learned: date
    conflicting: bool


Stays = dict[str, dict[date, _Stay]]  # of each antenna, by the day they begin


def transform(
    told: pd.DataFrame,
    zones: Zones | None,
    home_zone: str,
    resolution: int,
    p: Params,
    known: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Rows of `cells` out of what the register told, on top of the rows that are known from what it told before.

    What a later snapshot says otherwise of an antenna holds from its landing day on; the first telling holds from the
    day it names, or always. Of two rows of one file for one antenna and day the first counts; a row ends the day before
    the next begins. One landing day is taken in after the other, and the rows hold all that the next one needs to know:
    so night by night is the same as all at once.

    Args:
        told: batch (date or None), file, line, cell_id, told_from, told_to, and what is said of the antenna.
        zones: administrative areas, or None.
        home_zone: time zone of antennas that name none (or none that exists).
        resolution: H3.
        p: parameters.
        known: rows of `cells` made of earlier landing days.
    """
    existing = available_timezones()
    rows = told[told["cell_id"].notna()].copy()
    rows["time_zone"] = [z if z in existing else home_zone for z in rows["time_zone"]]
    rows["batch"] = [b or date.min for b in rows["batch"]]
    rows["told_from"] = [f or date.min for f in rows["told_from"]]
    rows = rows.sort_values(["batch", "told_from", "file", "line"], kind="stable")
    stays: Stays = {} if known is None else _known(known)
    for batch, snapshot in rows.groupby("batch", sort=True):
        _take_in(stays, cast(date, batch), snapshot)
    return _placed(_closed(stays), zones, resolution, p)[CELLS.names]


def _plain(frame: pd.DataFrame, columns: list[str]) -> list[tuple[Any, ...]]:
    some = frame[columns].astype(object)
    return list(map(tuple, some.where(some.notna(), None).to_numpy().tolist()))


def _known(frame: pd.DataFrame) -> Stays:
    stays: Stays = {}
    columns = ["cell_id", "told_from", "valid_from", "told_to", "learned", "note"]
    for row, said in zip(_plain(frame, columns), _plain(frame, SAYS), strict=True):
        cell, told_from, start, told_to, learned, note = row
        begins, first = told_from or date.min, start or date.min
        stay = _Stay(begins, first, told_to, said, learned or date.min, note == "conflicting")
        stays.setdefault(cell, {})[first] = stay
    return stays


def _take_in(stays: Stays, batch: date, snapshot: pd.DataFrame) -> None:
    """What the files of one landing day tell."""
    words: dict[str, dict[date, tuple[tuple[Any, ...], date | None, bool]]] = {}
    for (cell, begins, until), said in zip(
        _plain(snapshot, ["cell_id", "told_from", "told_to"]), _plain(snapshot, SAYS), strict=True
    ):
        first = words.setdefault(cell, {}).get(begins)
        if first is None:
            backwards = until is not None and until < begins
            words[cell][begins] = (said, None if backwards else until, backwards)
        elif (said, until) != first[:2]:
            words[cell][begins] = (*first[:2], True)
    for cell, by_day in words.items():
        following = [*list(by_day)[1:], date.max]
        for (begins, (said, until, marked)), after in zip(by_day.items(), following, strict=True):
            overlap = until is not None and until > after
            _hear(stays.setdefault(cell, {}), _Stay(begins, begins, until, said, batch, marked or overlap))


def _hear(stays: dict[date, _Stay], word: _Stay) -> None:
    """One word on one antenna: what is known already, or news."""
    same_key = [s for s in stays.values() if s.told_from == word.told_from]
    newest = max(same_key, key=lambda s: (s.learned, s.start), default=None)
    if newest is not None and newest.said == word.said:
        newest.told_to, newest.conflicting = word.told_to, word.conflicting
        if newest.told_to is not None and newest.told_to < newest.start:
            del stays[newest.start]
        return
    if newest is not None:
        word.start = max(word.told_from, word.learned)
    if word.told_to is None or word.told_to >= word.start:
        stays[word.start] = word


def _closed(stays: Stays) -> pd.DataFrame:
    """A row for each stay, which ends before the next of its antenna begins."""
    rows = []
    for cell, by_day in stays.items():
        starts = sorted(by_day)
        for start, after in zip(starts, [*starts[1:], None], strict=True):
            s = by_day[start]
            ends = [e for e in (s.told_to, after and after - timedelta(1)) if e is not None]
            rows.append(
                (cell, s.told_from, start, s.told_to, min(ends, default=None), *s.said, s.learned, s.conflicting)
            )
    names = ["cell_id", "told_from", "valid_from", "told_to", "valid_to", *SAYS, "learned", "conflicting"]
    frame = pd.DataFrame(rows, columns=names)
    for name in ("told_from", "valid_from", "learned"):
        frame[name] = frame[name].astype(object).where(frame[name] != date.min, None)
    return frame


def _placed(rows: pd.DataFrame, zones: Zones | None, resolution: int, p: Params) -> pd.DataFrame:
    lat, lon = rows["latitude"].to_numpy(float), rows["longitude"].to_numpy(float)
    with np.errstate(invalid="ignore"):
        good = (np.abs(lat) <= 90) & (np.abs(lon) <= 180) & ~((np.abs(lat) < 1e-6) & (np.abs(lon) < 1e-6))
    lat, lon = np.where(good, lat, np.nan), np.where(good, lon, np.nan)
    cell = cell_of(lat, lon, resolution)
    country = country_of(lat, lon, p.sea_km)
    at_sea = good & pd.isna(pd.Series(country_of(lat, lon, 0.0), dtype=object)).to_numpy()
    zone: Any = np.full(len(rows), None, object)
    if zones is not None and good.any():
        zone[good] = zone_of(zones, *centre_of(np.asarray(cell[good], dtype=np.int64)))
    faults = [~good, rows["conflicting"].to_numpy(bool), at_sea]
    note = np.select(faults, ["bad_coordinates", "conflicting", "at_sea"], "").astype(object)
    return rows.assign(
        cell=pd.Series(cell, index=rows.index),
        country=country,
        zone=zone,
        note=pd.Series(note, rows.index, object).where(note != "", None),
    )
