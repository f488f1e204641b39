"""What all formats share: what is asked of a file, what was found in it, and how it is rejected."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any

import pyarrow as pa
from isal import igzip
from pyarrow.fs import FileSystem
from pyspark.sql.pandas.types import to_arrow_type
from pyspark.sql.types import StructType

CHUNK = 1 << 20
ROWS = 50_000
LINES_LOOKED_AT = 1_000
GZIP = b"\x1f\x8b"
TEXT = '"string"'  # types are Spark's, in its JSON: they can be read without a session
ONE = '{"fields": [{"name": "c", "type": %s, "nullable": true, "metadata": {}}]}'

Columns = tuple[tuple[str, str, str], ...]  # the column asked for, its name in the file, its Spark type (JSON)
Malformed = Callable[[int], None]
Records = Iterator[tuple[pa.Array, pa.RecordBatch]]  # lines, and the columns in the order of `Columns`


class BadFile(Exception):  # noqa: N818 (the contract's word for a reason is no error of ours)
    """A file that is rejected whole: a reason of `rejects`, and what is wrong, without a value from it."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}")


@dataclass(frozen=True)
class Form:
    """How a feed's files are read: format, options, the columns its expressions name and those that must be there."""

    format: str
    options: dict[str, Any]
    columns: tuple[str, ...]
    required: frozenset[str]

    @property
    def encoding(self) -> str:
        """The character set of a text format."""
        return str(self.options.get("encoding", "utf-8"))


@dataclass(frozen=True)
class Found:
    """What a readable file has: for each column that is asked for, its name in the file and its Spark type (JSON)."""

    columns: Columns


def opened(path: str) -> IO[bytes]:
    """A file of any file system that Arrow knows, for reading."""
    if "://" not in path:
        return open(path, "rb")  # noqa: PTH123 (the caller closes it)
    fs, inner = FileSystem.from_uri(path.replace("s3a://", "s3://", 1))
    stream: IO[bytes] = fs.open_input_file(inner)
    return stream


def text_of(raw: IO[bytes]) -> IO[bytes]:
    """The bytes of a text file that was opened, decompressed where it is gzip, whatever its name."""
    start = raw.read(len(GZIP))
    raw.seek(0)
    stream: IO[bytes] = igzip.IGzipFile(fileobj=raw) if start == GZIP else raw
    return stream


def whole_text(path: str) -> bytes:
    """Read a text file as far as it takes to know that it is whole; its first bytes, as many as a header may need.

    Raises:
        BadFile: it is empty, or no gzip although it is named so.
        EOFError: it is truncated.
    """
    with opened(path) as raw:
        text = text_of(raw)
        if path.endswith(".gz") and text is raw:
            raise BadFile("unreadable_file", "named .gz, but not gzip")
        head = text.read(CHUNK)
        while text is not raw and text.read(CHUNK):
            pass
    if not head.strip():
        raise BadFile("unreadable_file", "the file is empty")
    return head


def matched(form: Form, names: list[str], type_of: Callable[[str], str] = lambda _: TEXT) -> Columns:
    """For each column asked for, its name in the file: as written, else whatever its case.

    Raises:
        BadFile: a column is missing, or cannot be told from another.
    """
    folded: dict[str, list[str]] = {}
    for name in names:
        folded.setdefault(name.lower(), []).append(name)
    out, missing = [], []
    for asked in form.columns:
        same = [n for n in folded.get(asked.lower(), []) if n == asked] or folded.get(asked.lower(), [])
        if len(same) > 1:
            raise BadFile("missing_column", f"the column {asked} is there {len(same)} times")
        if same:
            out.append((asked, same[0], type_of(same[0])))
        else:
            missing.append(asked)
    if missing:
        raise BadFile("missing_column", f"no column {', '.join(missing)}; expressions of the feed read it")
    return tuple(out)


def arrow_type(spark: str) -> pa.DataType:
    """The Arrow type of a Spark type in JSON."""
    return to_arrow_type(StructType.fromJson(json.loads(ONE % spark))["c"].dataType, timestamp_utc=True)


def is_text(value: str) -> bool:
    """Whether a text that was decoded with `surrogateescape` was text in that encoding."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
