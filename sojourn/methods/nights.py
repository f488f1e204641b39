"""In which country each device spent each night of a month, as bits of one number.

A night is named by the day on which it begins. It is spent where the device was at 04:00, by the clock of that country;
its signs are those from 16:00 before to 16:00 after, as every sign is nearest to one 04:00. Of the operator's own
subscribers, who are heard at home and abroad, the nearest sign tells; a run that holds 04:00 is nearest of all. Guests
are heard here alone, and whoever comes by day goes home unheard: of them only signs of the evening and of the small
hours tell. Whole devices in one country, nearly all of them, cost one aggregation and no sort.
"""

from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from sojourn.clock import later, local
from sojourn.methods.countries import as_number, as_text, number_of
from sojourn.methods.stays import Span, zone_there

TURN = "interval 16 hours"  # of a day: signs before are nearer to the night before
FOUR_S = 28 * 3600  # 04:00, from the beginning of the day on which the night began
BESIDE = 2  # dates before and after a month that hold signs of its nights, in whatever time zone


@dataclass(frozen=True)
class Evening:
    """Local hours between which a sign of a guest tells of a night spent here."""

    since: int
    until: int


def dates_of(month: date, last: date) -> tuple[date, date]:
    """The dates of runs that tell of the nights from the first of a month to a last one."""
    return later(month, -BESIDE), later(last, BESIDE)


def nights_by_country(runs: DataFrame, month: date, last: date, home: str, zone: str, evening: Evening) -> DataFrame:
    """One row per device and country in which it spent a night.

    Args:
        runs: rows of `country_runs` of `dates_of` the month.
        month: its first day.
        last: the last night, of this month.
        home: country of the operator.
        zone: its time zone.
        evening: of guests.

    Returns:
        device, home_country, country, nights (int; bit d: the night that began on day d + 1 of the month).
    """
    own = F.equal_null("home_country", F.lit(home))
    at = zone_there(Span(month, last, home, zone))
    told = runs.where(own | (F.col("country") == home)).select(
        "device",
        as_number("home_country").alias("home_country"),
        as_number("country").alias("country"),
        local(F.col("first_at"), at).alias("since"),
        local(F.col("last_at"), at).alias("until"),
    )
    own, away = F.equal_null("home_country", F.lit(number_of(home))), F.col("country") != number_of(home)
    moved = told.where(away).select("device").distinct()  # guests are not among them: they are heard here alone
    span = month, (last - month).days
    columns = "device", "home_country", "country", _bits(span, own, evening)
    stayed = told.join(moved, "device", "left_anti").select(*columns)
    both = stayed.where("nights > 0").unionByName(_by_nearest(told.join(moved, "device", "left_semi"), span))
    found = both.groupBy("device", "country").agg(
        F.min("home_country").alias("home_country"), F.bit_or("nights").alias("nights")
    )
    texts = {"home_country": as_text("home_country"), "country": as_text("country")}
    return found.withColumns(texts).select("device", "home_country", "country", "nights")


def _night(at: str, month: date) -> Column:
    """Which night of the month an instant is nearest to, by the local clock."""
    return F.datediff(F.to_date(F.col(at) - F.expr(TURN)), F.lit(month))


def _bit(night: Column, last: int) -> Column:
    """The bit of a night, none where it is of another month."""
    return F.when(night.between(0, last), F.pow(F.lit(2), night)).otherwise(0).cast("int")


def _bits(span: tuple[date, int], own: Column, evening: Evening) -> Column:
    """The nights that a run tells of."""
    parts = []
    for at in ("since", "until"):
        hour = F.hour(at)
        tells = own | (hour >= evening.since) | (hour < evening.until)
        parts.append(F.when(tells, _bit(_night(at, span[0]), span[1])).otherwise(0))
    return parts[0].bitwiseOR(parts[1]).alias("nights")


def _by_nearest(runs: DataFrame, span: tuple[date, int]) -> DataFrame:
    """The same of devices that were in several countries: each night is of the run nearest to its 04:00."""
    month, last = span
    nights = F.explode(F.sequence(_night("since", month), _night("until", month)))
    votes = runs.withColumn("night", nights).where(F.col("night").between(0, last))
    four = F.unix_seconds(F.lit(month).cast("timestamp")) + F.col("night") * 86_400 + FOUR_S
    since, until = F.unix_seconds("since"), F.unix_seconds("until")
    off = F.greatest(since - four, four - until, F.lit(0))
    # of two as near the earlier, then the first by its letters
    nearest = F.min(F.struct(off.alias("off"), until.alias("until"), F.col("country"))).getField("country")
    told = votes.groupBy("device", "night").agg(F.min("home_country").alias("home_country"), nearest.alias("country"))
    return told.select("device", "home_country", "country", _bit(F.col("night"), last).alias("nights"))


def models(events: DataFrame) -> DataFrame:
    """(device, tac): the handset model that most of a device's events name, of equals the greatest."""
    known = events.where("tac is not null").groupBy("device", "tac").agg(F.count("*").alias("n"))
    return known.groupBy("device").agg(F.max(F.struct("n", "tac")).getField("tac").alias("tac"))
