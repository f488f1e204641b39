"""How well figures agree with official ones: level, rank, shares, scale, and whether what is wrong is wrong together.

One number is not enough: figures that follow the population correlate with anything that does and may still be wrong
everywhere. Measures as UN-CEBD and debiasR list them; common part of commuters: Lenormand et al. (2012); Moran (1950).
Never against the benchmark that the figures were raked or fitted to.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Agreement:
    """Of n figures with their official counterparts; a measure that rests on nothing is NaN.

    mae, rmse: in the units of the figures. mape: mean |found - true| / true where true >= least. pearson, spearman,
    kendall (tau-b). common: 2 sum min / (sum + sum), 1 where all agree. divergence: Jensen-Shannon of the shares, in
    bits, 0 where they agree. slope, intercept: of ln found on ln true, 1 and 0 where they agree.
    """

    n: int
    mae: float
    rmse: float
    mape: float
    pearson: float
    spearman: float
    kendall: float
    common: float
    divergence: float
    slope: float
    intercept: float


def agreement(found: npt.ArrayLike, true: npt.ArrayLike, least: float = 16) -> Agreement:
    """See Agreement; found and true of shape (n,), none negative.

    Raises:
        ValueError: shapes differ, or a figure is negative.
    """
    from scipy import stats  # loads slowly, and only validation needs it

    f, t = np.asarray(found, np.float64), np.asarray(true, np.float64)
    if f.shape != t.shape or f.ndim != 1 or not f.size or (f < 0).any() or (t < 0).any():
        msg = f"figures of shapes {f.shape} and {t.shape}: give (n,) each, none negative"
        raise ValueError(msg)
    off, large, both = np.abs(f - t), t >= least, (f > 0) & (t > 0)
    varied = len(f) > 1 and bool(np.ptp(f)) and bool(np.ptp(t))
    line = both.sum() > 1 and bool(np.ptp(t[both]))
    slope, intercept = np.polyfit(np.log(t[both]), np.log(f[both]), 1) if line else (np.nan, np.nan)
    pearson, spearman, kendall = (
        float(of(f, t).statistic) if varied else float("nan")
        for of in (stats.pearsonr, stats.spearmanr, stats.kendalltau)
    )
    return Agreement(
        n=len(f),
        mae=float(off.mean()),
        rmse=float(np.sqrt((off**2).mean())),
        mape=float((off[large] / t[large]).mean()) if large.any() else float("nan"),
        pearson=pearson,
        spearman=spearman,
        kendall=kendall,
        common=float(2 * np.minimum(f, t).sum() / (f.sum() + t.sum())) if (f + t).any() else float("nan"),
        divergence=_divergence(f, t),
        slope=float(slope),
        intercept=float(intercept),
    )


def moran(residuals: npt.ArrayLike, neighbours: npt.ArrayLike) -> float:
    """Moran's I of what is left over, shape (n,): about -1 / (n - 1) where errors know nothing of those beside them.

    neighbours: weight of each pair, shape (n, n), such as 1 for areas that touch.
    """
    z, w = np.asarray(residuals, np.float64), np.asarray(neighbours, np.float64)
    if w.shape != (len(z), len(z)) or not w.sum():
        msg = f"neighbours of shape {w.shape} for {len(z)} areas: give (n, n), some of them not 0"
        raise ValueError(msg)
    z = z - z.mean()
    return float(len(z) / w.sum() * (z @ w @ z) / (z @ z))


def _divergence(found: Floats, true: Floats) -> float:
    if not found.sum() or not true.sum():
        return float("nan")
    p, q = found / found.sum(), true / true.sum()
    middle = (p + q) / 2

    def to(part: Floats) -> float:
        some = part > 0
        return float((part[some] * np.log2(part[some] / middle[some])).sum())

    return max(0.0, (to(p) + to(q)) / 2)
