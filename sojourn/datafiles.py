"""Parquet files of a partitioned table, written by Arrow where its rows are; the lake takes them in by its log.

Spark writes rows one by one: the same rows of `events` cost it fourteen times as much.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pa_parquet

from sojourn.clock import EPOCH

DATES, NUMBERS, TEXTS = ("date", "batch"), ("bytes", "rows"), ("path", "seen")
FILES = pa.schema(
    [(n, kind) for some, kind in ((TEXTS, pa.string()), (DATES, pa.date32()), (NUMBERS, pa.int64())) for n in some]
)
PLAIN = ("at", "device", "line")  # nearly every row has another value: a dictionary would be in vain


@dataclass
class File:
    """A file that is being written; `path` is relative to the table's folder."""

    path: str
    units: tuple[date, date]  # date and batch
    writer: pa_parquet.ParquetWriter
    rows: int = 0


@dataclass
class Writer:
    """Writes rows with the columns date and batch into the folder of a table, a file for each pair of them."""

    folder: Path
    files: dict[tuple[int, int], File] = field(default_factory=dict)

    def write(self, rows: pa.RecordBatch) -> None:
        """Add rows."""
        days, batches = (rows[c].cast(pa.int32()).to_numpy().astype(np.int64) for c in ("date", "batch"))
        both, rest = (days << 32) + batches, rows.drop_columns(["date", "batch"])
        for one in pa.array(both).unique().to_pylist():
            day, batch = divmod(one, 1 << 32)
            mine = both == one
            some = rest if mine.all() else rest.filter(pa.array(mine))
            if (day, batch) not in self.files:
                self.files[day, batch] = self._file(day, batch, rest.schema)
            self.files[day, batch].writer.write_batch(some)
            self.files[day, batch].rows += some.num_rows

    def _file(self, day: int, batch: int, schema: pa.Schema) -> File:
        at, landed = (EPOCH + timedelta(n) for n in (day, batch))
        path = f"date={at}/batch={landed}/part-{uuid.uuid4()}.parquet"
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        named = [name for name in schema.names if name not in PLAIN]
        writer = pa_parquet.ParquetWriter(
            self.folder / path, schema, compression="zstd", use_dictionary=named, store_schema=False
        )
        return File(path, (at, landed), writer)

    def close(self, seen: Mapping[date, str]) -> pa.RecordBatch:
        """End all files; what they are, as FILES, and what was seen of a batch beside one of its files."""
        for file in self.files.values():
            file.writer.close()
        told = [
            {"path": f.path, "date": f.units[0], "batch": f.units[1], "rows": f.rows}
            | {"bytes": (self.folder / f.path).stat().st_size}
            for f in self.files.values()
        ]
        beside = {f["batch"]: f for f in told}
        for batch, text in seen.items():
            beside[batch]["seen"] = text
        self.files = {}
        return pa.RecordBatch.from_pylist(told, schema=FILES)
