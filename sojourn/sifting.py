"""Canonical records → pseudonyms, countries of networks and numbers, and for each record that is not taken its reason.

All of it in Arrow and numpy over the distinct values of a batch.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark import Broadcast
from pyspark.sql import functions as F

from schemas import SUBSCRIBERS
from sojourn.clock import DAY_US, Offsets
from sojourn.lake import Lake
from sojourn.pseudonym import marks, pseudonyms
from sojourn.reading import Counts
from sojourn.reference import country_of_plmn, known_mcc, peer_countries

PASSED = ("", "no_subscriber", "bad_time", "future", "too_late", "bad_plmn", "opted_out")
NOTED = ("unreadable", "ambiguous", "skipped")
NAMED = pa.dictionary(pa.int32(), pa.string())
SIFTED = pa.schema(
    [("file_no", pa.int32()), ("line", pa.int64()), ("batch", pa.date32()), ("day", pa.int32())]
    + [("at", pa.timestamp("us", "UTC")), ("device", pa.int64())]
    + [(n, NAMED) for n in ("home_country", "home_plmn", "visited_plmn", "visited_country", "cell_id")]
    + [(n, NAMED) for n in ("event_type", "direction", "peer_country", "tac")]
    + [("peer_mark", pa.int64()), ("duration_s", pa.int32()), ("volume_bytes", pa.int64())]
)


@dataclass(frozen=True)
class Register:
    """The subscriber register as sorted arrays: which alias is which device from which day (days since 1970) on."""

    alias: Any
    since: Any
    device: Any
    opted_out: Any

    @staticmethod
    def of(lake: Lake) -> "Register":
        """From the table `subscribers`; empty where there is none."""
        if lake.approved(SUBSCRIBERS) is None:
            return Register(*(np.zeros(0, np.int64) for _ in range(4)))
        rows = lake.read(SUBSCRIBERS)
        columns = rows.select("alias", "device", F.coalesce(F.unix_date("valid_from"), F.lit(-(10**6))).alias("since"))
        known = columns.where("alias <> device").orderBy("alias", "since").toArrow()
        said = F.struct(F.coalesce(F.unix_date("valid_from"), F.lit(-(10**6))), "opt_out")
        newest = rows.groupBy("device").agg(F.max(said)["opt_out"].alias("out"))
        out = (
            rows.join(newest.where("out"), "device").select(F.explode(F.array("alias", "device"))).distinct().toArrow()
        )
        alias, since, device = (known[c].to_numpy() for c in ("alias", "since", "device"))
        return Register(alias, since, device, np.sort(out.column(0).to_numpy()))

    def devices(self, ids: Any, days: Any) -> Any:
        """The device that each alias was on its day; the alias itself where the register does not know it."""
        out = ids.copy()
        start = np.searchsorted(self.alias, ids, "left")
        count = np.searchsorted(self.alias, ids, "right") - start
        for n in range(int(count.max(initial=0))):
            at = np.minimum(start + n, len(self.alias) - 1)
            holds = (n < count) & (self.since[at] <= days)
            out = np.where(holds, self.device[at], out)
        return out

    def out(self, ids: Any) -> Any:
        """Whether each id has opted out."""
        return np.isin(ids, self.opted_out) if len(self.opted_out) else np.zeros(len(ids), bool)


@dataclass(frozen=True)
class Landed:
    """What is known of each landing file; arrays of the shape (files,)."""

    msisdn: Any  # whether its subscribers are told by number
    roaming: Any  # whether it is of a roaming feed
    late_days: Any
    batch: Any  # days since 1970
    first: Any  # of the parts of its batch in the exchange
    parts: Any  # how many these are

    @property
    def number(self) -> int:
        """Of all parts."""
        return int((self.first + self.parts).max())


@dataclass(frozen=True)
class Sieve:
    """What a task must know to sift. A large closure would be written to disk, the key in it: the rest goes apart."""

    key: bytes
    home: tuple[str, frozenset[str]]  # country, MCCs
    clock: Offsets  # of the home zone
    files: Broadcast[Landed]
    register: Broadcast[Register]

    def sift(self, file_no: Any, rows: pa.RecordBatch) -> tuple[pa.RecordBatch, Any]:
        """CANONICAL records of these files → those accepted as SIFTED; for each its reason's place in PASSED (0: none).

        file_no: (n,).
        """
        column = {name: rows.column(i) for i, name in enumerate(rows.schema.names)}
        files = self.files.value
        batch = files.batch[file_no]
        timed = column["at"].is_valid().to_numpy(zero_copy_only=False)
        at = column["at"].cast(pa.int64()).fill_null(0).to_numpy()
        days = self.clock.local(at) // DAY_US
        ids, good = self._devices(column["subscriber"], files.msisdn[file_no], days)
        home_country, home_good = self._countries(column["home_plmn"], self.home[0])
        visited_country, visited_good = self._countries(column["visited_plmn"], None)
        abroad, nowhere = files.roaming[file_no], column["visited_plmn"].is_null().to_numpy(zero_copy_only=False)
        faults = [
            ~good,
            ~timed,
            timed & (days > batch + 1),
            timed & (days < batch - files.late_days[file_no]),
            np.where(abroad, ~visited_good | nowhere, ~home_good),
            self.register.value.out(ids),
        ]
        reason = np.select(faults, range(1, len(PASSED)), 0)
        made = {
            "file_no": pa.array(file_no, pa.int32()),
            "batch": pa.array(batch, pa.int32()).cast(pa.date32()),
            "day": pa.array(days, pa.int32(), mask=~timed),
            "device": pa.array(ids),
            "home_country": home_country,
            "visited_country": visited_country,
            "peer_country": peer_countries(column["peer"]).cast(NAMED),
            "peer_mark": pa.array(marks(self.key, column["peer"])),
        }
        given = pa.RecordBatch.from_arrays(
            [made[n] if n in made else column[n] for n in SIFTED.names], names=SIFTED.names
        )
        taken = given.filter(pa.array(reason == 0)) if reason.any() else given
        # encoded last: the dictionary of a column must not hold what was written in a record that is rejected
        arrays = [_of(f, taken[f.name]) for f in SIFTED]
        return pa.RecordBatch.from_arrays(arrays, schema=SIFTED), reason

    def _devices(self, subscribers: pa.Array, by_number: Any, days: Any) -> tuple[Any, Any]:
        """The device of each subscriber, told by IMSI or by number, and whether it is told at all."""
        if not by_number.any():
            return pseudonyms(self.key, subscribers, "imsi")
        numbers, fine = pseudonyms(self.key, subscribers, "msisdn")
        numbers = self.register.value.devices(numbers, days)
        if by_number.all():
            return numbers, fine
        ids, good = pseudonyms(self.key, subscribers, "imsi")
        return np.where(by_number, numbers, ids), np.where(by_number, fine, good)

    def _countries(self, plmns: pa.Array, absent: str | None) -> tuple[pa.Array, Any]:
        """The country of each network and whether it is a network at all; `absent` stands where none is given."""
        encoded, (home, mccs) = plmns.dictionary_encode(), self.home
        texts = encoded.dictionary.to_pylist()
        good = [p.isascii() and p.isdigit() and len(p) in (5, 6) and (p[:3] in mccs or known_mcc(p[:3])) for p in texts]
        countries = [
            home if p[:3] in mccs else country_of_plmn(p) if g else None for p, g in zip(texts, good, strict=True)
        ]
        index = encoded.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
        named = pa.array([*countries, absent], pa.string()).dictionary_encode()
        country = pa.DictionaryArray.from_arrays(named.indices.take(pa.array(index)), named.dictionary)
        return country, np.array([*good, True])[index]


def _of(field: pa.Field, array: pa.Array) -> pa.Array:
    """An array as what a field holds."""
    if array.type == field.type:
        return array
    return array.dictionary_encode() if field.type == NAMED else array.cast(field.type)


def add_up(counts: dict[int, Counts], file_no: Any, rows: pa.RecordBatch, reason: Any) -> None:
    """Count CANONICAL records by file and reason."""
    for n in np.unique(file_no):
        mine = file_no == n
        c = counts.setdefault(int(n), dict.fromkeys(("rows", *NOTED, *PASSED[1:]), 0))
        c["rows"] += int(mine.sum())
        for code, name in enumerate(PASSED):
            if name:
                c[name] += int((reason[mine] == code).sum())
        taken = pa.array(mine & (reason == 0))
        for name in NOTED:
            c[name] += pc.sum(rows[name].filter(taken).cast(pa.int64())).as_py() or 0
