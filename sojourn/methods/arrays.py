"""Rows in order, as whole arrays: where groups of them begin, so that `reduceat` tells of each."""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


def starts(*keys: Ints) -> Ints:
    """Where rows in order begin to have other keys than the one before."""
    new = np.ones(len(keys[0]), bool)
    new[1:] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    return np.flatnonzero(new)


def groups(start: Ints, rows: int) -> Ints:
    """Of each row the number of its group, by where the groups start."""
    return np.repeat(np.arange(len(start)), np.diff(start, append=rows))
