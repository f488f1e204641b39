"""From calls to foreign countries to who lives where: location quotients, and a model against a census.

The spatial distribution of the countries that are called matches official figures on communities (Bajardi et al. 2015,
Milan). A count of calls is no count of people: nationalities call at different rates, and less each year as calls move
to the internet. So the census teaches it, per country and for its own year:

    N(g, c) ~ NegBin(E, theta),   ln E = ln N(g) + a(c) + b(c) (ln(x(g, c) + 1/2) - m)

with N(g, c) residents of area g who were born in (or are citizens of) c, N(g) all residents, x calls and messages, m
the mean of ln(x + 1/2). a(c) = a + u(c), b(c) = b + v(c), where u and v are random effects of the country: normal
around 0, estimated as penalties (penalised maximum likelihood). What is reported of it is how it does in regions that
it was not fitted to: neighbouring areas are alike, so that areas left out one by one would flatter it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import digamma, gammaln

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HALF = 0.5
LEVEL_SD, SLOPE_SD = 1.5, 0.5  # of u and v: calling rates of nationalities differ by a factor of four or so


def location_quotient(x: npt.ArrayLike) -> Floats:
    """(x(g, c) / x(g, .)) / (x(., c) / x(., .)) of calls, shape (areas, countries); 1 where a country is as everywhere.

    NaN where an area calls nobody, or nobody calls a country.
    """
    calls = np.asarray(x, np.float64)
    expected = calls.sum(axis=1, keepdims=True) * calls.sum(axis=0, keepdims=True) / calls.sum()
    return np.asarray(np.divide(calls, expected, out=np.full_like(calls, np.nan), where=expected > 0))


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a census taught: of each country (of `countries`, shape (c,)) the level a and the slope b.

    level, slope: those of a country that was not among them. size: theta, the dispersion; var = E + E² / theta.
    """

    countries: npt.NDArray[np.str_]
    levels: Floats
    slopes: Floats
    level: float
    slope: float
    size: float
    middle: float

    def expected(self, calls: npt.ArrayLike, people: npt.ArrayLike, country: npt.ArrayLike) -> Floats:
        """Residents of each country in each area, E, shape (n,): a row for each pair of area and country."""
        place = {c: i for i, c in enumerate(self.countries.tolist())}
        row = np.array([place.get(c, -1) for c in np.asarray(country).tolist()])
        level, slope = np.append(self.levels, self.level)[row], np.append(self.slopes, self.slope)[row]
        seen = np.log(np.asarray(calls, np.float64) + HALF) - self.middle
        return np.asarray(np.asarray(people, np.float64) * np.exp(level + slope * seen))


def fitted(
    residents: npt.ArrayLike,
    calls: npt.ArrayLike,
    people: npt.ArrayLike,
    country: npt.ArrayLike,
    *,
    level_sd: float = LEVEL_SD,
    slope_sd: float = SLOPE_SD,
) -> Fitted:
    """The model above; a row for each pair of area and country, shape (n,) each.

    Args:
        residents: N(g, c) of the census.
        calls: x(g, c).
        people: N(g), more than 0.
        country: c.
        level_sd: standard deviation of the countries' levels around their mean.
        slope_sd: of their slopes.

    Raises:
        ValueError: shapes or values do not fit, or the fit did not come to an end.
    """
    y, x, n = (np.asarray(a, np.float64) for a in (residents, calls, people))
    names, row = np.unique(np.asarray(country).astype(str), return_inverse=True)
    if not (y.shape == x.shape == n.shape == row.shape and y.ndim == 1 and y.size):
        msg = f"shapes {y.shape}, {x.shape}, {n.shape}, {row.shape}: give a row for each pair of area and country"
        raise ValueError(msg)
    if (y < 0).any() or (x < 0).any() or not (n > 0).all():
        msg = "residents and calls are none or more, and every area has people; leave the others out"
        raise ValueError(msg)
    seen = np.log(x + HALF)
    middle = float(seen.mean())
    data = _Data(y, seen - middle, np.log(n), row, len(names), level_sd, slope_sd)
    begin = np.zeros(3 + 2 * len(names))
    begin[0] = np.log((y.sum() + HALF) / n.sum())
    found = minimize(data.loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": 2000, "maxfun": 20_000})
    if not found.success and found.status != 2:  # 2: it can get no better than rounding allows
        msg = f"the fit did not come to an end ({found.message}); are there areas with residents and calls?"
        raise ValueError(msg)
    level, slope, size, u, v = data.parts(found.x)
    return Fitted(names, level + u, slope + v, float(level), float(slope), float(np.exp(size)), middle)


def held_out(
    residents: npt.ArrayLike,
    calls: npt.ArrayLike,
    people: npt.ArrayLike,
    country: npt.ArrayLike,
    block: npt.ArrayLike,
    **sd: float,
) -> Floats:
    """What the model says of each row, shape (n,), when it is fitted without the row's whole block.

    block: of each row the region it lies in, such as its H3 parent some levels up: never an area by itself.
    """
    y, x, n, c, region = (np.asarray(a) for a in (residents, calls, people, country, block))
    blocks = np.unique(region)
    if len(blocks) < 2:
        msg = "there is one block: nothing is left to fit to; take smaller regions"
        raise ValueError(msg)
    out = np.full(len(y), np.nan)
    for one in blocks:
        away = region == one
        model = fitted(y[~away], x[~away], n[~away], c[~away], **sd)
        out[away] = model.expected(x[away], n[away], c[away])
    return out


@dataclass(frozen=True, eq=False)
class _Data:
    y: Floats
    seen: Floats
    offset: Floats
    row: Ints
    countries: int
    level_sd: float
    slope_sd: float

    def parts(self, theta: Floats) -> Sequence[Floats]:
        """Level, slope, ln size, u, v."""
        k = self.countries
        return theta[0], theta[1], theta[2], theta[3 : 3 + k], theta[3 + k :]

    def loss(self, theta: Floats) -> tuple[float, Floats]:
        """Minus the penalised likelihood, and its gradient."""
        level, slope, size, u, v = self.parts(theta)
        r = np.exp(np.clip(size, -10, 15))
        mean = np.exp(
            np.clip(self.offset + level + u[self.row] + (slope + v[self.row]) * self.seen, -50, 50),
        )
        y = self.y
        told = gammaln(y + r) - gammaln(r) - gammaln(y + 1) + r * np.log(r / (r + mean)) + y * np.log(mean / (r + mean))
        by_mean = r * (y - mean) / (r + mean)
        by_size = r * (digamma(y + r) - digamma(r) + np.log(r / (r + mean)) + 1 - (y + r) / (r + mean)).sum()
        by_u = np.bincount(self.row, by_mean, self.countries)
        by_v = np.bincount(self.row, by_mean * self.seen, self.countries)
        pull = (u / self.level_sd**2, v / self.slope_sd**2, size / 9)  # ln size around 0, widely: a start, no belief
        held = 0.5 * ((u * pull[0]).sum() + (v * pull[1]).sum() + size * pull[2])
        up = np.concatenate([[by_u.sum(), by_v.sum(), by_size - pull[2]], by_u - pull[0], by_v - pull[1]])
        return float(held - told.sum()), -up
