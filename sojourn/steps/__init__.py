"""What is due of each table, and how it is built: told by the lake alone, never by what a process remembers."""

from datetime import date, timedelta

import pandas as pd

Done = tuple[str, int] | None  # what was built, in words, and how many units; None: nothing was due
LONG_AGO = date(1000, 1, 1)


def knows(antennas: pd.DataFrame, late_days: int) -> date | None:
    """The first batch or date that may know of these rows of `cells`, late_days before they were learned; or none."""
    learned = antennas["learned"]
    return None if learned.empty else max(LONG_AGO, min(d or LONG_AGO for d in learned)) - timedelta(late_days)
