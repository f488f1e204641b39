"""Machines: what was planted against what was told from people, and what it changes in the other figures."""

import pandas as pd

from jobs import transnationals as classes_job
from schemas import HOME_LOCATIONS, MACHINES, TRANSNATIONALS, TRIPS
from sojourn.demo.people import MACHINES as KINDS
from sojourn.demo.score.page import Goal, Section, at_least, count, ratio, share, table
from sojourn.demo.score.sources import Sources

GOAL, LOST_GOAL = 0.95, 0.005

HOW = """\
- *planted*: machines and people with a row in `machines` of the newest month. *told*: `p_machine` of `machine_share` or
  more (`transnationals`).
- *declared*: of a segment of the register that is machines; one in seven of the own machines is not.
- Habits: *meter* and *clocked* report by the clock, the one in its place, the other on the road; *panel* once a day,
  and when something happens; *vehicle* while it drives, and every six hours while it stands; *till* in opening hours.
"""
EFFECT = """\
How many of the rows behind other figures are of machines (the newest month). By the contract's words every device
with a home counts in `residents_by_origin` and stands for persons, and a trip is a trip: these keep them.
"""


def section(sources: Sources) -> Section:
    """The newest month."""
    found = sources.found(MACHINES, ["month", "device", "declared", "p_machine"])
    newest = None if found.empty else max(found["month"])
    found = found[found["month"] == newest]
    strangers = int((~found["device"].isin(sources.folk["device"])).sum())
    habits = sources.people.drop_duplicates("imsi")[["device", "habit"]]
    rows = found.merge(sources.folk, on="device").merge(habits, on="device", how="left")
    least = classes_job.Params(**sources.conf.tables.get(TRANSNATIONALS.name, {})).machine_share
    rows["told"] = rows["p_machine"] >= least
    rows["machine"] = rows["class"].isin(KINDS)
    found_share, lost = (ratio(int(x["told"].sum()), len(x)) for x in (rows[rows["machine"]], rows[~rows["machine"]]))
    goals = [
        at_least("machines", f"{GOAL:.0%} found", found_share, GOAL),
        Goal(
            "machines", f"less than {LOST_GOAL:.1%} of the people lost", share(lost),
            None if lost is None else lost < LOST_GOAL,
        ),
    ]  # fmt: skip
    lines = ["## Machines", "", HOW, f"The month {newest}, the newest that the lake has.", ""]
    lines += [*(g.sentence() for g in goals), *_by_habit(rows), *_calibration(rows), EFFECT, *_effect(sources, rows)]
    return Section(lines, goals, [f"machines: {strangers} rows about nobody to be there"] * bool(strangers))


def _by_habit(rows: pd.DataFrame) -> list[str]:
    lines = []
    machines, people = rows[rows["machine"]], rows[~rows["machine"]]
    for (kind, habit), some in machines.groupby(["class", "habit"]):
        lines.append([f"{kind}, {habit}", *_counts(some)])
    lines.append(["**all machines**", *_counts(machines)])
    for kind, some in people.groupby("class"):
        if some["told"].any():
            lines.append([str(kind), *_counts(some)])
    lines.append(["**all people**", *_counts(people)])
    return table(["class, habit", "seen", "declared", "told", "share"], lines)


def _counts(rows: pd.DataFrame) -> list[str]:
    told = int(rows["told"].sum())
    return [count(len(rows)), count(rows["declared"].sum()), count(told), share(ratio(told, len(rows)))]


def _calibration(rows: pd.DataFrame) -> list[str]:
    lines = [
        [f"{p:g}", count(len(some)), share(ratio(int(some["machine"].sum()), len(some)), 1)]
        for p, some in rows.groupby("p_machine")
    ]
    return ["How far the probability is one:", *table(["p_machine", "devices", "of these machines"], lines)]


def _effect(sources: Sources, rows: pd.DataFrame) -> list[str]:
    month = sources.found(MACHINES, ["month"])["month"].max()
    homes = sources.found(HOME_LOCATIONS, ["month", "device", "home_country", "status"])
    homes = homes[(homes["month"] == month) & (homes["status"] == "home")]
    own = homes["home_country"].eq(sources.conf.home.country).fillna(False).astype(bool)
    trips = sources.found(TRIPS, ["device", "returned_at", "kind"])
    ended = trips[trips["returned_at"].notna() & (trips["kind"] != "transit")]
    lives = sources.found(TRANSNATIONALS, ["month", "device", "country"])
    lives = lives[(lives["month"] == month) & (lives["country"] == "*")]
    machines = set(rows.loc[rows["machine"], "device"])
    figures = {
        "homes of own SIMs (persons per device, map)": homes[own],
        "homes of foreign SIMs (residents by origin)": homes[~own],
        "trips that ended (flows), of all months": ended,
        "`transnationals`, all countries together": lives,
    }
    lines = []
    for name, some in figures.items():
        many = int(some["device"].isin(machines).sum())
        lines.append([name, count(len(some)), count(many), share(ratio(many, len(some)), 1)])
    return table(["figure", "all", "of machines", "share"], lines)
