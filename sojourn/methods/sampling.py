"""What a sum over sampled persons may be off by: Poisson bootstrap by person, and its closed form.

A bootstrap of persons gives each the weight Poisson(1) in each replicate, drawn from a hash of the person and of the
replicate: no order, no partition and no second pass changes it (Chamandy, Muralidharan, Najmi and Naidu 2012). A
published sum is a sum over independent persons, of which each draw has the variance x², so that the bootstrap's
variance tends to Σ x² as replicates grow: what 200 of them estimate to 10 % the closed form has at no cost. A quotient,
such as post-stratified weights are, has that of its linearisation. Tests hold the one to the other.

Where a device stands for w persons of whom w - 1 were not seen, the variance of a sum over a finite population is that
times 1 - 1/w (Cochran 1977, 2.5): who everybody is known of has no sampling error.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

REPLICATES = 200
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))  # SplitMix64 (Steele, Lea and Flood 2014)
_STEP = np.uint64(0x9E3779B97F4A7C15)


def poisson_weights(devices: npt.ArrayLike, replicates: int = REPLICATES, seed: int = 0) -> npt.NDArray[np.int8]:
    """Poisson(1) weights, shape (replicates, n), of whole numbers that name devices, shape (n,); the same always."""
    named = np.asarray(devices).astype(np.int64).view(np.uint64)
    rows = np.arange(replicates, dtype=np.uint64)[:, None] + np.uint64(seed) * np.uint64(1 << 32)
    with np.errstate(over="ignore"):  # modulo 2^64 is what is meant
        drawn = _mixed(_mixed(named[None, :] + _STEP) + (rows + np.uint64(1)) * _STEP)
    uniform = (drawn >> np.uint64(11)).astype(np.float64) / 2**53
    return np.searchsorted(_law(), uniform, "right").astype(np.int8)


def bootstrap(parts: npt.ArrayLike, drawn: npt.NDArray[np.int8]) -> Floats:
    """Sums of each replicate, shape (replicates,), of what each device adds, shape (n,)."""
    return np.asarray(drawn @ np.asarray(parts, np.float64))


def sum_variance(parts: npt.ArrayLike, each: npt.ArrayLike | None = None) -> float:
    """Poisson(1) weights, shape (replicates, n), of the pseudonyms of devices, shape (n,): always the same."""
    x = np.asarray(parts, np.float64)
    seen = 1.0 if each is None else 1 - 1 / np.asarray(each, np.float64)
    return float((x**2 * seen).sum())


def ratio_variance(parts: npt.ArrayLike, base: npt.ArrayLike, known: float = 1.0) -> float:
    """Variance of known · Σy / Σx by linearisation: (known / Σx)² Σ (y - R x)², R the quotient.

    Args:
        parts: y of each person, shape (n,).
        base: x of each; with x = 1 of all residents, and `known` the persons of their zone, a post-stratified count.
        known: what the quotient is multiplied by, without error of its own.
    """
    y, x = np.asarray(parts, np.float64), np.asarray(base, np.float64)
    quotient = y.sum() / x.sum()
    return float((known / x.sum()) ** 2 * ((y - quotient * x) ** 2).sum())


def count_variance(n: npt.ArrayLike, residents: npt.ArrayLike, weight: npt.ArrayLike) -> Floats:
    """Variance of n · weight persons, shape (n,), of n of the `residents` of a zone whose persons are known.

    weight² n (1 - n / residents)(1 - 1 / weight): `ratio_variance` of ones and noughts, for a finite population. All
    residents together have none: they are the persons of the zone. residents: infinite, where weights are given from
    outside and not made of a zone's persons; then it is `sum_variance`.
    """
    m, w = np.asarray(n, np.float64), np.asarray(weight, np.float64)
    left = np.clip(1 - m / np.asarray(residents, np.float64), 0, 1)
    return np.asarray(w**2 * m * left * np.clip(1 - np.divide(1, w, where=w > 0, out=np.ones_like(w)), 0, 1))


def _mixed(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    x = (x ^ (x >> np.uint64(30))) * _MIX[0]
    x = (x ^ (x >> np.uint64(27))) * _MIX[1]
    return x ^ (x >> np.uint64(31))


def _law() -> Floats:
    """The distribution of Poisson(1) up to what a double can tell from 1."""
    terms = np.exp(-1) / np.cumprod(np.r_[1.0, np.arange(1, 20)])
    return np.cumsum(terms)
