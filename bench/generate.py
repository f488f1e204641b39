"""Landing files of an invented operator of any size, and the page of configuration that runs them.

    python bench/generate.py --events 1000000 --nights 2 --format csv --out bench/data/example

writes `conf.yaml`, `landing/cells.csv` (antennas), `landing/cdr/NIGHT/*` in files of half a million records, and, for
the tables after the homes, `population.tif` and `zones.geojson`. The same arguments give the same files. In them are

- a fiftieth as many subscribers as events, some of them foreign, how active each is drawn from a heavy-tailed law; one
  home and one work antenna each, nights at the one, working hours mostly at the other, a tenth of the events elsewhere;
- of the events of a night one in a hundred late: of the seven days before;
- a few per mille that are no use, for every reason that the format allows, and some that name no antenna or one that
  the register does not know; lines that are cut off or too long stand last in a CSV file, so that the others can be
  numbered by a reader that leaves them out without a word;
- two per mille exact repeats, within a file and (a hundred a night) across files.

Networks and numbers are such as no one is given. No local time falls into a change to or from daylight saving time.
"""

import argparse
import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet
from country import configure, write_country

FIRST = date(2026, 4, 9)  # what is late on it is of the same month, and no clock changes for 199 nights
FILE = 500_000  # records
ANTENNAS = 3_000
ECHO = 100  # records of a night that stand in every file of it
NETWORKS = np.array([27096] * 16 + [20696, 26296, 20884, 26897])  # of subscribers: one in five is foreign
HOURS = np.array([3, 2, 1, 1, 1, 2, 5, 9, 11, 11, 11, 12, 13, 12, 11, 11, 12, 14, 15, 14, 12, 10, 7, 5], float)
KINDS = pa.array(["data", "call", "sms", "signalling"])
TORN = b"270960000000000,2026-04-\n270960000000000,too,many,fields,in,this,line,by,far\n"

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Country:
    """Subscribers and antennas, all of them fixed by the seed; arrays have the shape (subscribers,)."""

    subscribers: int
    seed: int

    @cached_property
    def imsi(self) -> Ints:
        """15 digits: a network, and ten that go through all numbers below 10^10 without order."""
        n = np.arange(self.subscribers, dtype=np.int64)
        return NETWORKS[n % len(NETWORKS)] * 10**10 + n * 7_654_321 % 10**10

    @cached_property
    def activity(self) -> npt.NDArray[np.float64]:
        """The cumulated shares of subscribers in the events."""
        weight = np.random.default_rng([self.seed, 1]).lognormal(0, 1, self.subscribers)
        shares: npt.NDArray[np.float64] = np.cumsum(weight) / weight.sum()
        return shares

    @cached_property
    def antenna(self) -> tuple[Ints, Ints]:
        """The home and the work antenna; some antennas serve many more than others."""
        rng = np.random.default_rng([self.seed, 2])
        home, work = (rng.beta(1, 2, (2, self.subscribers)) * ANTENNAS).astype(np.int64)
        return home, work

    def register(self) -> str:
        """The antennas as CSV: clusters about thirty towns."""
        rng = np.random.default_rng([self.seed, 3])
        town = rng.uniform((49.5, 5.9), (50.1, 6.4), (30, 2))
        place = town[rng.integers(0, 30, ANTENNAS)] + rng.normal(0, 0.04, (ANTENNAS, 2))
        return "cell_id,lat,lon\n" + "".join(f"L{n:05}-1,{y:.6f},{x:.6f}\n" for n, (y, x) in enumerate(place))

    def records(self, rng: np.random.Generator, night: date, n: int, since: float, until: float) -> pa.Table:
        """`n` records of a night in order of time, which is between two shares of the day's events."""
        share = np.sort(rng.uniform(since, until, n))
        second = np.interp(share, np.append(0, np.cumsum(HOURS) / HOURS.sum()), np.arange(25) * 3600).astype(np.int64)
        back = np.where(rng.random(n) < 0.01, rng.integers(1, 8, n), 0)
        who = np.searchsorted(self.activity, rng.random(n))
        hour, where = second // 3600, rng.random(n)
        home, work = self.antenna
        cell = np.where((hour >= 8) & (hour < 18) & (where < 0.7), work[who], home[who])
        cell = np.where(where > 0.9, rng.integers(0, ANTENNAS, n), cell)
        kind = np.searchsorted([0.6, 0.8, 0.9], rng.random(n))
        talks = pa.array((kind == 1) | (kind == 2))
        peer = np.where(rng.random(n) < 0.9, 352_600_000_000, 391_000_000_000) + who * 31 % 10**9
        columns = {
            "imsi": pa.array(self.imsi[who]).cast(pa.string()),
            "start": _local(night, second - 86_400 * back),
            "cell": pc.binary_join_element_wise(
                "L", pc.utf8_lpad(pa.array(cell).cast(pa.string()), 5, "0"), pa.array(["-1"] * n), ""
            ),
            "peer": pc.if_else(talks, pa.array(peer + rng.integers(0, 9, n)).cast(pa.string()), None),
            "dur": pa.array(rng.exponential(90, n).astype(np.int64), mask=kind > 1),
            "kind": KINDS.take(pa.array(kind)),
        }
        return _spoilt(pa.table(columns), rng, night)


def _local(night: date, second: Ints) -> pa.Array:
    """Local times as text, by seconds since the midnight before."""
    return pa.array(np.datetime64(night, "s") + second).cast(pa.string())


def _spoilt(rows: pa.Table, rng: np.random.Generator, night: date) -> pa.Table:
    """The same with a few per mille of it of no use, in three columns; the rest of such a record is as it was."""
    faults = {
        "imsi": [None, "unknown", "000010000000001"],
        "start": ["yesterday", *_local(night, np.array([6, -25]) * 86_400).to_pylist()],
        "cell": [None, "L99999-9"],
    }
    for name, bad in faults.items():
        hit = rng.random(rows.num_rows) < 0.001
        wrong = pa.array(bad).take(pa.array(rng.integers(0, len(bad), rows.num_rows)))
        rows = rows.set_column(rows.schema.get_field_index(name), name, pc.if_else(pa.array(hit), wrong, rows[name]))
    return rows


def _file(country: Country, out: Path, form: str, task: tuple[date, int, int, int]) -> None:
    """Write file `number` of the `files` of a night of so many events."""
    night, events, number, files = task
    day = (night - FIRST).days
    mine = events * (number + 1) // files - events * number // files
    echo, again = min(ECHO, mine // 10), mine // 500
    rng = np.random.default_rng([country.seed, 4, day, number])
    rows = country.records(rng, night, mine - echo - again, number / files, (number + 1) / files)
    echoes = country.records(np.random.default_rng([country.seed, 5, day]), night, echo, 0.4, 0.6)
    repeats = rows.take(pa.array(np.sort(rng.integers(0, len(rows), again))))
    table = pa.concat_tables([echoes, rows, repeats]).combine_chunks()
    folder = out / "landing" / "cdr" / str(night)
    folder.mkdir(parents=True, exist_ok=True)
    if form == "parquet":
        pa_parquet.write_table(table, folder / f"part-{number:04}.parquet", row_group_size=FILE // 4)
        return
    text = pa.BufferOutputStream()
    text.write((",".join(table.schema.names) + "\n").encode())
    pa_csv.write_csv(table, text, pa_csv.WriteOptions(include_header=False, quoting_style="none"))
    packer = zlib.compressobj(1, wbits=31)
    torn = TORN * max(1, mine // 10_000)
    packed = packer.compress(memoryview(text.getvalue())) + packer.compress(torn) + packer.flush()
    (folder / f"part-{number:04}.csv.gz").write_bytes(packed)


def _tasks(events: int, nights: int) -> Iterator[tuple[date, int, int, int]]:
    files = -(-events // FILE)
    for day in range(nights):
        for number in range(files):
            yield FIRST + timedelta(day), events, number, files


def write(out: Path, events: int, nights: int, form: str, seed: int = 1) -> None:
    """All of it; `events` a night."""
    (out / "landing").mkdir(parents=True, exist_ok=True)
    country = Country(max(200, events // 50), seed)
    (out / "landing" / "cells.csv").write_text(country.register(), "utf-8")
    write_country(out)
    configure(out, form, {})
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(partial(_file, country, out, form), _tasks(events, nights)))


def main() -> None:
    """The command line."""
    assert __doc__
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--out", type=Path, required=True, help="folder to write to")
    ask.add_argument("--events", type=int, default=1_000_000, help="events a night (1,000,000)")
    ask.add_argument("--nights", type=int, default=1, help="landing days (1)")
    ask.add_argument("--format", choices=("csv", "parquet"), default="csv", help="csv (by gzip) or parquet (csv)")
    ask.add_argument("--seed", type=int, default=1, help="the same seed gives the same files (1)")
    a = ask.parse_args()
    write(a.out, a.events, a.nights, a.format, a.seed)
    print(f"sojourn run --conf {a.out}/conf.yaml --from {FIRST} --to {FIRST + timedelta(a.nights - 1)} --provisional")


if __name__ == "__main__":
    main()
