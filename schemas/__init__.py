"""What a row of each table is; one module per table, all of them in the order data flows."""

from schemas.batches import BATCHES
from schemas.border_crossings import BORDER_CROSSINGS
from schemas.cells import CELLS
from schemas.class_transition import CLASS_TRANSITION
from schemas.country_nights import COUNTRY_NIGHTS
from schemas.country_runs import COUNTRY_RUNS
from schemas.country_since import COUNTRY_SINCE
from schemas.cross_border_communities import CROSS_BORDER_COMMUNITIES
from schemas.cross_border_corridors import CROSS_BORDER_CORRIDORS
from schemas.cross_border_flows import CROSS_BORDER_FLOWS
from schemas.events import EVENTS
from schemas.home_locations import HOME_LOCATIONS
from schemas.intl_call_exposure import INTL_CALL_EXPOSURE
from schemas.intl_calls import INTL_CALLS
from schemas.intl_migration_flow import INTL_MIGRATION_FLOW
from schemas.machines import MACHINES
from schemas.night_quality import NIGHT_QUALITY
from schemas.population_grid import POPULATION_GRID
from schemas.population_map import POPULATION_MAP
from schemas.presence import PRESENCE
from schemas.rejects import REJECTS
from schemas.residents_by_origin import RESIDENTS_BY_ORIGIN
from schemas.runs import RUNS
from schemas.segregation import SEGREGATION
from schemas.subscribers import SUBSCRIBERS
from schemas.transnational_stocks import TRANSNATIONAL_STOCKS
from schemas.transnationals import TRANSNATIONALS
from schemas.trips import TRIPS
from schemas.validations import VALIDATIONS
from schemas.zone_flows import ZONE_FLOWS

TABLES = (
    CELLS,
    SUBSCRIBERS,
    EVENTS,
    REJECTS,
    BATCHES,
    PRESENCE,
    INTL_CALLS,
    COUNTRY_RUNS,
    COUNTRY_SINCE,
    BORDER_CROSSINGS,
    TRIPS,
    HOME_LOCATIONS,
    MACHINES,
    TRANSNATIONALS,
    COUNTRY_NIGHTS,
    POPULATION_GRID,
    POPULATION_MAP,
    CROSS_BORDER_FLOWS,
    RESIDENTS_BY_ORIGIN,
    TRANSNATIONAL_STOCKS,
    CROSS_BORDER_CORRIDORS,
    ZONE_FLOWS,
    CROSS_BORDER_COMMUNITIES,
    INTL_MIGRATION_FLOW,
    CLASS_TRANSITION,
    INTL_CALL_EXPOSURE,
    SEGREGATION,
    VALIDATIONS,
    NIGHT_QUALITY,
    RUNS,
)
BY_NAME = {table.name: table for table in TABLES}

__all__ = [
    "BATCHES",
    "BORDER_CROSSINGS",
    "BY_NAME",
    "CELLS",
    "CLASS_TRANSITION",
    "COUNTRY_NIGHTS",
    "COUNTRY_RUNS",
    "COUNTRY_SINCE",
    "CROSS_BORDER_COMMUNITIES",
    "CROSS_BORDER_CORRIDORS",
    "CROSS_BORDER_FLOWS",
    "EVENTS",
    "HOME_LOCATIONS",
    "INTL_CALLS",
    "INTL_CALL_EXPOSURE",
    "INTL_MIGRATION_FLOW",
    "MACHINES",
    "NIGHT_QUALITY",
    "POPULATION_GRID",
    "POPULATION_MAP",
    "PRESENCE",
    "REJECTS",
    "RESIDENTS_BY_ORIGIN",
    "RUNS",
    "SEGREGATION",
    "SUBSCRIBERS",
    "TABLES",
    "TRANSNATIONALS",
    "TRANSNATIONAL_STOCKS",
    "TRIPS",
    "VALIDATIONS",
    "ZONE_FLOWS",
]
