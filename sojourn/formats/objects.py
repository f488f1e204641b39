"""JSON: one object a line, or with `multiLine` one array of them. Values are text, numbers as they are written."""

import io
import json
from collections.abc import Iterator
from typing import IO, Any

import pyarrow as pa

from sojourn.formats.form import (
    LINES_LOOKED_AT,
    ROWS,
    BadFile,
    Columns,
    Form,
    Found,
    Malformed,
    Records,
    is_text,
    matched,
    opened,
    text_of,
    whole_text,
)

Row = dict[str, Any]


class _Written(float):
    """A number that remembers how it was written."""

    def __new__(cls, text: str) -> "_Written":
        number = super().__new__(cls, text)
        number.text = text
        return number

    text: str


def look(path: str, form: Form) -> Columns:
    """Which of the columns asked for the first records of a file have."""
    whole_text(path)
    names: dict[str, None] = {}
    with opened(path) as raw:
        for seen, (_, row) in enumerate(_rows(text_of(raw), form), 1):
            names |= dict.fromkeys(row or {})
            if seen >= LINES_LOOKED_AT:
                break
    if not names:
        raise BadFile("unreadable_file", "not readable as json: no line of it is an object")
    known = {n.lower() for n in names}
    # A field that no record has may be one that records rarely have; only what a required column reads must be there.
    absent = [c for c in form.columns if c.lower() not in known and c not in form.required]
    return matched(form, [*names, *absent])


def read(path: str, form: Form, found: Found, malformed: Malformed) -> Records:
    """The records of a file."""
    actual, bad = [name for _, name, _ in found.columns], 0
    kept: list[tuple[int, Row]] = []

    def batch() -> tuple[pa.Array, pa.RecordBatch]:
        arrays = [pa.array([json_text(row.get(name)) for _, row in kept], pa.string()) for name in actual]
        return pa.array([n for n, _ in kept], pa.int64()), pa.RecordBatch.from_arrays(arrays, names=actual)

    with opened(path) as raw:
        for number, row in _rows(text_of(raw), form):
            if row is None:
                bad += 1
                continue
            kept.append((number, row))
            if len(kept) >= ROWS:
                yield batch()
                kept.clear()
    if kept:
        yield batch()
    malformed(bad)


def json_text(value: Any) -> str | None:
    """A value as text: null for null and for what cannot be written, JSON for what is nested."""
    if isinstance(value, str):
        return value if is_text(value) else None
    if value is None or isinstance(value, _Written):
        return value if value is None else value.text
    return json.dumps(value, default=str)


def _rows(text: IO[bytes], form: Form) -> Iterator[tuple[int, Row | None]]:
    """Each record with its line (in an array: its place); None where a line is none."""
    encoding = {"utf-8": "utf-8-sig"}.get(form.encoding.lower(), form.encoding)
    lines = io.TextIOWrapper(text, encoding=encoding, errors="surrogateescape")
    if form.options.get("multiLine"):
        rows = json.load(lines, parse_float=_Written)
        for number, row in enumerate(rows if isinstance(rows, list) else [rows], 1):
            yield number, row if isinstance(row, dict) else None
        return
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, _object(line)


def _object(line: str) -> Row | None:
    try:
        row = json.loads(line, parse_float=_Written) if is_text(line) else None
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None
