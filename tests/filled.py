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
    """These rows, as dictionaries or tuples of the first columns; of what must have a value and is not given, any."""
    short = len(rows[0]) if rows and isinstance(rows[0], tuple) else None
    made = pd.DataFrame(rows, columns=table.names[:short], dtype=object).reindex(columns=table.names)
    for c in table.columns:
        if not c.null:
            made[c.name] = made[c.name].where(made[c.name].notna(), ANY[c.type])
    return at_hand(table, made)
