"""How many devices, standing for how many persons, are at each antenna in each hour.

All that is known of a device comes to one place, in one exchange of whole numbers, by device: signs, homes, weights. A
task then goes through its devices in runs of some hundred thousand rows and hands on counts, so that its memory does
not grow with the number of devices, nor the work after it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sojourn.clock import EPOCH
from sojourn.methods.arrays import Ints, starts
from sojourn.methods.counting import record_key
from sojourn.methods.weights import MICRO, inbound_weight
from sojourn.methods.whereabouts import ABROAD, ABSENT, Reach, of_residents, of_visitors, signs
from sojourn.parcels import PARCELS, devices, each, parcelled, whole

A_SIGN, DOMESTIC = -(1 << 31), -1  # no set of homes has this name, no weight is less than nothing
SUMMED = 400_000  # counts of a date after which a task adds up those that it has of one place
MEASURES = dict.fromkeys(("n", "record_key", "persons", "released"), np.add) | {
    "top": np.maximum,
    "variance": np.add,
}


@dataclass(frozen=True)
class Span:
    """The dates asked for, and the set of homes that each uses, by its name."""

    dates: Sequence[date]
    homes: Mapping[date, date]
    look_back: int

    @property
    def origin(self) -> date:
        """Date number 0."""
        return min(self.dates) - timedelta(self.look_back)

    @property
    def length(self) -> int:
        """How many dates have a number: the last is the day after the last that is asked for."""
        return (max(self.dates) - self.origin).days + 2

    def number(self, day: date) -> int:
        return (day - self.origin).days


def present(
    presence: DataFrame,
    weights: DataFrame,
    span: Span,
    reach: Reach,
    home: str,
    inbound: Mapping[str, float],
) -> DataFrame:
    """What `counts` makes counts of, as PARCELS: each date in a part of its own, in the order of `span`.

    Counts are by date, hour, place and whether they are visitors: n and record_key of the devices; persons and released
    in micro-persons; top, the largest device's part of released; variance of sampling them, in thousandths of a square
    person. Place ABROAD: residents who are.

    Args:
        presence: rows from look_back dates before the first date to the day after the last.
        weights: (of, device, cell, exact, released) of residents; `of` names the set of homes.
        span: the dates.
        reach: parameters.
        home: country of the operator.
        inbound: persons per foreign device, by home country, and `default`.
    """
    known = _signs(presence, span, home, inbound).unionByName(_homes(weights))
    ordered = known.repartition("device").sortWithinPartitions("device")
    keyed = ordered.withColumn("record_key", record_key(F.col("device")))
    return keyed.mapInArrow(_counter(span, reach), PARCELS).repartitionById(len(span.dates), "part")


def counts(batches: Iterable[pa.RecordBatch]) -> pa.RecordBatch | None:
    """All counts of a part, one for each hour, place and kind of people; None where there are none."""
    held = _Held()
    for batch in each(batches):
        held.add(batch)
    return _sum(whole(held.counts)) if held.counts else None


@dataclass
class _Held:
    """Counts of one date that are added up now and then: never many more rows than it has hours and places."""

    counts: list[pa.RecordBatch] = field(default_factory=list)
    room: int = 0

    def add(self, counted: pa.RecordBatch) -> None:
        self.counts.append(counted)
        if sum(len(b) for b in self.counts) > max(self.room, SUMMED):
            self.counts = [_sum(whole(self.counts))]
            self.room = 2 * len(self.counts[0])


def _sum(told: pa.RecordBatch) -> pa.RecordBatch:
    row = {name: told[name].to_numpy(zero_copy_only=False) for name in told.schema.names if name != "date"}
    place = np.unique(row["place"], return_inverse=True)[1]
    key = (place * 24 + row["hour"]) * 2 + row["visitor"]
    order = np.argsort(key, kind="stable")
    start = starts(key[order])
    one = told.take(pa.array(order[start]))
    sums = {name: pa.array(how.reduceat(row[name][order], start)) for name, how in MEASURES.items()}
    return pa.RecordBatch.from_arrays([sums.get(n, one[n]) for n in one.schema.names], names=one.schema.names)


def _signs(presence: DataFrame, span: Span, home: str, inbound: Mapping[str, float]) -> DataFrame:
    """The signs of the dates, and of all time before them only the last: nothing else of it is asked for."""
    first, last = F.lit(min(span.dates)), F.lit(max(span.dates) + timedelta(1))
    here = F.col("country") == home
    located = presence.where((F.col("cell").isNotNull() | ~here) & F.col("date").between(F.lit(span.origin), last))
    rows = located.select(
        "date",
        "device",
        F.lit(A_SIGN).alias("of"),
        F.datediff("date", F.lit(span.origin)).alias("number"),
        F.when(here, F.col("cell")).otherwise(F.lit(ABROAD)).alias("place"),
        "hours",
        F.col("n_events").alias("many"),
        F.when(F.col("home_country") == home, F.lit(DOMESTIC).cast("bigint"))
        .otherwise(inbound_weight(F.col("home_country"), inbound))
        .alias("weight"),
    )
    top = F.floor(F.log2("hours")).cast("int")
    latest = F.max(F.struct("number", top.alias("top"), "many", (-F.col("place")).alias("against"))).alias("l")
    before = rows.where(F.col("date") < first).groupBy("device").agg(latest, F.max("weight").alias("weight"))
    ended = before.select(
        "device",
        F.lit(A_SIGN).alias("of"),
        "l.number",
        (-F.col("l.against")).alias("place"),
        F.expr("shiftleft(1, l.top)").alias("hours"),
        F.col("l.many").alias("many"),
        "weight",
    )
    return rows.where(F.col("date") >= first).drop("date").unionByName(ended)


def _homes(residents: DataFrame) -> DataFrame:
    """Homes in the columns of signs: the exact weight in `many`, the released one in `weight`."""
    nothing = F.lit(0)
    return residents.select(
        "device",
        F.unix_date("of").alias("of"),
        nothing.alias("number"),
        F.col("cell").alias("place"),
        nothing.alias("hours"),
        F.coalesce("exact", nothing.cast("bigint")).alias("many"),
        F.coalesce("released", nothing.cast("bigint")).alias("weight"),
    )


def _counter(span: Span, reach: Reach) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Rows by device, in their order, into counts, in PARCELS."""

    def count(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        held: dict[int, _Held] = {}
        for some in devices(batches):
            for part, counted in _counted(some, span, reach):
                held.setdefault(part, _Held()).add(counted)
        for part, mine in held.items():
            yield parcelled(_sum(whole(mine.counts)), part)

    return count


def _counted(table: pa.Table, span: Span, reach: Reach) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The counts of each date, by its place in the span."""
    row = {name: table.column(name).to_numpy() for name in table.column_names}
    new = np.r_[True, row["device"][1:] != row["device"][:-1]]
    device = np.cumsum(new) - 1
    key = row["record_key"][new]
    sign = row["of"] == A_SIGN
    of_sign = {name: values[sign] for name, values in row.items()}
    seen = signs(
        device[sign], of_sign["number"].astype(np.int64), of_sign["hours"], of_sign["place"], of_sign["many"],
        span.length,
    )  # fmt: skip
    guest = np.full(len(key), DOMESTIC)
    np.maximum.at(guest, device[sign], of_sign["weight"])
    guests = np.flatnonzero(guest != DOMESTIC)
    for part, day in enumerate(span.dates):
        mine = np.flatnonzero(row["of"] == (span.homes[day] - EPOCH).days)
        who, exact, released = device[mine], row["many"][mine], row["weight"][mine]
        places = of_residents(seen, who, row["place"][mine], span.number(day), reach)
        of_day = [*_tally(places, (key[who], exact, released), day, visitor=False)]
        places = of_visitors(seen, guests, span.number(day), reach)
        of_day += _tally(places, (key[guests], guest[guests], guest[guests]), day, visitor=True)
        if of_day:
            yield part, whole(of_day)


def _tally(places: Ints, who: tuple[Ints, Ints, Ints], day: date, *, visitor: bool) -> Iterator[pa.RecordBatch]:
    """Sums by hour and place; `places` has the shape (devices, 24)."""
    known, code = np.unique(places, return_inverse=True)
    code = code.reshape(places.shape) * 24 + np.arange(24)
    order = np.argsort(code, axis=None, kind="stable")
    order = order[places.ravel()[order] != ABSENT]
    if not len(order):
        return
    code, device = code.ravel()[order], order // 24
    start = starts(code)
    keys, exact, released = (values[device] for values in who)
    persons = released / MICRO
    variance = np.rint(np.maximum(persons * (persons - 1), 0) * 1000).astype(np.int64)
    figures = [np.ones(len(order), dtype=np.int64), keys, exact, released, released, variance]
    sums = [how.reduceat(values, start) for values, how in zip(figures, MEASURES.values(), strict=True)]
    n, group = len(start), code[start]
    yield pa.RecordBatch.from_arrays(
        [
            pa.array(np.full(n, (day - EPOCH).days, dtype=np.int32)).cast(pa.date32()),
            pa.array((group % 24).astype(np.int32)),
            pa.array(known[group // 24]),
            pa.array(np.full(n, visitor)),
            *map(pa.array, sums),
        ],
        names=["date", "hour", "place", "visitor", *MEASURES],
    )
