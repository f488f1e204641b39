"""Avro, by fastavro; what it needs other libraries for (Snappy and Zstandard) Arrow decompresses."""

import io
import json
from typing import Any

import fastavro
import pyarrow as pa
from fastavro import _read

from sojourn.formats.form import TEXT, BadFile, Columns, Form, Found, Malformed, Records, arrow_type, matched, opened
from sojourn.formats.objects import json_text

TYPES = {"int": "long", "long": "long", "float": "double", "double": "double", "boolean": "boolean", "bytes": "binary"}
LOGICAL = {"date": "date", "timestamp-millis": "timestamp", "timestamp-micros": "timestamp"}
LOGICAL |= {"local-timestamp-millis": "timestamp_ntz", "local-timestamp-micros": "timestamp_ntz"}
AS_TEXT = ("uuid", "decimal", "time-millis", "time-micros", "duration")


def look(path: str, form: Form) -> Columns:
    """Which of the columns asked for a file has, and whether its blocks are whole."""
    with opened(path) as raw:
        if raw.read(4) != b"Obj\x01":
            raise BadFile("unreadable_file", "not avro")
        raw.seek(0)
        fields = {f["name"]: _type(f["type"]) for f in fastavro.reader(raw).writer_schema["fields"]}
    with opened(path) as raw:
        blocks = fastavro.block_reader(raw)
        if blocks.codec not in _read.BLOCK_READERS:
            raise BadFile("unreadable_file", "compressed in a way that is not known")
        try:
            for _ in blocks:
                pass
        except (EOFError, ValueError, IndexError):
            raise BadFile("truncated_file", "the last block of the avro file is missing") from None
    return matched(form, list(fields), lambda name: json.dumps(fields[name]))


def read(path: str, form: Form, found: Found, malformed: Malformed) -> Records:
    """The records of a file, block by block."""
    line = 1
    with opened(path) as raw:
        for block in fastavro.block_reader(raw):
            rows = list(block)
            arrays = [_array([r[name] for r in rows], spark) for _, name, spark in found.columns]
            lines = pa.array(range(line, line + len(rows)), pa.int64())
            yield lines, pa.RecordBatch.from_arrays(arrays, names=[a for a, _, _ in found.columns])
            line += len(rows)


def _type(kind: Any) -> str:
    """The Spark type of a field: its logical type, else its own, of the only one of a union that is not null."""
    if isinstance(kind, list):
        others = {_type(k) for k in kind if k != "null"}
        return others.pop() if len(others) == 1 else "string"
    if isinstance(kind, dict):
        logical = kind.get("logicalType", "")
        return "string" if logical in AS_TEXT else LOGICAL.get(logical, _type(kind["type"]))
    return TYPES.get(kind, "string") if isinstance(kind, str) else "string"


def _array(values: list[Any], spark: str) -> pa.Array:
    if spark == TEXT:
        return pa.array([_text(v) for v in values], pa.string())
    return pa.array(values, arrow_type(spark))


def _text(value: Any) -> str | None:
    return json_text(value if value is None or isinstance(value, dict | list | bool) else str(value))


def _size(decoder: Any) -> int:
    """The length of a block: Avro's variable-length, zigzag number."""
    number, shift = 0, 0
    while True:
        byte = int(decoder.read(1)[0])
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1)


def _snappy(decoder: Any) -> io.BytesIO:
    data = decoder.read(_size(decoder))
    size = shift = at = 0
    while True:
        size |= (data[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 0x80:
            break
    return io.BytesIO(pa.decompress(data[:-4], size, "snappy", asbytes=True))  # the last four are a checksum


def _zstandard(decoder: Any) -> io.BytesIO:
    data = decoder.read(_size(decoder))
    return io.BytesIO(pa.CompressedInputStream(pa.BufferReader(data), "zstd").read())


_read.BLOCK_READERS |= {"snappy": _snappy, "zstandard": _zstandard}
