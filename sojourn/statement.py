"""What every published row says of itself: how much of its time the lake has, and by which definition it was made.

The third thing, `obs_status`, is for the job to say. It is filled in at one place, where published tables are written,
so that no table can be forgotten.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import jobs
from schemas import COUNTRY_RUNS, INTL_CALL_EXPOSURE, INTL_CALLS, PRESENCE
from sojourn import clock, disclosure
from sojourn.config import Config
from sojourn.disclosure import Released
from sojourn.journal import release_name
from sojourn.lake import Lake
from sojourn.table import Table


def rules(conf: Config, params: Mapping[str, Any]) -> dict[str, Any]:
    """What figures depend on beside the parameters of the tables they are made of."""
    nights = params["home_locations"]
    return {
        "release": release_name(),
        "k": conf.disclosure.k,
        "resolution": conf.resolution,
        "inbound": sorted(conf.weights.inbound.items()),
        "night": (nights.night_from, nights.night_to),
        "late_days": conf.longest_late_days,
    }


@dataclass(frozen=True)
class Statement:
    """What is stated of the tables of one lake.

    params: of every table. rules: what else figures depend on: of the configuration, and the release.
    """

    lake: Lake
    params: Mapping[str, Any]
    rules: Mapping[str, Any]

    def stated(self, released: Released, units: Sequence[date]) -> Released:
        """The same rows with `coverage` and `definition_id`, and `obs_status` where they have none."""
        table = released.table
        timeless = not table.unit or (table.unit == "date" and table.name in disclosure.OPEN)
        return disclosure.stated(released, {} if timeless else self._coverage(table, units), self.definition(table))

    def _coverage(self, table: Table, units: Sequence[date]) -> dict[date, float]:
        """Share of the days of each unit on which somebody was seen, by a table that is built before."""
        rests = _rests_on(table)
        first = (
            (INTL_CALLS,) if table is INTL_CALL_EXPOSURE else (COUNTRY_RUNS, PRESENCE)
        )  # calls may have expired before
        seen, out = self.lake.units(next(t for t in first if t.name in rests)), {}
        for unit in units:
            last = clock.last_day(unit) if table.unit == "month" else unit
            wanted = clock.days(last - timedelta(table.reach - 1) if table.reach else unit, last)
            out[unit] = sum(day in seen for day in wanted) / len(wanted)
        return out

    def definition(self, table: Table) -> str:
        """The table's name and a fingerprint of its columns, of the rules, and of all parameters that it rests on."""
        columns = [(c.name, c.type) for c in table.columns]
        rests = [(name, repr(self.params[name])) for name in sorted(_rests_on(table)) if name in self.params]
        told = repr((columns, rests, sorted(self.rules.items())))
        return f"{table.name}:{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def _rests_on(table: Table) -> set[str]:
    """The tables that a table is made of, itself and those of its sources among them."""
    reads = {job.WRITES.name: [t.name for t in job.READS] for job in jobs.JOBS}
    found, ask = set[str](), [table.name]
    while ask:
        name = ask.pop()
        if name not in found:
            found.add(name)
            ask += reads.get(name, [])
    return found
