"""Homes: right is the planted cell or a neighbour, by observed nights and by class."""

from datetime import date

import pandas as pd

from jobs import home_locations
from schemas import HOME_LOCATIONS
from sojourn import clock
from sojourn.cells import neighbours
from sojourn.demo.people import MACHINES, SHARES
from sojourn.demo.score.page import Goal, Section, at_least, share, table
from sojourn.demo.score.sources import Sources

CLASSES = ("resident", *SHARES)
GOAL, SEEN_WELL = 0.99, 14
BANDS = {"fewer than 10": (0, 9), "10–13": (10, 13), "14–20": (14, 20), "21–28": (21, 28), "all": (0, 99)}
BANDS["**14 and more**"] = (SEEN_WELL, 99)
MONTHS = 2  # the latest
OUTCOMES = ("right", "wrong", "unlocatable", "abroad", "too_few_nights", "unseen")
JUDGED = ("right", "wrong", "unlocatable")

HOW = """\
- *right*: status `home`, and the cell is the one of the antenna that serves the planted home, or one of its six
  neighbours. Of people who moved, the home that counts is the one they had on most nights of the window.
- *wrong*: status `home`, and any other cell.
- *unlocatable*: the status of that name; it counts as wrong.
- *share right*: right ÷ (right + wrong + unlocatable).
- *too few nights*, *abroad*: the statuses of those names. Nothing is said of a home: neither right nor wrong.
- *unseen*: no sign on any night of the window.
"""


def section(sources: Sources) -> Section:
    """The latest months."""
    homes = sources.found(HOME_LOCATIONS)
    p = home_locations.Params(**sources.conf.tables.get(HOME_LOCATIONS.name, {}))
    lines: list[str] = []
    goals: list[Goal] = []
    for month in sorted(set(homes["month"]))[-MONTHS:]:
        first, last = home_locations.window(clock.last_day(month), sources.newest, p)
        mine = homes[homes["month"] == month].drop(columns=["month", "home_country"])
        rows = judged(dwellings(sources.people, first, last), mine)
        state = "provisional" if mine["provisional"].any() else "closed"
        lines += [f"## Homes, {month:%Y-%m} ({state}): the nights from {first} to {last}", ""]
        lines += [HOW] if not goals else []
        goals.append(goal(rows, f"homes, {month:%Y-%m}"))
        lines += homes_page(rows, goals[-1])
    strangers = sorted(set(homes["device"].dropna()) - set(sources.folk["device"]))
    return Section(lines, goals, [f"home_locations: {len(strangers)} devices that must not be there"] * bool(strangers))


def dwellings(people: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    """Of each person the dwelling of most nights from the first to the last; the later of two with as many."""
    spans = zip(people["home_from"], people["home_to"], strict=True)
    nights = [(min(until, last) - max(since, first)).days for since, until in spans]
    order = people.assign(nights=nights).sort_values(["nights", "home_from"], kind="stable")
    return order.drop_duplicates("imsi", keep="last").drop(columns="nights")


def outcome(status: str | None, cell: int | None, home: int | None) -> str:
    """What is to be said of one answer. Right is the planted cell or one of its six neighbours."""
    if status is None:
        return "unseen"
    if status != "home":
        return status
    return "right" if cell is not None and home is not None and cell in (home, *neighbours(home)) else "wrong"


def judged(people: pd.DataFrame, homes: pd.DataFrame) -> pd.DataFrame:
    """One month's answers beside the truth: everyone who did not opt out, with `outcome` and `observed_nights`.

    Args:
        people: imsi, device, class, antenna_cell (null: has no home here), opt_out; one row each.
        homes: the month's rows of `home_locations`.
    """
    rows = people[~people["opt_out"]].merge(homes, on="device", how="left", validate="one_to_one")
    nothing = rows[["status", "cell", "antenna_cell"]].astype(object).where(rows.notna(), None)
    named = [outcome(*row) for row in nothing.itertuples(index=False, name=None)]
    return rows.assign(outcome=named, observed_nights=rows["observed_nights"].astype("Int64").fillna(0))


def share_right(rows: pd.DataFrame) -> float | None:
    """Right of all that were judged; None of none."""
    told = rows.loc[rows["outcome"].isin(JUDGED), "outcome"]
    return float((told == "right").mean()) if len(told) else None


def goal(rows: pd.DataFrame, subject: str) -> Goal:
    """The goal of one month."""
    folk = rows[rows["antenna_cell"].notna() & ~rows["class"].isin(MACHINES)]
    well = share_right(folk[folk["observed_nights"] >= SEEN_WELL])
    return at_least(subject, f"{GOAL:.0%} right of those seen on {SEEN_WELL} nights or more", well, GOAL)


def _line(name: str, rows: pd.DataFrame) -> list[str]:
    many = rows["outcome"].value_counts()
    return [name, f"{len(rows):,}", *(f"{int(many.get(o, 0)):,}" for o in OUTCOMES), share(share_right(rows))]


def homes_page(rows: pd.DataFrame, aim: Goal) -> list[str]:
    """The tables of one month."""
    with_home, none = rows[rows["antenna_cell"].notna()], rows[rows["antenna_cell"].isna()]
    folk = with_home[~with_home["class"].isin(MACHINES)]
    seen, lost = folk["observed_nights"], folk[folk["outcome"] == "unlocatable"]
    torn = int((3 * lost["abroad_nights"] >= lost["observed_nights"]).sum())
    head = ["persons", *(o.replace("_", " ") for o in OUTCOMES), "share right"]
    return [
        aim.sentence(),
        f"Of {len(lost)} unlocatable, {torn} spent a third of their nights abroad or more.",
        "",
        "People by observed nights:",
        *table(["observed nights", *head], [_line(n, folk[seen.between(*band)]) for n, band in BANDS.items()]),
        "By class, machines in rows of their own:",
        *table(["class", *head], _by_class(with_home)),
        "Those who sleep nowhere in the country: a home found for them is made of signs on their way, before 07:00 or",
        "after 20:00, and counts as *wrong* here:",
        *table(["class", *head], _by_class(none)),
    ]


def _by_class(rows: pd.DataFrame) -> list[list[str]]:
    return [_line(c, rows[rows["class"] == c]) for c in CLASSES if (rows["class"] == c).any()]
