"""Trips and nights: planted stays against those that were found, on both sides of the border.

What is planted is cut or joined as the contract says before it is compared: of a foreign SIM nobody sees the way home,
so that its stays with less than 72 hours between their signs are one (`contract_trip` of the truth).
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from sojourn.demo.people import MACHINES
from sojourn.demo.score import catches
from sojourn.demo.score.page import Goal, Section, at_least, count, ratio, share, table
from sojourn.demo.score.sources import Sources

GOAL, NIGHTS_GOAL = 0.99, 0.01
OUTCOMES = ("right", "other nights", "joined", "cut", "silent", "elsewhere", "missed")
GAP, SECOND = pd.Timedelta(hours=72), pd.Timedelta(seconds=1)

HOW = """\
- *planted*: stays outside the country of the SIM; of foreign SIMs those that no 72 hours of silence part are one, and
  their nights are those between the first and the last sign. *no sign*: it left none, so that nobody can find it; it is
  not counted in what follows. (Someone who only passes through the country is never known to: what came before and
  after is not seen. Their trips are `same_day`.)
- *right*: one row of `trips` of this device, in this country, overlaps it in time and overlaps no other one; its nights
  are the planted ones or one more or less.
- *other nights*: as above, but nights differ by more. *joined*: the row covers other planted stays too.
- *cut*: several rows. *silent*: several rows, as many as the silences of 72 hours make of a foreign SIM's stay.
- *elsewhere*: no row in this country, one in another. *missed*: no row.
- *recall*: right ÷ planted with a sign. *precision*: found rows that overlap a planted stay ÷ found, without the rows
  that are nothing but a catch (see Crossings).
"""
NIGHTS_HOW = """\
Nights of the trips of a person, without catches (below), against the planted ones, whether their stays left a sign or
not. Foreign SIMs: the
planted nights are those slept here, and the 72 hours that join the days of commuters make nights of their evenings at
home. `transnationals` looks at nights apart for that reason; `trips` does not.
"""


def section(sources: Sources) -> Section:
    """Trips, then nights."""
    found = catches.ended(sources)
    strangers = int((~found["device"].isin(sources.folk["device"])).sum())
    found = found.merge(sources.folk[["device", "class"]], on="device")
    planted = sources.planted("trips").merge(sources.folk[["device"]], on="device")
    one = units(planted, sources)
    one["outcome"], one["kind_found"], found["outcome"] = matched(one, found, sources.planted("caught"))
    faults = [f"trips: {strangers} rows about nobody to be there"] * bool(strangers)
    goals, lines = _trips(one, found)
    home = sources.conf.home.country
    more, nights = _nights(planted, found[found["caught"] == ""], home)
    lines += [_absences(one, found), "", *nights, *_set_aside(planted, found, home)]
    return Section(lines, [*goals, *more], faults)


def units(planted: pd.DataFrame, sources: Sources) -> pd.DataFrame:
    """What is to be found: device, class, country, first, last, nights, kind, silences, signs; one row per trip."""
    home = sources.conf.home
    foreign = planted["home_country"] != home.country
    planted = planted.assign(unit=np.where(foreign, -1 - planted["contract_trip"], planted.index), foreign=foreign)
    planted = planted.assign(first=planted["first_seen_at"], last=planted["last_seen_at"])
    keep = ("device", "class", "country", "foreign", "absence", "kind")
    sums = {"first": "min", "last": "max", "nights": "sum", "silences": "sum", "signs": "sum"}
    one = planted.groupby("unit").agg({**dict.fromkeys(keep, "first"), **sums}).reset_index(drop=True)
    seen = (one["foreign"] & (one["signs"] > 0)).to_numpy()
    first, last = (_seconds(one.loc[seen, c]) for c in ("first", "last"))
    end = sources.clock.end
    until = np.where(last + GAP // SECOND > end, end, last)
    one.loc[seen, "nights"] = sources.clock.nights(home.time_zone, first, until)
    short = one["foreign"] & (one["nights"] == 0)
    one.loc[short, "kind"], one.loc[one["foreign"] & ~short, "kind"] = "same_day", "overnight"
    return one


def _seconds(at: "pd.Series") -> npt.NDArray[np.int64]:
    """Whole seconds since 1970; a night is never told by less."""
    return np.asarray((at - pd.Timestamp(0, tz="UTC")) // SECOND, dtype=np.int64)


def matched(
    one: pd.DataFrame, found: pd.DataFrame, caught: pd.DataFrame
) -> tuple["pd.Series", "pd.Series", "pd.Series"]:
    """What became of each planted trip, the kind it was given, and what each found one is: right, caught, invented."""
    rows = found.assign(f=found.index)
    pairs = one.assign(u=one.index).merge(rows, on="device", suffixes=("", "_found"))
    pairs = pairs[(pairs["departed_at"] <= pairs["last"]) & (pairs["last_at"] >= pairs["first"])]
    there = pairs[pairs["country"] == pairs["country_found"]]
    pieces = there.groupby("u")["f"].nunique().reindex(one.index, fill_value=0)
    others = there.groupby("f")["u"].transform("nunique").groupby(there["u"]).max().reindex(one.index, fill_value=0)
    off = (there["nights"] - there["nights_found"]).abs().groupby(there["u"]).max().reindex(one.index, fill_value=0)
    silent = one["foreign"] & (pieces > 1) & (pieces == 1 + one["silences"])
    tests = [one["signs"] == 0, silent, pieces > 1, others > 1, (pieces == 1) & (off > 1), pieces == 1]
    names = ["no sign", "silent", "cut", "joined", "other nights", "right"]
    outcome = np.select([*tests, one.index.isin(pairs["u"])], [*names, "elsewhere"], "missed")
    kind = there.drop_duplicates("u").set_index("u")["kind_found"].reindex(one.index)
    held = rows.merge(caught[["device", "country", "at"]], on=["device", "country"])
    held = held[(held["departed_at"] <= held["at"] + pd.Timedelta(seconds=180)) & (held["last_at"] >= held["at"])]
    is_ = np.select([found.index.isin(there["f"]), found.index.isin(held["f"])], ["right", "caught"], "invented")
    return pd.Series(outcome, index=one.index), kind, pd.Series(is_, index=found.index)


def _trips(one: pd.DataFrame, found: pd.DataFrame) -> tuple[list[Goal], list[str]]:
    folk, rows = one[~one["class"].isin(MACHINES)], found[~found["class"].isin(MACHINES)]
    right, precision, recall = _figures(folk, rows)
    same = ratio(int((folk["kind"] == folk["kind_found"])[folk["outcome"] == "right"].sum()), right)
    goals = [
        at_least("trips", f"{GOAL:.0%} in the right country, nights within one (recall)", recall, GOAL),
        at_least("trips", f"{GOAL:.0%} of those found are planted (precision)", precision, GOAL),
    ]
    head = ["class", "planted", "no sign", *OUTCOMES, "found", "caught", "invented", "precision", "recall"]
    lines = []
    for name in [*sorted({*one["class"], *found["class"]}), "all people"]:
        a, b = (x if name == "all people" else x[x["class"] == name] for x in (one, found))
        if name == "all people":
            a, b = folk, rows
        _, exact, told = _figures(a, b)
        many, kinds = a["outcome"].value_counts(), b["outcome"].value_counts()
        numbers = (len(a), *(many.get(o, 0) for o in ("no sign", *OUTCOMES)), len(b))
        more = (kinds.get("caught", 0), kinds.get("invented", 0))
        lines.append([name, *map(count, (*numbers, *more)), share(exact), share(told)])
    how = [*HOW.splitlines(), "", *(g.sentence() for g in goals)]
    return goals, ["## Trips", "", *how, f"Of the right ones {share(same)} have the right kind.", *table(head, lines)]


def _figures(one: pd.DataFrame, found: pd.DataFrame) -> tuple[int, float | None, float | None]:
    """Right, precision, recall."""
    right = int((one["outcome"] == "right").sum())
    good = int((found["outcome"] == "right").sum())
    precision = ratio(good, int((found["outcome"] != "caught").sum()))
    return right, precision, ratio(right, int((one["outcome"] != "no sign").sum()))


def _absences(one: pd.DataFrame, found: pd.DataFrame) -> str:
    """Whether the stays of one absence, as of a journey through two countries, bear one `trip_id`."""
    mine = one[~one["foreign"] & (one["outcome"] == "right")]
    pairs = mine.merge(found, on=["device", "country"])
    pairs = pairs[(pairs["departed_at"] <= pairs["last"]) & (pairs["last_at"] >= pairs["first"])]
    several = pairs.groupby("absence")["trip_id"].agg(["size", "nunique"]).query("size > 1")
    joined = int((several["nunique"] == 1).sum())
    shared = int((pairs.groupby("trip_id")["absence"].nunique() > 1).sum())
    return (
        f"Of {len(several):,} absences in several countries, {joined:,} bear one `trip_id`; {shared:,} of all numbers\n"
        "stand for more than one absence."
    )


def _set_aside(planted: pd.DataFrame, found: pd.DataFrame, home: str) -> list[str]:
    """What each rule takes out of the flows, and with it the nights abroad of all trips."""
    ours, true = found[found["home_country"] == home], int(planted[planted["home_country"] == home]["nights"].sum())
    lines, left = [], int(ours["nights"].sum())
    for rule, some in (
        ("all trips", ours),
        *((rule, ours[ours["caught"] == rule]) for rule in ("accidental", "loose")),
    ):
        nights = int(some["nights"].sum())
        left -= nights if some is not ours else 0
        of = (some["outcome"] == "right").sum()
        lines.append([rule, count(len(some)), count(of), count(nights), share(ratio(left - true, true))])
    how = [
        "What flows leave out of the trips of the operator's own SIMs: *accidental* by the signs around them, *loose*",
        "where the belt tells it. *difference*: nights of what is left, against the planted ones.",
    ]
    return [*how, *table(["rule", "trips", "that were planted stays", "nights", "difference"], lines)]


def _nights(planted: pd.DataFrame, found: pd.DataFrame, home: str) -> tuple[list[Goal], list[str]]:
    who = ["device", "class", "foreign"]
    told = found.assign(foreign=found["home_country"] != home)
    true = planted.assign(foreign=planted["home_country"] != home)
    both = pd.concat([x.groupby(who)["nights"].sum() for x in (true, told)], axis=1, keys=["planted", "found"])
    both = both.fillna(0).astype(int).reset_index()
    ours, lines = both[~both["foreign"]], []
    for name in [*sorted(set(both["class"])), "all abroad"]:
        a = ours if name == "all abroad" else both[both["class"] == name]
        off = (a["found"] - a["planted"]).abs()
        total = ratio(int(a["found"].sum() - a["planted"].sum()), int(a["planted"].sum()))
        exact, near, mean = (off == 0).mean(), (off <= 1).mean(), f"{off.mean():.2f}"
        numbers = map(count, (len(a), a["planted"].sum(), a["found"].sum()))
        lines.append([name, *numbers, share(total), share(exact), share(near), mean, count(off.max())])
    total = ratio(int(ours["found"].sum() - ours["planted"].sum()), int(ours["planted"].sum()))
    off_total = None if total is None else abs(total) <= NIGHTS_GOAL
    goal = Goal("nights abroad", f"in total within {NIGHTS_GOAL:.0%}", share(total), off_total)
    head = ["class", "persons", "planted", "found", "difference", "exact", "within one", "mean error", "largest error"]
    return [goal], ["## Nights", "", NIGHTS_HOW, goal.sentence(), *table(head, lines)]
