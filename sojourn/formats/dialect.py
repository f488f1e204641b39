"""How the fields of a CSV file are told apart, and what they are called."""

import csv
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from sojourn.formats.form import LINES_LOOKED_AT, BadFile, Form

LONGEST = 64 << 20  # of a line; more is no line
BREAK = re.compile(r"\r\n|\r|\n")
csv.field_size_limit(LONGEST)


@dataclass(frozen=True)
class Dialect:
    """How fields are told apart; '' where a character has no meaning."""

    sep: str
    quote: str
    escape: str
    comment: str
    header: bool

    @staticmethod
    def of(options: dict[str, Any]) -> "Dialect":
        """By a feed's options, whose names and defaults are Spark's, but for `escape`: quotes are doubled."""
        quote, escape = str(options.get("quote", '"')), str(options.get("escape", ""))
        return Dialect(
            str(options.get("sep", ",")),
            quote,
            "" if escape == quote else escape,
            str(options.get("comment", "")),
            bool(options.get("header")),
        )

    def rows(self, lines: Any) -> Any:
        """The fields of some lines of text, by Python's own reader."""
        quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE
        return csv.reader(
            lines, delimiter=self.sep, quotechar=self.quote or None, quoting=quoting, escapechar=self.escape or None
        )

    def closed(self) -> re.Pattern[bytes]:
        """A line whose quotes all close in it."""
        sep, quote, escape = (re.escape(c) for c in (self.sep, self.quote, self.escape))
        escaped = f"|{escape}." if escape else ""
        plain = f"(?:[^{sep}{escape}]{escaped})*"
        value = plain
        if quote:
            inside = f"(?:[^{quote}{escape}]|{quote}{quote}{escaped})*"
            value = f"(?:{quote}{inside}{quote}(?!{quote}){plain}|(?!{quote}){plain})"
        return re.compile(f"{value}(?:{sep}{value})*".encode(), re.DOTALL)


def wide(encoding: str) -> bool:
    """Whether a character of an encoding is several bytes, zeros among them."""
    return encoding.lower().startswith(("utf-16", "utf-32"))


def names_in(head: bytes, form: Form) -> list[str]:
    """The names of the columns by the first bytes of a file: those of the header, else numbered.

    Raises:
        UnicodeError: the header is no text.
        BadFile: there is nothing in it.
    """
    dialect = Dialect.of(form.options)
    if dialect.header and not dialect.comment and not wide(form.encoding):
        head = re.split(rb"[\r\n]", head.lstrip(b"\r\n"), maxsplit=1)[0]
        text = head.decode(form.encoding)
    else:  # what follows may be no text, or cut within a character
        text = head.decode(form.encoding, "replace")
    lines = [x for x in BREAK.split(text.removeprefix("\ufeff")) if x]
    lines = [x for x in lines if not dialect.comment or not x.startswith(dialect.comment)]
    if not lines:
        raise BadFile("unreadable_file", "there are no records in it")
    if dialect.header:
        return [name.strip() for name in next(dialect.rows(lines[:1]))]
    widths = Counter(len(row) for row in dialect.rows(lines[:LINES_LOOKED_AT]))
    return [f"_c{i}" for i in range(widths.most_common(1)[0][0])]


def trimmed(arrays: list[pa.Array], form: Form) -> list[pa.Array]:
    """Without the white space at the ends that the feed says is none of the values."""
    if form.options.get("ignoreLeadingWhiteSpace"):
        arrays = [pc.utf8_ltrim_whitespace(a) for a in arrays]
    if form.options.get("ignoreTrailingWhiteSpace"):
        arrays = [pc.utf8_rtrim_whitespace(a) for a in arrays]
    return arrays
