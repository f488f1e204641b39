"""Where each device spends its nights, over one window of nights or several at once.

Method: the place seen on most nights, if seen on more than half of those observed, and if enough were (UN handbook on
mobile phone data for migration, 5.2; FlowKit's explicit `unlocatable`). Nights, not events, so that heavy users count
no more than others.

The nights of a window are bits of one number, so that the nights of several places are one `or` away; whole arrays of
devices are looked at together, wherever their rows come from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sojourn.cells import neighbours
from sojourn.clock import EPOCH
from sojourn.methods.arrays import Ints, groups, starts
from sojourn.methods.countries import NOWHERE, as_number, named, number_of
from sojourn.parcels import by_device

Windows = Mapping[date, tuple[date, date]]  # a window's name -> its first and last night
SEEN = pa.schema(
    [
        ("device", pa.int64()),
        ("date", pa.date32()),
        ("country", pa.int32()),
        ("cell", pa.int64()),
        ("hours", pa.int32()),
        ("home_country", pa.int32()),
    ]
)
FOUND = pa.schema(
    [
        ("of", pa.date32()),
        ("device", pa.int64()),
        ("home_country", pa.string()),
        ("cell", pa.int64()),
        ("nights", pa.int32()),
        ("observed_nights", pa.int32()),
        ("abroad_nights", pa.int32()),
        ("core_nights", pa.int32()),
        ("share", pa.float64()),
        ("status", pa.string()),
    ]
)


class Rule(Protocol):
    """How much is a home: the parameters of `home_locations`."""

    @property
    def night_from(self) -> int: ...
    @property
    def night_to(self) -> int: ...
    @property
    def core_from(self) -> int: ...
    @property
    def core_to(self) -> int: ...
    @property
    def min_nights(self) -> int: ...
    @property
    def min_share(self) -> float: ...
    @property
    def ring(self) -> int: ...


@dataclass(frozen=True)
class Homes:
    """Makes rows of FOUND out of rows of SEEN: one for each window and device seen on one of its nights.

    `of` is the window's name; the other columns are what `home_locations` means by them.

    windows: first and last night of each, by name; each of at most 62 nights. home: country of the operator, ISO 3166-1
    alpha-2. rule: parameters.
    """

    windows: Windows
    home: str
    rule: Rule

    @property
    def dates(self) -> tuple[date, date]:
        """The first and the last whose rows are asked for: of the first night, and of the morning after the last."""
        return min(f for f, _ in self.windows.values()), max(last for _, last in self.windows.values()) + timedelta(1)

    @property
    def hours(self) -> int:
        """Hours of the night, as the bits of `presence`."""
        return _hours(self.rule.night_from, 24) | _hours(0, self.rule.night_to)

    def of(self, presence: DataFrame) -> DataFrame:
        """The rows of a frame of `presence`, in which there may be other dates too."""
        night = F.col("hours").bitwiseAND(F.lit(self.hours)) > 0
        numbers = {name: as_number(name) for name in ("country", "home_country")}
        rows = presence.where(F.col("date").between(*self.dates) & night).withColumns(numbers).select(*SEEN.names)
        return by_device(rows, self.table, FOUND)

    def table(self, seen: pa.Table) -> pa.Table:
        """The rows of whole devices in memory."""
        found = []
        for name, (first, last) in self.windows.items():
            places = self._places(seen, (first - EPOCH).days, (last - first).days)
            if places:
                found.append(self._of(name, places))
        return pa.Table.from_batches(found, FOUND)

    def _places(self, seen: pa.Table, first: int, last: int) -> dict[str, Ints]:
        """Each device's places in rising order: the nights and the middles of nights there, how many hours, the last.

        Nothing where nobody was seen on a night from the first (days since 1970) to the last (days after it).
        """
        night, hours = seen["date"].cast(pa.int32()).to_numpy() - first, seen["hours"].to_numpy()
        evening, morning = (hours & _hours(*part) for part in ((self.rule.night_from, 24), (0, self.rule.night_to)))
        nights, bits = np.concatenate([night, night - 1]).astype(np.int64), np.concatenate([evening, morning])
        mine = np.flatnonzero((nights >= 0) & (nights <= last) & (bits > 0))
        if not len(mine):
            return {}
        rows, nights, bits = mine % len(seen), nights[mine], bits[mine]
        keys = [seen[name].fill_null(0).to_numpy()[rows] for name in ("cell", "country", "device")]
        order = np.lexsort(keys)
        cell, country, device = (key[order] for key in keys)
        rows, nights, bits = rows[order], nights[order], bits[order]
        start = starts(device, country, cell)
        hour = np.frexp(bits)[1] - 1  # the latest; after midnight is later than before
        hour = np.where(bits < 1 << self.rule.night_to, hour + 24, hour)
        core = bits & (_hours(self.rule.core_from, 24) | _hours(0, self.rule.core_to)) > 0
        mask, homes = np.left_shift(1, nights), seen["home_country"].fill_null(NOWHERE).to_numpy()
        return {
            "device": device[start],
            "country": country[start],
            "cell": cell[start],
            "home_country": np.minimum.reduceat(homes[rows], start),
            "mask": np.bitwise_or.reduceat(mask, start),
            "core": np.bitwise_or.reduceat(np.where(core, mask, 0), start),
            "hours": np.add.reduceat(np.bitwise_count(bits).astype(np.int64), start),
            "last": np.maximum.reduceat(nights * 64 + hour, start),
        }

    def _of(self, name: date, places: dict[str, Ints]) -> pa.RecordBatch:
        start, mask, cell = starts(places["device"]), places["mask"], places["cell"]
        number = groups(start, len(cell))
        here = places["country"] == number_of(self.home)
        # most nights, then most hours, then latest, then smallest index; a place without a cell is none
        best = np.lexsort(
            [-cell, places["last"], places["hours"], np.bitwise_count(mask).astype(np.int64), cell > 0, number]
        )[np.append(start[1:], len(cell)) - 1]
        at = cell[best]
        near = (cell > 0) & self._near(cell, at[number])
        nights = {
            "nights": np.bitwise_or.reduceat(np.where(near, mask, 0), start),
            "observed_nights": np.bitwise_or.reduceat(mask, start),
            "abroad_nights": np.bitwise_or.reduceat(np.where(here, 0, mask), start),
            "core_nights": np.bitwise_or.reduceat(np.where(here, places["core"], 0), start),
            "here_nights": np.bitwise_or.reduceat(np.where(here, mask, 0), start),
        }
        counted = {what: np.bitwise_count(bits).astype(np.int32) for what, bits in nights.items()}
        home_country = np.minimum.reduceat(places["home_country"], start)
        made = {
            "of": pa.array(np.full(len(start), (name - EPOCH).days, np.int32)).cast(pa.date32()),
            "device": pa.array(places["device"][start]),
            "home_country": named(home_country),
            "cell": pa.array(at, mask=at == 0),
            **{what: pa.array(n) for what, n in counted.items()},
            "share": pa.array(counted["nights"] / counted["observed_nights"]),
        }
        made["status"] = self._status(made)
        return pa.RecordBatch.from_arrays([made[column] for column in FOUND.names], schema=FOUND)

    def _near(self, cell: Ints, home: Ints) -> npt.NDArray[np.bool_]:
        """Whether a cell is a device's home or, by the rule, one of its neighbours."""
        same = np.asarray(cell == home)
        if not self.rule.ring:
            return same
        known, which = np.unique(home, return_inverse=True)
        rings = np.zeros((len(known), 6), np.int64)
        for ring, one in zip(rings, known.tolist(), strict=True):
            if one:
                around = neighbours(one)
                ring[: len(around)] = around
        return np.asarray(same | (rings[which] == cell[:, None]).any(axis=1))

    def _status(self, made: Mapping[str, pa.Array]) -> pa.Array:
        few = pc.less(made["observed_nights"], self.rule.min_nights)
        abroad = pc.greater(made["abroad_nights"], made["here_nights"])
        home = pc.if_else(pc.greater(made["share"], self.rule.min_share), "home", "unlocatable")
        return pc.if_else(few, "too_few_nights", pc.if_else(abroad, "abroad", home))


def _hours(since: int, until: int) -> int:
    """Hours of the day as the bits of `presence`."""
    return sum(1 << h for h in range(since, until))
