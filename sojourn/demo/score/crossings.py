"""Crossings: each planted change of country lies between the two signs that tell of it, or it was not found.

Of foreign SIMs nobody sees the other side of a border, so these are crossings of the operator's own subscribers.
"""

import pandas as pd

from schemas import BORDER_CROSSINGS
from sojourn.demo.score.page import Goal, Section, at_least, count, ratio, share, table
from sojourn.demo.score.sources import Sources

GOAL = 0.99
SECOND = pd.Timedelta(seconds=1)
CATCH = pd.Timedelta(seconds=180)  # how long the foreign network keeps a phone that it caught

HOW = """\
- *planted*: a change of country in the planted journeys. *to be seen*: the stay it belongs to left a sign.
- *right*: a row of `border_crossings` with the two countries of a planted crossing, whose instant lies between the two
  signs. *recall*: right ÷ to be seen.
- *caught*: a row made of a sign that the network across the border took from somebody at home. By the contract's words
  that is a sign abroad, and so a crossing; the rows are told apart here, and left out of the precision.
- *invented*: any other row. *precision*: right ÷ (right + invented).
"""


def section(sources: Sources) -> Section:
    """Planted and found, by class."""
    columns = ["device", "from_country", "to_country", "at", "gap_hours"]
    found = sources.found(BORDER_CROSSINGS, columns)
    trips = sources.planted("trips").merge(sources.folk[["device"]], on="device")
    planted = crossings(trips, sources.conf.home.country)
    planted["right"], found["outcome"] = matched(planted, found, sources.planted("caught"))
    strangers = int((~found["device"].isin(sources.folk["device"])).sum())
    found = found.merge(sources.folk, on="device")
    never = ~found["device"].isin(set(trips["device"]))
    lines = ["## Crossings", "", HOW]
    goals = _goals(planted, found, int((never & (found["outcome"] == "invented")).sum()))
    lines += [*(g.sentence() for g in goals), *_table(planted, found)]
    return Section(lines, goals, [f"border_crossings: {strangers} rows about nobody to be there"] * bool(strangers))


def crossings(trips: pd.DataFrame, home: str) -> pd.DataFrame:
    """Changes of country in the planted stays of home SIMs: device, class, from_country, to_country, at, seen."""
    mine = trips[trips["home_country"] == home]
    mine = mine.assign(begins=mine["departed_at"].fillna(pd.Timestamp(0, tz="UTC")))
    mine = mine.sort_values(["device", "begins"], kind="stable").reset_index(drop=True)
    seen, follows = (
        mine["signs"].gt(0).astype(bool),
        mine["absence"].eq(mine["absence"].shift()).fillna(False).astype(bool),
    )
    before = mine["country"].shift().where(follows, home)
    followed = follows.shift(-1, fill_value=False)
    out = mine.assign(from_country=before, to_country=mine["country"], at=mine["departed_at"])
    out["seen"] = seen & (~follows | seen.shift(fill_value=False))
    back = mine.assign(from_country=mine["country"], to_country=home, at=mine["returned_at"], seen=seen)[~followed]
    both = pd.concat([out[~mine["left_censored"]], back[back["at"].notna()]], ignore_index=True)
    return both[["device", "class", "from_country", "to_country", "at", "seen"]]


def matched(planted: pd.DataFrame, found: pd.DataFrame, caught: pd.DataFrame) -> tuple["pd.Series", "pd.Series"]:
    """Which planted crossings were found, and what each found one is: right, caught or invented."""
    since = found["at"] - pd.to_timedelta(found["gap_hours"] * 3600, unit="s")
    rows = found.assign(f=found.index, since=since - SECOND, until=found["at"] + SECOND)
    keys = ["device", "from_country", "to_country"]
    pairs = planted.assign(p=planted.index).merge(rows, on=keys, suffixes=("", "_found"))
    pairs = pairs[(pairs["since"] <= pairs["at"]) & (pairs["at"] <= pairs["until"])].sort_values(["at_found", "p"])
    pairs = pairs.drop_duplicates("f").drop_duplicates("p")
    abroad = rows.melt(["f", "device", "since", "at"], ["from_country", "to_country"], "end", "country")
    held = abroad.merge(caught[["device", "country", "at"]], on=["device", "country"], suffixes=("", "_caught"))
    sign = held["since"].where(held["end"] == "from_country", held["at"])  # the sign abroad, of the two
    held = held[(sign - held["at_caught"]).between(-2 * SECOND, CATCH)]
    outcome = pd.Series("invented", index=found.index)
    outcome[found.index.isin(held["f"])] = "caught"
    outcome[found.index.isin(pairs["f"])] = "right"
    return pd.Series(planted.index.isin(pairs["p"]), index=planted.index), outcome


def _figures(planted: pd.DataFrame, found: pd.DataFrame) -> tuple[int, float | None, float | None]:
    """Right, precision, recall."""
    right = int((found["outcome"] == "right").sum())
    seen = planted[planted["seen"]]
    return right, ratio(right, int((found["outcome"] != "caught").sum())), ratio(int(seen["right"].sum()), len(seen))


def _goals(planted: pd.DataFrame, found: pd.DataFrame, of_stayers: int) -> list[Goal]:
    _, precision, recall = _figures(planted, found)
    return [
        at_least("crossings", f"{GOAL:.0%} of those to be seen (recall)", recall, GOAL),
        at_least("crossings", f"{GOAL:.0%} of those found are planted (precision)", precision, GOAL),
        Goal("crossings", "none invented for those who never left", count(of_stayers), of_stayers == 0),
    ]


def _table(planted: pd.DataFrame, found: pd.DataFrame) -> list[str]:
    rows = []
    for name in [*sorted({*planted["class"], *found["class"]}), "all"]:
        p, f = (x if name == "all" else x[x["class"] == name] for x in (planted, found))
        right, precision, recall = _figures(p, f)
        many = f["outcome"].value_counts()
        numbers = (len(p), int(p["seen"].sum()), len(f), right, many.get("caught", 0), many.get("invented", 0))
        rows.append([name, *map(count, numbers), share(precision), share(recall)])
    head = ["class", "planted", "to be seen", "found", "right", "caught", "invented", "precision", "recall"]
    return table(head, rows)
