"""The operator's file of prevalence by place: `country,zone,prevalence`, an empty zone being the whole country."""

import csv
import hashlib
import math
from pathlib import Path

from sojourn.config import Config
from sojourn.methods.risk import Place

COLUMNS = ["country", "zone", "prevalence"]


def prevalence(conf: Config) -> dict[Place, float]:
    """By place; nothing where the configuration names no file.

    Raises:
        ConfigError: the file cannot be read as that; says the line.
    """
    if conf.risk is None:
        return {}
    try:
        lines = list(csv.DictReader(Path(conf.risk.path).read_text("utf-8-sig").splitlines()))
    except (OSError, ValueError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise conf.wrong("risk.path", f"cannot be read: {reason}", f"a CSV file: {','.join(COLUMNS)}") from None
    out: dict[Place, float] = {}
    for n, line in enumerate(lines, 2):
        if not all(line.get(name) is not None for name in COLUMNS):
            raise conf.wrong("risk.path", f"lacks a column in line {n}", f"a CSV file: {','.join(COLUMNS)}")
        place, rate = (line["country"].strip(), line["zone"].strip() or None), _rate(line["prevalence"])
        if rate is None:
            raise conf.wrong("risk.path", f"has no prevalence in line {n}", "a number from 0 to 1")
        if place in out:
            raise conf.wrong("risk.path", f"names a place again in line {n}", "leave one of the two out")
        out[place] = rate
    return out


def fingerprint(known: dict[Place, float]) -> str:
    """The same for the same figures: what is made of others is made anew."""
    told = repr(sorted((country, zone or "", rate) for (country, zone), rate in known.items()))
    return hashlib.sha256(told.encode()).hexdigest()[:16] if known else ""


def _rate(text: str) -> float | None:
    try:
        rate = float(text)
    except ValueError:
        return None
    return rate if math.isfinite(rate) and 0 <= rate <= 1 else None
