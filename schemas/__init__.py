"""What a row of each table is; one module per table, all of them in the order data flows."""

from schemas.batches import BATCHES
from schemas.cells import CELLS
from schemas.country_runs import COUNTRY_RUNS
from schemas.events import EVENTS
from schemas.home_locations import HOME_LOCATIONS
from schemas.night_quality import NIGHT_QUALITY
from schemas.presence import PRESENCE
from schemas.rejects import REJECTS
from schemas.subscribers import SUBSCRIBERS
from schemas.validations import VALIDATIONS

TABLES = (
    CELLS,
    SUBSCRIBERS,
    EVENTS,
    REJECTS,
    BATCHES,
    PRESENCE,
    COUNTRY_RUNS,
    HOME_LOCATIONS,
    VALIDATIONS,
    NIGHT_QUALITY,
)
BY_NAME = {table.name: table for table in TABLES}

__all__ = [
    "BATCHES",
    "BY_NAME",
    "CELLS",
    "COUNTRY_RUNS",
    "EVENTS",
    "HOME_LOCATIONS",
    "NIGHT_QUALITY",
    "PRESENCE",
    "REJECTS",
    "SUBSCRIBERS",
    "TABLES",
    "VALIDATIONS",
]
