"""Parquet and ORC, by Arrow."""

from typing import Any

import pyarrow as pa
import pyarrow.orc as pa_orc
import pyarrow.parquet as pa_parquet
from pyspark.sql.pandas.types import from_arrow_type

from sojourn.formats.form import ROWS, BadFile, Columns, Form, Found, Malformed, Records, arrow_type, matched, opened


def look_parquet(path: str, form: Form) -> Columns:
    """Which of the columns asked for a Parquet file has, by its footer."""
    with opened(path) as raw:
        if raw.read(4) != b"PAR1":
            raise BadFile("unreadable_file", "not parquet")
        try:
            file = _parquet(raw)
        except pa.ArrowInvalid:
            raise BadFile("truncated_file", "the footer of the parquet file is missing") from None
        # INT96 is how Spark long wrote instants; Arrow shows it as a time without zone
        leaves = [file.schema.column(i) for i in range(len(file.schema))]
        return _typed(form, file.schema_arrow, frozenset(c.path for c in leaves if c.physical_type == "INT96"))


def look_orc(path: str, form: Form) -> Columns:
    """Which of the columns asked for an ORC file has, by its footer."""
    with opened(path) as raw:
        if raw.read(3) != b"ORC":
            raise BadFile("unreadable_file", "not orc")
        try:
            return _typed(form, pa_orc.ORCFile(raw).schema)
        except (pa.ArrowException, OSError):
            raise BadFile("truncated_file", "the footer of the orc file is missing") from None


def read_parquet(path: str, form: Form, found: Found, malformed: Malformed) -> Records:
    """The records of a Parquet file."""
    line = 1
    with opened(path) as raw:
        for batch in _parquet(raw).iter_batches(ROWS, columns=[name for _, name, _ in found.columns]):
            yield _cast(batch, found, line)
            line += batch.num_rows


def read_orc(path: str, form: Form, found: Found, malformed: Malformed) -> Records:
    """The records of an ORC file, stripe by stripe."""
    line = 1
    with opened(path) as raw:
        file = pa_orc.ORCFile(raw)
        for n in range(file.nstripes):
            stripe = file.read_stripe(n, columns=[name for _, name, _ in found.columns])
            yield _cast(stripe, found, line)
            line += stripe.num_rows


def _parquet(raw: Any) -> pa_parquet.ParquetFile:
    return pa_parquet.ParquetFile(raw, page_checksum_verification=True, coerce_int96_timestamp_unit="us")


def _typed(form: Form, schema: pa.Schema, legacy: frozenset[str] = frozenset()) -> Columns:
    def type_of(name: str) -> str:
        kind = schema.field(name).type
        try:
            return str(from_arrow_type(_plain(kind, name in legacy), True).json())
        except Exception:  # Spark has no such type
            raise BadFile("unreadable_file", f"the column {name} has the type {kind}, which Spark has not") from None

    return matched(form, schema.names, type_of)


def _plain(kind: pa.DataType, utc: bool = False) -> pa.DataType:
    """The Arrow type that a column is read as: what Spark would make of it, with one width for each kind of number."""
    t = pa.types
    if t.is_dictionary(kind):
        return _plain(kind.value_type)
    if t.is_timestamp(kind):
        return pa.timestamp("us", "UTC" if kind.tz or utc else None)
    if t.is_boolean(kind) or t.is_decimal(kind) or t.is_nested(kind):
        return kind
    read_as = (
        ((t.is_integer,), pa.int64()),
        ((t.is_floating,), pa.float64()),
        ((t.is_date,), pa.date32()),
        ((t.is_binary, t.is_large_binary, t.is_fixed_size_binary), pa.binary()),
    )
    return next((plain for tests, plain in read_as if any(test(kind) for test in tests)), pa.string())


def _cast(batch: pa.RecordBatch, found: Found, first: int) -> tuple[pa.Array, pa.RecordBatch]:
    arrays = []
    for _, name, spark in found.columns:
        array, kind = batch.column(batch.schema.get_field_index(name)), arrow_type(spark)
        if pa.types.is_timestamp(array.type) and array.type.tz is None and pa.types.is_timestamp(kind) and kind.tz:
            array = array.cast(pa.timestamp("us"), safe=False).cast(kind)
        arrays.append(array if array.type == kind else array.cast(kind, safe=not pa.types.is_timestamp(kind)))
    lines = pa.array(range(first, first + batch.num_rows), pa.int64())
    return lines, pa.RecordBatch.from_arrays(arrays, names=[a for a, _, _ in found.columns])
