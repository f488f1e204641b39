"""Published tables → one HTML file that holds all it needs: text, style, program and figures."""

import json
import logging
from collections.abc import Mapping
from html import escape
from importlib import resources
from string import Template
from typing import Any

import numpy as np
import pandas as pd

from sojourn import shapes
from sojourn.config import Config
from sojourn.errors import ConfigError
from sojourn.report import figures, hours, words

log = logging.getLogger(__name__)

SCRIPTS = (
    "words.js",
    "colours.js",
    "map.js",
    "clock.js",
    "charts.js",
    "abroad.js",
    "migration.js",
    "borders.js",
    "quality.js",
    "page.js",
)
FINEST = 1 / 1500  # of the width of the map: about a pixel


def html(frames: Mapping[str, pd.DataFrame], conf: Config, params: Mapping[str, Any]) -> str:
    """The page.

    Args:
        frames: published tables by name, as `published.frames` reduces them; a table that is absent has its sentence.
        conf: purpose, home, k, zones.
        params: parameters by table, for the definitions.
    """
    facts = content(frames, conf)
    notes = words.notes(conf, params)
    home = facts["names"].get(conf.home.country, conf.home.country)
    script = "\n".join(_asset(name) for name in SCRIPTS)
    return Template(_asset("page.html")).substitute(
        home=escape(home),
        purpose=escape(conf.purpose),
        k=conf.disclosure.k,
        style=_asset("page.css"),
        script=script,
        data=_json(facts | {"empty": {name: note.empty for name, note in notes.items()}}),
        disclosure="\n".join(f"<li>{escape(text)}</li>" for text in words.disclosure(conf.disclosure.k)),
        statuses=_listed(words.STATUSES),
        classes=_listed(words.CLASSES),
        **{f"note_{name}": _note(note) for name, note in notes.items()},
    )


def content(frames: Mapping[str, pd.DataFrame], conf: Config) -> dict[str, Any]:
    """All figures of the page as plain data."""
    home, flows = conf.home.country, frames.get("cross_border_flows")
    ids, names, geometries = _zones(conf)
    living = hours.hourly(frames["population_map"]) if "population_map" in frames else {"hours": []}
    facts: dict[str, Any] = {
        "home": home,
        "k": conf.disclosure.k,
        "zones": dict(zip(ids, names, strict=True)),
        "map": living | _background(living, ids, geometries),
        "grid": figures.residents(frames.get("population_grid")),
        "flows": figures.by_period(flows, "month", figures.FLOWS),
        "abroad": figures.destinations(flows, home),
        "homes": figures.by_period(frames.get("residents_by_origin"), "month", figures.HOMES),
        "stocks": figures.by_period(frames.get("transnational_stocks"), "as_of", figures.STOCKS),
        "becoming": figures.becoming(frames.get("class_transition"), home),
        "migration": figures.migration(frames.get("intl_migration_flow")),
        "corridors": figures.corridors(frames.get("cross_border_corridors")),
        "communities": figures.communities(frames.get("cross_border_communities")),
        "quality": figures.quality(frames.get("night_quality")),
    }
    return facts | {"names": _named(facts, frames)}


def _zones(conf: Config) -> tuple[Any, Any, Any]:
    """Ids, names and areas of the configuration's zones; none where there are none or they cannot be read."""
    if conf.zones is None:
        return (), (), ()
    try:
        zones = shapes.read_zones(conf.zones.path, conf.zones.id, conf.zones.name)
    except ConfigError as error:
        log.warning("zones are shown by their ids, without outlines: %s", error)
        return (), (), ()
    return zones.ids, zones.names, zones.geometries


def _background(living: dict[str, Any], ids: Any, geometries: Any) -> dict[str, Any]:
    """Lands and zones around the cells that are shown."""
    rings = living.get("cells", {}).get("ring")
    if not rings:
        return {}
    near, around = hours.box(rings, 0.04), hours.box(rings, 1.2)
    finest = (near[2] - near[0]) * FINEST
    out: dict[str, Any] = {"box": list(near), "land": hours.land(around, finest)}
    if len(ids):
        lat, lon = shapes.label_points(geometries)
        at = np.rint(np.column_stack([lon, lat]) * hours.DEGREES).astype(int).tolist()
        out |= {"zones": hours.drawn(ids, geometries, near, finest), "labels": dict(zip(ids, at, strict=True))}
    return out


def _named(facts: dict[str, Any], frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """English names of the countries on the page."""
    codes = {facts["home"], *(c["code"] for part in ("map", "abroad") for c in facts[part].get("land", ()))}
    for column in ("to_country", "home_country", "country"):
        codes |= {code for frame in frames.values() if column in frame for code in frame[column].dropna()}
    return {code: name for code, name in sorted(shapes.country_names().items()) if code in codes}


def _listed(meanings: Mapping[str, str]) -> str:
    words_of = ((code, code.replace("_", "-"), escape(text)) for code, text in meanings.items())
    return "\n".join(f'<dt class="{code}">{name}</dt><dd>{text}</dd>' for code, name, text in words_of)


def _note(note: words.Note) -> str:
    return (
        f'<p class="definition">{escape(note.definition)}</p>\n<p class="caveat">{escape(note.caveat)}</p>\n'
        f'<p class="source">Table <code>{note.table}</code></p>'
    )


def _json(facts: dict[str, Any]) -> str:
    """JSON that may stand in a script element: no character of it can end one."""
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _asset(name: str) -> str:
    return resources.files("sojourn.report").joinpath("assets", name).read_text("utf-8")
