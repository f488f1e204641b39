"""How tables are made, in the order of a night. A job is a module: READS, WRITES, EVERY, Params, transform."""

from jobs import cells, country_runs, home_locations, night_quality, presence, subscribers

JOBS = (cells, subscribers, presence, country_runs, home_locations, night_quality)
