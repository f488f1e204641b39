"""The planted truth as Parquet tables under `truth/`, for those who score what the pipeline finds.

`subscribers` people and dwellings · `trips` stays outside the country of the SIM, and what the signs show of them ·
`classes` kinds of life by country and together (*) · `caught` moments at home that a foreign network wrote down ·
`roots` the country that people with a SIM of this one call home ·
`population` persons of the raster by hour and cell · `present` SIMs by hour and cell · `antennas` where they stand ·
`files`, `dirt` rows and rejects of every file.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import parquet

from sojourn import cells
from sojourn.demo import classes, machines, population
from sojourn.demo.days import ABSENT, Days
from sojourn.demo.dirt import Ledger
from sojourn.demo.heard import Heard
from sojourn.demo.people import HOME_SPOT, MACHINES, NEXT_HOME, RESIDENT, SPOTS, WORK, People
from sojourn.demo.places import COUNTRIES
from sojourn.demo.radio import Network
from sojourn.demo.signs import Catches
from sojourn.demo.slots import HOUR_S, Clock
from sojourn.demo.stays import Stays

Ints = npt.NDArray[np.int64]

RESOLUTION = population.RESOLUTION
NO_NIGHT_HERE = ("transit", "spill", "commuter_in", "long_stayer_out", "machine_out")
GAP_S = 72 * HOUR_S
INSTANT = pa.timestamp("us", tz="UTC")


def save(path: Path, columns: dict[str, Any]) -> None:
    """Writes a truth table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(
        pa.table({name: pa.array(values) for name, values in columns.items()}), path, compression="zstd"
    )


def spot_cells(folk: People) -> Ints:
    """The H3 cell of every place of every person, shape (people, spots)."""
    flat = folk.points.reshape(-1, 2)
    at = np.asarray(cells.cell_of(flat[:, 0], flat[:, 1], RESOLUTION), dtype=np.int64).reshape(len(folk), len(SPOTS))
    daily = folk.of("commuter_in")  # at home they are abroad: on their way they are seen where they work
    at[daily, HOME_SPOT] = at[daily, WORK]
    return at


def subscribers(folk: People, net: Network, clock: Clock, at: Ints) -> dict[str, Any]:
    """One row per person and dwelling: two for those who move. `at` are the cells of `spot_cells`."""
    antenna = np.asarray(cells.cell_of(net.sites[:, 0], net.sites[:, 1], RESOLUTION), dtype=np.int64)
    days, end = clock.dates(), clock.start + timedelta(days=clock.days - 1)
    rows: dict[str, list[Any]] = {name: [] for name in _SUBSCRIBER}
    habit = machines.habits(folk)
    for who in range(len(folk)):
        moves = int(folk.moves_on[who])
        here = folk.kind[who] not in NO_NIGHT_HERE
        dwellings: list[tuple[int, date, date]] = [(HOME_SPOT, clock.start, end)]
        if moves < clock.days:
            dwellings = [(HOME_SPOT, clock.start, days[moves - 1]), (NEXT_HOME, days[moves], end)]
        for spot, since, until in dwellings:
            lat, lon = folk.points[who, spot].tolist()
            known = here or folk.kind[who] == "commuter_in"
            values = (
                folk.imsi[who],
                folk.msisdn[who] if folk.registered[who] else None,
                str(folk.kind[who]),
                COUNTRIES[folk.origin[who]].code,
                folk.imsi[who][:5],
                bool(folk.opt_out[who]),
                str(folk.kind[who]) in RESIDENT,
                lat if known else None,
                lon if known else None,
                int(at[who, spot]) if here else None,
                int(antenna[folk.sites[who, spot]]) if here else None,
                since,
                until,
                str(habit[who]) or None,
            )
            for name, value in zip(_SUBSCRIBER, values, strict=True):
                rows[name].append(value)
    return rows


_SUBSCRIBER = (
    "imsi", "msisdn", "class", "home_country", "home_plmn", "opt_out", "resident", "home_lat", "home_lon",
    "home_cell", "antenna_cell", "home_from", "home_to", "habit",
)  # fmt: skip


def journeys(folk: People, trips: Stays, clock: Clock, records: Heard, diary: Days) -> dict[str, Any]:
    """One row per stay: the first and last sign of it that landed, how many, and silences of 72 hours between them."""
    since, until = classes.instants(folk, trips, clock)
    slept = classes.nights(folk, trips, clock)
    first, last, signs, silences = _witnessed(folk, trips, clock, records, diary)
    short = until - since < classes.TRANSIT_S
    kind = np.where(slept >= 1, "overnight", np.where(short & ~trips.open & ~trips.began, "transit", "same_day"))
    return {
        "imsi": [folk.imsi[w] for w in trips.who],
        "class": folk.kind[trips.who].tolist(),
        "home_country": [COUNTRIES[c].code for c in folk.origin[trips.who]],
        "country": [COUNTRIES[c].code for c in trips.country],
        "departed_at": _instants(since, trips.began),
        "returned_at": _instants(until, trips.open),
        "nights": slept,
        "kind": kind.tolist(),
        "left_censored": trips.began,
        "absence": trips.absence,
        "contract_trip": _seen_as_one(folk, trips, first, last),
        "first_seen_at": _instants(first, signs == 0),
        "last_seen_at": _instants(last, signs == 0),
        "signs": signs,
        "silences": silences,
    }


def _witnessed(folk: People, trips: Stays, clock: Clock, records: Heard, diary: Days) -> tuple[Ints, ...]:
    slot = (records.at - clock.first - folk.phase_s[records.who]) // HOUR_S
    stay = np.where(slot < 0, -1, diary.stay[records.who, np.maximum(slot, 0)])
    row = np.flatnonzero(stay >= 0)
    row = row[records.country[row] == trips.country[stay[row]]]
    first, last = np.full(len(trips), np.iinfo(np.int64).max), np.zeros(len(trips), dtype=np.int64)
    np.minimum.at(first, stay[row], records.at[row])
    np.maximum.at(last, stay[row], records.at[row])
    stay, at = stay[row], records.at[row]
    order = np.lexsort((at, stay))
    silent = (np.diff(stay[order]) == 0) & (np.diff(at[order]) >= GAP_S)
    silences = np.bincount(stay[order][1:][silent], minlength=len(trips))
    return first, last, np.bincount(stay, minlength=len(trips)), silences


def _seen_as_one(folk: People, trips: Stays, first: Ints, last: Ints) -> Ints:
    """Numbers stays so that those the contract's 72 hours of silence cannot tell apart share one.

    Of a foreign SIM nobody sees the way home: the trip of one who comes every day ends after three silent days. A stay
    that left no sign counts to the one before it.
    """
    silent = first > last
    heard = np.maximum.accumulate(np.where(silent, 0, trips.who << 34 | last)) - (trips.who << 34)  # up to each stay
    same = folk.inbound[trips.who[1:]] & (trips.who[1:] == trips.who[:-1])
    new = np.ones(len(trips), dtype=bool)
    new[1:] = ~(same & (silent[1:] | (first[1:] - heard[:-1] < GAP_S)))
    return np.cumsum(new) - 1


def kinds_of_life(folk: People, trips: Stays, clock: Clock) -> dict[str, Any]:
    found = classes.classes(folk, trips, clock)
    return {
        "imsi": [folk.imsi[f[0]] for f in found],
        "home_country": [COUNTRIES[folk.origin[f[0]]].code for f in found],
        "country": [f[1] for f in found],
        "class": [f[2] for f in found],
        "nights": [f[3] for f in found],
        "visits": [f[4] for f in found],
    }


def present(folk: People, diary: Days, clock: Clock, at: Ints) -> dict[str, Any]:
    """Persons by local date, hour and true H3 cell: residents, and foreign visitors, machines left out."""
    known, index = np.unique(at, return_inverse=True)
    index = index.reshape(at.shape)
    rows = np.arange(len(folk))
    groups = [np.isin(folk.kind, RESIDENT), folk.inbound & ~np.isin(folk.kind, MACHINES)]
    slots, cells_, counts = [], [], []
    for hour in range(clock.n_slots):
        spot = population.spots_at(folk, diary, hour)
        here = (spot >= 0) & (spot != ABSENT)
        persons = np.stack([np.bincount(index[rows[g & here], spot[g & here]], minlength=len(known)) for g in groups])
        some = np.flatnonzero(persons.sum(axis=0))
        slots.append(np.full(len(some), hour))
        cells_.append(known[some])
        counts.append(persons[:, some])
    slot, (residents, visitors) = np.concatenate(slots), np.concatenate(counts, axis=1)
    return {
        "date": pa.array((clock.day[slot] + clock.first_date).astype(np.int32)).cast(pa.date32()),
        "hour": clock.hour[slot].astype(np.int8),
        "cell": np.concatenate(cells_),
        "residents": residents,
        "visitors": visitors,
    }


def roots(folk: People, root: Ints) -> dict[str, Any]:
    """One row per person with a SIM of the country: the country of their roots, null where it is this one."""
    own = np.flatnonzero(~folk.inbound)
    return {
        "imsi": [folk.imsi[w] for w in own],
        "country": [COUNTRIES[c].code if c else None for c in root[own].tolist()],
    }


def caught(folk: People, found: Catches) -> dict[str, Any]:
    """When someone at home was caught by the network across the border: no journey, whatever it looks like."""
    return {
        "imsi": [folk.imsi[w] for w in found.who],
        "country": [COUNTRIES[c].code for c in found.country],
        "at": _instants(found.at, np.zeros(len(found.at), dtype=bool)),
    }


def antennas(net: Network, clock: Clock) -> dict[str, Any]:
    """One row per site: where it stands at first and at last, and what is odd about it."""
    lat, lon = net.sites.T
    last_lat, last_lon = net.at(clock.days).T
    first, end = net.silent_days
    return {
        "site": [c[:-2] for c in net.cell_ids[:: len(net.cell_ids) // len(lat)]],
        "lat": lat,
        "lon": lon,
        "last_lat": last_lat,
        "last_lon": last_lon,
        "moved_on": [clock.dates()[net.moved_on] if s == net.moved else None for s in range(len(lat))],
        "listed_from": [clock.dates()[min(d, clock.days - 1)] for d in net.listed.tolist()],
        "silent_from": [clock.dates()[first] if s else None for s in net.silent],
        "silent_to": [clock.dates()[end - 1] if s else None for s in net.silent],
    }


def files(ledger: Ledger) -> tuple[dict[str, Any], dict[str, Any]]:
    """Every file with its rows and rejects, and the rejects of each by reason."""
    paths = sorted(ledger.rows)
    day = [date.fromisoformat(Path(p).parts[2][:10]) for p in paths]
    rejected = [{r: n for r, n in sorted(ledger.rejected[p].items()) if n} for p in paths]
    dirt = [(i, r, n) for i, reasons in enumerate(rejected) for r, n in reasons.items()]
    whole: dict[str, Sequence[Any]] = {
        "path": paths,
        "source": [Path(p).parts[1] for p in paths],
        "batch": day,
        "rows": [ledger.rows[p] for p in paths],
        "rejected": [sum(r.values()) for r in rejected],
    }
    by_reason = {name: [whole[name][i] for i, _, _ in dirt] for name in ("path", "source", "batch", "rows")}
    return dict(whole), {**by_reason, "reason": [r for _, r, _ in dirt], "n": [n for _, _, n in dirt]}


def _instants(seconds: Ints, unknown: npt.NDArray[np.bool_]) -> Any:
    micros = np.where(unknown, 0, seconds) * 1_000_000
    return pa.array(micros, pa.int64(), mask=unknown).cast(INSTANT)
