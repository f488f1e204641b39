"""Who lives where by the lake itself, and the exact persons that a device stands for."""

from datetime import date

import pandas as pd

from schemas import CELLS, HOME_LOCATIONS, POPULATION_GRID
from sojourn.demo.score.sources import Sources
from sojourn.methods.zones import UNKNOWN


def places(sources: Sources, month: date) -> pd.DataFrame:
    """Rows of `home_locations` of a month: device, cell, status, nights, own (a home SIM's home), zone."""
    homes = sources.found(HOME_LOCATIONS, ["month", "device", "home_country", "cell", "nights", "status"])
    homes = homes[homes["month"] == month].merge(zones(sources), on="cell", how="left")
    home = sources.conf.home.country
    own = (homes["home_country"] == home).fillna(False) & (homes["status"] == "home")
    return homes.assign(own=own, zone=homes["zone"].fillna(home).where(homes["cell"].notna(), UNKNOWN))


def zones(sources: Sources) -> pd.DataFrame:
    """(cell, zone) of the cells of the register."""
    register = sources.found(CELLS, ["cell", "zone"]).dropna(subset=["cell"]).drop_duplicates("cell")
    return register.fillna({"zone": sources.conf.home.country})


def weights(sources: Sources, homes: pd.DataFrame) -> "pd.Series":
    """Exact persons per device with a home, by zone, and `_unknown`: that of the whole country."""
    grid = sources.found(POPULATION_GRID, ["zone", "population"]).fillna({"zone": sources.conf.home.country})
    n = homes[homes["own"]].groupby("zone").size()
    by = grid.groupby("zone")["population"].sum()
    made = by.reindex(n.index) / n
    made[UNKNOWN] = float(by.sum()) / max(int(n.sum()), 1)
    return made


def weighed(sources: Sources, rows: pd.DataFrame, homes: pd.DataFrame) -> "pd.Series":
    """Persons that each row's device stands for, by its zone, or if it is foreign by its country."""
    inbound = sources.conf.weights.inbound
    guest = rows["home_country"].map(inbound).fillna(inbound["default"])
    own = rows["home_country"].eq(sources.conf.home.country).fillna(False)
    return rows["zone"].map(weights(sources, homes)).where(own, guest)
