"""Stays of devices in countries that are not those of their SIMs: ours abroad, foreign ones here.

Sources: eurostat/multimno (outbound trips and inbound trips end differently; a night contains 04:00 by the clock of the
destination); the 72 hours of silence are its limit for trips abroad, taken here for foreign subscribers.
"""

from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame

from schemas import COUNTRY_RUNS, COUNTRY_SINCE, TRIPS
from sojourn.errors import bounded
from sojourn.methods.brief import BOUNDS, Brief
from sojourn.methods.stays import Rule, Span, stays

READS, WRITES, EVERY = (COUNTRY_RUNS, COUNTRY_SINCE), TRIPS, "date"


@dataclass(frozen=True)
class Params:
    """When a stay ends, and when it is a passage. Defaults: docs/methods.md.

    gap_hours: of silence that end the stay of a foreign subscriber here. transit_hours: of the longest stay that the
    signs allow, from the last one elsewhere to the next, below which it is a transit. A stay of the operator's own
    phone is accidental if its signs span fewer than catch_minutes (0: none is), between signs at home within
    catch_bracket_minutes; it stays a row.
    """

    gap_hours: int = 72
    transit_hours: int = 3
    catch_minutes: int = 30
    catch_bracket_minutes: int = 60

    def __post_init__(self) -> None:
        bounded(self, "trips", {"gap_hours": (1, 24 * 60), "transit_hours": (0, 24)} | BOUNDS)


def transform(runs: DataFrame, days: tuple[date, date], home: str, home_zone: str, p: Params) -> DataFrame:
    """Rows of `trips`: all of them; or, from the rows of `country_since` on, those of its month and of later ones.

    Args:
        runs: all rows of `country_runs`; or those since a month began, and the rows of `country_since` for it.
        days: the first landing day, before which nobody listened, and the last day built, up to which open stays last.
        home: country of the operator, ISO 3166-1 alpha-2.
        home_zone: its time zone.
        p: parameters.
    """
    brief = Brief(p.catch_minutes, p.catch_bracket_minutes)
    found = stays(runs, Span(*days, home, home_zone), Rule(p.gap_hours, p.transit_hours, brief=brief))
    return found.select(*TRIPS.names)
