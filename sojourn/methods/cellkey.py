"""The noise of a cell key: small, bounded, zero on average, and the same wherever the same set is counted.

Source: the cell-key method of the Australian Bureau of Statistics (Thompson, Broadfoot and Elazar 2013) as European
censuses use it. Of all laws on -D..D with mean 0 and variance V the one of greatest entropy is taken (Marley and Leaver
2011; Giessing 2016; the R package ptable), whose weights are proportional to exp(-lambda i^2).
"""

import math
from functools import cache

import numpy as np
import numpy.typing as npt
from pyspark.sql import Column
from pyspark.sql import functions as F

from sojourn.methods.counting import KEYS

MAX_NOISE, VARIANCE = 5, 2.0  # docs/decisions/0007-cell-keys.md


def bound(k: int) -> int:
    """The largest noise where no figure rests on fewer than `k` devices: what is published stays above 0."""
    return min(MAX_NOISE, k - 1)


@cache
def probabilities(d: int, variance: float) -> tuple[float, ...]:
    """The law on -d..d with this variance; with the greatest that greatest entropy allows, where it is smaller."""
    squares = [i * i for i in range(-d, d + 1)]

    def law(slope: float) -> list[float]:
        weights = [math.exp(-slope * s) for s in squares]
        return [w / sum(weights) for w in weights]

    def spread(slope: float) -> float:
        return sum(p * s for p, s in zip(law(slope), squares, strict=True))

    low, high = 0.0, 1e3
    if spread(low) <= variance:
        return tuple(law(low))
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if spread(middle) > variance else (low, middle)
    return tuple(law(high))


@cache
def thresholds(k: int) -> tuple[int, ...]:
    """The record keys, rising, at which the noise steps up from -D to D: the law's distribution on 2^32 keys.

    Symmetrical to the key, so that the noise is 0 on average exactly.
    """
    d = bound(k)
    law = probabilities(d, VARIANCE)
    lower = [round(sum(law[: i + 1]) * KEYS) for i in range(d)]
    return (*lower, *(KEYS - t for t in reversed(lower)))


def noise(record_key: Column, k: int) -> Column:
    """The noise of a set, a whole number from -D to D (int)."""
    above = [(record_key >= t).cast("int") for t in thresholds(k)]
    return sum(above, F.lit(-bound(k)))


def noise_of(record_keys: npt.ArrayLike, k: int) -> npt.NDArray[np.int64]:
    """The same of an array of shape (n,)."""
    return np.searchsorted(np.array(thresholds(k), np.int64), np.asarray(record_keys, np.int64), "right") - bound(k)


def perturbed(n: Column, record_key: Column, k: int) -> Column:
    """A count with its noise, bigint: of nobody 0, of somebody 1 or more."""
    count = n.cast("bigint")
    return F.when(count > 0, F.greatest(count + noise(record_key, k), F.lit(1))).otherwise(F.lit(0)).cast("bigint")
