"""Parquet files of a partitioned table, written by Arrow where its rows are; the lake takes them in by its log.

Spark writes rows one by one: the same rows of `events` cost it fourteen times as much.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pa_parquet

DATES, NUMBERS, TEXTS = ("date", "batch", "month"), ("bytes", "rows"), ("path", "seen")
FILES = pa.schema(
    [(n, kind) for some, kind in ((TEXTS, pa.string()), (DATES, pa.date32()), (NUMBERS, pa.int64())) for n in some]
)
NOTHING: Mapping[date, str] = MappingProxyType({})
PLAIN = ("at", "device", "line")  # nearly every row has another value: a dictionary would be in vain


@dataclass
class File:
    """A file that is being written; `path` is relative to the table's folder."""

    path: str
    units: dict[str, date]  # what it is partitioned by
    writer: pa_parquet.ParquetWriter
    rows: int = 0


@dataclass
class Writer:
    """Writes rows into the folder of a table that is partitioned by dates, a file for each of its partitions."""

    folder: Path
    by: tuple[str, ...]
    files: dict[int, File] = field(default_factory=dict)

    def write(self, rows: pa.RecordBatch) -> None:
        """Add rows."""
        days = [rows[c].cast(pa.int32()).to_numpy().astype(np.int64) for c in self.by]
        at, rest = reduce(lambda a, b: (a << 32) + b, days), rows.drop_columns(list(self.by))
        for one in pa.array(at).unique().to_pylist():
            mine = at == one
            some = rest if mine.all() else rest.filter(pa.array(mine))
            if one not in self.files:
                row = int(np.argmax(mine))
                self.files[one] = self._file({c: rows[c][row].as_py() for c in self.by}, rest.schema)
            self.files[one].writer.write_batch(some)
            self.files[one].rows += some.num_rows

    def _file(self, units: dict[str, date], schema: pa.Schema) -> File:
        path = f"{'/'.join(f'{name}={unit}' for name, unit in units.items())}/part-{uuid.uuid4()}.parquet"
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        named = [name for name in schema.names if name not in PLAIN]
        writer = pa_parquet.ParquetWriter(
            self.folder / path, schema, compression="zstd", use_dictionary=named, store_schema=False
        )
        return File(path, units, writer)

    def close(self, seen: Mapping[date, str] = NOTHING) -> pa.RecordBatch:
        """End all files; what they are, as FILES, and beside one of a unit (the last of `by`) what was seen of it."""
        for file in self.files.values():
            file.writer.close()
        told = [
            {"path": f.path, "rows": f.rows, "bytes": (self.folder / f.path).stat().st_size, **f.units}
            for f in self.files.values()
        ]
        beside = {f[self.by[-1]]: f for f in told}
        for unit, text in seen.items():
            beside[unit]["seen"] = text
        self.files = {}
        return pa.RecordBatch.from_pylist(told, schema=FILES)
