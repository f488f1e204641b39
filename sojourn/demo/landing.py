"""The landing zone, day by day, with the dirt in it and the ledger of what a reader must find."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
from isal import igzip

from sojourn.demo import dirt, feeds
from sojourn.demo.dirt import Ledger, Lines
from sojourn.demo.heard import Heard, parts_of
from sojourn.demo.people import People
from sojourn.demo.slots import Clock

Ints = npt.NDArray[np.int64]

CDR_HEADER = f"{feeds.CDR_HEADER}\n".encode()
ROAMING_HEADER = f"{feeds.ROAMING_HEADER}\n".encode()


@dataclass(frozen=True, eq=False)
class Zone:
    """Where to write, and all there is to be written."""

    out: Path
    records: Heard
    folk: People
    root: Ints
    word: feeds.Words
    clock: Clock
    seed: int
    opted_out: frozenset[bytes]

    def body(self, day: int, part: int | None) -> bytes:
        """The lines of one file; the same whenever it is asked for."""
        rng = np.random.default_rng((self.seed, day, 9 if part is None else part))
        rows = self.records.rows(day, part)
        if part is None:
            return feeds.roaming_body(rows, self.word, self.clock, rng)
        return feeds.cdr_body(rows, self.folk, self.root, self.word, self.clock, rng)

    def put(self, path: str, header: bytes, body: bytes, ledger: Ledger, extra: tuple[Lines, ...] = ()) -> None:
        """Writes a file, bad lines in its middle and repeats at its end, and notes what is in it."""
        reasons = Counter(opted_out=dirt.opted_out_rows(body, self.opted_out))
        rows = body.count(b"\n")
        for lines in extra:
            middle = body.find(b"\n", len(body) // 2) + 1 if "duplicate_record" not in lines.reasons else len(body)
            body = body[:middle] + lines.text + body[middle:]
            rows += lines.rows
            reasons.update(lines.reasons)
        feeds.write(self.out / path, header + body)
        ledger.note(path, rows, reasons)

    def put_raw(self, path: str, content: bytes, ledger: Ledger, reason: str) -> None:
        """Writes a file that cannot be read: one row, one reject."""
        (self.out / path).parent.mkdir(parents=True, exist_ok=True)
        (self.out / path).write_bytes(content)
        ledger.note(path, 1, Counter({reason: 1}))


def write_days(zone: Zone, progress: Callable[[str, int, int], None] | None) -> Ledger:
    """Writes CDR and roaming files of all days, two days at a time."""
    whole = Ledger()
    with ThreadPoolExecutor(2) as pool:
        for n, ledger in enumerate(pool.map(lambda d: _day(zone, d), range(zone.clock.days)), 1):
            for path, rows in ledger.rows.items():
                whole.note(path, rows, ledger.rejected[path])
            if progress:
                progress("writing days", n, zone.clock.days)
    return whole


def _day(zone: Zone, day: int) -> Ledger:
    ledger, name = Ledger(), zone.clock.dates()[day]
    bad = day in dirt.BAD_LINES
    lines = (dirt.bad_roaming_lines(name),) if bad else ()
    zone.put(f"landing/roaming/{name}.csv", ROAMING_HEADER, zone.body(day, None), ledger, lines)
    if day != dirt.SILENT_DAY:
        bodies = [zone.body(day, part) for part in range(parts_of(zone.clock, day))]
        for part, body in enumerate(bodies):
            _cdr(zone, day, part, body=body, first=bodies[0], ledger=ledger)
    _damage(zone, day, name, ledger)
    return ledger


def _cdr(zone: Zone, day: int, part: int, *, body: bytes, first: bytes, ledger: Ledger) -> None:
    name = zone.clock.dates()[day]
    path, header = f"landing/cdr/{name}/part-{part}.csv.gz", CDR_HEADER
    if part == 0 and day in dirt.BAD_LINES:
        zone.put(path, header, body, ledger, (dirt.bad_cdr_lines(name),))
    elif part == 1 and day in dirt.REPEATED_IN_FILE:
        zone.put(path, header, body, ledger, (dirt.repeats(body, zone.opted_out),))
    elif part == 1 and day in dirt.REPEATED_ACROSS_FILES:
        zone.put(path, header, body, ledger, (dirt.repeats(first, zone.opted_out),))
    elif part == 1 and day == dirt.TRUNCATED and day + 1 < zone.clock.days:
        whole = igzip.compress(header + body, 1, mtime=0)
        zone.put_raw(path, whole[: len(whole) * 3 // 5], ledger, "truncated_file")
    elif part == 1 and day == dirt.REORDERED:
        names, moved = dirt.reordered(feeds.CDR_HEADER, body)
        zone.put(path, f"{names}\n".encode(), moved, ledger)
        # the identifier is no longer the first column: count those who opted out on the lines as they were
        ledger.rejected[path] = Counter(opted_out=dirt.opted_out_rows(body, zone.opted_out))
    else:
        zone.put(path, header, body, ledger)


def _damage(zone: Zone, day: int, name: date, ledger: Ledger) -> None:
    """Files that should not be there, or come again."""
    folder = f"landing/cdr/{name}"
    noise = np.random.default_rng((zone.seed, day, 77)).bytes(4000)
    if day == dirt.COPY_LANDS:
        body = zone.body(dirt.COPIED, 0)
        path = f"{folder}/part-8-once-more.csv.gz"
        feeds.write(zone.out / path, CDR_HEADER + body)
        ledger.note(path, body.count(b"\n"), Counter(duplicate_file=body.count(b"\n")))
    if day == dirt.RESENT:
        zone.put(f"{folder}/part-8-resent.csv.gz", CDR_HEADER, zone.body(dirt.TRUNCATED, 1), ledger)
    if day == dirt.EMPTY:
        zone.put_raw(f"{folder}/part-8.csv.gz", b"", ledger, "unreadable_file")
    if day == dirt.NOISE_GZIP:
        zone.put_raw(f"{folder}/part-8.csv.gz", noise, ledger, "unreadable_file")
    if day == dirt.NOISE_PLAIN:
        zone.put_raw(f"landing/roaming/{name}-second.csv", b"\xff\x00" + noise, ledger, "unreadable_file")
    if day == dirt.NO_CELL_COLUMN:
        names, rows = dirt.without_column(feeds.CDR_HEADER, zone.body(day, 0), "cell")
        path = f"{folder}/part-8-cut.csv.gz"
        feeds.write(zone.out / path, f"{names}\n".encode() + rows)
        ledger.note(path, 1, Counter(missing_column=1))
