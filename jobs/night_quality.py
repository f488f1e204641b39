"""How good a night is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from schemas import NIGHT_QUALITY, VALIDATIONS

READS, WRITES, EVERY = (VALIDATIONS,), NIGHT_QUALITY, "night"
SHARES = ("share_rejected", "share_unplaced", "cells_reporting_share")


@dataclass(frozen=True)
class Params:
    """None: `disclosure.k` decides what is shown."""


def transform(measured: pd.DataFrame, failed: pd.DataFrame, units: Sequence[date], k: int) -> pd.DataFrame:
    """Rows of `night_quality`: counts and rates of whole tables, hidden where fewer than k devices stand behind them.

    Where a row is a device, the count of rows is one of devices: it is told in steps of k, for two releases of it may
    not be subtracted.

    Args:
        measured: date, table, rows, devices (null: the table is not about devices) and the shares.
        failed: date, table, checks_failed.
        units: dates to give rows for.
        k: devices.
    """
    rows = measured[measured["date"].isin(list(units))].merge(failed, on=["date", "table"], how="left")
    hidden = rows["devices"].notna() & (rows["devices"] < k)
    of_devices = rows["devices"].notna() & (rows["devices"] == rows["rows"])
    rows["rows"] = rows["rows"].astype("Float64").mask(of_devices, (rows["rows"] / k).round() * k)
    for name in ("rows", *SHARES):
        rows[name] = rows[name].astype("Float64").mask(hidden)
    rows["rows"] = rows["rows"].astype("Int64")
    rows["checks_failed"] = rows["checks_failed"].astype("Int64").fillna(0).astype(int)
    rows["obs_status"] = ["Q" if h else "A" for h in hidden]
    return rows[NIGHT_QUALITY.given]


def changed(made: pd.DataFrame, before: pd.DataFrame) -> list[date]:
    """The dates whose rows are others than before."""
    now, then = _by_date(made), _by_date(before)
    return [day for day in sorted(now) if now[day] != then.get(day)]


def _by_date(frame: pd.DataFrame) -> dict[date, list[str]]:
    rows = frame[NIGHT_QUALITY.given].astype(object)
    out: dict[date, list[str]] = {}
    for day, row in zip(rows["date"], rows.where(rows.notna(), None).to_numpy().tolist(), strict=True):
        out.setdefault(day, []).append(str(row))
    return {day: sorted(some) for day, some in out.items()}
