"""Another key for a lake: pseudonyms of the old one become those of the new one, or such as nobody can lead back.

Who is listed keeps their rows from `since` on, under the pseudonym that their next record will have. All other rows get
a pseudonym made of the old pseudonym and the new key: still one for each device, so that counts stay, but none that a
later record can have, and found again only by who holds both keys. Why so: docs/decisions/0016-another-key.md.
"""

import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from schemas import EVENTS, SUBSCRIBERS, TABLES, TRIPS
from sojourn.errors import ConfigError
from sojourn.lake import Lake
from sojourn.log import RENAMED
from sojourn.pseudonym import Ids, apart, key_id, pseudonym
from sojourn.stamp import REKEYING
from sojourn.steps import LONG_AGO
from sojourn.table import Table

PERSONS = ("alias", "device")  # columns that hold pseudonyms


@dataclass(frozen=True)
class Keys:
    """From the old key to the new one."""

    old: bytes
    new: bytes

    def renamed(self, devices: Ids, listed: dict[int, int]) -> pa.Table:
        """Of each pseudonym the one it becomes if its subscriber is listed, else null; and the one apart from all."""
        linked = [listed.get(d) for d in devices.tolist()]
        lonely = apart(self.new, devices)
        return pa.table({"was": devices, "linked": pa.array(linked, pa.int64()), "apart": lonely})


def rekey(lake: Lake, keys: Keys, subscribers: Sequence[str], since: date = LONG_AGO) -> Iterator[tuple[str, int, int]]:
    """Go over every table about devices: its name, how many devices it holds, and how many of them are listed.

    A table at a time, each in one commit; what is cut off is done again by the same call. Of every table only the
    newest version stays, so that no two of them, side by side, tell which pseudonym became which.

    Args:
        lake: one that nobody else uses meanwhile.
        keys: both.
        subscribers: IMSI and MSISDN, digits, of those whose rows shall be joined to their next records.
        since: dates before it are joined to nothing that comes.

    Raises:
        ConfigError: the lake has another key, or what was begun was begun with another list; nothing was written.
    """
    listed = {pseudonym(keys.old, s): pseudonym(keys.new, s) for s in subscribers}
    known = _begun(lake, keys, subscribers, since)
    if known is None:
        return
    if REKEYING not in lake.facts():
        _opted_out(lake, listed)
    lake.remember(known)
    new = key_id(keys.new)
    for table in [t for t in TABLES if "device" in t.names and lake.exists(t)]:
        lake.put_back(table)
        n = found = 0
        if lake.consumed(table).get(RENAMED) != new and lake.approved(table) is not None:
            names = keys.renamed(_persons(lake, table), listed)
            n, found = len(names), len(names) - names["linked"].null_count
            notes = lake.consumed(table) | {RENAMED: new}
            if table is SUBSCRIBERS:
                notes["seen"] = {}  # the next night reads the register again, as far as its files are still there
            lake.rename(table, _frame(lake, table, names, since, new), notes)
        lake.vacuum(table, 0)
        yield table.name, n, found
    lake.remember({name: value for name, value in known.items() if name != REKEYING} | {"key": new})


def _begun(lake: Lake, keys: Keys, subscribers: Iterable[str], since: date) -> dict[str, Any] | None:
    """The facts of the lake, with what is under way; None where it is over."""
    known, new = lake.facts(), key_id(keys.new)
    asked = "\n".join([str(since), *sorted(subscribers)]).encode()
    begun = {"to": new, "of": hmac.digest(keys.new, asked, "sha256")[:8].hex()}
    if not known:
        raise ConfigError("there is no lake yet", where=lake.root, hint="sojourn run makes one, with any key")
    if known["key"] == new and REKEYING not in known:
        return None
    if known["key"] != key_id(keys.old):
        raise ConfigError("is not the key that this lake was built with", where="SOJOURN_OLD_KEY")
    if known.get(REKEYING, begun) != begun:
        what = "a change of the key has begun with another key, list or --since"
        raise ConfigError(what, where=lake.root, hint="the same command again: some tables are changed already")
    return known | {REKEYING: begun}


def _opted_out(lake: Lake, listed: dict[int, int]) -> None:
    """Refuse a list without some who have opted out: under the new key nobody would know them."""
    rows = lake.rows(SUBSCRIBERS)
    out = {a for a, gone in zip(rows["alias"].to_pylist(), rows["opt_out"].to_pylist(), strict=True) if gone}
    if missing := len(out - listed.keys()):
        what = f"lacks {missing} IMSI or MSISDN of subscribers who have opted out, whom the new key would not know"
        raise ConfigError(what, where="--file", hint="list all that the register of subscribers has")


def _persons(lake: Lake, table: Table) -> Ids:
    """All pseudonyms of a table."""
    columns = [lake.read(table).select(F.col(name).alias("was")) for name in PERSONS if name in table.names]
    every = columns[0] if len(columns) == 1 else columns[0].union(columns[1])
    out: Ids = every.distinct().toArrow()["was"].to_numpy()
    return out.astype(np.int64)


def _frame(lake: Lake, table: Table, names: pa.Table, since: date, key: str) -> DataFrame:
    """The rows of a table under their new pseudonyms."""
    rows, names_of = lake.read(table), F.broadcast(lake.spark.createDataFrame(names))
    when = "date" if "date" in table.names else table.unit
    late: Column = F.col(when) >= F.lit(since) if when else F.lit(True)
    for column in [c for c in PERSONS if c in table.names]:
        rows = rows.withColumnRenamed(column, "was").join(names_of, "was")
        rows = rows.withColumn(
            column, F.when(late & F.col("linked").isNotNull(), F.col("linked")).otherwise(F.col("apart"))
        )
        if table is EVENTS:
            made = late & F.col("linked").isNotNull()
            rows = rows.withColumn("key_id", F.when(made, F.lit(key)).otherwise(F.col("key_id")))
        rows = rows.drop("was", "linked", "apart")
    if table is TRIPS:  # a hash of the old pseudonym would lead back to it
        absence = Window.partitionBy("device", "trip_id")
        begun = F.min("departed_at").over(absence)
        rows = rows.withColumn("_begun", begun).withColumn("trip_id", F.xxhash64("device", "_begun")).drop("_begun")
    return rows.select(*table.names)
