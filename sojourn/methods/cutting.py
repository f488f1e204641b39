"""A whole cut into parts, each as small as k devices allow: places into cells, a week into days, a day into hours.

Method: that of `sojourn.methods.tiling`, for counts that stand in a table. Of all ways to cut a tree in parts that may
be published, none inside another, the one in which what is counted has the greatest depth on average; what is in no
part has none. Exact, by dynamic programming from the leaves: a node is published whole or cut.
"""

from collections.abc import Sequence

import pandas as pd

NODE = ["tree", "part"]


def parts(nodes: pd.DataFrame, tree: Sequence[str]) -> pd.Series:
    """Which nodes of some trees are published: for each row whether, in its order.

    Args:
        nodes: of each tree (a combination of the columns `tree`, nulls too) its nodes: `part`, a number; `depth`, 0 for
            the coarsest; `up`, the part at depth - 1 that it lies in; `may`, whether it may be published; `weight`,
            what it counts, a whole number. Of a node that may be published all those above are there.
        tree: names.
    """
    known = nodes[["part", "depth", "up", "may", "weight"]].astype("int64")
    known["tree"] = nodes.groupby(list(tree), dropna=False).ngroup()
    known["best"] = 0
    levels = (
        [known[known["depth"] == depth].copy() for depth in range(int(known["depth"].max()) + 1)] if len(known) else []
    )
    below = pd.DataFrame({"tree": [], "part": [], "cut": []}, dtype="int64")
    for level in reversed(levels):
        cut = level[NODE].merge(below, on=NODE, how="left")["cut"].fillna(0).astype("int64").to_numpy()
        whole = level["weight"] * (level["depth"] + 1)
        level["take"] = (level["may"] > 0) & (whole >= cut)
        level["best"] = whole.where(level["take"], cut)
        below = level.groupby(["tree", "up"])["best"].sum().rename("cut").rename_axis(NODE).reset_index()
    chosen = pd.Series(False, index=nodes.index)
    covered = pd.DataFrame({"tree": [], "up": [], "inside": []}, dtype="int64")
    for level in levels:
        inside = level[["tree", "up"]].merge(covered, on=["tree", "up"], how="left")["inside"].fillna(0).to_numpy() > 0
        taken = level["take"] & ~inside
        chosen[level.index[taken]] = True
        covered = level[NODE].assign(inside=(taken | inside).astype("int64")).rename(columns={"part": "up"})
    return chosen
