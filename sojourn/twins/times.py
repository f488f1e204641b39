"""Times as Spark reads them out of texts, one by one. They are microseconds since 1970."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from sojourn.clock import DAY_US, Offsets

# the first of the days of each month since year 0, and how many it has
MONTHS = np.arange("0000-01", "10000-02", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int32)
LENGTHS = np.diff(MONTHS).astype(np.uint8)
LONG = 2**63 - 1
BLANKS = "".join(map(chr, [*range(33), 127]))  # what casts leave out at both ends
TAIL = re.compile(r"(?:\.([0-9]*))?([^0-9].*)?", re.DOTALL)
HOURS = r"([0-9]{1,2})(?::([0-9]{1,2})(?::([0-9]{1,2})([^0-9].*)?)?)?"
MOMENT = re.compile(rf"([+-]?[0-9]{{4,6}})(?:-([0-9]{{1,2}})(?:-([0-9]{{1,2}})(?:[ T]{HOURS})?)?)?", re.DOTALL)
NO_DAY = re.compile(rf"(?=T|[0-9]{{1,2}}:)T?{HOURS}", re.DOTALL)
ORDER = "yyyy MM dd HH mm ss".split()
PIECES = re.compile(r"yyyy|MM|dd|HH|mm|ss|S+|'[^']+'|[^A-Za-z\[\]{}#'\x80-\U0010ffff]")


class Unsure(Exception):  # noqa: N818 (no error: the caller lets Spark read the file)
    """A value is met whose result in Spark the twin does not know. The message holds no value."""


class Failed(Exception):  # noqa: N818 (Spark's exception, of which TryEval makes null)
    """Spark fails on a value, and the whole expression is null."""


@dataclass(frozen=True)
class Zone:
    """Offsets from UTC by the wall clock: until when (before it changes) which."""

    walls: tuple[int, ...] = ()
    offsets: tuple[int, ...] = (0,)

    @staticmethod
    def of(zone: str, first: date, last: date) -> "Zone":
        """Of a zone by its IANA name, some days around included; a missing hour moves forward, of two the earlier."""
        known = Offsets.of(zone, first - timedelta(3), last + timedelta(3))
        offsets = known.offset.tolist()
        return Zone(
            tuple(int(t) + max(o) for t, *o in zip(known.since, offsets, offsets[1:], strict=False)), tuple(offsets)
        )

    def instant(self, wall: Any) -> Any:
        """The instant of a wall clock, or of an array of them."""
        if isinstance(wall, int):
            return wall - self.offsets[bisect_right(self.walls, wall)]
        if not self.walls:
            return wall - self.offsets[0]
        return wall - np.array(self.offsets, np.int64)[np.searchsorted(np.array(self.walls, np.int64), wall, "right")]


@dataclass(frozen=True)
class Pattern:
    """A pattern of fixed widths: where its fields and letters stand, the same as a regular expression, and its end."""

    width: int
    fields: tuple[tuple[str, int], ...]
    letters: tuple[tuple[int, str], ...]  # each in both cases
    whole: str
    tail: str  # after the width: a fraction of the second, which need not be written in full
    iso: bool = False  # what a cast takes: more than this

    @staticmethod
    def of(text: str) -> "Pattern | None":
        """None where a part of it is of another kind."""
        pieces = PIECES.findall(text)
        fields, letters, whole, tail, width, before = list[tuple[str, int]](), list[tuple[int, str]](), "", "", 0, ""
        for piece in pieces:
            if piece[0] == "S":
                if tail or before in ORDER or len(piece) > 6:
                    return None
                tail = f"([0-9]{{1,{len(piece)}}})"
            elif piece[0].isalpha():
                if tail:
                    return None
                fields.append((piece, width))
                whole, width = whole + f"(?P<{piece}>[0-9]{{{len(piece)}}})", width + len(piece)
            else:
                plain = piece[1:-1] if piece[0] == "'" else piece
                if not plain.isascii() or re.search("[iksIKS]", plain):  # other letters are equal to these in Java
                    return None
                if tail:
                    tail += re.escape(plain)
                else:
                    letters += [(width + n, c.lower() + c.upper()) for n, c in enumerate(plain)]
                    whole, width = whole + re.escape(plain), width + len(plain)
            before = piece
        names = [f for f, _ in fields]
        known = "".join(pieces) == text and "''" not in text
        if not known or len(names) < (6 if tail else 3) or sorted(names, key=ORDER.index) != ORDER[: len(names)]:
            return None
        return Pattern(width, tuple(fields), tuple(letters), whole, tail)


ISO = Pattern(
    19,
    (("yyyy", 0), ("MM", 5), ("dd", 8), ("HH", 11), ("mm", 14), ("ss", 17)),
    ((4, "-"), (7, "-"), (10, " T"), (13, ":"), (16, ":")),
    "",
    "any",
    iso=True,
)


def wall(parts: Sequence[int], us: int) -> int | None:
    """A wall clock from year, month, day, …, and microseconds; None where there is none such."""
    y, m, d, hour, minute, second = (*parts, 0, 0, 0)[:6]
    cycle, year = divmod(y, 400)  # 146,097 days each
    try:
        day = datetime(year + 400, m, d, hour, minute, second)
    except ValueError:
        return None
    since = (day - datetime(1970, 1, 1)) // timedelta(microseconds=1)
    return since + us + (cycle - 1) * 146_097 * DAY_US


def offset(text: str) -> int | None:
    """The offset that ends a time; None where it is none at all.

    Raises:
        Unsure: it may be the name of a zone.
    """
    if text in ("Z", "UTC", "GMT", "UT"):
        return 0
    given = re.fullmatch(r"([+-])([0-9]{2})(?::?([0-9]{2}))?", text)
    if given and int(given[2]) <= 14 and int(given[3] or 0) < 60:
        east = (int(given[2]) * 60 + int(given[3] or 0)) * 60_000_000
        return east if given[1] == "+" else -east
    if re.fullmatch(r"[+-][0-9:]*|[A-Za-z][A-Za-z0-9/._~+:-]*", text):
        raise Unsure("the zone of a time")
    return None


def tail(text: str, pattern: Pattern) -> tuple[int, int | None] | None:
    """What ends a time after its seconds: a fraction in microseconds, and an offset if there is one."""
    if not pattern.iso:
        found = re.fullmatch(pattern.tail, text, re.IGNORECASE | re.ASCII)
        return (int(found[1].ljust(6, "0")), None) if found else None
    found = TAIL.fullmatch(text.rstrip(BLANKS))
    if not found:
        return None
    fraction = int((found[1] or "")[:6].ljust(6, "0"))
    if not found[2]:
        return fraction, None
    east = offset(found[2].strip(BLANKS[:33]))
    return None if east is None else (fraction, east)


def read(text: str, pattern: Pattern, zone: Zone) -> int | None:
    """to_timestamp, and the cast to a timestamp.

    Raises:
        Unsure: the text may be a time of a kind that is not known here.
    """
    if pattern.iso:
        return _cast(text, zone)
    found = re.match(pattern.whole, text, re.IGNORECASE | re.ASCII)
    end = tail(text[pattern.width :], pattern) if pattern.tail else None if text[pattern.width :] else (0, None)
    if found and end:
        parts = [int(found[f]) for f in ORDER[: len(pattern.fields)]]
        made = wall(parts, end[0])
        return None if made is None else int(zone.instant(made))
    if re.fullmatch(pattern.whole.replace("[0-9]{4}", "[+-][0-9]{4,}") + pattern.tail, text, re.IGNORECASE | re.ASCII):
        raise Unsure("a year with a sign")
    return None


def _cast(text: str, zone: Zone) -> int | None:
    bare = text.strip(BLANKS)
    day, alone = MOMENT.fullmatch(bare), NO_DAY.fullmatch(bare)
    given = day or (None if bare[:1] == "T" != text[:1] else alone)
    end = tail(given.groups()[-1] or "", ISO) if given else None
    if not given or not end:
        return None
    parts = [None if x is None else int(x) for x in given.groups()[:-1]]
    date_parts = [1 if x is None else x for x in (parts[:3] if day else (1970, 1, 1))]
    made = wall([*date_parts, *(x or 0 for x in parts[-3:])], end[0])
    if made is not None and not day:
        raise Unsure("a time without a day")
    if made is not None:
        made = zone.instant(made) if end[1] is None else made - end[1]
    return made if made is not None and abs(made) <= LONG else None


def wall_clocks(heads: pa.Array, pattern: Pattern) -> tuple[Any, Any]:
    """Wall clocks of texts that all have the pattern's width, and which of them there are."""
    n, width = len(heads), pattern.width
    if not n:
        return np.zeros(0, np.int64), np.zeros(0, bool)
    since = np.frombuffer(heads.buffers()[1], np.int32)[heads.offset]
    data = np.frombuffer(heads.buffers()[2], np.uint8)[since : since + n * width]
    text = np.ascontiguousarray(data.reshape(n, width).T)
    digits, good, values = text - ord("0"), np.ones(n, bool), dict[str, Any]()
    for where, either in pattern.letters:
        good &= (text[where] == ord(either[0])) | (text[where] == ord(either[-1]))
    for field, where in pattern.fields:
        here = digits[where : where + len(field)]
        good &= (here <= 9).all(axis=0)
        pairs = [(x * np.uint8(10) + y) for x, y in zip(here[::2], here[1::2], strict=True)]
        values[field] = pairs[0].astype(np.int32) * 100 + pairs[1] if len(pairs) > 1 else pairs[0]
    hour, minute, second = (values.get(f, np.zeros(1, np.uint8)) for f in ("HH", "mm", "ss"))
    good &= (values["MM"] - np.uint8(1) < 12) & (hour < 24) & (minute < 60) & (second < 60)
    month = np.where(good, values["yyyy"] * 12 + values["MM"] - 1, 0)
    good &= values["dd"] - np.uint8(1) < LENGTHS[month]
    days = MONTHS[month] + np.int32(values["dd"]) - 1
    seconds = days.astype(np.int64) * 86_400 + (hour.astype(np.int32) * 3600 + minute.astype(np.int32) * 60 + second)
    return seconds * 1_000_000, good
