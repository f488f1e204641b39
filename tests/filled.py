"""Rows of any table, of which a test gives what it is about."""

from datetime import date, datetime
from typing import Any

import pandas as pd
import pyarrow as pa

from sojourn.lake import at_hand
from sojourn.table import Table

DAY = date(2026, 3, 9)
AT = datetime(2026, 3, 10, 3, 0)
ANY = {"date": DAY, "timestamp": AT, "bigint": 1, "int": 1, "double": 1.0, "string": "", "boolean": False}


def filled(table: Table, rows: list[Any]) -> pa.Table:
    """These rows; of columns that must have a value and are not given, any."""
    made = pd.DataFrame(rows, columns=table.names, dtype=object)
    for c in table.columns:
        if not c.null:
            made[c.name] = made[c.name].where(made[c.name].notna(), ANY[c.type])
    return at_hand(table, made)
