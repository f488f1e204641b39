"""The upkeep of a lake: rows that have expired go, small files become few, files that nobody needs any more go.

Age is counted from the newest landing day, not from the day on the wall: a lake that stands still forgets nothing by
itself, and one that is filled with years of the past at once keeps of them what it would have kept night by night.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow.compute as pc
from pyspark.sql import functions as F

from schemas import BATCHES, BORDER_CROSSINGS, COUNTRY_RUNS, EVENTS, INTL_CALLS, MACHINES, PRESENCE, SUBSCRIBERS, TABLES
from sojourn.errors import ConfigError
from sojourn.lake import Lake
from sojourn.night import Night
from sojourn.pseudonym import digits, pseudonym
from sojourn.table import Table

WEEK_H = 168  # of older versions that can still be read: as long as a night may be late
MANY = 8  # files of a partition: more are made one
YEAR, MONTH = 365, 31


@dataclass(frozen=True)
class Kept:
    """What upkeep did with a table, or would do: units that expired, files made one."""

    table: str
    expired: int
    compacted: int


def least(night: Night) -> dict[str, int]:
    """Days that rows must be kept for the nights to come, by table; of every other table, `*`."""
    late, p = night.conf.longest_late_days + 2, night.params
    homes = max(p["home_locations"].window_days, p["machines"].window_days) + MONTH
    return {
        EVENTS.name: late,
        INTL_CALLS.name: late + MONTH,
        PRESENCE.name: late + max(homes, p["population_map"].look_back_days),
        BORDER_CROSSINGS.name: late + MONTH + p["cross_border_flows"].belt_days,
        MACHINES.name: late + MONTH + YEAR,
        COUNTRY_RUNS.name: late + MONTH + max(YEAR, p["border_crossings"].look_back_days),
        "*": late + 3 * MONTH,
    }


def upkeep(night: Night, try_only: bool = False) -> Iterator[Kept]:
    """Go over every table that is there. Of published months every version stays.

    Raises:
        ConfigError: `retention_days` is shorter than what later nights look back on, or of a table that must be kept.
    """
    lake, newest = night.lake, night.newest()
    refuse(night)
    for table in [t for t in TABLES if lake.exists(t)]:
        expired = compacted = 0
        days = night.conf.retention_days.get(table.name)
        if days is not None and newest is not None:
            expired = expire(lake, table, newest - timedelta(days), try_only)
        if newest is not None and (age := table.age) and (full := lake.crowded(table, age, MANY)):
            old = [u for u in full if u < newest - timedelta(night.conf.longest_late_days)]
            if old and not try_only:
                compacted = lake.compact(table, F.col(age).isin(old))
        if not try_only and not table.trail:
            lake.vacuum(table, WEEK_H)
        yield Kept(table.name, expired, compacted)


def refuse(night: Night) -> None:
    """See `upkeep`."""
    shortest = least(night)
    for name, days in night.conf.retention_days.items():
        table = next(t for t in TABLES if t.name == name)
        if table.tier != "restricted" or not table.age or table is BATCHES:
            raise night.conf.wrong(f"retention_days.{name}", "must be kept whole", "leave it out")
        if days < (need := shortest.get(name, shortest["*"])):
            what = f"is {days}, and nights to come look back on {need} days"
            raise night.conf.wrong(f"retention_days.{name}", what, f"{need} or more, or leave it out")


def expire(lake: Lake, table: Table, before: date, try_only: bool = False) -> int:
    """Take out the rows of units before a date; how many units."""
    old = sorted(u for u in lake.units(table, table.age) if u < before)
    if old and not try_only:
        lake.take_out(table, F.col(table.age) < F.lit(before), expired=str(before))
    return len(old)


def forget(night: Night, subscribers: Iterable[str], now: bool) -> Iterator[tuple[str, int]]:
    """Take the rows of subscribers out of every table about devices; a table and how many rows went.

    subscribers: IMSI or MSISDN, digits. now: their files go at once, and not with the next upkeep a week on.
    """
    lake, key = night.lake, night.conf.key.get_secret_value().encode()
    named = [pseudonym(key, s) for s in subscribers]
    # who is named by the number, and known by the IMSI; the register itself stays: it must know who has opted out
    register = lake.rows(SUBSCRIBERS, pc.field("alias").isin(named))["device"].to_pylist()
    gone = night.spark.createDataFrame([(d,) for d in {*named, *register}], "device bigint")
    for table in [t for t in TABLES if "device" in t.names and t is not SUBSCRIBERS and lake.exists(t)]:
        lake.put_back(table)  # what a killed night wrote may be about them too
        mine = lake.read(table).join(F.broadcast(gone), "device", "left_semi").count()
        if mine:
            lake.take_out(table, gone)
        if now:
            lake.vacuum(table, 0)
        yield table.name, mine


def read_subscribers(lines: Iterable[str]) -> list[str]:
    """IMSI or MSISDN, a line each, as their digits.

    Raises:
        ConfigError: a line is none; it is told by its number, not shown.
    """
    out = []
    for n, line in enumerate(lines, 1):
        if line.strip():
            # 00 is how a number may begin that is dialled, and how the IMSIs of test networks do
            known = {d for kind in ("imsi", "msisdn") if (d := digits(line, kind))}
            if not known:
                raise ConfigError("is no IMSI or MSISDN: 6 to 15 digits", where=f"line {n}")
            out += sorted(known)
    if not out:
        raise ConfigError("names nobody", where="--file", hint="a line for each subscriber")
    return out
