"""Flows between the zones of two countries whose operators publish lakes: by their published tables alone."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from schemas import CROSS_BORDER_FLOWS, POPULATION_GRID, ZONE_FLOWS
from sojourn.config import Config
from sojourn.errors import ConfigError
from sojourn.lake import Lake, in_pandas
from sojourn.methods.linking import Floats, centres, distances, linked
from sojourn.methods.zones import UNKNOWN
from sojourn.session import start
from sojourn.table import Table

NOTE = (
    "estimated: how many left each zone and came to each zone is known, which went where is not; "
    "raked to both margins from distances"
)
COLUMNS = ["month", "from_country", "from_zone", "to_country", "to_zone", "flow", "unit", "obs_status", "note"]


class Side:
    """What one operator publishes."""

    def __init__(self, conf: Config, root: str) -> None:
        self.flows, self.zones, self.grid = (
            _rows(conf, root, table) for table in (CROSS_BORDER_FLOWS, ZONE_FLOWS, POPULATION_GRID)
        )
        own = self.zones.loc[self.zones["from_zone"].notna(), "from_country"].unique()
        if len(own) != 1:
            where, hint = f"{root}/published/zone_flows", "sojourn run … --provisional makes it"
            raise ConfigError("has no flows between zones: it is not known whose lake it is", where=where, hint=hint)
        self.country = str(own[0])


def both_ways(conf: Config, other: str, decay: float) -> pd.DataFrame:
    """The columns COLUMNS, from our zones to theirs and back; `other` is the root of their lake.

    Raises:
        ConfigError: it is of our own country, or does not say of which.
    """
    ours, theirs = (Side(conf, root) for root in (conf.lake, other))
    if ours.country == theirs.country:
        raise ConfigError("is a lake of the same country", where=other, hint="name that of another country's operator")
    return pd.concat([between(ours, theirs, decay), between(theirs, ours, decay)], ignore_index=True)


def _rows(conf: Config, root: str, table: Table) -> pd.DataFrame:
    """The newest rows of a published table; none where it is not there."""
    lake: Any = Lake(start(conf.spark) if "://" in root else None, root)
    head = lake.head(table)
    return pd.DataFrame(columns=table.names) if head is None else in_pandas(lake.rows(table, version=head.version))


def between(here: Side, there: Side, decay: float) -> pd.DataFrame:
    """Flows of the residents of zones here in zones there, month by month: the columns COLUMNS."""
    gone = here.flows[(here.flows["to_country"] == there.country) & (here.flows["from_zone"] != UNKNOWN)]
    came = there.zones[(there.zones["from_country"] == here.country) & there.zones["from_zone"].isna()]
    unit = "persons" if len(gone) and gone["persons"].notna().all() else "devices"
    parts = []
    for month in sorted(set(gone["month"]) & set(came["month"])):
        rows, columns = gone[gone["month"] == month], came[came["month"] == month]
        rows, columns = rows.sort_values("from_zone"), columns.sort_values("to_zone")
        km = _apart(here, rows["from_zone"].tolist(), there, columns["to_zone"].tolist())
        flow = linked(rows[unit].astype("float64"), columns["devices"].astype("float64"), km, decay)
        pairs = pd.MultiIndex.from_product([rows["from_zone"], columns["to_zone"]], names=["from_zone", "to_zone"])
        made = pairs.to_frame(index=False).assign(flow=np.round(flow.ravel(), 3), month=month)
        parts.append(made.assign(from_country=here.country, to_country=there.country))
    found = pd.concat(parts) if parts else pd.DataFrame(columns=COLUMNS)
    return found.assign(unit=unit, obs_status="E", note=NOTE)[COLUMNS]


def _apart(here: Side, zones: Sequence[str], there: Side, others: Sequence[str]) -> Floats | None:
    """Kilometres between zones; None where a grid does not know one of them."""
    known = [centres(side.grid) if len(side.grid) else {} for side in (here, there)]
    if not set(zones) <= known[0].keys() or not set(others) <= known[1].keys():
        return None
    return distances(np.array([known[0][z] for z in zones]), np.array([known[1][z] for z in others]))
