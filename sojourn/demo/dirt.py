"""What goes wrong with files, planted on fixed days and counted: every reason of the contract, rarely.

Nothing of value is lost by it: damaged files are copies of good ones, or their records land again the day after, and
bad lines are extra lines.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

from sojourn.demo.places import COUNTRIES, OWN_PLMN

SILENT_DAY = 3  # a landing day without CDR files: they come the day after
REPEATED_IN_FILE, REPEATED_ACROSS_FILES = (2, 16), (9, 20)
COPIED, COPY_LANDS = 4, 6
TRUNCATED, RESENT = 5, 6  # within the first week: what was late already must not come too late
EMPTY, NOISE_GZIP, NOISE_PLAIN, REORDERED, NO_CELL_COLUMN = 9, 10, 11, 12, 13
BAD_LINES = (1, 6, 11, 18, 26, 33)
REPEATS, SAMPLE = 12, 200

NOBODY = OWN_PLMN + "9" * 10  # drawn for no one: numbers stop below 10^9


@dataclass
class Ledger:
    """What a reader must find: lines of every file, and how many of them it must reject, by reason."""

    rows: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, Counter[str]] = field(default_factory=dict)

    def note(self, path: str, rows: int, reasons: Counter[str] | None = None) -> None:
        self.rows[path] = self.rows.get(path, 0) + rows
        self.rejected.setdefault(path, Counter()).update(reasons or Counter())


@dataclass(frozen=True)
class Lines:
    """Extra lines for a file and the reasons for which they are to be rejected."""

    text: bytes
    reasons: Counter[str]

    @property
    def rows(self) -> int:
        return self.text.count(b"\n")


def repeats(body: bytes, opted_out: frozenset[bytes]) -> Lines:
    """Lines out of the middle of a file, once more; nobody's who opted out, for that would be another reason."""
    lines = body.splitlines(keepends=True)
    middle = lines[len(lines) // 3 :]
    again = [line for line in middle[: 10 * REPEATS] if line[:15] not in opted_out][:REPEATS]
    return Lines(b"".join(again), Counter(duplicate_record=len(again)))


def bad_cdr_lines(day: date) -> Lines:
    """Ragged lines, impossible times, nobody's records, tomorrow's news and very old ones."""
    today, soon, long_ago = (f"{day + timedelta(days=d):%d/%m/%Y}" for d in (0, 6, -25))
    lines = [
        f"{NOBODY};DATA;{today} 10:00:00;;LTE-00001-1",  # too short
        f"{NOBODY};DATA;{today} 10:00:01;;LTE-00001-1;;O;77;00100001;1;2;3",  # too long
        f"{NOBODY};VOICE;31/02/{day.year} 10:00:00;60;LTE-00001-1;;O;;00100001",
        f"{NOBODY};SMS;yesterday;;LTE-00001-1;;I;;00100001",
        f";DATA;{today} 10:00:02;;LTE-00001-1;;O;78;00100001",
        f";SIG;{today} 10:00:03;;LTE-00002-1;;O;;00100001",
        f"{NOBODY};DATA;{soon} 10:00:04;;LTE-00001-1;;O;79;00100001",
        f"{NOBODY};DATA;{long_ago} 10:00:05;;LTE-00001-1;;O;80;00100001",
        f"{NOBODY};SIG;{long_ago} 10:00:06;;LTE-00001-1;;O;;00100001",
    ]
    reasons = Counter(malformed=2, bad_time=2, no_subscriber=2, future=1, too_late=2)
    return Lines("".join(f"{line}\n" for line in lines).encode(), reasons)


def bad_roaming_lines(day: date) -> Lines:
    """The same for the partners' files, and networks that are none."""
    network = COUNTRIES[1].plmns[0]
    soon, long_ago = day + timedelta(days=9), day - timedelta(days=50)
    lines = [
        f"{NOBODY},{day} 10:00:00",
        f"{NOBODY},{day} 10:00:01,{network},SIG,more,and more",
        f"{NOBODY},{day} 25:61:00,{network},SIG",
        f",{day} 10:00:02,{network},SIG",
        f"{NOBODY},{soon} 10:00:03,{network},SIG",
        f"{NOBODY},{long_ago} 10:00:04,{network},SIG",
        f"{NOBODY},{day} 10:00:05,ABCDE,SIG",
        f"{NOBODY},{day} 10:00:06,20,DATA",
        f"{NOBODY},{day} 10:00:07,,DATA",
    ]
    reasons = Counter(malformed=2, bad_time=1, no_subscriber=1, future=1, too_late=1, bad_plmn=3)
    return Lines("".join(f"{line}\n" for line in lines).encode(), reasons)


def reordered(header: str, body: bytes) -> tuple[str, bytes]:
    """The same records with the columns in another order: nothing is wrong with them."""
    names = header.split(";")
    order = sorted(range(len(names)), key=lambda c: names[c])
    rows = (line.split(b";") for line in body.splitlines())
    return ";".join(names[c] for c in order), b"".join(b";".join(r[c] for c in order) + b"\n" for r in rows)


def without_column(header: str, body: bytes, name: str) -> tuple[str, bytes]:
    """The first records without one column."""
    names = header.split(";")
    at = names.index(name)
    rows = [line.split(b";") for line in body.splitlines()[:SAMPLE]]
    kept = b"".join(b";".join(r[:at] + r[at + 1 :]) + b"\n" for r in rows)
    return ";".join(names[:at] + names[at + 1 :]), kept


def opted_out_rows(body: bytes, opted_out: frozenset[bytes]) -> int:
    """Lines of subscribers who opted out; the identifier is the first column."""
    return sum(body.count(b"\n" + imsi) + body.startswith(imsi) for imsi in opted_out)
