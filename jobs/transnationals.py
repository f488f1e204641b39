"""Who lives, works or stays in another country than that of the SIM.

Method: Ahas, Silm and Tiru's four groups (tourists, commuters, transnationals, long-term stayers), separated by how
often and for how long people are abroad (Mooses et al. 2020; Silm et al. 2020), and seasonal stays beside them. The
published cut-offs were not available: the defaults are this project's, the 183 days the convention of residence.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas import COUNTRY_RUNS, MACHINES, TRANSNATIONALS
from sojourn.clock import local
from sojourn.errors import bounded
from sojourn.methods.catches import Catch, without_catches
from sojourn.methods.stays import Rule, Span, stays

READS, WRITES, EVERY = (COUNTRY_RUNS, MACHINES), TRANSNATIONALS, "month"
YEAR = 365
EVERYWHERE = "*"
BOUNDS = {
    "gap_hours": (1, 1_440), "transit_hours": (0, 24), "min_days": (1, YEAR), "long_stay_nights": (1, YEAR),
    "long_stay_days": (1, YEAR + 1), "long_stay_share": (0.1, 1), "edge_days": (1, 183), "commuter_visits": (1, YEAR),
    "commuter_min_visits": (1, YEAR), "commuter_nights_per_visit": (0, 7), "commuter_weekday_share": (0, 1),
    "day_share": (0, 1.01), "weekend_hours": (1, 1_440), "transnational_nights": (0, YEAR),
    "transnational_visits": (1, YEAR),
    "short_days": (1, YEAR + 1), "short_visits": (0, YEAR), "short_nights": (0, YEAR), "quarters_days": (1, YEAR + 1),
    "quarters": (1, 4), "seasonal_nights": (0, YEAR), "seasonal_stay": (1, YEAR), "visitor_stay": (0, YEAR),
    "catch_minutes": (0, 180), "catch_bracket_minutes": (1, 720), "catch_bracket_hours": (0, 48),
    "belt_catches": (1, 1_000), "spill_share": (0.5, 1.01), "machine_share": (0.01, 1.01),
}  # fmt: skip


@dataclass(frozen=True)
class Params:
    """What makes a class. Defaults: docs/methods.md; [yearly] ones are in proportion to the days covered.

    gap_hours, transit_hours: of stays, as in `trips`. min_days: covered, below which nobody is of a class.

    Long-stayers: long_stay_nights [yearly] where long_stay_days or more are covered; below, long_stay_share of the days
    and signs there in both the first and the last edge_days.

    Commuters: commuter_visits [yearly] and at least commuter_min_visits, at most commuter_nights_per_visit,
    commuter_weekday_share of the visits begun on Monday to Friday. day_share: nobody sees a foreign subscriber go home;
    who is here on as large a share of weekdays, and of whose nights between two signs at least day_share are without a
    sign from 20 to 5, comes by day, and each such night parts two visits (1.01: never); and of whom three weekends or
    more pass without a sign for weekend_hours goes home for these (more than gap_hours: never).

    Transnationals: transnational_nights and transnational_visits [yearly]; where fewer than short_days are covered, at
    least short_visits and short_nights; where quarters_days or more are, visits in at least `quarters` quarters.

    Seasonal: seasonal_nights [yearly], one stay of at least seasonal_stay nights, its arrival or departure seen.

    Catches: the network across the border takes a phone from its owner's home. Signs abroad that span fewer than
    catch_minutes, between signs at home within catch_bracket_minutes, are no stay (0: all are); belt_catches of them
    make a hexagon one of the border belt. Of a phone that was caught as often, signs at home within
    catch_bracket_hours do, one of them in the belt. Of a foreign one that is heard so briefly and in the belt alone on
    spill_share of its dates, these are no stays (1.01: never).

    Machines have no row: those whose p_machine, over the months covered and by the days seen in each, is machine_share
    or more on average (1.01: all have).

    Visitors: the rest, and whoever has only one stay, of fewer than visitor_stay nights between signs at home.
    """

    gap_hours: int = 72
    transit_hours: int = 3
    min_days: int = 28
    long_stay_nights: int = 183
    long_stay_days: int = 183
    long_stay_share: float = 0.8
    edge_days: int = 7
    commuter_visits: int = 48
    commuter_min_visits: int = 8
    commuter_nights_per_visit: float = 1.0
    commuter_weekday_share: float = 0.85
    day_share: float = 0.8
    weekend_hours: int = 40
    transnational_nights: int = 31
    transnational_visits: int = 5
    short_days: int = 90
    short_visits: int = 2
    short_nights: int = 6
    quarters_days: int = 270
    quarters: int = 3
    seasonal_nights: int = 31
    seasonal_stay: int = 28
    visitor_stay: int = 28
    catch_minutes: int = 30
    catch_bracket_minutes: int = 60
    catch_bracket_hours: int = 24
    belt_catches: int = 3
    spill_share: float = 0.9
    machine_share: float = 0.5

    def __post_init__(self) -> None:
        bounded(self, "transnationals", BOUNDS)


def transform(
    runs: DataFrame,
    machines: DataFrame,
    month: date,
    as_of: date,
    days_covered: int,
    provisional: bool,
    home: str,
    home_zone: str,
    p: Params,
) -> DataFrame:
    """Rows of `transnationals` for one month; none where fewer than `min_days` are covered.

    Args:
        runs: rows of `country_runs` of the days covered.
        machines: rows of `machines` of the months covered; of devices without one nothing is known.
        month: its first day.
        as_of: the last day covered.
        days_covered: how many, the same for all devices.
        provisional: the month is not closed.
        home: country of the operator, ISO 3166-1 alpha-2.
        home_zone: its time zone.
        p: parameters.
    """
    if p.machine_share <= 1:
        runs = runs.join(_machines(machines, p), "device", "left_anti")
    span = Span(as_of - timedelta(days_covered - 1), as_of, home, home_zone)
    by_day = (p.day_share, p.commuter_min_visits - 1, p.commuter_weekday_share)
    rule = Rule(p.gap_hours, p.transit_hours, *by_day, p.weekend_hours)
    caught = Catch(p.catch_minutes, p.catch_bracket_minutes, p.catch_bracket_hours, p.belt_catches, p.spill_share)
    lives = _lives(_visits(stays(without_catches(runs, home, caught), span, rule)), span, days_covered, p)
    made = {
        "month": F.lit(month),
        "as_of": F.lit(as_of),
        "days_covered": F.lit(days_covered),
        "class": kind_of_life(days_covered, p),
        "provisional": F.lit(provisional or days_covered < YEAR),
    }
    rows = lives.withColumns(made).select(*TRANSNATIONALS.names)
    return rows if days_covered >= p.min_days else rows.limit(0)


def _machines(machines: DataFrame, p: Params) -> DataFrame:
    """The devices that are more likely machines than people, in whole millionths: a sum has no order."""
    weight = F.col("days_seen").cast("bigint")
    share = F.sum(F.round(F.col("p_machine") * 1_000_000).cast("bigint") * weight) / F.sum(weight)
    return (
        machines.groupBy("device")
        .agg(share.alias("share"))
        .where(F.col("share") >= p.machine_share * 1_000_000)
        .select("device")
    )


def _visits(found: DataFrame) -> DataFrame:
    """One row per visit: a stay in one country, and under '*' all stays of one absence. Transits are none."""
    one = F.struct(F.col("country"), F.unix_micros("departed_at").alias("visit"))
    all_ = F.struct(F.lit(EVERYWHERE).alias("country"), F.col("trip_id").alias("visit"))
    both = found.where("kind <> 'transit'").withColumn("of", F.explode(F.array(one, all_)))
    return both.groupBy("device", F.col("of.country").alias("country"), F.col("of.visit").alias("visit")).agg(
        F.min("home_country").alias("home_country"),
        F.sum("nights").cast("int").alias("nights"),
        F.min("departed_at").alias("began_at"),
        F.min("first_date").alias("first_date"),
        F.max("last_date").alias("last_date"),
        F.bool_and(~F.col("left_censored")).alias("arrival"),
        F.bool_and(F.col("returned_at").isNotNull()).alias("departure"),
        F.bool_and("bracketed").alias("bracketed"),
    )


def _lives(visits: DataFrame, span: Span, days: int, p: Params) -> DataFrame:
    """One row per device and country, or '*': what the rules look at."""
    began = F.to_date(local(F.col("began_at"), span.zone))
    quarter = F.floor(F.greatest(F.datediff(began, F.lit(span.first)), F.lit(0)) * 4 / YEAR).cast("int")
    # before an absence there is a sign at home or none, and after it
    at_home = F.when(F.col("country") == EVERYWHERE, F.col("arrival") & F.col("departure")).otherwise(
        F.col("bracketed")
    )
    lives = (
        visits.withColumn("quarter", quarter)
        .groupBy("device", "country")
        .agg(
            F.min("home_country").alias("home_country"),
            F.least(F.sum("nights"), F.lit(days)).cast("int").alias("nights"),  # eastward, a night may come twice
            F.count("*").cast("int").alias("visits"),
            F.least(F.max("nights"), F.lit(days)).alias("longest_nights"),
            F.count_if(F.weekday(began) < 5).alias("on_weekdays"),
            F.bit_count(F.bit_or(F.expr("shiftleft(1, quarter)"))).alias("in_quarters"),
            F.min("first_date").alias("first_date"),
            F.max("last_date").alias("last_date"),
            F.bool_or(F.col("arrival") | F.col("departure")).alias("end_seen"),
            F.bool_and(at_home).alias("bracketed"),
        )
    )
    edge = timedelta(p.edge_days - 1)
    ends = (F.col("first_date") <= F.lit(span.first + edge)) & (F.col("last_date") >= F.lit(span.last - edge))
    return lives.withColumns({"weekday_share": F.col("on_weekdays") / F.col("visits"), "at_both_ends": ends})


def kind_of_life(days: int, p: Params) -> Column:
    """The class, from nights, visits, longest_nights, weekday_share, in_quarters and what was seen of the ends.

    The first rule that fits. A yearly threshold t over D days is t · D / 365, compared in whole numbers.
    """
    nights, visits = F.col("nights"), F.col("visits")

    def yearly(count: Column, threshold: int) -> Column:
        return count * YEAR >= threshold * days

    passing = (visits == 1) & (nights < p.visitor_stay) & F.col("bracketed")
    if days >= p.long_stay_days:
        stays_long = yearly(nights, p.long_stay_nights)
    else:
        stays_long = (nights / days >= p.long_stay_share) & F.col("at_both_ends")
    commutes = (
        yearly(visits, p.commuter_visits)
        & (visits >= p.commuter_min_visits)
        & (nights <= visits * p.commuter_nights_per_visit)
        & (F.col("weekday_share") >= p.commuter_weekday_share)
    )
    lives_in_two = yearly(nights, p.transnational_nights) & yearly(visits, p.transnational_visits)
    if days < p.short_days:
        lives_in_two &= (visits >= p.short_visits) & (nights >= p.short_nights)
    if days >= p.quarters_days:
        lives_in_two &= F.col("in_quarters") >= p.quarters
    comes_for_a_season = (
        yearly(nights, p.seasonal_nights) & (F.col("longest_nights") >= p.seasonal_stay) & F.col("end_seen")
    )
    return (
        F.when(passing, "visitor")
        .when(stays_long, "long_stayer")
        .when(commutes, "commuter")
        .when(lives_in_two, "transnational")
        .when(comes_for_a_season, "seasonal")
        .otherwise("visitor")
    )
