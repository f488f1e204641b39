"""How tables are made, in the order of a night. A job is a module: READS, WRITES, EVERY, Params, transform."""

from jobs import (
    border_crossings,
    cells,
    country_runs,
    country_since,
    cross_border_flows,
    home_locations,
    machines,
    night_quality,
    population_grid,
    population_map,
    presence,
    residents_by_origin,
    subscribers,
    transnational_stocks,
    transnationals,
    trips,
)

JOBS = (
    cells,
    subscribers,
    presence,
    country_runs,
    country_since,
    border_crossings,
    trips,
    home_locations,
    machines,
    transnationals,
    population_grid,
    population_map,
    cross_border_flows,
    residents_by_origin,
    transnational_stocks,
    night_quality,
)
