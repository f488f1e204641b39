"""Events as rows and as files are the same events; the files are such as any reader of Parquet takes."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pa_parquet
from test_parcels import DAY, landed, sifted
from test_placing import NEVER

from schemas import EVENTS
from sojourn.clock import Offsets
from sojourn.datafiles import FILES
from sojourn.packing import Packer
from sojourn.placing import Antennas
from sojourn.settling import ROWS, Settler

RECORDS = [
    (0, 1, 0, 1, 5, "A", 1), (0, 2, 0, 1, 5, "A", 1), (0, 3, 0, 1, 5, "A", None), (1, 1, 3, 2, -7, "B", 1),
    (1, 2, -1, 0, 2**62, None, 1), (2, 1, 0, 1, 5, "A", 1), (3, 1, 1, 1, 5, "Z", None),
]  # fmt: skip


@dataclass
class Here:
    """A broadcast value of this process."""

    value: Any


def settler(folder: Path | None) -> Settler:
    one = {"valid_from": [-NEVER], "valid_to": [NEVER], "learned": [-NEVER], "zone": [0], "cell": [77]}
    clock = Offsets.of("Europe/Luxembourg", date(2026, 3, 1), date(2026, 3, 20))
    rows = {name: np.array(v, np.int64) for name, v in one.items()}
    antennas = Antennas(pa.array(["A"]), np.array([0, 1]), rows, [clock], 8)
    names = ["a.csv", "b.csv", "c.csv", "d.csv"]
    return Settler("LU", "27001", "cafe", cast("Any", Here(antennas)), names, folder and str(folder))


def parcels() -> list[pa.RecordBatch]:
    packer = Packer(landed())
    packer.held = [sifted(RECORDS)]
    return list(packer.packed())


def as_rows() -> list[dict[str, Any]]:
    rows = [r for b in settler(None).settle(parcels()) for r in b.to_pylist()]
    return sorted(rows, key=lambda r: (r["file"], r["line"]))


def test_records_become_events() -> None:
    events = as_rows()
    assert [(e["file"], e["line"], e["batch"], e["country"], e["cell"], e["hour"]) for e in events] == [
        ("a.csv", 1, DAY, "LU", 77, 1),  # its second line is equal
        ("a.csv", 3, DAY, "LU", 77, 1),
        ("b.csv", 1, DAY, None, None, 1),  # an antenna that is in no register
        ("b.csv", 2, DAY, None, None, 1),
        ("c.csv", 1, date(2026, 3, 11), "LU", 77, 1),  # equal to the first, in another batch
        ("d.csv", 1, date(2026, 3, 11), None, None, 1),
    ]
    assert {e["key_id"] for e in events} == {"cafe"} and {e["serving_plmn"] for e in events} == {"27001"}


def test_rows_and_files_hold_the_same(tmp_path: Path) -> None:
    told = [f for b in settler(tmp_path).settle(parcels()) for f in b.to_pylist()]
    assert FILES.names == list(told[0])
    found = []
    for f in told:
        table = pa_parquet.ParquetFile(tmp_path / f["path"]).read()
        assert (table.num_rows, (tmp_path / f["path"]).stat().st_size) == (f["rows"], f["bytes"])
        assert f["path"].startswith(f"date={f['date']}/batch={f['batch']}/")
        assert table.schema.types == [ROWS.field(n).type for n in table.schema.names]  # no dictionaries, whole instants
        found += [{**row, "date": f["date"], "batch": f["batch"]} for row in table.to_pylist()]
    assert len({(f["date"], f["batch"]) for f in told}) == len(told)
    assert sorted(found, key=lambda r: (r["file"], r["line"])) == [{n: r[n] for n in found[0]} for r in as_rows()]


def test_rows_are_placed_again_by_another_register() -> None:
    before = pa.RecordBatch.from_pylist(as_rows(), schema=ROWS)
    abroad = {"cell_id": None, "country": "FR", "cell": None}  # a roaming event stays where it was
    before = pa.RecordBatch.from_pylist([*before.to_pylist(), before.to_pylist()[0] | abroad], schema=ROWS)
    value = settler(None)
    learnt = replace(value.antennas.value, ids=pa.array(["B"]))
    (again,) = replace(value, antennas=cast("Any", Here(learnt))).replace([before])
    assert again["cell_id"].to_pylist() == ["A", "A", "B", None, "A", "Z", None]
    assert again["cell"].to_pylist() == [None, None, 77, None, None, None, None]
    assert again["country"].to_pylist() == [None, None, "LU", None, None, None, "FR"]
    assert [f.name for f in again.schema] == EVENTS.names
