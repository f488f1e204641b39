"""The map of one date: counts by hour and antenna become counted rows, hour by hour."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sojourn.cells import resolution_of
from sojourn.methods.cellkey import VARIANCE
from sojourn.methods.counting import KEYS
from sojourn.methods.dasymetry import Served, rows_of
from sojourn.methods.hour_map import NO_CELL, Heard, Rows, hour_map
from sojourn.methods.interval import Z90, deviation, model_error
from sojourn.methods.present import counts
from sojourn.methods.tiling import levels
from sojourn.methods.weights import MICRO
from sojourn.methods.whereabouts import ABROAD

AT_HOME = 3  # the hour in which people are where the grid counts them
UNRELIABLE = 1 / 3  # relative standard deviation above which a figure is marked U
COUNTED = (
    "date date, hour int, cell bigint, resolution int, obs_status string, n bigint, record_key bigint, "
    "population bigint, population_top bigint, p05 bigint, p95 bigint, visitor_n bigint, visitor_record_key bigint, "
    "visitors bigint, visitors_top bigint, persons bigint, present bigint, abroad bigint, model_error double"
)
_TYPES = {"date": pa.date32(), "int": pa.int32(), "bigint": pa.int64(), "string": pa.string(), "double": pa.float64()}
COLUMNS = [pa.field(name, _TYPES[kind]) for name, kind in (c.split() for c in COUNTED.split(", "))]


@dataclass(frozen=True, eq=False)
class Land:
    """What the antennas serve by date (None: there is none), and the dates whose homes are provisional."""

    served: Mapping[date, Served | None]
    early: Collection[date]


def drawer(
    land: Land, k: int, error: tuple[float, float]
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """A task from the counts of one date, by hour and place (`present`), to counted rows of the map.

    Args:
        land: people and antennas.
        k: devices that must stand behind a figure.
        error: the model's, at least and at most.
    """

    def draw(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        told = counts(batches)
        if told is None:
            return
        day = told["date"][0].as_py()
        known = land.served[day]
        if known is None:
            return
        tree = levels(known)
        column = {name: told[name].to_numpy(zero_copy_only=False) for name in told.schema.names if name != "date"}
        hours: list[tuple[int, Rows, int]] = []
        for hour in range(24):
            now = {name: values[column["hour"] == hour] for name, values in column.items()}
            abroad = now["place"] == ABROAD
            heard = [_heard(now, ~abroad & (now["visitor"] == who), known) for who in (False, True)]
            rows = hour_map(known, tree, heard[0], heard[1], k)
            if rows is not None:
                hours.append((hour, rows, int(now["persons"][abroad].sum())))
        learnt = next((_learnt(rows, known) for hour, rows, _ in hours if hour == AT_HOME), error[0])
        status = "P" if day in land.early else "A"
        yield from _batch([_columns(*of, (learnt, *error), status) for of in hours], day).to_batches()

    return draw


def _heard(now: Mapping[str, npt.NDArray], which: npt.NDArray[np.bool_], known: Served) -> Heard:
    at = rows_of(now["place"][which], known)
    out = {}
    for name in ("n", "record_key", "persons", "released", "top", "variance"):
        out[name] = np.zeros(len(known.sites), dtype=np.int64)
        (np.maximum if name == "top" else np.add).at(out[name], at, now[name][which])
    return Heard(devices=out.pop("n"), **out)


def _learnt(rows: Rows, known: Served) -> float:
    """The model's error, from the cells of a night that have a name."""
    mine = rows.residents
    tile = rows.cell != NO_CELL
    persons = mine.persons / MICRO
    counted = np.bincount(mine.inside, known.persons, minlength=len(tile))[: len(tile)]
    counted *= persons.sum() / known.persons.sum()  # some are abroad
    if not tile.any():
        return 0.0
    return model_error(persons[tile], mine.sampling[tile], counted[tile])


def _columns(
    hour: int, rows: Rows, abroad: int, error: tuple[float, float, float], status: str
) -> dict[str, npt.NDArray]:
    """The columns of an hour; `error` is the model's as learnt, the least and the most."""
    mine, guest = rows.residents, rows.guest
    theirs = {name: getattr(rows.visitors, name)[guest] for name in ("n", "record_key", "released", "top")}
    told = {name: np.ma.masked_where(guest < 0, values) for name, values in theirs.items()}
    persons = mine.released / MICRO
    sd = deviation(persons, mine.sampling + mine.spreading, min(max(error[0], error[1]), error[2]))
    whole = np.hypot(sd, np.sqrt(VARIANCE) * persons / mine.n)  # with the noise of the door
    half = np.rint(Z90 * sd * MICRO).astype(np.int64)
    rest = rows.cell == NO_CELL
    resolution = resolution_of(np.where(rest, 0, rows.cell)).astype(np.int32)
    n = len(rows.cell)
    return {
        "hour": np.full(n, hour, dtype=np.int32),
        "cell": np.ma.masked_where(rest, rows.cell),
        "resolution": np.ma.masked_where(rest, resolution),
        "obs_status": np.where(whole > UNRELIABLE * persons, "U", status),
        "n": mine.n,
        "record_key": mine.record_key % KEYS,
        "population": mine.released,
        "population_top": mine.top,
        "p05": mine.released - half,
        "p95": mine.released + half,
        "visitor_n": told["n"],
        "visitor_record_key": told["record_key"] % KEYS,
        "visitors": told["released"],
        "visitors_top": told["top"],
        "persons": mine.persons,
        "present": np.full(n, mine.persons.sum()),
        "abroad": np.full(n, abroad),
        "model_error": np.full(n, error[0]),
    }


def _batch(hours: list[dict[str, npt.NDArray]], day: date) -> pa.Table:
    arrays = {f.name: pa.array([], f.type) for f in COLUMNS}
    if hours:
        for field in COLUMNS:
            if field.name != "date":
                arrays[field.name] = pa.concat_arrays([pa.array(h[field.name], field.type) for h in hours])
        arrays["date"] = pa.array([day] * len(arrays["hour"]), pa.date32())
    return pa.table(arrays, pa.schema(COLUMNS))
