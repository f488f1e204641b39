"""What stands under each figure: its definition in a sentence, its caveat, and what is done so that nobody is seen."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any

import schemas
from sojourn.config import Config


@dataclass(frozen=True)
class Note:
    """Of one figure: what it shows, what it does not, its table, and where there is nothing to show, why."""

    table: str
    definition: str
    caveat: str
    empty: str


CLASSES = {
    "visitor": "The rest: holidays, visits, errands.",
    "commuter": "Many visits, mostly on working days, and at most a night a visit.",
    "seasonal": "A stay of four weeks or more, of which the arrival or the departure was seen.",
    "transnational": "Lives in both: comes again and again, and spends a month of nights or more there in a year.",
    "long_stayer": "At least half of the year's nights there; on a short history, nearly all of its nights.",
}
STATUSES = {
    "A": "normal",
    "P": "provisional: a month that is not closed, or homes that may still change",
    "U": "unreliable: the interval is wide for the value (hatched on the map)",
    "Q": "suppressed: it rests on too few devices",
}
MONTHLY = "The table is made when a month closes, or before that with sojourn run … --provisional."
RANGES = (
    " Ranges are 90 % intervals (p05 to p95) of the errors that are modelled; that of a sum adds the ends of its rows, "
    "as if all errors went the same way, so it is 90 % or wider."
)


NOTES = {
    "map": Note(
        schemas.POPULATION_MAP.name,
        "Residents present: a device with a home stands for the persons of its home zone in {raster} divided by the "
        "devices with a home there. It is counted at its nearest sign within two hours, else at night at home, else "
        "where it was last; abroad it is in no cell. Visitors are persons with a foreign SIM. Inside what an antenna "
        "serves, people are spread by the raster.",
        "A cell is as small as {k} devices behind it allow: large cells mean few devices, not few people, which is why "
        "colour shows persons per km². The range (p05–p95) is a 90 % interval of the error that is modelled, of the "
        "sample of devices and its calibration; phones left at home and second phones are not in it.",
        "The population map has no rows yet. It is made every night, once the configuration names a population raster "
        "and some devices have a home.",
    ),
    "flows": Note(
        schemas.CROSS_BORDER_FLOWS.name,
        "Trips that ended in the month, by the home zone of that month and by country; transit is left out. A trip is "
        "a stay in one country that is not that of the SIM, so one absence may be several trips.",
        "Pairs of zone and country with fewer than {k} devices are left out, so sums over what is shown are lower than "
        "the truth. A local SIM, or a phone that is off, is a trip that nobody sees." + RANGES,
        f"There are no flows yet. {MONTHLY}",
    ),
    "homes": Note(
        schemas.RESIDENTS_BY_ORIGIN.name,
        "A home is the cell, with its neighbours, of more than {share} of the nights on which a device was seen "
        "({night_from}:00 to {night_to}:00, at least {min_nights} of the last {window_days} nights); foreign SIMs "
        "count from 14 nights on.",
        "The country is that of the SIM: not citizenship, and not where somebody was born. Many who move take a local "
        "SIM; and a foreign SIM that is here only early and late, from {night_from}:00 and to {night_to}:00, may be a "
        "commuter's: p05 of the table does without those never seen from {core_from}:00 to {core_to}:00. "
        "Groups of fewer than {k} devices are left out." + RANGES,
        f"There are no residents by origin yet. {MONTHLY}",
    ),
    "stocks": Note(
        schemas.TRANSNATIONAL_STOCKS.name,
        "What a device's stays in foreign countries make it, over the last 365 days or as many as the lake covers; the "
        "first rule that fits, from long-stayer, commuter, transnational, seasonal to visitor. With two years of "
        "history, what became of each class (class_transition); absent: no stay in the second year, or a SIM given up.",
        "Fewer than 365 days are provisional, and thresholds shrink with them. One side only is seen of each: who "
        "changes the SIM at the border is two devices. Groups of fewer than {k} devices are left out." + RANGES,
        f"There are no stocks of transnationals yet: they need 28 days of history. {MONTHLY}",
    ),
    "migration": Note(
        schemas.INTL_MIGRATION_FLOW.name,
        "Devices that came to live in another country in the year. 1998 short-term: 3 to 12 months there; 1998 "
        "long-term: 12 months or more, absences of less than three months aside; 2021 continuous: 12 months, absences "
        "of up to {max_gap} nights aside; 2021 majority: 183 nights of 12 months. SIMs of this country slept 183 "
        "nights at home in the 12 months before, foreign ones fewer than half of them here. The curve asks for a stay "
        "of 1 to 12 months instead.",
        "SIMs are counted, not people who register. The lower bound is who was seen there long enough; the upper one, "
        "of SIMs of this country, counts those silent since too, which may be a local SIM or a phone given up. Of "
        "foreign SIMs the second figure follows owners who seem to have changed to a SIM of this country. 1998 "
        "short-term is too high in itself, as no sign tells a holiday or a visit from a move. A year is provisional "
        "until the December after it. Groups of fewer than {k} devices are left out, so sums are lower than the truth.",
        "There are no moves to another country yet: they need two months of history, or 13 for stays of a year. "
        f"{MONTHLY}",
    ),
    "corridors": Note(
        schemas.CROSS_BORDER_CORRIDORS.name,
        "Crossings of the border by SIMs of this country, out and back, by the last antenna before the border or the "
        "first after it where the silence is {corridor_gap_hours:g} hours or less. The wait is the mean silence at a "
        "crossing, each up to {gap_cap_hours:g} hours.",
        "A crossing is two signs, not a border post: a wait is the time between them, and who makes no call crosses "
        "unseen. Places and hours are as fine as {k} devices allow; what is thinner is in the sum by country alone.",
        f"There are no corridors yet. {MONTHLY}",
    ),
    "communities": Note(
        schemas.CROSS_BORDER_COMMUNITIES.name,
        "Zones and countries between which people move more than their sizes alone would make them: communities of a "
        "graph of stays and of calls abroad, which are {calls:.0%} of what ties zones and countries, found {runs} "
        "times; places are together where {agreement:.0%} of the runs or more agree.",
        "A community says where people go and call, not who they are or where they belong. It is made of published "
        "figures: small ones are not in it, and a country abroad is one place.",
        f"There are no communities yet. {MONTHLY}",
    ),
    "quality": Note(
        schemas.NIGHT_QUALITY.name,
        "Records accepted and rejected by landing day; the share that no antenna or network places; antennas with an "
        "event among those of the register; and for each table and date the expectations that failed.",
        "A table whose critical checks fail is not published: what stands here then is the last good version. A date "
        "without a mark has no rows.",
        "No night has been judged yet: sojourn run builds the first.",
    ),
}


def notes(conf: Config, params: Mapping[str, Any]) -> dict[str, Note]:
    """The words under each figure, with the numbers of this configuration."""
    home = params["home_locations"]
    raster = f"the population raster of {conf.population.year}" if conf.population else "a population raster"
    corridors, communities = params["cross_border_corridors"], params["cross_border_communities"]
    numbers = {"k": conf.disclosure.k, "share": f"{home.min_share:.0%}", "raster": raster}
    numbers["max_gap"] = params["intl_migration_flow"].max_gap_nights
    for part in (corridors, communities, home):
        numbers |= vars(part)
    return {name: Note(*(text.format(**numbers) for text in astuple(note))) for name, note in NOTES.items()}


def disclosure(k: int) -> list[str]:
    """How people are kept out of the figures, and what is not shown."""
    return [
        f"No figure rests on fewer than {k} devices, counted before any weighting, and none for more than half on one.",
        "Published counts of devices carry a small random change that a secret and the set of devices counted decide: "
        "the same devices, the same change. Persons, trips and nights are scaled with it. So parts do not add up to "
        "their sums exactly, and a difference between two hours, zones, tables or releases tells nothing of a person.",
        "Thin cells of the map are merged into coarser ones; what is thin even then is one row without a place.",
        "Not shown, because it is not in the published tables: any device, any route, any single trip, who meets whom, "
        "places or groups below the threshold, and anything that would help to find, reach or expel someone.",
    ]
