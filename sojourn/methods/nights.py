"""In which country each device spent each night of a month, as bits of one number.

A night is named by the day on which it begins. It is spent where the device was at 04:00, by the clock of that country;
its signs are those from 16:00 before to 16:00 after, as every sign is nearest to one 04:00. Of the operator's own
subscribers, who are heard at home and abroad, the nearest sign tells; a run that holds 04:00 is nearest of all. Guests
are heard here alone, and whoever comes by day goes home unheard: of them only signs of the evening and of the small
hours tell. Whole arrays of devices are looked at together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sojourn.clock import DAY_US, EPOCH, HOUR_US, Offsets, later
from sojourn.methods.arrays import Ints, groups, starts
from sojourn.methods.countries import as_number, filled, named, number_of
from sojourn.methods.gathering import INSTANT
from sojourn.parcels import by_device
from sojourn.reference.zones import zones_of_countries

TURN_US = 16 * HOUR_US  # of a day: signs before are nearer to the night before
FOUR_S = 28 * 3600  # 04:00, from the beginning of the day on which the night began
SECOND_US, DAY_S = 1_000_000, 86_400
BESIDE = 2  # dates before and after a month that hold signs of its nights, in whatever time zone
SEEN = pa.schema(
    [
        ("date", pa.date32()),
        ("device", pa.int64()),
        ("home_country", pa.int32()),
        ("country", pa.int32()),
        ("first_at", INSTANT),
        ("last_at", INSTANT),
    ]
)
SPENT = pa.schema(
    [
        ("of", pa.date32()),
        ("device", pa.int64()),
        ("home_country", pa.string()),
        ("country", pa.string()),
        ("nights", pa.int32()),
    ]
)


@dataclass(frozen=True)
class Evening:
    """Local hours between which a sign of a guest tells of a night spent here."""

    since: int
    until: int


@dataclass(frozen=True)
class Overnight:
    """Makes rows of SPENT out of rows of SEEN: one for each month, device and country in which it spent a night of it.

    `of` is the month's first day; nights: bit d is the night that began on day d + 1.

    months: their last nights, by their first days. home: country of the operator. zone: its time zone. evening: of
    guests.
    """

    months: Mapping[date, date]
    home: str
    zone: str
    evening: Evening

    @property
    def dates(self) -> tuple[date, date]:
        """The first and the last whose runs tell of a night."""
        return later(min(self.months), -BESIDE), later(max(self.months.values()), BESIDE)

    def of(self, runs: DataFrame) -> DataFrame:
        """The rows of a frame of `country_runs`, in which there may be other dates too."""
        own = F.equal_null("home_country", F.lit(self.home))
        told = runs.where(F.col("date").between(*self.dates) & (own | (F.col("country") == self.home)))
        numbers = {name: as_number(name) for name in ("home_country", "country")}
        return by_device(told.withColumns(numbers).select(*SEEN.names), self.table, SPENT)

    def table(self, seen: pa.Table) -> pa.Table:
        """The rows of whole devices in memory."""
        day, out = seen["date"].cast(pa.int32()).to_numpy(), []
        home, country = (filled(seen[name]) for name in ("home_country", "country"))
        ours = number_of(self.home)
        heard = (home == ours) | (country == ours)
        for month, last in self.months.items():
            first, end = ((d - EPOCH).days for d in (later(month, -BESIDE), later(last, BESIDE)))
            mine = np.flatnonzero(heard & (day >= first) & (day <= end))
            if len(mine):
                out.append(self._spent(month, (last - month).days, self._local(seen, mine, home, country)))
        return pa.Table.from_batches(out, SPENT)

    def _local(self, seen: pa.Table, mine: Ints, home: Ints, country: Ints) -> dict[str, Ints]:
        """Some of the rows, in the order of devices, with the first and the last sign by the clock of the country."""
        device = seen["device"].to_numpy()[mine]
        order = np.argsort(device, kind="stable")
        mine = mine[order]
        of = {"device": device[order], "home_country": home[mine], "country": country[mine]}
        for name, at in (("since", "first_at"), ("until", "last_at")):
            of[name] = seen[at].cast(INSTANT).cast(pa.int64()).to_numpy()[mine]
        zones = {number_of(code): zone for code, zone in zones_of_countries().items()} | {
            number_of(self.home): self.zone
        }
        first, last = later(self.dates[0], -1), later(self.dates[1], 1)
        for one in np.unique(of["country"]).tolist():
            there, clock = of["country"] == one, Offsets.of(zones.get(one, self.zone), first, last)
            for name in ("since", "until"):
                of[name][there] = clock.local(of[name][there])
        return of

    def _spent(self, month: date, last: int, of: dict[str, Ints]) -> pa.RecordBatch:
        start = starts(of["device"])
        device = groups(start, len(of["device"]))
        abroad = of["country"] != number_of(self.home)
        moved = np.logical_or.reduceat(abroad, start)[device]  # guests are not among them: they are heard here alone
        parts = [
            self._by_ends(month, last, {name: values[~moved] for name, values in of.items()}),
            _by_nearest(month, last, {name: values[moved] for name, values in of.items()}),
        ]
        told = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        order = np.lexsort((told["country"], told["device"]))
        told = {name: values[order] for name, values in told.items()}
        start = starts(told["device"], told["country"])
        made = {
            "of": pa.repeat(pa.scalar(month, pa.date32()), len(start)),
            "device": pa.array(told["device"][start]),
            "home_country": named(np.minimum.reduceat(told["home_country"], start)),
            "country": named(told["country"][start]),
            "nights": pa.array(np.bitwise_or.reduceat(told["nights"], start).astype(np.int32)),
        }
        return pa.RecordBatch.from_arrays([made[name] for name in SPENT.names], schema=SPENT)

    def _by_ends(self, month: date, last: int, of: dict[str, Ints]) -> dict[str, Ints]:
        """The nights that runs of devices in one country tell of: by their first and their last sign."""
        own, nights = of["home_country"] == number_of(self.home), np.zeros(len(of["device"]), np.int64)
        for name in ("since", "until"):
            hour, night = of[name] % DAY_US // HOUR_US, _night(of[name], month)
            tells = own | (hour >= self.evening.since) | (hour < self.evening.until)
            tells &= (night >= 0) & (night <= last)
            nights |= np.where(tells, np.left_shift(1, np.where(tells, night, 0)), 0)
        told = {name: of[name] for name in ("device", "home_country", "country")} | {"nights": nights}
        return {name: values[nights > 0] for name, values in told.items()}


def _by_nearest(month: date, last: int, of: dict[str, Ints]) -> dict[str, Ints]:
    """The same of devices that were in several countries: each night is of the run nearest to its 04:00."""
    begun, ended = (_night(of[name], month) for name in ("since", "until"))
    many = ended - begun + 1
    run = np.repeat(np.arange(len(many)), many)
    night = begun[run] + np.arange(len(run)) - np.repeat(np.cumsum(many) - many, many)
    run, night = (values[(night >= 0) & (night <= last)] for values in (run, night))
    vote = {name: values[run] for name, values in of.items()}
    four = ((month - EPOCH).days + night) * DAY_S + FOUR_S
    since, until = vote["since"] // SECOND_US, vote["until"] // SECOND_US
    off = np.maximum(np.maximum(since - four, four - until), 0)
    # of two as near the earlier, then the first by its letters
    order = np.lexsort((vote["country"], vote["until"], off, night, vote["device"]))
    vote, night = {name: values[order] for name, values in vote.items()}, night[order]
    start = starts(vote["device"], night)
    told = {name: vote[name][start] for name in ("device", "country")}
    homes = np.minimum.reduceat(vote["home_country"], start)
    return told | {"home_country": homes, "nights": np.left_shift(1, night[start])}


def _night(at: Ints, month: date) -> Ints:
    """Which night of the month instants are nearest to, by the local clock."""
    return (at - TURN_US) // DAY_US - (month - EPOCH).days


def models(events: DataFrame) -> DataFrame:
    """(month, device, tac): the handset that most of a device's events of a month name, of equals the greatest."""
    known = events.where("tac is not null").groupBy("month", "device", "tac").agg(F.count("*").alias("n"))
    return known.groupBy("month", "device").agg(F.max(F.struct("n", "tac")).getField("tac").alias("tac"))
