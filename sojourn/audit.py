"""Write, audit, publish: what is written is judged before anybody is told of it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame

from schemas import BY_NAME, VALIDATIONS
from sojourn import check
from sojourn.arrivals import AT_HAND_BYTES
from sojourn.disclosure import Released
from sojourn.lake import Lake, Rows, at_hand, in_pandas
from sojourn.statement import Statement
from sojourn.table import Table

LOOK_BACK = timedelta(3 * check.WINDOW)  # holds the units a drift looks back on, and those that look back on it
KEY = list(VALIDATIONS.key)
NOTHING: Mapping[str, DataFrame] = MappingProxyType({})


@dataclass(frozen=True)
class Part:
    """Rows to be written: the units they replace (None: all), and what to note of their making."""

    rows: Rows
    units: Sequence[date] | None
    notes: Mapping[str, Any]


@dataclass
class Audit:
    """The checks of one lake."""

    lake: Lake
    docs: check.Docs | None
    statement: Statement | None = None  # what published rows say of themselves
    _known: tuple[int | None, pd.DataFrame] | None = field(default=None, init=False, repr=False)

    def publish(
        self,
        parts: Mapping[Table, Part],
        units: Sequence[date],
        written: Mapping[Table, int],
        seen: Mapping[str, DataFrame] = NOTHING,
    ) -> None:
        """Write restricted tables, judge them and those `written` just before, and approve all; or put all of it back.

        seen: what the checks look at beside the tables.

        Raises:
            DataError: a critical expectation failed; the verdicts are recorded, the rows are as they were.
        """
        versions = dict(written)
        for table, part in parts.items():
            versions[table] = self.lake.write(table, self._rows(part), part.units, dict(part.notes))
        fresh = {t.name: self.lake.read(t, v) for t, v in versions.items()} | dict(seen)
        verdicts = [v for t in versions for v in self.verdicts(t, units, fresh)]
        if check.critical(verdicts):
            self._record(verdicts, {})
            for table in versions:
                self.lake.put_back(table)
            check.refuse(verdicts)
        self._record(verdicts, {t.name: v for t, v in versions.items()})

    def _rows(self, part: Part) -> Rows:
        """Rows of a part: in memory where they are made of little, for Spark's own way to a table costs seconds."""
        sources = [BY_NAME[name] for name, version in part.notes.get("consumed", {}).items() if version is not None]
        if not isinstance(part.rows, DataFrame) or not sources or not self.lake.local:
            return part.rows
        few = sum(self.lake.weight(source)[2] for source in sources) <= AT_HAND_BYTES
        return part.rows.toArrow() if few else part.rows

    def release(self, released: Released, units: Sequence[date], notes: Mapping[str, Any]) -> None:
        """A published table: stated, held, judged with what it was counted from, and written only if it passes.

        Raises:
            DataError: a critical expectation failed; the last good version stays.
        """
        table = released.table
        if self.statement is not None:
            released = self.statement.stated(released, units)
        made = {
            f"{table.name}.counted": released.counted,
            table.name: released.frame,
        }  # one of the other
        held = {name: frame.persist() for name, frame in made.items() if frame is not None}
        seen: dict[str, DataFrame] = {}
        try:
            rows = {name: self.lake.fetched(frame) for name, frame in held.items()}
            seen = {name: self.lake.shown(some) for name, some in rows.items()}
            verdicts = self.verdicts(table, units, seen)
            if check.critical(verdicts):
                self._record(verdicts, {})
                check.refuse(verdicts)
            version = self.lake.write(table, rows[table.name], units if table.unit else None, dict(notes))
        finally:
            for frame in (*held.values(), *seen.values()):
                frame.unpersist()
        self._record(verdicts, {table.name: version})

    def verdicts(self, table: Table, units: Sequence[date], fresh: Mapping[str, DataFrame]) -> list[check.Verdict]:
        """What a table's expectations say of these units, and of the drift of those after, which look back on them."""
        module = check.expectations(table.name)
        if module is None:
            return []
        frames = {t.name: self.lake.read(t) for t in module.READS if t.name not in fresh} | dict(fresh)
        metrics = module.measure(frames, units).toPandas()
        if table.unit in ("", "month"):  # nothing that drifts
            return check.judge(table.name, module.SUITE, metrics, None, self.docs)
        known = self.known()
        near = known["date"].between(min(units) - LOOK_BACK, max(units) + LOOK_BACK) & ~known["date"].isin(list(units))
        history = check.recall(module.SUITE, known[(known["table"] == table.name) & near])
        out = check.judge(table.name, module.SUITE, metrics, history, self.docs)
        return out + check.judge_drift(table.name, module.SUITE, metrics, history)

    def known(self) -> pd.DataFrame:
        """All verdicts on record; read again only where somebody else has written some."""
        version = self.lake.approved(VALIDATIONS)
        if self._known is None or self._known[0] != version:
            self._known = version, in_pandas(self.lake.rows(VALIDATIONS))
        return self._known[1]

    def _record(self, verdicts: Sequence[check.Verdict], versions: dict[str, int]) -> None:
        """Verdicts take the place of those before on the same expectations; a register's, of all before.

        What is on record of their tables is written again with them: one file a table, however long the history.
        """
        before, version = self.known(), self.lake.approved(VALIDATIONS)
        new = pd.DataFrame([asdict(v) for v in verdicts]).rename(columns={"unit": "date"})
        new["at"] = pd.Timestamp.now("UTC").tz_localize(None)
        tables = sorted(set(new["table"]))
        mine, again = (before["table"].isin(names) for names in (tables, [t for t in tables if not BY_NAME[t].unit]))
        again |= pd.MultiIndex.from_frame(before[KEY]).isin(pd.MultiIndex.from_frame(new[KEY]))
        rows = pd.concat([before[mine & ~again], new]) if len(before) else new
        self.lake.approve(at_hand(VALIDATIONS, rows), versions)
        written = self.lake.approved(VALIDATIONS)
        if written == (version or 0) + 1:
            self._known = written, pd.concat([before[~mine], rows]) if len(before) else rows
        if self.docs:
            self.docs.write()


def recalled(verdicts: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Figures that the checks saw, by date and table: those of `columns` that a table's expectations look at."""
    out = []
    for table in sorted(set(verdicts["table"])):
        module = check.expectations(table)
        if module is not None:
            seen = check.recall(module.SUITE, verdicts[verdicts["table"] == table]).rename(columns={"unit": "date"})
            out.append(seen.reindex(columns=["date", *columns]).assign(table=table))
    return pd.concat(out).astype(dict.fromkeys(columns, "Float64"))
