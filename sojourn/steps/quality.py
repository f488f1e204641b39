"""The page on the night's quality."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from jobs import night_quality as job
from schemas import NIGHT_QUALITY
from sojourn import disclosure
from sojourn.audit import recalled
from sojourn.lake import in_pandas
from sojourn.steps import Done

if TYPE_CHECKING:
    from sojourn.night import Night


def night_quality(night: "Night", days: Sequence[date] = ()) -> Done:
    """The dates on which the figures that the checks saw have changed."""
    known = night.audit.known()
    verdicts = known[known["table"] != NIGHT_QUALITY.name]
    if verdicts.empty:
        return None
    seen = recalled(verdicts, ["rows", "devices", *job.SHARES])
    failed = verdicts[~verdicts["success"]].groupby(["date", "table"]).size().rename("checks_failed").reset_index()
    made = job.transform(seen, failed, sorted(set(verdicts["date"])), night.conf.disclosure.k)
    units = job.changed(made, in_pandas(night.lake.rows(NIGHT_QUALITY)))
    if not units:
        return None
    frame = night.lake.frame(NIGHT_QUALITY, made[made["date"].isin(units)])
    night.audit.release(disclosure.unlocked(NIGHT_QUALITY, frame), units, {})
    return f"{len(units)} dates", len(units)
