"""Kinds of life: the planted class of each device and country against the one that was found."""

import pandas as pd

from schemas import TRANSNATIONALS
from schemas.transnationals import CLASSES
from sojourn.demo.people import MACHINES
from sojourn.demo.score.page import Goal, Section, at_least, count, ratio, share, table
from sojourn.demo.score.sources import Sources

GOAL, YEAR_GOAL, YEAR = 0.85, 0.9, 365
SHORT = ("visitor", "commuter", "transnational", "long_stayer")  # a season is 28 nights with an end seen in the middle
SEASON_DAYS = 90  # from which on it can be told from a long stay
NONE, EVERYWHERE = "none", "*"

HOW = """\
The planted class is what the rules of [methods](methods.md) make of the planted stays themselves, on the same days: the
error below is that of the signs, not of the rules. In 35 days nobody can be *seasonal* (28 nights or more in one stay,
an end of it seen, and not abroad in both the first and the last week): seasonal workers are planted, and the
rules call them visitors. *none*: no row. A row that is found and not planted is counted against its class too: these
are foreign SIMs in transit, of whom nobody sees that they are, and silences that part a stay.

- *F1* of a class: 2 × right ÷ (planted + found). *macro-F1*: the mean over the classes that can be shown.
- By country: one row per device and foreign country. Together: `country = '*'`. Machines are left out.
"""
NO_SEASONS = """\
In 35 days nobody can be *seasonal* (28 nights or more in one stay,
an end of it seen, and not abroad in both the first and the last week): seasonal workers are planted, and the
rules call them visitors. """


def section(sources: Sources) -> Section:
    """The newest month: F1 by class, and who was taken for whom."""
    found = sources.found(TRANSNATIONALS, ["as_of", "device", "home_country", "country", "class", "nights"])
    newest = None if found.empty else max(found["as_of"])
    found = found[found["as_of"] == newest]
    strangers = int((~found["device"].isin(sources.folk["device"])).sum())
    rows = compared(sources.planted("classes"), found, sources.folk)
    ours = rows["home_country"] == sources.conf.home.country
    sides = {"abroad": rows[ours], "here": rows[~ours], "both": rows}
    parts = {
        (side, of): part[(part["country"] == "*") == (of == "together")]
        for side, part in sides.items()
        for of in ("by country", "together")
    }
    days = sources.clock.days
    goals = [_goal(parts["both", of], of, days) for of in ("by country", "together")]
    how = HOW.replace(NO_SEASONS, "") if days >= SEASON_DAYS else HOW
    lines = ["## Classes", "", how, f"As of {newest}, the newest that the lake has.", ""]
    lines += [*(g.sentence() for g in goals), *_scores(parts, days)]
    if days >= SEASON_DAYS:
        lines += _nights(sources.planted("classes"), found, sources)
    for side, name in (("abroad", "Home SIMs abroad"), ("here", "Foreign SIMs here")):
        for of in ("by country", "together"):
            lines += [f"{name}, {of}; a row is what was planted, a column what was found:", *_matrix(parts[side, of])]
    return Section(lines, goals, [f"transnationals: {strangers} rows about nobody to be there"] * bool(strangers))


def _nights(planted: pd.DataFrame, found: pd.DataFrame, sources: Sources) -> list[str]:
    """Nights under '*', of people and of all days that the rules look at."""
    people = sources.folk[~sources.folk["class"].isin(MACHINES)]
    lines = []
    for side in ("abroad", "here"):
        ours = people[(people["home_country"] == sources.conf.home.country) == (side == "abroad")]["device"]
        true, told = (
            int(x[(x["country"] == EVERYWHERE) & x["device"].isin(ours)]["nights"].sum()) for x in (planted, found)
        )
        lines.append([side, count(true), count(told), share(ratio(told - true, true))])
    return ["Nights of these rows, catches left out:", *table(["side", "planted", "found", "difference"], lines)]


def compared(planted: pd.DataFrame, found: pd.DataFrame, folk: pd.DataFrame) -> pd.DataFrame:
    """Rows of either: device, country, home_country, planted, found (classes, or none)."""
    people = folk[~folk["class"].isin(MACHINES)][["device", "home_country"]]
    true, told = (x[["device", "country", "class"]].merge(people, on="device") for x in (planted, found))
    keys = ["device", "country", "home_country"]
    rows = true.merge(told, on=keys, how="outer", suffixes=("_planted", "_found"))
    rows = rows.rename(columns={"class_planted": "planted", "class_found": "found"})
    return rows.fillna({"planted": NONE, "found": NONE})


def f1(rows: pd.DataFrame, kind: str) -> float | None:
    """Of one class; None where it is neither planted nor found."""
    planted, found = rows["planted"] == kind, rows["found"] == kind
    return 2 * float((planted & found).sum()) / float(planted.sum() + found.sum()) if (planted | found).any() else None


def macro_f1(rows: pd.DataFrame, days: int) -> float | None:
    """Mean of F1 over the classes that so many days can show, as far as they are planted or found."""
    shown = CLASSES if days >= SEASON_DAYS else SHORT
    known = [score for score in (f1(rows, k) for k in shown) if score is not None]
    return sum(known) / len(known) if known else None


def _goal(rows: pd.DataFrame, of: str, days: int) -> Goal:
    score, least = macro_f1(rows, days), YEAR_GOAL if days >= YEAR else GOAL
    goal = at_least("classes", f"macro-F1 {least} or more, {of}", score, least)
    return Goal(goal.subject, goal.goal, "–" if score is None else f"{score:.3f}", goal.reached)


def _scores(parts: dict[tuple[str, str], pd.DataFrame], days: int) -> list[str]:
    lines = []
    for kind in (*CLASSES, "macro-F1"):
        scores = (macro_f1(rows, days) if kind == "macro-F1" else f1(rows, kind) for rows in parts.values())
        lines.append([kind, *("–" if s is None else f"{s:.3f}" for s in scores)])
    return table(["F1", *(f"{side}, {of}" for side, of in parts)], lines)


def _matrix(rows: pd.DataFrame) -> list[str]:
    names = [*CLASSES, NONE]
    many = pd.crosstab(rows["planted"], rows["found"]).reindex(index=names, columns=names, fill_value=0)
    lines = []
    for row, kind in enumerate(names):
        found = many.to_numpy(dtype=int)[row].tolist()
        right = None if kind == NONE else ratio(found[row], sum(found))
        lines.append([kind, *map(count, found), share(right)])
    return table(["planted", *names, "share right"], lines)
