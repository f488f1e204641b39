"""An operator's files: whether each is whole, which columns it has, and its records as Arrow. One file at a time.

A glob read by Spark fails as a whole for one truncated file, or keeps its beginning; and it reads other headers by
position. So each file is opened, decoded and header-checked alone, in a Spark task, and a bad one is rejected whole.
"""

import hashlib
from collections.abc import Callable, Iterator

import pyarrow as pa

from sojourn.formats import blocks, columnar, delimited, objects
from sojourn.formats.form import CHUNK, BadFile, Columns, Form, Found, Malformed, Records, opened

__all__ = ["BadFile", "Form", "Found", "digest", "look", "records"]

_LOOK: dict[str, Callable[[str, Form], Columns]] = {
    "csv": delimited.look,
    "json": objects.look,
    "parquet": columnar.look_parquet,
    "orc": columnar.look_orc,
    "avro": blocks.look,
}
_READ: dict[str, Callable[[str, Form, Found, Malformed], Records]] = {
    "csv": delimited.read,
    "json": objects.read,
    "parquet": columnar.read_parquet,
    "orc": columnar.read_orc,
    "avro": blocks.read,
}


def digest(path: str) -> str:
    """SHA-256 of a file as it lies there, hexadecimal."""
    sha256 = hashlib.sha256()
    with opened(path) as raw:
        while chunk := raw.read(CHUNK):
            sha256.update(chunk)
    return sha256.hexdigest()


def look(path: str, form: Form) -> Columns:
    """Read a file as far as it takes to know that it is whole, and which of the columns asked for it has.

    Raises:
        BadFile: it is empty, truncated, no such format, or lacks a column.
    """
    with opened(path) as raw:
        if not raw.read(1):
            raise BadFile("unreadable_file", "the file is empty")
    try:
        return _LOOK[form.format](path, form)
    except BadFile:
        raise
    except EOFError:
        raise BadFile("truncated_file", "the compressed data end before their end") from None
    except Exception as error:
        raise BadFile("unreadable_file", f"not readable as {form.format} ({type(error).__name__})") from None


def records(path: str, form: Form, found: Found, malformed: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
    """The records of a file that `look` found whole: the columns asked for, and `line` (bigint, from 1).

    Tells `malformed` how many rows it left out.
    """
    for lines, batch in _READ[form.format](path, form, found, malformed):
        yield pa.RecordBatch.from_arrays([*batch.columns, lines], names=[*(c for c, _, _ in found.columns), "line"])
