"""The last of the way in: accepted records, the first of equal ones, placed, as rows of `events` in their files."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark import Broadcast
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

from schemas import EVENTS
from sojourn.config import Config
from sojourn.datafiles import FILES, Writer
from sojourn.packing import by_device, firsts
from sojourn.parcels import unpacked
from sojourn.placing import Antennas
from sojourn.pseudonym import key_id
from sojourn.seen import Seen

ROWS = to_arrow_schema(EVENTS.schema, timestamp_utc=True)


@dataclass(frozen=True)
class Settler:
    """What a task must know to make events of records."""

    home: str
    network: str | None  # the only one of the operator's own
    key_id: str
    antennas: Broadcast[Antennas]
    names: Sequence[str]  # of the files
    folder: str | None  # of the table; None: rows go back to Spark

    @staticmethod
    def of(conf: Config, antennas: Broadcast[Antennas], names: Sequence[str], folder: str | None) -> "Settler":
        """As the configuration has it."""
        own = conf.home.plmn
        key = key_id(conf.key.get_secret_value().encode())
        return Settler(conf.home.country, own[0] if len(own) == 1 else None, key, antennas, names, folder)

    @property
    def schema(self) -> Any:
        """Of what the tasks give."""
        return EVENTS.schema if self.folder is None else from_arrow_schema(FILES)

    def settle(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """A task: PARCELS → events."""
        records = unpacked(batches)
        yield from self._out([] if records is None else [self.events(by_device(firsts(records)))])

    def replace(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """A task: rows of `events` → the same, placed by the register as it is now."""
        yield from self._out(self.placed_again(batch) for batch in batches if batch.num_rows)

    def _out(self, events: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        if self.folder is None:
            yield from (e.cast(ROWS) for e in events)
            return
        writer, seen = Writer(Path(self.folder), EVENTS.partition), dict[date, Seen]()
        for e in events:
            writer.write(e)
            for batch in e["batch"].unique():
                mine = e if len(e["batch"].unique()) == 1 else e.filter(pc.equal(e["batch"], batch))
                seen.setdefault(batch.as_py(), Seen(self.home)).add(mine)
        yield writer.close({batch: s.told() for batch, s in seen.items()})

    def events(self, records: pa.RecordBatch) -> pa.RecordBatch:
        """SIFTED records as rows of `events`; columns of few values are dictionaries."""
        n = records.num_rows
        registered, placed = self._place(records)
        roaming = records["visited_plmn"].is_valid().to_numpy(zero_copy_only=False)
        made = placed | {
            "country": _either(records["visited_country"], roaming, self.home, registered),
            "serving_plmn": _either(
                records["visited_plmn"], roaming, self.network, np.full(n, self.network is not None)
            ),
            "key_id": _all(self.key_id, n),
            "file": pa.DictionaryArray.from_arrays(records["file_no"], pa.array(self.names, pa.string())),
        }
        columns = [made[name] if name in made else records[name] for name in ROWS.names]
        return pa.RecordBatch.from_arrays(columns, names=ROWS.names)

    def placed_again(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Of call records the country too; roaming events name no antenna."""
        registered, placed = self._place(rows)
        own = pc.or_(rows["cell_id"].is_valid(), rows["country"].is_null())
        here = pc.if_else(pa.array(registered), self.home, pa.scalar(None, pa.string()))
        made = placed | {"country": pc.if_else(own, here, rows["country"])}
        return pa.RecordBatch.from_arrays(
            [made[name] if name in made else rows[name] for name in ROWS.names], names=ROWS.names
        )

    def _place(self, rows: pa.RecordBatch) -> tuple[Any, dict[str, pa.Array]]:
        at, batch = rows["at"].cast(pa.int64()).to_numpy(), rows["batch"].cast(pa.int32()).to_numpy()
        found = self.antennas.value.place(rows["cell_id"], at, batch)
        return found.registered, {
            "cell": pa.array(found.cell, mask=found.cell == 0),
            "date": pa.array(found.day, pa.int32()).cast(pa.date32()),
            "hour": pa.array(found.hour, pa.int32()),
        }


def _all(value: str | None, n: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, np.int32)), pa.array([value], pa.string()))


def _either(given: pa.DictionaryArray, where: Any, other: str | None, elsewhere: Any) -> pa.DictionaryArray:
    """The values given where they count, else one other value; null where that does not count."""
    values = [*given.dictionary.to_pylist(), other]
    codes = np.where(where, given.indices.fill_null(-1).to_numpy(), np.where(elsewhere, len(values) - 1, -1))
    return pa.DictionaryArray.from_arrays(
        pa.array(codes.astype(np.int32), mask=codes < 0), pa.array(values, pa.string())
    )
