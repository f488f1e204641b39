"""A published tier that Luxembourg might have: invented figures on real places, the same every time."""

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

import schemas
from sojourn import cells, shapes
from sojourn.config import Config, load
from sojourn.demo import conf
from sojourn.demo import grid as grids
from sojourn.demo.places import COUNTRIES, TOWNS
from sojourn.table import Table

LAST = date(2026, 4, 5)
K = 16
SHARE = 0.03  # devices per person
SHARES = ("share_rejected", "share_unplaced", "cells_reporting_share")
SEATS = [t for t in TOWNS if t.canton]
TABLES = (
    schemas.POPULATION_GRID,
    schemas.POPULATION_MAP,
    schemas.CROSS_BORDER_FLOWS,
    schemas.RESIDENTS_BY_ORIGIN,
    schemas.TRANSNATIONAL_STOCKS,
    schemas.CLASS_TRANSITION,
    schemas.INTL_MIGRATION_FLOW,
    schemas.CROSS_BORDER_CORRIDORS,
    schemas.CROSS_BORDER_COMMUNITIES,
    schemas.NIGHT_QUALITY,
)


def frames(days: int = 7, seed: int = 1) -> dict[str, pd.DataFrame]:
    """Rows of every published table, by name; the map has its last `days` dates."""
    rng = np.random.default_rng(seed)
    grid = _grid(rng)
    flows = _flows(rng)
    return {
        "population_grid": grid,
        "population_map": _map(grid, days, rng),
        "cross_border_flows": flows,
        "residents_by_origin": _homes(rng),
        "transnational_stocks": _stocks(rng),
        "night_quality": _quality(rng),
        "cross_border_corridors": _corridors(rng),
        "cross_border_communities": _communities(),
        "intl_migration_flow": _migration(rng),
        "class_transition": _transitions(rng),
    }


def _grid(rng: np.random.Generator) -> pd.DataFrame:
    land = grids.grid(rng)
    lat, lon = land.centres
    step = 3  # nine pixels at once: quick, and fine enough for cells of 0.7 km²
    rows, columns = (n // step for n in land.persons.shape)
    persons = land.persons[: rows * step, : columns * step].reshape(rows, step, columns, step).sum(axis=(1, 3))
    north, east = np.meshgrid(lat[1 : rows * step : step], lon[1 : columns * step : step], indexing="ij")
    cell = cells.cell_of(north[persons > 0], east[persons > 0], 8).to_numpy(np.int64)
    by = pd.Series(persons[persons > 0]).groupby(cell).sum()
    at = np.column_stack(cells.centre_of(by.index.to_numpy()))
    seats = np.array([[t.latitude, t.longitude] for t in SEATS])
    near = np.argmin(((at[:, None] - seats) ** 2 * [1, 0.42]).sum(axis=2), axis=1)
    zones = [f"LU-{SEATS[i].canton}" for i in near]
    known = {"cell": by.index, "h3": cells.text(by.index), "area_km2": cells.km2(by.index), "zone": zones}
    return pd.DataFrame(known | {"population": by.to_numpy(), "year": 2026})


def _map(grid: pd.DataFrame, days: int, rng: np.random.Generator) -> pd.DataFrame:
    """By day people are drawn to the two largest towns; each hour is published by its own devices."""
    known = grid["cell"].to_numpy(np.int64)
    lat, lon = cells.centre_of(known)
    pull = np.exp(-np.hypot((lat - 49.61) * 111, (lon - 6.13) * 72) / 4) + 0.4 * np.exp(
        -np.hypot((lat - 49.5) * 111, (lon - 5.97) * 72) / 3
    )
    sleep = grid["population"].to_numpy()
    work = sleep**0.7 * pull
    work *= sleep.sum() / work.sum()
    out = []
    for back in range(days):
        day = LAST - timedelta(days=days - 1 - back)
        busy = 0.15 if day.weekday() > 4 else 0.55
        for hour in range(24):
            away = busy * np.exp(-(((hour - 13) / 4.2) ** 2))
            people = (sleep * (1 - away) + work * away) * (0.97 - 0.02 * away) * rng.lognormal(0, 0.04, len(sleep))
            guests = people * 0.05 * (0.5 + away) * (1 + 3 * pull)
            out.append(_hour(day, hour, known, people, guests))
    return pd.concat(out, ignore_index=True)


def _hour(day: date, hour: int, known: np.ndarray, people: np.ndarray, guests: np.ndarray) -> pd.DataFrame:
    """Cells stay apart where nearly all people of their parent are in some with k devices; else the parent has them."""
    left = pd.DataFrame({"cell": known, "population": people, "visitors": guests})
    made, thin = [], []
    for resolution in range(8, 4, -1):
        at = left.assign(up=cells.parent(left["cell"].to_numpy(np.int64), resolution - 1))
        enough = at["population"].where(at["population"] * SHARE >= K, 0)
        apart = (
            enough.groupby(at["up"]).transform("sum") >= 0.95 * at.groupby("up")["population"].transform("sum")
        ) | (resolution == 5)
        good = apart & (enough > 0)
        made.append(at[good].assign(resolution=resolution))
        thin.append(at[apart & ~good])
        left = at[~apart].groupby("up")[["population", "visitors"]].sum().rename_axis("cell").reset_index()
    left = pd.concat(thin)
    rest = left[["population", "visitors"]].sum().to_frame().T.assign(cell=pd.array([pd.NA], dtype="Int64"))
    rows = pd.concat([m.astype({"cell": "Int64"}) for m in [*made, rest]], ignore_index=True)
    devices = rows["population"] * SHARE
    wide = 1.7 / np.sqrt(devices.clip(lower=1)) + 0.06
    rows["visitors"] = rows["visitors"].where(rows["visitors"] >= K)
    rows["p05"], rows["p95"] = rows["population"] * (1 - wide).clip(lower=0), rows["population"] * (1 + wide)
    rows["obs_status"] = np.where(wide > 0.45, "U", "P")
    named = rows["cell"].notna()
    rows["h3"] = pd.Series(cells.text(rows["cell"][named].to_numpy(np.int64)), index=rows.index[named])
    rows["h3"] = rows["h3"].astype(object).where(named, None)
    rows["resolution"] = rows["resolution"].astype("Int64")
    return rows.assign(date=day, hour=hour)[schemas.POPULATION_MAP.given]


def _ranged(rows: list[tuple], table: Table, given: int) -> pd.DataFrame:
    """The first columns of a table, and around its persons what counting and a twentieth may be off."""
    found = pd.DataFrame(rows, columns=table.given[:given])
    off = 1.645 * found["persons"] * np.hypot(found["devices"] ** -0.5, 0.05)
    return found.assign(p05=(found["persons"] - off).clip(lower=0), p95=found["persons"] + off)


def _flows(rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for month, status in ((date(2026, 3, 1), "A"), (date(2026, 4, 1), "P")):
        for town in SEATS:
            for c in COUNTRIES[1:]:
                share = 0.6 * c.neighbour_share + 0.4 * c.far_share
                devices = rng.poisson(town.persons**0.75 * share * 0.6 * (1 if status == "A" else 0.3))
                if devices >= K:
                    trips = int(devices * rng.uniform(1, 2.5 if c.neighbour_share else 1.1))
                    nights = int(trips * (0.8 if c.neighbour_share else rng.uniform(3, 8)))
                    rows.append((month, f"LU-{town.canton}", c.code, devices, devices / SHARE, trips, nights, status))
        rows.append((month, "_unknown", "LU", 900, 900.0, 2100, 1500, status))
        rows.append((month, "_unknown", "FR", 40, 3200.0, 55, 80, status))
    return _ranged(rows, schemas.CROSS_BORDER_FLOWS, 8)


def _homes(rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for month, status in ((date(2026, 3, 1), "A"), (date(2026, 4, 1), "P")):
        for town in SEATS:
            here = town.persons * 2 * SHARE
            rows.append((month, f"LU-{town.canton}", "LU", round(here + K), (here + K) / SHARE, status))
            for c in COUNTRIES[1:9]:
                devices = rng.poisson(here * (0.3 * c.neighbour_share + 0.9 * c.far_share))
                if devices >= K:
                    rows.append((month, f"LU-{town.canton}", c.code, devices, float(devices), status))
    return _ranged(rows, schemas.RESIDENTS_BY_ORIGIN, 6)


def _stocks(rng: np.random.Generator) -> pd.DataFrame:
    rows, as_of = [], LAST
    sizes = {"visitor": 6, "commuter": 1.5, "transnational": 1.2, "seasonal": 0.4, "long_stayer": 0.5}
    for town in SEATS:
        size = town.persons**0.5 / 30
        for name, weight in sizes.items():
            for c in COUNTRIES[1:9]:
                share = c.neighbour_share if name == "commuter" else c.far_share + c.neighbour_share / 2
                for origin, country in (("LU", c.code), (c.code, "LU")):
                    devices = rng.poisson(size * weight * share * 60)
                    if devices >= K:
                        key = (date(2026, 4, 1), as_of, f"LU-{town.canton}", origin, country, name)
                        rows.append((*key, devices, devices / SHARE, devices * 9, "P"))
            devices = rng.poisson(size * weight * 55)
            if devices >= K:
                key = (date(2026, 4, 1), as_of, f"LU-{town.canton}", "LU", "*", name)
                rows.append((*key, devices, devices / SHARE, devices * 11, "P"))
    return _ranged(rows, schemas.TRANSNATIONAL_STOCKS, 10)


def _migration(rng: np.random.Generator) -> pd.DataFrame:
    """Arrivals of two years as two months know them; the longer a stay has to be, the fewer made it."""
    rows = []
    shares = {"1998_long_term": 0.32, "1998_short_term": 0.55, "2021_majority": 0.45, "2021_continuous": 0.28}
    shares |= {f"min_{n}_months": 1.1 * n**-0.5 for n in range(1, 13)}
    for month, as_of in ((date(2026, 3, 1), date(2026, 3, 31)), (date(2026, 4, 1), LAST)):
        for year, known in ((2025, 1.0), (2026, 0.1)):
            for c in COUNTRIES[1:9]:
                for direction, more in (("out", "with_silent"), ("in", "linked")):
                    came = rng.poisson(2_000 * known * (c.far_share + c.neighbour_share / 3))
                    for name, share in shares.items():
                        for series, of in (("observed", 1), (more, rng.uniform(1.05, 1.3))):
                            devices = round(came * share * of)
                            persons = devices / SHARE if direction == "out" else float(devices)
                            if devices >= K:
                                key = (month, as_of, year, direction, c.code, name, series)
                                rows.append((*key, devices, persons, devices * 200, 0.8, "P"))
    return pd.DataFrame(rows, columns=schemas.INTL_MIGRATION_FLOW.given)


def _transitions(rng: np.random.Generator) -> pd.DataFrame:
    """Half of each class stay what they are; the rest become anything, or are not seen again."""
    rows, states = [], ("visitor", "commuter", "seasonal", "transnational", "long_stayer", "absent")
    for origin, country, size in (("LU", "*", 3_000), ("LU", "FR", 900), ("FR", "LU", 700), ("PT", "LU", 600)):
        for n, old in enumerate(states):
            became = {
                new: rng.poisson(size / (n + 1) * (0.5 if new == old else 0.1)) for new in states if old != new or n < 5
            }
            for new, devices in (became | {"*": sum(became.values())}).items():
                if devices >= K:
                    chance = devices / sum(became.values()) if new != "*" and old != "absent" else None
                    confirmed = True if old == new == "transnational" else None
                    persons = devices / SHARE if origin == "LU" else float(devices)
                    rows.append(
                        (date(2026, 4, 1), LAST, origin, country, old, new, devices, persons, chance, confirmed, "P")
                    )
    return pd.DataFrame(rows, columns=schemas.CLASS_TRANSITION.given)


def _corridors(rng: np.random.Generator) -> pd.DataFrame:
    """Crossings in all, by band of hours, and by cells of resolution 6 around the towns."""
    rows, names = [], schemas.CROSS_BORDER_CORRIDORS.names
    for direction in ("out", "in"):
        for n, c in enumerate(COUNTRIES[1:4]):
            key = {"month": date(2026, 3, 1), "direction": direction, "country": c.code, "obs_status": "A"}
            size = 9_000 // (n + 1)
            rows.append(key | {"by": "all", "devices": size // 3, "crossings": size, "gap_minutes": 70 * size})
            for hour in range(0, 24, 6):
                part = {"by": "hour", "hour_from": hour, "hour_to": hour + 6, "gap_minutes": 9 * size}
                rows.append(key | part | {"devices": size // 16, "crossings": int(rng.integers(20, size // 4))})
            for town in SEATS[n::3]:
                (cell,) = cells.cell_of([town.latitude], [town.longitude], 6)
                where = {"by": "cell", "cell": cell, "h3": cells.text([cell])[0], "resolution": 6, "devices": 20}
                rows.append(key | where | {"crossings": int(rng.integers(20, 600)), "gap_minutes": 900})
    found = pd.DataFrame(rows, dtype=object).reindex(columns=names)  # as floating point numbers cells would lose digits
    whole = [c.name for c in schemas.CROSS_BORDER_CORRIDORS.columns if c.type in ("bigint", "int")]
    return found.assign(**{c: found[c].astype("Int64") for c in whole})


def _communities() -> pd.DataFrame:
    """Each third of the cantons with one country."""
    rows = []
    for n, c in enumerate(COUNTRIES[1:4]):
        told = {"month": date(2026, 3, 1), "community": n + 1, "stability": 0.97, "border_share": 0.1 * n}
        told |= {"modularity": 0.31, "places": 1 + len(SEATS[n::3]), "obs_status": "A"}
        rows.append(told | {"country": c.code, "zone": None})
        rows += [told | {"country": "LU", "zone": f"LU-{town.canton}"} for town in SEATS[n::3]]
    found = pd.DataFrame(rows, dtype=object).reindex(columns=schemas.CROSS_BORDER_COMMUNITIES.names)
    return found.assign(**{c: found[c].astype("Int64") for c in ("community", "places")})


def _quality(rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    judged = [t for t in schemas.TABLES if t.judged and t is not schemas.NIGHT_QUALITY]
    nightly = [t.name for t in judged if t.unit in ("date", "batch")]
    monthly = [t.name for t in judged if t.unit == "month" and t.name != "trips"]
    for back in range(35):
        day = LAST - timedelta(days=34 - back)
        quiet = day == date(2026, 3, 20)
        for name in nightly:
            rejected, unplaced = rng.uniform(0.008, 0.02) + 0.05 * (back % 11 == 6), rng.uniform(0.01, 0.014)
            shares = (rejected, unplaced, 0.61 if quiet else rng.uniform(0.985, 0.998))
            shown = {"events": (None, *shares[1:]), "batches": (rejected, None, None)}.get(name, (None, None, None))
            n = int(rng.normal(60_000, 3_000)) // (1 if name == "events" else 5)
            failed = int(quiet and name in ("events", "presence"))
            rows.append((day, name, n, shown[0], shown[1], failed, shown[2], "A"))
    for day in (date(2026, 3, 1), date(2026, 4, 1)):
        rows += [(day, name, 8_000, None, None, 0, None, "A") for name in monthly]
    rows += [(LAST + timedelta(days=back), "subscribers", 900 * back, None, None, 0, None, "A") for back in (200, 234)]
    rows.append((date(2026, 4, 1), "trips", None, None, None, 0, None, "Q"))
    found = pd.DataFrame(rows, columns=schemas.NIGHT_QUALITY.given)
    return found.assign(rows=found["rows"].astype("Int64"), **{s: found[s].astype("Float64") for s in SHARES})


def write(root: Path, found: dict[str, pd.DataFrame]) -> None:
    """The tables as Delta tables under `root`/published."""
    from deltalake import write_deltalake
    from pyspark.sql.pandas.types import to_arrow_schema

    for table in TABLES:
        if table.name in found:
            # as a release before wrote them, which knew no coverage, definition and standard errors
            whole = to_arrow_schema(table.schema, timestamp_utc=True)
            schema = pa.schema([whole.field(name) for name in table.names if name in found[table.name]])
            rows = pa.Table.from_pandas(found[table.name], schema, preserve_index=False)
            write_deltalake(str(root / table.tier / table.name), rows, partition_by=list(table.partition) or None)


def shown(found: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The tables as `sojourn.report.published` brings them: persons of the map in whole numbers, the grid by zone."""
    living, grid = found["population_map"], found["population_grid"]
    whole = {c: living[c].round().astype("Int64") for c in ("population", "visitors", "p05", "p95")}
    by_zone = grid.groupby(["zone", "year"], as_index=False)["population"].sum()
    return found | {"population_map": living.assign(**whole), "population_grid": by_zone}


def configuration(folder: Path) -> Config:
    """The demo's page of configuration, with its zones."""
    conf.write_key(folder)
    conf.write_conf(folder)
    ids, names = [f"LU-{t.canton}" for t in SEATS], [t.name for t in SEATS]
    zones = shapes.voronoi_zones("LU", ids, names, [t.latitude for t in SEATS], [t.longitude for t in SEATS])
    (folder / "zones.geojson").write_text(json.dumps(zones), "utf-8")
    return load(folder / "conf.yaml")
