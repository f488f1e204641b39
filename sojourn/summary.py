"""What a run found: the closing screen."""

from datetime import date
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from schemas import BATCHES, EVENTS, HOME_LOCATIONS, REJECTS
from sojourn import clock
from sojourn.audit import recalled
from sojourn.lake import in_pandas

if TYPE_CHECKING:
    from sojourn.night import Night


def summary(night: "Night", first: date, last: date) -> list[tuple[str, str]]:
    """Facts about the landing days from the first to the last, as (what, how much)."""
    lake, conf = night.lake, night.conf
    days = (pc.field("batch") >= first) & (pc.field("batch") <= last)
    batches, rejects = (in_pandas(lake.rows(table, days)) for table in (BATCHES, REJECTS))
    files, accepted, rejected = batches["file"].count(), batches["rows_accepted"].sum(), batches["rows_rejected"].sum()
    counts = rejects.groupby("reason")["n"].sum().sort_index().sort_values(ascending=False, kind="stable")
    reasons = ", ".join(f"{n:,} {reason}" for reason, n in counts.items())
    closed = clock.month_of(clock.later(first, -conf.longest_late_days - 1))  # the oldest month that they could close
    homes = lake.tally(HOME_LOCATIONS, ["month", "status"], closed, last)
    known = night.audit.known()
    failed = known[~known["success"].astype(bool)]["severity"].value_counts()
    return [
        ("read", f"{batches['rows_read'].sum():,} records in {files:,} files"),
        ("accepted", f"{accepted:,}"),
        ("rejected", f"{rejected:,}: {reasons}" if rejected else "none"),
        ("placed", f"{_placed(night, first, last)} of the accepted"),
        *((f"homes {month:%Y-%m}", f"{n:,} {status}") for (month, status), n in homes),
        ("checks that failed", ", ".join(f"{n} {severity}" for severity, n in failed.items()) or "none"),
        ("lake", conf.lake),
        ("data docs", f"{conf.lake}/data_docs/index.html"),
        ("purpose", conf.purpose),
    ]


def _placed(night: "Night", first: date, last: date) -> str:
    """The share of the events of these landing days that have a place, as the checks saw it."""
    known = night.audit.known()
    mine = known[(known["table"] == EVENTS.name) & known["date"].between(first, last)]
    if mine.empty:
        return "–"
    seen = recalled(mine, ["rows", "share_unplaced"]).dropna()
    rows = seen["rows"].sum()
    return f"{1 - (seen['share_unplaced'] * seen['rows']).sum() / rows:.1%}" if rows else "–"
