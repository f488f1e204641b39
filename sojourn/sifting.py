"""Canonical records → pseudonyms, countries of networks and numbers, and for each record that is not taken its reason.

All of it in Arrow and numpy over the distinct values of a batch.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F

from schemas import SUBSCRIBERS
from sojourn.lake import Lake
from sojourn.pseudonym import marks, pseudonyms
from sojourn.reading import Counts
from sojourn.reference import country_of_plmn, known_mcc, peer_countries

PASSED = ("", "no_subscriber", "bad_time", "future", "too_late", "bad_plmn", "opted_out")
SIFTED = (
    "file_no int, batch date, line bigint, at timestamp, home_date date, device bigint, home_country string, "
    "home_plmn string, visited_plmn string, visited_country string, cell_id string, event_type string, "
    "direction string, peer_country string, peer_mark bigint, duration_s int, volume_bytes bigint, tac string"
)
SIFTED_NAMES = [part.split()[0] for part in SIFTED.split(", ")]


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


def sift(
    batch: pa.RecordBatch, key: bytes, home: tuple[str, frozenset[str]], msisdn: Any, roaming: Any, register: Register
) -> tuple[pa.RecordBatch, Any]:
    """Pseudonyms, countries of networks and numbers; and for each record its reason's place in PASSED (0: accepted)."""
    column = {name: batch.column(i) for i, name in enumerate(batch.schema.names)}
    file_no = column["file_no"].to_numpy()
    days = column["home_date"].cast(pa.int32()).fill_null(0).to_numpy()
    known_as = msisdn[file_no]
    if not known_as.all():
        ids, good = pseudonyms(key, column["subscriber"], "imsi")
    if known_as.any():
        others, fine = pseudonyms(key, column["subscriber"], "msisdn")
        others = register.devices(others, days)
        whole = known_as.all()
        ids, good = (others, fine) if whole else (np.where(known_as, others, ids), np.where(known_as, fine, good))
    home_country, home_good = _countries(column["home_plmn"], home, home[0])
    visited_country, visited_good = _countries(column["visited_plmn"], home, None)
    batch_day = column["batch"].cast(pa.int32()).to_numpy()
    timed = column["at"].is_valid().to_numpy(zero_copy_only=False)
    faults = [
        ~good,
        ~timed,
        timed & (days > batch_day + 1),
        timed & (days < batch_day - column["late"].to_numpy()),
        np.where(
            roaming[file_no],
            ~visited_good | column["visited_plmn"].is_null().to_numpy(zero_copy_only=False),
            ~home_good,
        ),
        register.out(ids),
    ]
    reason = np.select(faults, range(1, len(PASSED)), 0)
    made = {
        "device": pa.array(ids),
        "home_country": home_country,
        "visited_country": visited_country,
        "peer_country": peer_countries(column["peer"]).cast(pa.string()),
        "peer_mark": pa.array(marks(key, column["peer"])),
    }
    arrays = [made[n] if n in made else column[n] for n in SIFTED_NAMES]
    out = pa.RecordBatch.from_arrays(arrays, names=SIFTED_NAMES)
    return out.filter(pa.array(reason == 0)), reason


def _countries(plmns: pa.Array, home: tuple[str, frozenset[str]], absent: str | None) -> tuple[pa.Array, Any]:
    """The country of each network and whether it is a network at all; `absent` stands where none is given."""
    encoded = plmns.dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    good = [p.isascii() and p.isdigit() and len(p) in (5, 6) and (p[:3] in home[1] or known_mcc(p[:3])) for p in texts]
    countries = [
        home[0] if p[:3] in home[1] else country_of_plmn(p) if g else None for p, g in zip(texts, good, strict=True)
    ]
    index = encoded.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
    return pa.array([*countries, absent], pa.string()).take(pa.array(index)), np.array([*good, True])[index]


def add_up(counts: dict[int, Counts], batch: pa.RecordBatch, reason: Any) -> None:
    """Count the records of a batch by file and reason."""
    column = {name: batch.column(i) for i, name in enumerate(batch.schema.names)}
    file_no = column["file_no"].to_numpy()
    for n in np.unique(file_no):
        mine = file_no == n
        c = counts.setdefault(int(n), dict.fromkeys(("rows", "unreadable", "ambiguous", "skipped", *PASSED[1:]), 0))
        c["rows"] += int(mine.sum())
        for code, name in enumerate(PASSED):
            if name:
                c[name] += int((reason[mine] == code).sum())
        taken = pa.array(mine & (reason == 0))
        for name in ("unreadable", "ambiguous", "skipped"):
            c[name] += pc.sum(column[name].filter(taken).cast(pa.int64())).as_py() or 0
