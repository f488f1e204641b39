"""What Spark makes of a value, or of a few, where none of them is null."""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal
from operator import eq, ge, gt, le, lt
from typing import Any

from sojourn.clock import DAY_US
from sojourn.twins.times import BLANKS, LONG, Failed, Unsure, read

MILLIONTH = Decimal("0.000001")
BITS = {"byte": 8, "short": 16, "integer": 32, "long": 64}
WHOLE = re.compile(r"([+-]?)([0-9]*)(\.[0-9]*)?")
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?([0-9]+))?")
EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


def integer(text: str, kind: str, exact: bool) -> int | None:
    """The cast of a text to a whole number, which leaves a fraction out; try_cast takes none."""
    bare = text.strip(BLANKS)
    found = WHOLE.fullmatch(bare)
    if not found or bare in ("", "+", "-") or (exact and found[3]) or len(digits := found[2].lstrip("0")) > 19:
        return None
    made = int(found[1] + (digits or "0"))
    return made if made == wrapped(made, kind) else None


def wrapped(number: int, kind: str) -> int:
    """A whole number in so many bits."""
    half = 1 << BITS[kind] - 1
    return (number + half) % (2 * half) - half


def bounded(value: Any, bound: int) -> int | None:
    """A whole number from 0, of whatever can be one, through decimal(38,6).

    Raises:
        Unsure: digits of other scripts, or a double that is too large to have a fraction.
    """
    if isinstance(value, str):
        bare = value.strip(BLANKS[:33])
        found = NUMBER.fullmatch(bare)
        if not found:
            if not bare.isascii() and any(c.isdigit() and not c.isascii() for c in bare):
                raise Unsure("a digit of another script")
            return None
        if len(found[1] or "") > 4:
            raise Unsure("an exponent")
        value = Decimal(bare)
    elif isinstance(value, float):
        if not abs(value) < 2e19:
            return None
        if abs(value) >= 2**53:
            raise Unsure("a large double")
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        digits = value.as_tuple()
        if value and len(digits.digits) + int(digits.exponent) > 38:
            return None
        value = int(value.quantize(MILLIONTH, context=EXACT))
    return int(value) if 0 <= value <= bound else None


def sliced(text: str, pos: int, length: int) -> str:
    """substr: places from 1, or from the end."""
    start = pos - 1 if pos > 0 else len(text) + pos if pos < 0 else 0
    return text[max(start, 0) : max(start + length, 0)]


def padded(text: str, length: int, pad: str) -> str:
    """A text of this length, filled up on its left: lpad."""
    length = max(length, 0)
    missing = length - len(text)
    return (pad * missing)[:missing] + text if missing > 0 and pad else text[:length]


def cased(text: str, upper: bool) -> str:
    """Upper or lower; of letters whose case is the same to everyone."""
    if not text.isascii() and max(text) >= "İ":
        raise Unsure("letters with a case of their own")
    return text.upper() if upper else text.lower()


def scaled(number: int, factor: int) -> int:
    """Seconds or milliseconds as microseconds."""
    if abs(number * factor) > LONG:
        raise Failed
    return number * factor


def named(text: str, domain: tuple[str, ...]) -> str | None:
    """A text of a canonical column."""
    bare = text.strip(" ")
    return bare if bare and (not domain or bare in domain) else None


STRICT: dict[str, Callable[..., Any]] = {
    "Substring": sliced,
    "StringTrim": lambda s: s.strip(" "),
    "StringTrimLeft": lambda s: s.lstrip(" "),
    "StringTrimRight": lambda s: s.rstrip(" "),
    "Lower": lambda s: cased(s, False),
    "Upper": lambda s: cased(s, True),
    "Concat": lambda *s: "".join(s),
    "Length": len,
    "StringReplace": lambda s, old, new: s.replace(old, new) if old else s,
    "StringLPad": padded,
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
    "Contains": lambda s, part: part in s,
    "Like": lambda s, pattern: re.fullmatch(pattern, s, re.DOTALL) is not None,
    **{"EqualTo": eq, "LessThan": lt, "LessThanOrEqual": le, "GreaterThan": gt, "GreaterThanOrEqual": ge},
    "Not": lambda x: not x,
    "Add": lambda a, b, kind: wrapped(a + b, kind),
    "Subtract": lambda a, b, kind: wrapped(a - b, kind),
    "Multiply": lambda a, b, kind: wrapped(a * b, kind),
    "UnaryMinus": lambda a, kind: wrapped(-a, kind),
    "SecondsToTimestamp": lambda n: scaled(n, 1_000_000),
    "MillisToTimestamp": lambda n: scaled(n, 1_000),
    "MicrosToTimestamp": lambda n: n,
    "read": read,
    "local": lambda at, zone: zone.instant(at),
    "midnight": lambda day, zone: zone.instant(day * DAY_US),
    "epoch": lambda n: max(-LONG - 1, min(LONG, n * 1_000_000)),
    "integer": integer,
    "wrapped": wrapped,
    "text": lambda v: ("true" if v else "false") if isinstance(v, bool) else str(v),
    "bounded": bounded,
    "named": named,
}
