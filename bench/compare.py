"""Whether sojourn's tables and the analyst's hold the same rows: counts and hashes that do not mind the order.

    python bench/compare.py --lake bench/data/example/lake --analyst /tmp/analyst

Every column of events, presence and home_locations counts, and how many records were rejected for which reason. Exit
code 1 where anything differs; then it says in which columns.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
from deltalake import DeltaTable

from schemas import EVENTS, HOME_LOCATIONS, PRESENCE, REJECTS
from sojourn.table import Table

COMPARED = {t: tuple(t.names) for t in (EVENTS, PRESENCE, HOME_LOCATIONS)} | {REJECTS: ("batch", "file", "reason", "n")}
SAME = {"timestamp": "epoch_us({})", "int": "{}::bigint"}  # how a type is brought to one form; others are cast to it


@dataclass(frozen=True)
class Rows:
    """How many rows a table has, and the sum of a 64-bit hash of each."""

    count: int
    hashes: int


def _values(table: Table) -> list[str]:
    kinds = {c.name: c.type for c in table.columns}
    kinds = {name: {"string": "varchar"}.get(kind, kind) for name, kind in kinds.items()}
    return [SAME.get(kinds[name], f"{{}}::{kinds[name]}").format(f'"{name}"') for name in COMPARED[table]]


def rows(con: duckdb.DuckDBPyConnection, table: Table, files: list[str]) -> Rows:
    """The rows in some Parquet files; what is not in a file stands in its path."""
    found = con.execute(
        f"select count(*), coalesce(sum(hash({', '.join(_values(table))})::hugeint), 0)"
        " from read_parquet(?, hive_partitioning = true)",
        [files],
    ).fetchone()
    assert found
    return Rows(*found)


def differing(con: duckdb.DuckDBPyConnection, table: Table, sides: list[list[str]]) -> list[str]:
    """The columns whose values are not the same on both sides."""
    sums = ", ".join(f"sum(hash({value})::hugeint)" for value in _values(table))
    query = f"select {sums} from read_parquet(?, hive_partitioning = true)"
    mine, theirs = (con.execute(query, [files]).fetchone() or () for files in sides)
    return [name for name, a, b in zip(COMPARED[table], mine, theirs, strict=True) if a != b]


def compare(lake: Path, analyst: Path) -> dict[str, Rows]:
    """The rows of both sides, by table.

    Raises:
        ValueError: they are not the same; says which.
    """
    con, out, wrong = duckdb.connect(config={"threads": 2}), {}, []
    for table in COMPARED:
        live = [str(f) for f in DeltaTable(str(lake / table.tier / table.name)).file_uris()]
        sides = [live, [str(f) for f in (analyst / table.name).rglob("*.parquet")]]
        mine, theirs = (rows(con, table, files) for files in sides)
        out[table.name] = mine
        if mine != theirs:
            columns = ", ".join(differing(con, table, sides)) or "rows as a whole"
            wrong.append(f"{table.name}: {mine.count:,} rows and {theirs.count:,} of the analyst; other: {columns}")
    if wrong:
        raise ValueError("\n".join(wrong))
    return out


def main() -> None:
    """The command line."""
    assert __doc__
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--lake", type=Path, required=True, help="folder of sojourn's tables")
    ask.add_argument("--analyst", type=Path, required=True, help="folder that bench/duck.py wrote to")
    a = ask.parse_args()
    try:
        same = compare(a.lake, a.analyst)
    except ValueError as error:
        sys.exit(str(error))
    for name, found in same.items():
        print(f"{name}: {found.count:,} rows, the same (sum of hashes {found.hashes})")


if __name__ == "__main__":
    main()
