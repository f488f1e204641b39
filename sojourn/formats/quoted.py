"""CSV whose quotes may hold line breaks, by Python's own reader: slower, and it loses no quote that never closes."""

import io
from typing import IO

import pyarrow as pa

from sojourn.formats.dialect import Dialect, trimmed
from sojourn.formats.form import ROWS, Form, Malformed, Records, is_text


class _Lines:
    """Lines of text; where a record begins, blanks and comments are passed over."""

    def __init__(self, text: io.TextIOWrapper, comment: str) -> None:
        self.text, self.comment, self.number, self.begins, self.first = text, comment, 0, True, 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        for line in self.text:
            self.number += 1
            bare = line.removeprefix("\ufeff") if self.number == 1 else line
            passed = not bare.strip("\r\n") or (self.comment and bare.startswith(self.comment))
            if self.begins and passed:
                continue
            self.begins, self.first = False, self.number if self.begins else self.first
            return bare
        raise StopIteration


def several_lines(text: IO[bytes], form: Form, width: int, at: list[int], malformed: Malformed) -> Records:
    """By Python's own reader, which is slower and keeps the last record even where its quote never closes."""
    dialect = Dialect.of(form.options)
    source = _Lines(io.TextIOWrapper(text, form.encoding, "surrogateescape", newline=""), dialect.comment)
    header, null, bad = dialect.header, str(form.options.get("nullValue", "")), 0
    kept: list[list[str | None]] = []
    lines: list[int] = []

    def batch() -> tuple[pa.Array, pa.RecordBatch]:
        arrays = [pa.array([row[n] for row in kept], pa.string()) for n in range(len(at))]
        return pa.array(lines, pa.int64()), pa.RecordBatch.from_arrays(trimmed(arrays, form), names=list(map(str, at)))

    for row in dialect.rows(source):
        source.begins = True
        if header:
            header = False
        elif len(row) != width or not all(map(is_text, row)):
            bad += 1
        else:
            kept.append([None if row[n] in ("", null) else row[n] for n in at])
            lines.append(source.first)
        if len(kept) >= ROWS:
            yield batch()
            kept, lines = [], []
    if kept:
        yield batch()
    malformed(bad)
