"""The operator's files: call records by gzip, roaming records of partners, and the two registers."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from isal import igzip
from pyarrow import csv

from sojourn.demo.heard import NO_CELL, Heard
from sojourn.demo.machines import declared
from sojourn.demo.people import People
from sojourn.demo.places import COUNTRIES, SHIP_PLMN
from sojourn.demo.radio import TWIN, WORTHLESS, Network
from sojourn.demo.roots import called
from sojourn.demo.signs import CALL, DATA, SMS
from sojourn.demo.slots import Clock

Ints = npt.NDArray[np.int64]

KINDS = ("VOICE", "SMS", "DATA", "SIG")
CDR_HEADER = "imsi;type;start;dur;cell;b_number;dir;bytes;tac"
ROAMING_HEADER = "imsi,time,vplmn,type"
CONTACTS = 500  # telephone numbers in each country
PEERS = [i for i, c in enumerate(COUNTRIES) if c.phone_prefix]


@dataclass(frozen=True, eq=False)
class Words:
    """Every text that a file may hold, once; records point into them."""

    imsi: Any
    cell: Any
    tac: Any
    kind: Any
    peer: Any
    second: Any
    local_date: Any
    utc_date: Any
    plmn: Any


def words(folk: People, net: Network, clock: Clock) -> Words:
    dates = [clock.start + timedelta(days=d - 1) for d in range(clock.days + 2)]
    plmns = [p for c in COUNTRIES for p in (c.plmns[0], c.plmns[-1])]
    peers = [
        f"{COUNTRIES[i].phone_prefix}{n:0{3 if COUNTRIES[i].code == 'GB' else 6}d}"
        for i in PEERS
        for n in range(CONTACTS)
    ]
    return Words(
        pa.array(folk.imsi),
        pa.array([*net.cell_ids, *(w[0] for w in WORTHLESS), TWIN]),
        pa.array([f"{t:08d}" for t in folk.tac.tolist()]),
        pa.array(KINDS),
        pa.array(peers),
        pa.array([f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(86_400)]),
        pa.array([d.strftime("%d/%m/%Y") for d in dates]),
        pa.array([d.isoformat() for d in dates]),
        pa.array([*plmns, SHIP_PLMN]),
    )


def cdr_body(rows: Heard, folk: People, root: Ints, word: Words, clock: Clock, rng: np.random.Generator) -> bytes:
    """The lines of a CDR file without its header; times as a clock in Luxembourg showed them. `root`: as in `roots`."""
    n, talk = len(rows.who), (rows.kind == CALL) | (rows.kind == SMS)
    hour = clock.local(rows.at) // 3600 % 24
    place = np.searchsorted(PEERS, called(rows.who, hour, folk, root, rng.random(n))) % len(PEERS)
    contact = (rows.who * 31 + rng.integers(0, 12, n)) % CONTACTS
    table = pa.table(
        {
            "imsi": word.imsi.take(pa.array(rows.who)),
            "type": word.kind.take(pa.array(rows.kind)),
            "start": _times(clock.local(rows.at), word.local_date, word.second, clock),
            "dur": pa.array(rng.exponential(110, n).astype(np.int64) + 1, mask=rows.kind != CALL),
            "cell": word.cell.take(pa.array(rows.cell, mask=rows.cell == NO_CELL)),
            "b_number": word.peer.take(pa.array(place * CONTACTS + contact, mask=~talk)),
            "dir": pa.array(np.array(["O", "I"])[rng.integers(0, 2, n)]),
            "bytes": pa.array(rng.lognormal(11, 2, n).astype(np.int64), mask=rows.kind != DATA),
            "tac": word.tac.take(pa.array(rows.who)),
        }
    )
    return _csv(table, ";")


def roaming_body(rows: Heard, word: Words, clock: Clock, rng: np.random.Generator) -> bytes:
    """The lines of a roaming file without its header; times in UTC. Some come from the network of a ship."""
    n = len(rows.who)
    network = rows.country * 2 + (rng.random(n) < 0.3)
    table = pa.table(
        {
            "imsi": word.imsi.take(pa.array(rows.who)),
            "time": _times(rows.at, word.utc_date, word.second, clock),
            "vplmn": word.plmn.take(pa.array(np.where(rows.country < 0, len(word.plmn) - 1, network))),
            "type": word.kind.take(pa.array(rows.kind)),
        }
    )
    return _csv(table, ",")


def _times(at: Ints, dates: Any, seconds: Any, clock: Clock) -> Any:
    """Date and time of day, of seconds since 1970 on whatever clock; the first of `dates` is the eve of the range."""
    eve = int(datetime.combine(clock.start, datetime.min.time(), UTC).timestamp()) // 86_400 - 1
    day, second = np.divmod(at, 86_400)
    return pc.binary_join_element_wise(dates.take(pa.array(day - eve)), seconds.take(pa.array(second)), " ")


def _csv(table: pa.Table, separator: str) -> bytes:
    sink = pa.BufferOutputStream()
    style = csv.WriteOptions(include_header=False, delimiter=separator, quoting_style="none", batch_size=8192)
    csv.write_csv(table, sink, style)
    return bytes(sink.getvalue())


def write(path: Path, content: bytes) -> None:
    """Writes a file, compressed where its name says so; the same content gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(igzip.compress(content, 1, mtime=0) if path.suffix == ".gz" else content)


def write_registers(landing: Path, folk: People, net: Network, clock: Clock) -> None:
    """A snapshot of the cell register for every day, and the subscriber register."""
    for day, name in enumerate(clock.dates()):
        table = net.register(day)
        write(landing / "cells" / f"{name}.csv", (",".join(table.column_names) + "\n").encode() + _csv(table, ","))
    own, sold_as_machine = np.flatnonzero(folk.registered).tolist(), declared(folk)
    table = pa.table(
        {
            "imsi": [folk.imsi[i] for i in own],
            "msisdn": [folk.msisdn[i] for i in own],
            "since": [folk.since[i].isoformat() for i in own],
            "segment": ["m2m" if sold_as_machine[i] else "consumer" for i in own],
            "opt_out": ["true" if folk.opt_out[i] else "false" for i in own],
        }
    )
    write(landing / "subscribers.csv", (",".join(table.column_names) + "\n").encode() + _csv(table, ","))
