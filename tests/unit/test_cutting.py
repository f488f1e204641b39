"""Parts as small as allowed: worked out by hand, and against all ways there are."""

from itertools import product

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.methods.cutting import parts


def tree(*nodes, name="a"):
    return pd.DataFrame([(name, *node) for node in nodes], columns=["tree", "depth", "part", "up", "may", "weight"])


def chosen(nodes):
    kept = nodes[parts(nodes, ["tree"])]
    return sorted((row.depth, row.part) for row in kept.itertuples())


WEEK = [(0, 0, 0, True, 90), (0, 1, 0, True, 20)]


def test_what_is_thin_is_told_more_coarsely_and_what_is_not_is_cut():
    days = [(1, d, int(d > 5), d != 7, 18 if d < 6 else 10) for d in range(1, 8)]
    # five days carry all of their half, of the weekend Saturday alone carries half: 10 * 2 is no more than 20 * 1
    assert chosen(tree(*WEEK, *days)) == [(0, 1), (1, 1), (1, 2), (1, 3), (1, 4), (1, 5)]
    thin = [(1, 1, 0, True, 40), (1, 2, 0, False, 50)]
    assert chosen(tree(WEEK[0], *thin)) == [(0, 0)]


def test_trees_are_apart_and_a_name_may_be_missing():
    nodes = pd.concat(
        [tree((0, 0, 0, True, 9)), tree((0, 0, 0, False, 9), name="b"), tree((0, 0, 0, True, 9), name=None)]
    )
    assert parts(nodes.reset_index(drop=True), ["tree"]).tolist() == [True, False, True]


def test_of_nothing_there_is_nothing():
    assert parts(tree().iloc[:0], ["tree"]).tolist() == []


@pytest.mark.parametrize("leaves", [2, 3])
@given(data=st.data())
def test_no_other_cut_is_finer(leaves, data):
    """A root, two nodes, leaves: against all sets of parts of which none is inside another."""
    weights = data.draw(st.lists(st.integers(0, 9), min_size=2 * leaves, max_size=2 * leaves))
    may = data.draw(st.lists(st.booleans(), min_size=2 * leaves, max_size=2 * leaves))
    low = [(2, i, i // leaves, may[i] and w > 0, w) for i, w in enumerate(weights)]
    middle = [
        (1, i, 0, data.draw(st.booleans()) or any(n[3] for n in low if n[2] == i), sum(n[4] for n in low if n[2] == i))
        for i in (0, 1)
    ]
    root = (0, 0, 0, any(n[3] for n in middle), sum(weights))
    nodes = [root, *middle, *low]

    def value(kept):
        inside = {(n[0], n[1]) for n in kept}
        for depth, _, up, *_ in kept:
            above = {(depth - 1, up), (0, 0)} if depth else set()
            if above & inside:
                return -1
        return sum((n[0] + 1) * n[4] for n in kept if n[3])

    allowed = [n for n in nodes if n[3]]
    best = max(
        value([n for n, take in zip(allowed, which, strict=True) if take])
        for which in product((0, 1), repeat=len(allowed))
    )
    found = set(chosen(tree(*nodes)))
    assert value([n for n in nodes if (n[0], n[1]) in found]) == best
