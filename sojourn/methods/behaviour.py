"""How machines differ from people in what `presence` keeps of them, and how likely each device is one.

In one place: the radius of gyration of its hours (González, Hidalgo, Barabási 2008). By the clock: for events whose
gaps have a coefficient of variation c, the variance of their number in a long time over its mean tends to c squared
(Cox 1962: Renewal Theory), so that counts by date tell of gaps which nobody has to read; a phone's are those of chance
or more (1 and above). Punctual: regular, and seen in the same hours of the day. Sleepless: the share of its hours that
are by night. Whole arrays of devices are looked at together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sojourn.cells import Cells, centre_of
from sojourn.clock import EPOCH
from sojourn.methods.arrays import Ints, groups, starts
from sojourn.methods.countries import as_number, filled, named
from sojourn.parcels import by_device

EARTH_M = 6_371_000  # radius of the sphere; cells are points on it in whole metres, so that sums have no order
SEEN = pa.schema(
    [
        ("date", pa.date32()),
        ("device", pa.int64()),
        ("cell", pa.int64()),
        ("hours", pa.int32()),
        ("n_events", pa.int64()),
        ("home_country", pa.int32()),
    ]
)
TOLD = pa.schema(
    [
        ("of", pa.date32()),
        ("device", pa.int64()),
        ("home_country", pa.string()),
        ("days_seen", pa.int32()),
        ("declared", pa.bool_()),
        ("in_place", pa.bool_()),
        ("regular", pa.bool_()),
        ("punctual", pa.bool_()),
        ("sleepless", pa.bool_()),
        ("radius_m", pa.float64()),
        ("dispersion", pa.float64()),
        ("same_hours", pa.float64()),
        ("night_share", pa.float64()),
        ("p_machine", pa.float64()),
    ]
)


class Rule(Protocol):
    """What is a sign, and how much it says: the parameters of `machines`."""

    @property
    def min_days(self) -> int: ...
    @property
    def place_radius_m(self) -> int: ...
    @property
    def regular_dispersion(self) -> float: ...
    @property
    def punctual_share(self) -> float: ...
    @property
    def min_hours(self) -> int: ...
    @property
    def outage_share(self) -> float: ...
    @property
    def night_from(self) -> int: ...
    @property
    def night_to(self) -> int: ...
    @property
    def sleepless_share(self) -> float: ...
    @property
    def declared_p(self) -> float: ...
    @property
    def two_signs_p(self) -> float: ...
    @property
    def three_signs_p(self) -> float: ...


@dataclass(frozen=True)
class Window:
    """Dates that are looked at, both included, and the devices that the register calls machines at their end."""

    first: date
    last: date
    declared: pa.Array


@dataclass(frozen=True)
class Habits:
    """Makes rows of TOLD out of rows of SEEN: one for each window and device seen in it.

    `of` is the window's name; the other columns are what `machines` means by them.

    windows: by name. antennas: the H3 cells of the register. rule: parameters.
    """

    windows: Mapping[date, Window]
    antennas: Cells
    rule: Rule

    @property
    def dates(self) -> tuple[date, date]:
        """The first and the last that are looked at."""
        return min(w.first for w in self.windows.values()), max(w.last for w in self.windows.values())

    @cached_property
    def _points(self) -> dict[str, Ints]:
        """Cells in rising order as points on the sphere, in whole metres; where there is none, one that is no cell."""
        cells = np.unique(self.antennas) if len(self.antennas) else np.full(1, -1)
        lat, lon = (np.radians(a) for a in centre_of(cells)) if len(self.antennas) else np.zeros((2, 1))
        ends = (np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat))
        points = {axis: np.rint(EARTH_M * end).astype(np.int64) for axis, end in zip("xyz", ends, strict=True)}
        return {"cell": cells} | points

    def of(self, presence: DataFrame) -> DataFrame:
        """The rows of a frame of `presence`, in which there may be other dates too."""
        numbers = {"home_country": as_number("home_country")}
        rows = presence.where(F.col("date").between(*self.dates)).withColumns(numbers).select(*SEEN.names)
        return by_device(rows, self.table, TOLD)

    def table(self, seen: pa.Table) -> pa.Table:
        """The rows of whole devices in memory."""
        day, out = seen["date"].cast(pa.int32()).to_numpy().astype(np.int64), []
        for name, window in self.windows.items():
            mine = (day >= (window.first - EPOCH).days) & (day <= (window.last - EPOCH).days)
            if mine.any():
                out.append(self._told(name, window, seen.filter(pa.array(mine)), day[mine]))
        return pa.Table.from_batches(out, TOLD)

    def _told(self, name: date, window: Window, seen: pa.Table, day: Ints) -> pa.RecordBatch:
        dates = self._by_date(seen, day)
        start = starts(dates["device"])
        one = {what: np.add.reduceat(dates[what], start) for what in ("all_hours", "many", "squares", *"xyz")}
        hours = np.bitwise_count(dates["hours"]).astype(np.int64)
        night = sum(1 << hour for hour in range(self.rule.night_from, self.rule.night_to))
        by_night = np.bitwise_count(dates["hours"] & night).astype(np.int64)
        seen_days, seen_hours = np.diff(start, append=len(hours)), np.add.reduceat(hours, start)
        radius, (dispersion, regular) = _radius(one), self._dispersion(dates, start)
        made = {
            "home_country": named(np.minimum.reduceat(dates["home_country"], start)),
            "days_seen": pa.array(seen_days),
            "declared": pc.is_in(pa.array(dates["device"][start]), window.declared),
            "radius_m": radius,
            "dispersion": dispersion,
            "same_hours": _same_hours(dates["hours"], start, regular, seen_days * seen_hours),
            "night_share": pa.array(np.add.reduceat(by_night, start) / seen_hours),
        }
        made |= self._signs(made, pa.array(seen_hours))
        made |= {"of": pa.repeat(pa.scalar(name, pa.date32()), len(start)), "device": pa.array(dates["device"][start])}
        return pa.RecordBatch.from_arrays([made[f.name].cast(f.type) for f in TOLD], schema=TOLD)

    def _by_date(self, seen: pa.Table, day: Ints) -> dict[str, Ints]:
        """Each device's dates in rising order: what is summed over its places."""
        device = seen["device"].to_numpy()
        order = np.lexsort((day, device))
        device, day = device[order], day[order]
        start = starts(device, day)
        hours = seen["hours"].to_numpy().astype(np.int64)[order]
        many, located = np.bitwise_count(hours).astype(np.int64), self._points
        at = np.searchsorted(located["cell"], cell := seen["cell"].fill_null(0).to_numpy()[order])
        at = np.minimum(at, len(located["cell"]) - 1)
        known = np.where(located["cell"][at] == cell, many, 0)
        sums = {axis: known * located[axis][at] for axis in "xyz"}
        sums["squares"] = known * sum(located[axis][at] ** 2 for axis in "xyz")
        sums |= {"n": seen["n_events"].to_numpy()[order], "all_hours": many, "many": known}
        out = {what: np.add.reduceat(values, start) for what, values in sums.items()}
        home = filled(seen["home_country"])[order]
        out |= {"home_country": np.minimum.reduceat(home, start), "hours": np.bitwise_or.reduceat(hours, start)}
        return out | {"device": device[start], "day": day[start]}

    def _dispersion(self, dates: Mapping[str, Ints], start: Ints) -> tuple[pa.Array, npt.NDArray[np.bool_]]:
        """Variance over mean of the events of a date, from the first date seen to the last; and who is regular by it.

        The lowest of the dates are left out; null where nothing was counted.
        """
        days_seen = np.diff(start, append=len(dates["n"]))
        days = dates["day"][start + days_seen - 1] - dates["day"][start] + 1
        lost = np.floor(days * self.rule.outage_share).astype(np.int64)
        device = groups(start, len(dates["n"]))
        lowest = dates["n"][np.lexsort((dates["n"], device))]
        rank = np.arange(len(lowest)) - start[device]
        kept = np.where(rank >= np.maximum(lost - (days - days_seen), 0)[device], lowest, 0)
        total, squares, n = np.add.reduceat(kept, start), np.add.reduceat(kept * kept, start), days - lost
        mean = np.where(total > 0, total, 1) / n
        found = np.maximum((squares / n - mean * mean) / mean, 0.0)
        return pa.array(found, mask=total <= 0), (total > 0) & (found <= self.rule.regular_dispersion)

    def _signs(self, of: Mapping[str, pa.Array], hours_seen: pa.Array) -> dict[str, pa.Array]:
        """The signs, null where there are too few dates; and the probability.

        A declaration and behaviour are taken for independent: what speaks against both has to be true for a person.
        """
        rule = self.rule
        even = rule.sleepless_share * (rule.night_to - rule.night_from) / 24
        regular = _all(pc.less_equal(of["dispersion"], rule.regular_dispersion), rule.regular_dispersion > 0)
        same = pc.fill_null(pc.greater_equal(of["same_hours"], rule.punctual_share), False)
        long = pc.greater_equal(hours_seen, rule.min_hours)
        signs = {
            "in_place": _all(pc.less_equal(of["radius_m"], float(rule.place_radius_m)), rule.place_radius_m > 0),
            "regular": regular,
            "punctual": _all(regular, same),
            "sleepless": _all(pc.greater_equal(of["night_share"], even), long),
        }
        enough = pc.greater_equal(of["days_seen"], rule.min_days)
        told = {name: pc.if_else(enough, sign, pa.scalar(None, pa.bool_())) for name, sign in signs.items()}
        many = sum(sign.fill_null(False).to_numpy(zero_copy_only=False).astype(np.int64) for sign in told.values())
        behaves, sold = (0.0, 0.0, rule.two_signs_p, rule.three_signs_p), (0.0, rule.declared_p)
        chances = np.array([[_rounded(1 - (1 - b) * (1 - s)) for s in sold] for b in behaves])
        declared = of["declared"].to_numpy(zero_copy_only=False).astype(np.int64)
        return told | {"p_machine": pa.array(chances[np.minimum(many, 3), declared])}


def _radius(of: Mapping[str, Ints]) -> pa.Array:
    """Radius of gyration, on straight lines: over the tens of kilometres that matter they are as long as the arcs.

    Null unless nine in ten of the hours have a cell: of where a device is abroad nothing is known.
    """
    many = np.maximum(of["many"], 1)
    apart = of["squares"] / many - sum((of[axis] / many) ** 2 for axis in "xyz")
    far = np.sqrt(np.maximum(apart, 0.0))
    return pa.array(np.floor(far + 0.5), mask=10 * of["many"] < 9 * of["all_hours"])


def _same_hours(hours: Ints, start: Ints, regular: npt.NDArray[np.bool_], whole: Ints) -> pa.Array:
    """Of an hour in which it is seen, the share of dates on which it is: 1 if these are the same hours every date.

    Looked at where it matters alone: of who is regular.
    """
    share = np.zeros(len(start))
    if regular.any():
        mine = hours[regular[groups(start, len(hours))]]
        days = np.diff(start, append=len(hours))[regular]
        dates = np.add.reduceat(mine[:, None] >> np.arange(24) & 1, np.append(0, np.cumsum(days)[:-1]))
        share[regular] = (dates**2).sum(axis=1) / whole[regular]
    return pa.array(share, mask=~regular)


def _all(sign: pa.Array, also: pa.Array | bool) -> pa.Array:
    """Both are true; what is not known is false where the other is."""
    return pc.and_kleene(sign, also)


def _rounded(p: float) -> float:
    return float(Decimal(repr(p)).quantize(Decimal("0.000001"), ROUND_HALF_UP))
