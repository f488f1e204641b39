"""The antennas of the demo network: where they stand, which are near each other, what the register says each day."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sojourn import shapes
from sojourn.demo.grid import KM_PER_DEG, NORTH, SOUTH, WEST, Floats, Grid
from sojourn.demo.places import TOWNS

Ints = npt.NDArray[np.int64]

INLAND, ABROAD = 210, 42  # sites; one in six stands over the border, as in the real register (OpenCelliD, MCC 270)
SECTORS = 3
SILENT_TOWN = "Wiltz"
WORTHLESS = (("LTE-09001-1", 0.0, 0.0), ("LTE-09002-1", 95.2, 6.1))  # coordinates that are none
TWIN = "GSM-08001-1"  # stands where another site stands


@dataclass(frozen=True, eq=False)
class Network:
    """Sites of shape (n,) with `sectors` cells each; cell c of site s is row s * (SECTORS + 1) + c of `cell_ids`.

    `sites` are latitude and longitude; `fourth_on_air` and `listed` are days: when a fourth sector starts (or never:
    a large number), and from when on the register knows the site. `neighbour` and `relief` are sites: the nearest
    one, and the nearest outside the town that falls silent. Site `moved` stands `moved_by` further from `moved_on`.
    """

    sites: Floats
    cell_ids: list[str]
    neighbour: Ints
    relief: Ints
    silent: npt.NDArray[np.bool_]
    silent_days: tuple[int, int]
    fourth_on_air: Ints
    listed: Ints
    moved: int
    moved_on: int
    moved_by: Floats

    def nearest(self, points: Floats, avoid: int | None = None) -> Ints:
        """The site that serves each point, shape (n,)."""
        return _nearest(points, self.sites, avoid)

    def at(self, day: int) -> Floats:
        """Where the sites stand on a day, shape (n, 2)."""
        if day < self.moved_on:
            return self.sites
        sites = self.sites.copy()
        sites[self.moved] += self.moved_by
        return sites

    def register(self, day: int) -> pa.Table:
        """The snapshot of the cell register that the operator hands over on a day."""
        site, sector = np.divmod(np.arange(len(self.cell_ids)), SECTORS + 1)
        known = (self.listed[site] <= day) & ((sector < SECTORS) | (self.fourth_on_air[site] <= day))
        row = np.flatnonzero(known)
        lat, lon = self.at(day)[site[row]].T.round(6)
        twin = self.at(day)[0].round(6)
        odd = [*WORTHLESS, (TWIN, float(twin[0]), float(twin[1]))]
        return pa.table(
            {
                "cell_id": [self.cell_ids[r] for r in row] + [o[0] for o in odd],
                "lat": [*lat.tolist(), *(o[1] for o in odd)],
                "lon": [*lon.tolist(), *(o[2] for o in odd)],
                "radio": ["LTE"] * (len(row) + 2) + ["GSM"],
                "range_m": [*(1500 + site[row] * 37 % 4000).tolist(), 3000, 3000, 8000],
                "azimuth": [*(sector[row] * 120 % 360).tolist(), 0, 0, 0],
            }
        )


def network(grid: Grid, days: int, rng: np.random.Generator) -> Network:
    """Antennas where people are, along the roads between them, and some across the border."""
    inland = np.vstack([_town_sites(rng), _spread(grid.points(900, rng, power=0.6), INLAND, rng)])[:INLAND]
    sites = np.vstack([inland, _over_the_border(ABROAD, rng)])
    n = len(sites)
    town = next(t for t in TOWNS if t.name == SILENT_TOWN)
    km = _km(sites, np.array([[town.latitude, town.longitude]]))[:, 0]
    silent = km < max(3.0, float(np.sort(km)[1]) + 0.1)
    gap = _km(sites, sites) + np.where(np.eye(n, dtype=bool), np.inf, 0)
    fourth = np.full(n, 10**6)
    fourth[rng.choice(n, 12, replace=False)] = rng.integers(3, max(days, 5), 12)
    listed = np.zeros(n, dtype=np.int64)
    listed[rng.choice(np.arange(40, INLAND), 3, replace=False)] = (3, 4, 6)
    lonely = np.argsort(-gap.min(axis=1)[len(TOWNS) : INLAND])[0] + len(TOWNS)  # far from all: nobody else's neighbour
    return Network(
        sites=sites,
        cell_ids=[f"LTE-{s + 1:05d}-{c + 1}" for s in range(n) for c in range(SECTORS + 1)],
        neighbour=gap.argmin(axis=1),
        relief=np.where(silent[None, :], np.inf, gap).argmin(axis=1),
        silent=silent,
        silent_days=(days // 2, days // 2 + 2),
        fourth_on_air=fourth,
        listed=listed,
        moved=int(lonely),
        moved_on=days * 3 // 5,
        moved_by=np.array([0.012, -0.014]),
    )


def _km(a: Floats, b: Floats) -> Floats:
    gap: Floats = np.hypot(*((a[:, None, :] - b[None, :, :]) * KM_PER_DEG).transpose(2, 0, 1))
    return gap


def _nearest(points: Floats, sites: Floats, avoid: int | None) -> Ints:
    gap = _km(points, sites)
    if avoid is not None:
        gap[:, avoid] = np.inf
    return np.asarray(gap.argmin(axis=1))


def _town_sites(rng: np.random.Generator) -> Floats:
    """One site in every town and one more for every 6,000 people, shape (n, 2)."""
    centre = np.array([(t.latitude, t.longitude) for t in TOWNS])
    extra = np.array([t.persons // 6000 for t in TOWNS])
    reach = np.repeat(np.array([0.6 + t.persons**0.5 / 220 for t in TOWNS]), extra)
    more = np.repeat(centre, extra, axis=0) + rng.normal(0, 1, (extra.sum(), 2)) * reach[:, None] / KM_PER_DEG
    return np.vstack([centre, _spread(more, len(more), rng, apart_km=0.5)])


def _spread(candidates: Floats, n: int, rng: np.random.Generator, apart_km: float = 1.6) -> Floats:
    """Up to n of the candidates, none of them nearer to another than `apart_km`."""
    kept: list[int] = []
    gap = _km(candidates, candidates)
    for i in rng.permutation(len(candidates)).tolist():
        if len(kept) < n and (not kept or gap[i, kept].min() > apart_km):
            kept.append(i)
    return candidates[kept]


def _over_the_border(n: int, rng: np.random.Generator) -> Floats:
    """Places abroad within some three kilometres of Luxembourg, shape (n, 2)."""
    tries = np.column_stack([rng.uniform(SOUTH - 0.03, NORTH + 0.03, 6000), rng.uniform(WEST - 0.03, 6.57, 6000)])
    outside = tries[~shapes.inside("LU", *tries.T)]
    steps = np.array([(np.sin(a), np.cos(a)) for a in np.arange(8) * np.pi / 4]) * 3 / KM_PER_DEG
    near = np.any([shapes.inside("LU", *(outside + s).T) for s in steps], axis=0)
    return _spread(outside[near], n, rng, apart_km=2.0)
