"""The page of configuration of a landing zone that bench/generate.py writes, and what else the page names."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import yaml
from rasterio.transform import from_origin

KEY = "a-key-of-no-one-for-measurements-0123456789"


def page(form: str, settings: dict[str, str]) -> dict[str, Any]:
    """The configuration, with Spark properties; what is not said in it is as it comes."""
    ending = {"csv": "csv.gz", "parquet": "parquet"}[form]
    return {
        "lake": "lake",
        "purpose": "measurements on invented records",
        "home": {"country": "LU", "mcc": ["270"], "plmn": ["27096"], "time_zone": "Europe/Luxembourg"},
        "key": KEY,
        "spark": settings,
        "sources": {
            "cells": [
                {
                    "path": "landing/cells.csv",
                    "format": "csv",
                    "options": {"header": True},
                    "columns": {"cell_id": "cell_id", "latitude": "lat", "longitude": "lon"},
                }
            ],
            "cdr": [
                {
                    "path": f"landing/cdr/{{date}}/*.{ending}",
                    "format": form,
                    "options": {"header": True} if form == "csv" else {},
                    "columns": {
                        "subscriber": "imsi",
                        "event_time": "to_timestamp(start, 'yyyy-MM-dd HH:mm:ss')",
                        "cell_id": "cell",
                        "home_plmn": "substr(imsi, 1, 5)",
                        "event_type": "kind",
                        "peer": "peer",
                        "duration_s": "cast(dur as int)",
                    },
                }
            ],
        },
        "late_days": 8,
        "population": {"path": "population.tif", "year": 2026, "kind": "count"},
        "zones": {"path": "zones.geojson", "id": "id", "name": "id"},
        "tables": {"home_locations": {"min_nights": 1}},
    }


def write_country(out: Path) -> None:
    """Four times four zones, and as many persons in every pixel of about a square kilometre."""
    south, west, high, wide = 49.4, 5.8, 0.2, 0.175
    zones = [
        {"type": "Feature", "properties": {"id": f"Z{n:02}"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for n in range(16)
        for y, x in [(south + n // 4 * high, west + n % 4 * wide)]
        for ring in [[(x, y), (x + wide, y), (x + wide, y + high), (x, y + high), (x, y)]]
    ]
    (out / "zones.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": zones}), "utf-8")
    persons = np.full((96, 84), 82, np.float32)
    where = {"crs": "EPSG:4326", "transform": from_origin(west, south + 4 * high, 1 / 120, 1 / 120)}
    form = {"driver": "GTiff", "height": 96, "width": 84, "count": 1, "dtype": "float32"}
    with rasterio.open(out / "population.tif", "w", **form, **where) as raster:
        raster.write(persons, 1)


def configure(out: Path, form: str, settings: dict[str, str]) -> None:
    """The page of configuration."""
    (out / "conf.yaml").write_text(yaml.safe_dump(page(form, settings), sort_keys=False), "utf-8")
