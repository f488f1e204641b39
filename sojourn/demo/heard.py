"""What the network makes of the signs: which cell or foreign network wrote each down, and when the record landed."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sojourn.demo.people import People
from sojourn.demo.radio import SECTORS, Network
from sojourn.demo.signs import SIGNALLING, Signs
from sojourn.demo.slots import Clock

Ints = npt.NDArray[np.int64]

NO_CELL = -1
NO_CELL_SHARE = 0.01
HOME_ROUTED_SHARE = 0.05  # of signs abroad: written down at home, without a cell
WORTHLESS_SHARE = 0.0002
TWIN_SHARE = 0.02  # of the traffic of the site it stands beside
SHIP_SHARE = 0.001  # of roaming: the network of a ship, which is no country
LATE_CDR = np.array([0.99, *(0.01 / 7,) * 7])  # by days
LATE_ROAMING = np.array([0.6, 0.25, *(0.1 / 4,) * 4, *(0.05 / 15,) * 15])


@dataclass(frozen=True, eq=False)
class Heard:
    """Records of shape (n,), by landing day, file and time.

    `who`, `at`, `kind` as in Signs; `roaming` marks records of partners abroad (else CDR); `cell` is a row of
    `Network.cell_ids` and the odd ones after them, or NO_CELL; `country` indexes COUNTRIES as far as the record
    tells: abroad the network's, at home 0, -1 on a ship or without a cell. `landed` and `part` are day and file.
    """

    who: Ints
    at: Ints
    kind: npt.NDArray[np.int8]
    roaming: npt.NDArray[np.bool_]
    cell: Ints
    country: Ints
    landed: Ints
    part: Ints

    def rows(self, day: int, part: int | None) -> "Heard":
        """The records of one file: part None is the roaming file of the day."""
        lo, hi = np.searchsorted(self.landed, [day, day + 1])
        here = self.roaming[lo:hi] if part is None else ~self.roaming[lo:hi] & (self.part[lo:hi] == part)
        row = lo + np.flatnonzero(here)
        return Heard(**{name: values[row] for name, values in vars(self).items()})


def parts_of(clock: Clock, day: int) -> int:
    """CDR files on a landing day: three, at weekends two."""
    return 2 if clock.weekday[day] >= 5 else 3


def heard(
    seen: Signs, folk: People, net: Network, clock: Clock, *, silent_day: int | None, rng: np.random.Generator
) -> Heard:
    """Writes the signs down; what a silent antenna would have heard goes to a neighbour or is lost.

    CDR of `silent_day` land one day later, all of them.
    """
    day = clock.day_of(seen.at)
    abroad = seen.spot < 0
    home_routed = abroad & (rng.random(len(seen)) < HOME_ROUTED_SHARE) & (seen.kind != SIGNALLING)
    cell, lost = _cells(seen, day, folk, net, rng)
    cell[abroad | (rng.random(len(seen)) < NO_CELL_SHARE)] = NO_CELL
    roaming = abroad & ~home_routed
    country = np.where(roaming, -seen.spot.astype(np.int64), np.where(cell == NO_CELL, -1, 0))
    country[roaming & (rng.random(len(seen)) < SHIP_SHARE)] = -1
    late = np.where(
        roaming,
        rng.choice(len(LATE_ROAMING), len(seen), p=LATE_ROAMING / LATE_ROAMING.sum()),
        rng.choice(len(LATE_CDR), len(seen), p=LATE_CDR / LATE_CDR.sum()),
    )
    landed = np.minimum(day + late, clock.days - 1)
    if silent_day is not None:
        landed[~roaming & (landed == silent_day)] += 1
    parts = np.array([parts_of(clock, d) for d in range(clock.days)])[landed]
    part = rng.integers(0, 3, len(seen)) % parts
    key = ((landed * 4 + np.where(roaming, 3, part)) << 32) | (seen.at - clock.first)
    order = np.argsort(key, kind="stable")
    order = order[~lost[order]]
    return Heard(
        seen.who[order],
        seen.at[order],
        seen.kind[order],
        roaming[order],
        cell[order],
        country[order],
        landed[order],
        part[order],
    )


def _cells(
    seen: Signs, day: Ints, folk: People, net: Network, rng: np.random.Generator
) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """The cell of each sign, as if all were at home, and which signs nobody heard."""
    n, spot = len(seen), np.maximum(seen.spot, 0)
    site = folk.sites[seen.who, spot]
    site = np.where(seen.hop, net.neighbour[site], site)
    first, end = net.silent_days
    silent = net.silent[site] & (day >= first) & (day < end) & (seen.spot >= 0)
    lost = silent & (rng.random(n) < 0.4)
    site = np.where(silent, net.relief[site], site)
    draw = rng.random(n)
    sector = (seen.who * 7 + spot + (draw < 0.15)) % SECTORS
    sector = np.where((day >= net.fourth_on_air[site]) & (draw > 0.75), SECTORS, sector)
    cell = site * (SECTORS + 1) + sector
    odd = rng.random(n)
    cell = np.where(odd < WORTHLESS_SHARE, len(net.cell_ids) + (seen.who & 1), cell)
    return np.where((site == 0) & (odd > 1 - TWIN_SHARE), len(net.cell_ids) + 2, cell), lost
