"""How far the persons of a cell may be wrong: a 90 % interval in closed form, and its calibration on the grid.

Three errors that do not know each other. Sampling: a device stands for w persons of whom w - 1 were not seen, so that
the persons of the devices behind a cell have the variance Σ s² w² (1 - 1/w), s being the share of an antenna's people
inside the cell. Spreading: which of the S persons of an antenna are inside is drawn by the grid, Σ s (1 - s) S. The
model: which antenna serves whom, what the grid is wrong about, who has a home; a share of the cell's persons. The last
is learnt: at night people are where the grid says that they live, so it is the smallest share with which the persons of
two thirds of the people are no further off than one standard deviation, as they are in a normal law.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

Z90 = 1.6448536269514722  # half a 90 % interval in standard deviations
WITHIN_ONE = 0.6827  # of a normal law within one standard deviation
MOST = 0.5  # of an error that is learnt: a map that is further off is no map
STEP = 0.01  # the model's error is told to a hundredth: it is about nobody


def deviation(persons: Floats, variance: Floats, model_error: float) -> Floats:
    """The standard deviation of the persons, shape (n,).

    Args:
        persons: of each cell.
        variance: of sampling and spreading, square persons.
        model_error: as a share of the persons.
    """
    sd: Floats = np.sqrt(variance + (model_error * persons) ** 2)
    return sd


def model_error(persons: Floats, sampling: Floats, known: Floats) -> float:
    """The smallest share, from 0 to MOST, that explains how far the estimates are from what is known.

    Args:
        persons: as estimated, shape (n,).
        sampling: its variance, square persons.
        known: persons that the grid expects there: smooth, so that spreading adds nothing.
    """
    off = np.abs(persons - known)
    for step in range(round(MOST / STEP)):
        share = step * STEP
        if known[off <= deviation(persons, sampling, share)].sum() >= WITHIN_ONE * known.sum():
            return share
    return MOST
