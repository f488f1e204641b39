"""Whom people call abroad: many residents have roots in another country, and call it at night.

Communities live together: each country has a town around which its people are several times as frequent as elsewhere.
"""

import numpy as np
import numpy.typing as npt

from sojourn.demo.grid import KM_PER_DEG
from sojourn.demo.people import HOME_SPOT, MACHINES, People
from sojourn.demo.places import COUNTRIES, HOME, TOWNS

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

ROOTED = 0.4  # of those with a SIM of the country; nearly half of Luxembourg's residents are foreigners
TOWN_OF = {
    "PT": "Esch-sur-Alzette",
    "FR": "Luxembourg",
    "DE": "Grevenmacher",
    "BE": "Clervaux",
    "NL": "Diekirch",
    "ES": "Strassen",
    "GB": "Mersch",
    "PL": "Wiltz",
    "RO": "Differdange",
    "CH": "Echternach",
    "XK": "Ettelbruck",
    "CV": "Dudelange",
}
REACH_KM, PULL = 6.0, 5.0  # around the town; how many times as frequent they are there, less one
NIGHT = (20, 7)  # local hours
# of calls and messages: to the country of one's roots, by night and by day, and to another of those that one knows
TO_ROOTS_AT_NIGHT, TO_ROOTS_BY_DAY, TO_OTHERS = 0.5, 0.15, 0.06


def roots(folk: People, rng: np.random.Generator) -> Ints:
    """The country of everybody's roots, an index of COUNTRIES, shape (n,); HOME: no other than this one."""
    towns = {t.name: (t.latitude, t.longitude) for t in TOWNS}
    chance = np.zeros((len(folk), len(COUNTRIES)))
    for index, country in enumerate(COUNTRIES):
        if country.code in TOWN_OF:
            km = np.hypot(*((folk.points[:, HOME_SPOT] - np.array(towns[TOWN_OF[country.code]])) * KM_PER_DEG).T)
            chance[:, index] = country.far_share * (1 + PULL * np.exp(-0.5 * (km / REACH_KM) ** 2))
    whole = np.cumsum(chance, axis=1)
    drawn = (rng.random(len(folk))[:, None] * whole[:, -1:] >= whole).sum(axis=1)
    rooted = (rng.random(len(folk)) < ROOTED) & ~folk.inbound & ~np.isin(folk.kind, MACHINES)
    return np.where(rooted, drawn, HOME).astype(np.int64)


def called(who: Ints, hour: Ints, folk: People, root: Ints, draw: Floats) -> Ints:
    """The country of the other party of each call or message, shape (n,): `draw` decides, from 0 to 1.

    Foreign SIMs call home half of the time.
    """
    late = (hour >= NIGHT[0]) | (hour < NIGHT[1])
    mine = root[who] != HOME
    home = np.where(mine, np.where(late, TO_ROOTS_AT_NIGHT, TO_ROOTS_BY_DAY), 0)
    home = np.where(folk.inbound[who], 0.5, home)
    other = np.where(folk.inbound[who], 0, TO_OTHERS)
    first = np.where(folk.inbound[who], folk.origin[who], root[who])
    return np.where(draw < home, first, np.where(draw < home + other, folk.other[who], HOME))
