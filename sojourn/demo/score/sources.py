"""The planted truth and the tables of the lake, as frames with one name for each device."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import parquet
from pyarrow.fs import LocalFileSystem, SubTreeFileSystem

from schemas import BATCHES
from sojourn.config import Config
from sojourn.demo import slots
from sojourn.errors import ConfigError
from sojourn.pseudonym import pseudonym
from sojourn.table import Table


@dataclass(frozen=True)
class Sources:
    """A lake that was built from a demo country, and the truth behind that country."""

    conf: Config
    truth: Path

    def planted(self, name: str) -> pd.DataFrame:
        """A table of the truth; with a column `device` where it is about people."""
        rows = frame(parquet.read_table(self.truth / f"{name}.parquet"))
        if "imsi" in rows:
            rows["device"] = rows["imsi"].map(self.devices).astype("Int64")
        return rows

    def found(
        self, table: Table, columns: Sequence[str] | None = None, between: tuple[date, date] | None = None
    ) -> pd.DataFrame:
        """Columns of a table of the lake, its newest version; of some dates only, both included."""
        from deltalake import DeltaTable  # only this module needs it

        path = Path(self.conf.lake) / table.tier / table.name
        if not (path / "_delta_log").is_dir():
            hint = f"sojourn run --conf {self.conf.path} --from DATE --to DATE --provisional"
            raise ConfigError(f"the lake has no {table.name}", where=str(path), hint=hint)
        some = None if between is None else [("date", ">=", between[0]), ("date", "<=", between[1])]
        delta = DeltaTable(str(path))
        there = {field.name for field in delta.schema().fields}  # a lake of a release before has fewer columns
        wanted = list(columns or [name for name in table.names if name in there])
        files = SubTreeFileSystem(str(path), LocalFileSystem())  # why: sojourn.lake._dataset
        rows = frame(delta.to_pyarrow_table(columns=wanted, filters=some, filesystem=files))
        if "file" in rows:  # the truth names files from its own folder, the lake from that of the configuration
            rows["file"] = rows["file"].str.replace(r"^.*?(?=landing/)", "", regex=True)
        return rows

    @cached_property
    def devices(self) -> dict[str, int]:
        """The pseudonym of every subscriber."""
        key = self.conf.key.get_secret_value().encode()
        imsi = parquet.read_table(self.truth / "subscribers.parquet", columns=["imsi"])["imsi"]
        return {i: pseudonym(key, i) for i in imsi.unique().to_pylist()}

    @cached_property
    def people(self) -> pd.DataFrame:
        """One row per dwelling of each person."""
        return self.planted("subscribers")

    @cached_property
    def folk(self) -> pd.DataFrame:
        """One row per person who may be found: device, class, home_country; those who opted out are not there."""
        one = self.people[~self.people["opt_out"]].drop_duplicates("imsi")
        return one[["device", "class", "home_country"]].reset_index(drop=True)

    @cached_property
    def newest(self) -> date:
        """The newest landing day that the lake has taken in."""
        newest: date = max(self.found(BATCHES, ["batch"])["batch"])
        return newest

    @cached_property
    def clock(self) -> slots.Clock:
        """The clock of the landing days that the lake has taken in."""
        first = min(self.found(BATCHES, ["batch"])["batch"])
        return slots.clock(first, (self.newest - first).days + 1)


def frame(arrow: Any) -> pd.DataFrame:
    """Whole numbers stay whole where some are missing: a cell needs all its digits."""
    rows: pd.DataFrame = arrow.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    return rows
