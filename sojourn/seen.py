"""What a task sees of the rows that it writes, so that nobody has to read them again to count them."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame

from sojourn.clock import EPOCH
from sojourn.methods.arrays import Ints, starts

COUNTS = ("rows", "placed", "here", "foreign", "implausible")
PLACES = ("rows", "events", "devices", "at_home", "nowhere", "hours_wrong", "hours_from_nothing")
RUNS = ("rows", "events", "devices", "backwards", "outside", "empty", "half_placed")
HOMES = (
    *("rows", "repeated", "nights_wrong", "observed_wrong", "wrong_shares", "outside_shares", "cell_wrong", "homeless"),
    *("not_abroad", "unlocatable", "judged"),
)
TOLD = pa.schema([("unit", pa.date32()), ("told", pa.string())])
WINDOW_MAX_NIGHTS, TINY = 366, 1e-9
MOST = 4_096  # devices that are remembered; of more than these only those whose lowest bits are 0
DAY_S, EAST_S, WEST_S = 86_400, 50_400, 43_200  # a date begins 14 hours before UTC's at the earliest, ends 12 after


@dataclass
class Seen:
    """Of one batch.

    counts: by hour and of COUNTS; shape (24, 5). files: rows by landing file. newest: instant, microseconds since 1970.
    antennas: that placed an event. devices: pseudonyms, rising, all those whose lowest `bits` bits are 0: they are
    drawn alike from all numbers, so each such device stands for 2^bits (adaptive sampling, Wegman; Flajolet 1990).
    """

    home: str
    counts: Ints = field(default_factory=lambda: np.zeros((24, len(COUNTS)), np.int64))
    files: Counter[str] = field(default_factory=Counter)
    newest: int = -(1 << 62)
    antennas: set[str] = field(default_factory=set)
    devices: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    bits: int = 0

    def add(self, rows: pa.RecordBatch) -> None:
        """Rows of `events`, as tasks have them: columns of few values may be dictionaries."""
        if not rows.num_rows:
            return
        here = _valid(rows["cell"])
        wrong = [
            pc.less(rows["duration_s"], 0),
            pc.greater(rows["duration_s"], DAY_S),
            pc.less(rows["volume_bytes"], 0),
        ]
        implausible = np.any([pc.fill_null(w, False).to_numpy(zero_copy_only=False) for w in wrong], axis=0)
        foreign = here & ~_is(rows["home_country"], self.home)  # an antenna of ours stands for our country
        hour = rows["hour"].to_numpy()
        for n, which in enumerate((None, _valid(rows["country"]), here, foreign, implausible)):
            self.counts[:, n] += np.bincount(hour if which is None else hour[which], minlength=24)
        self.files.update({v["values"]: v["counts"] for v in rows["file"].value_counts().to_pylist()})
        self.newest = max(self.newest, int(rows["at"].cast(pa.int64()).to_numpy().max()))
        antennas = rows["cell_id"].filter(pa.array(here))
        if pa.types.is_dictionary(antennas.type):
            antennas = antennas.dictionary.take(antennas.indices.unique())
        self.antennas |= set(antennas.unique().drop_null().to_pylist())
        self._remember(rows["device"].to_numpy(), self.bits)

    def merge(self, told: str) -> None:
        """What another task saw, as it was `told`."""
        other = json.loads(told)
        self.counts += np.array(other["counts"], np.int64)
        self.files.update(other["files"])
        self.newest = max(self.newest, other["newest"])
        self.antennas |= set(other["antennas"])
        self._remember(np.array(other["devices"], np.int64), other["bits"])

    def told(self) -> str:
        """All of it, as JSON."""
        lists = {"counts": self.counts.tolist(), "antennas": sorted(self.antennas), "devices": self.devices.tolist()}
        return json.dumps({**lists, "files": self.files, "newest": self.newest, "bits": self.bits})

    def _remember(self, devices: Ints, bits: int) -> None:
        both, self.bits = np.concatenate([self.devices, np.unique(devices)]), max(self.bits, bits)
        self.devices = np.unique(both[_low(both, self.bits) == 0])
        while len(self.devices) > MOST:
            self.bits += 1
            self.devices = self.devices[_low(self.devices, self.bits) == 0]


def _low(devices: Ints, bits: int) -> Ints:
    return devices & ((1 << bits) - 1)


def _valid(column: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(column.is_valid().to_numpy(zero_copy_only=False))


def _is(column: pa.Array, value: str) -> npt.NDArray[np.bool_]:
    if pa.types.is_dictionary(column.type):
        codes = [n for n, v in enumerate(column.dictionary.to_pylist()) if v == value]
        return np.isin(column.indices.fill_null(-1).to_numpy(), codes)
    return np.asarray(pc.fill_null(pc.equal(column, value), False).to_numpy(zero_copy_only=False))


def together(told: Iterable[tuple[date, str]], home: str) -> dict[date, Seen]:
    """What all tasks saw, by batch."""
    seen: dict[date, Seen] = {}
    for batch, text in told:
        seen.setdefault(batch, Seen(home)).merge(text)
    return seen


def frames(seen: Mapping[date, Seen]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """For the checks: counts by batch (`unit`) and hour with the newest event; antennas and devices by batch."""
    hours: list[dict[str, Any]] = []
    for batch, s in seen.items():
        newest = pd.Timestamp(s.newest, unit="us", tz="UTC")
        for hour, counts in enumerate(s.counts.tolist()):
            if counts[0]:
                hours.append({"unit": batch, "hour": hour, **dict(zip(COUNTS, counts, strict=True)), "newest": newest})
    whole = [
        {"unit": batch, "reporting": len(s.antennas), "devices": len(s.devices) << s.bits} for batch, s in seen.items()
    ]
    names = (["unit", "hour", *COUNTS, "newest"], ["unit", "reporting", "devices"])
    return pd.DataFrame(hours, columns=names[0]), pd.DataFrame(whole, columns=names[1])


def places_told(rows: pa.Table) -> dict[date, str]:
    """What a task sees of rows of `presence`, all there are of some devices: counts by date (PLACES), as JSON."""
    hours = rows["hours"].to_numpy()
    at_home = pc.fill_null(pc.equal(rows["country"], rows["home_country"]), False).to_numpy()
    which = {
        "at_home": at_home,
        "nowhere": at_home & rows["cell"].is_null().to_numpy(),
        "hours_wrong": (hours < 1) | (hours >= 1 << 24),
        "hours_from_nothing": np.bitwise_count(hours) > rows["n_events"].to_numpy(),
    }
    return _by_date(rows, which)


def runs_told(rows: pa.Table) -> dict[date, str]:
    """The same of rows of `country_runs` (RUNS)."""
    first, last = (rows[name].cast(pa.int64()).to_numpy() // 1_000_000 for name in ("first_at", "last_at"))
    midnight = rows["date"].cast(pa.int32()).to_numpy().astype(np.int64) * DAY_S
    which = {
        "backwards": pc.less(rows["last_at"], rows["first_at"]).to_numpy(),
        "outside": (first < midnight - EAST_S) | (last >= midnight + DAY_S + WEST_S),
        "empty": rows["n_events"].to_numpy() < 1,
        "half_placed": rows["first_cell"].is_null().to_numpy() != rows["last_cell"].is_null().to_numpy(),
    }
    return _by_date(rows, which)


def _by_date(rows: pa.Table, which: Mapping[str, npt.NDArray[np.bool_]]) -> dict[date, str]:
    """Of each date: rows, devices and events, and the rows of which something is true."""
    days, day = np.unique(rows["date"].cast(pa.int32()).to_numpy(), return_inverse=True)
    device = rows["device"].to_numpy()
    order = np.lexsort((device, day))
    counts = {"rows": day, "devices": day[order][starts(day[order], device[order])]}
    counts |= {what: day[where] for what, where in which.items()}
    told = {what: np.bincount(of, minlength=len(days)) for what, of in counts.items()}
    told["events"] = np.bincount(day, rows["n_events"].to_numpy(), len(days)).astype(np.int64)
    return {
        EPOCH + timedelta(int(d)): json.dumps({what: int(n[i]) for what, n in told.items()}) for i, d in enumerate(days)
    }


def dates_seen(told: Iterable[tuple[date, str]], counts: Sequence[str], placed: Mapping[date, int]) -> pd.DataFrame:
    """For the checks: what all tasks saw of each date (`unit`), and how many of its events have a place."""
    sums: dict[date, Counter[str]] = {day: Counter(placed=n) for day, n in placed.items()}
    for day, text in told:
        sums[day].update(json.loads(text))
    return pd.DataFrame([{"unit": day, **dict.fromkeys(counts, 0), **n} for day, n in sums.items()])


def homes_told(rows: pa.Table) -> dict[date, str]:
    """What a task sees of rows of `home_locations`, all there are of some devices: by month, as JSON."""
    months = rows["month"].unique().to_pylist()
    return {month: json.dumps(_homes(rows.filter(pc.equal(rows["month"], month)))) for month in months}


def _homes(rows: pa.Table) -> dict[str, Any]:
    """sums: of counts. least, most: of what there is of a kind. countries: of each, rows, those judged and homes."""
    nights, abroad, core, seen = (
        pc.fill_null(rows[name], 0).to_numpy() for name in ("nights", "abroad_nights", "core_nights", "observed_nights")
    )
    share, status, early = (rows[name].to_numpy() for name in ("share", "status", "provisional"))
    home, unlocatable, few = (status == name for name in ("home", "unlocatable", "too_few_nights"))
    cell, some = rows["cell"].is_valid().to_numpy(), np.stack([nights, abroad, core])
    counts = {
        "rows": np.ones(len(seen), bool),
        "nights_wrong": (some.min(axis=0) < 0) | (some.max(axis=0) > seen),
        "observed_wrong": (seen < 1) | (seen > WINDOW_MAX_NIGHTS),
        "wrong_shares": np.abs(share * seen - nights) > TINY * seen,
        "outside_shares": (share < 0) | (share > 1),
        "cell_wrong": cell == (nights == 0),
        "homeless": home & ~cell,
        "not_abroad": (status == "abroad") & (2 * abroad <= seen),
        "unlocatable": unlocatable,
        "judged": home | unlocatable,
    }
    sums = {name: int(np.count_nonzero(which)) for name, which in counts.items()}
    sums["repeated"] = len(seen) - len(rows["device"].unique())
    extremes = {"home": share[home], "unlocatable": share[unlocatable], "enough": seen[~few], "few": seen[few]}
    extremes |= {"early": early.astype(int)}
    countries, of = np.unique(pc.fill_null(rows["home_country"], "").to_numpy().astype(str), return_inverse=True)
    by_country = [np.bincount(of[which], minlength=len(countries)).tolist() for which in (counts["rows"], ~few, home)]
    return {
        "sums": sums,
        "least": {name: float(values.min()) for name, values in extremes.items() if len(values)},
        "most": {name: float(values.max()) for name, values in extremes.items() if len(values)},
        "countries": dict(zip(countries.tolist(), zip(*by_country, strict=True), strict=True)),
    }


def homes_scanned(rows: DataFrame) -> list[tuple[date, str]]:
    """The same, of rows that are there already."""

    def task(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        told = homes_told(pa.Table.from_batches(batches)) if (batches := [*batches]) else {}
        yield pa.RecordBatch.from_pydict({"unit": [*told], "told": [*told.values()]}, schema=TOLD)

    return [(r.unit, r.told) for r in rows.repartition("device").mapInArrow(task, "unit date, told string").collect()]


def homes_seen(told: Iterable[tuple[date, str]], units: Sequence[date]) -> pd.DataFrame:
    """For the checks: what all tasks saw of each month (`unit`)."""
    months: dict[date, list[dict[str, Any]]] = {month: [] for month in units}
    for month, text in told:
        months[month].append(json.loads(text))
    return pd.DataFrame([{"unit": month, **_month(parts)} for month, parts in months.items()])


def _month(parts: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    sums, countries = Counter[str](dict.fromkeys(HOMES, 0)), dict[str, Ints]()
    for part in parts:
        sums.update(part["sums"])
        for country, counts in part["countries"].items():
            countries[country] = countries.get(country, 0) + np.array(counts)

    def extreme(of: str, name: str) -> float:
        found = [part[of][name] for part in parts if name in part[of]]
        return (min if of == "least" else max)(found, default=0.0)

    most = max(countries, key=lambda country: (countries[country][0], country), default=None)
    _, domestic, at_home = countries[most] if most is not None else (0, 0, 0)
    return {
        **sums,
        "home_from": extreme("least", "home"),
        "unlocatable_to": extreme("most", "unlocatable"),
        "enough_from": extreme("least", "enough"),
        "too_few_to": extreme("most", "few"),
        "mixed": extreme("most", "early") - extreme("least", "early"),
        "domestic": int(domestic),
        "domestic_home": int(at_home),
    }
