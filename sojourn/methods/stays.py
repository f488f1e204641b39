"""Stays: unbroken presence of a device in a country that is not its SIM's, out of its runs.

Two sides of one border. The operator's own subscribers are heard at home and abroad: a stay abroad lasts from its first
sign there to the first sign in another country, however long the silence between. Foreign subscribers are heard here
alone: a stay ends with the last sign before a silence of `gap_hours`. Nights are 04:00s that the stay contains, by the
clock of its country (eurostat/multimno tests 04:00 too, after it has cut days at midnight; here an interval contains it
or not).

What is known of a device at some instant is its last stay (`latest`). It counts as a first run of those after, so that
nothing before that instant has to be read again.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from sojourn.clock import later, local, midnight
from sojourn.methods.brief import NONE, Brief, accidental
from sojourn.methods.homebound import going_home, nights
from sojourn.reference.zones import zones_of_countries

RUN = ("device", "date", "home_country", "country", "first_at", "last_at")
# of the stay before: its country and last sign; and the first departure of the absence
BEFORE = {"from_country": "string", "from_at": "timestamp", "absent_since": "timestamp"}


@dataclass(frozen=True)
class Rule:
    """When a stay ends where nobody sees the end, and when it is a passage.

    gap_hours: of silence that end a foreign subscriber's stay. transit_hours: the longest stay that the signs allow is
    shorter in a transit. Foreign subscribers come by day and go home in between if at least `day_share` of their nights
    between two signs, and at least `day_nights`, have no sign from 20 to 5, and `weekday_share` of their dates are
    Monday to Friday; a day_share above 1: nobody does. Those with such dates who are silent for weekend_hours or more
    over at least weekends weekends go home for them; a weekend_hours above gap_hours: nobody does. brief: what is told
    to be accidental; it is a stay all the same.
    """

    gap_hours: int
    transit_hours: int
    day_share: float = 2.0
    day_nights: int = 1
    weekday_share: float = 0.0
    weekend_hours: int = 1_000_000
    weekends: int = 3
    brief: Brief = NONE


@dataclass(frozen=True)
class Span:
    """The days looked at, both included, and whose: the operator's country and its time zone."""

    first: date
    last: date
    home: str
    zone: str

    @property
    def start(self) -> datetime:
        """The instant the first day begins."""
        return midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The instant the last day ends."""
        return midnight(later(self.last, 1), self.zone)


def in_order(runs: DataFrame) -> tuple[DataFrame, WindowSpec]:
    """Runs of whole devices, and a window over each device's in order of time.

    Dates are local: where cells have time zones of their own, two runs of one device may begin at one instant, each
    under its own date. They count as the one that ends last.
    """
    order = Window.partitionBy("device").orderBy("first_at", "last_at", "country", "date")
    twin = F.lead("first_at").over(order) == F.col("first_at")
    return runs.withColumn("twin", F.coalesce(twin, F.lit(False))).where("not twin").drop("twin"), order


def stays(runs: DataFrame, span: Span, rule: Rule) -> DataFrame:
    """One row per stay of a device in a country that is not its SIM's.

    Only devices that have one cost a sort; all others one filter, and a look-up where they have runs.

    Args:
        runs: rows of `country_runs` of the span; or those that begin after an instant, and what was `latest` at it.
        span: the days looked at.
        rule: parameters.

    Returns:
        device, home_country, country, departed_at, last_at, returned_at (null: open), nights, kind, trip_id,
        left_censored; month (the first day of that in which it was known to have ended; open: of the last day looked
        at); first_date and last_date (of its first and last sign) and bracketed (it began after a sign at home and
        ended with one; of a foreign subscriber: after a silence, and with one); accidental (Brief).
    """
    away = runs.where(~F.equal_null("country", "home_country")).select("device").distinct()
    found = _in_turn(runs.join(away, "device", "left_semi"), span, rule)
    return _judged(found.where("not at_home"), span, rule)


def latest(runs: DataFrame, span: Span, rule: Rule, silent_days: int) -> DataFrame:
    """The last stay of each device, at home or not, as one run: what of the span is to be known after it.

    Foreign subscribers who were silent for longer than silent_days are left out: they come as if for the first time.

    Args:
        runs: as of `stays`, and last_cell.
        span: whose end is the instant; runs that begin later do not count.
        rule: parameters.
        silent_days: after which a foreign subscriber is forgotten.

    Returns:
        device, date (of its last sign), home_country, country, first_at, last_at, last_cell, and the columns of BEFORE,
        null at home.
    """
    runs = runs.where(F.col("first_at") < F.lit(span.end))
    guest = ~F.equal_null("home_country", F.lit(span.home))
    moved = runs.where(guest | ~F.equal_null("country", "home_country")).select("device").distinct()
    last = _in_turn(runs.join(moved, "device", "left_semi"), span, rule).where("after is null")
    away, gone = F.col("foreign") | ~F.col("at_home"), F.lit(span.end - timedelta(silent_days))
    told = {"from_country": F.col("before"), "from_at": F.col("heard"), "absent_since": F.col("absent_since")}
    last = last.where(~F.col("foreign") | (F.col("last_at") >= gone)).select(
        *("device", "home_country", "country", F.col("departed_at").alias("first_at"), "last_at", "end"),
        *(F.when(away, column).alias(name) for name, column in told.items()),
    )
    # who was at home all the time costs no sort
    stayed = (
        runs.join(moved, "device", "left_anti")
        .groupBy("device")
        .agg(
            F.min("home_country").alias("home_country"),
            F.min("country").alias("country"),
            F.min("first_at").alias("first_at"),
            F.max("last_at").alias("last_at"),
            _end().alias("end"),
        )
    )
    both = last.unionByName(stayed, allowMissingColumns=True)
    return both.select("*", "end.date", "end.last_cell").drop("end")


def _end() -> Column:
    """Of several runs the last, in the order of `in_order`."""
    return F.max(F.struct("first_at", "last_at", "country", "date", "last_cell"))


def _in_turn(runs: DataFrame, span: Span, rule: Rule) -> DataFrame:
    """All stays of devices, at home too, beside those before and after."""
    for name, kind in {**BEFORE, "last_cell": "bigint"}.items():
        if name not in runs.columns:
            runs = runs.withColumn(name, F.lit(None).cast(kind))
    mine, order = in_order(runs.select(*RUN, *BEFORE, "last_cell"))
    whole = order.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    before = order.rowsBetween(Window.unboundedPreceding, -1)
    told = mine.withColumns(
        {
            "home_country": F.first("home_country").over(whole),  # a later one must not change what has ended
            "before": F.lag("country").over(order),
            "heard": F.max("last_at").over(before),
        }
    )
    told = told.withColumn("foreign", ~F.equal_null("home_country", F.lit(span.home)))
    gap = F.expr(f"interval {rule.gap_hours} hours")
    silent = F.col("foreign") & (F.col("first_at") >= F.col("heard") + gap)
    breaks = F.coalesce((F.col("before") != F.col("country")) | silent, F.lit(True))
    told = told.withColumn("breaks", breaks)
    if rule.day_share <= 1 or rule.weekend_hours < rule.gap_hours:
        told = going_home(told, whole, F.lit(span.zone), rule)
    so_far = order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    numbered = told.withColumn("stay", F.sum(F.col("breaks").cast("int")).over(so_far))
    one = numbered.groupBy("device", "stay").agg(
        F.min("home_country").alias("home_country"),
        F.min("country").alias("country"),
        F.min("first_at").alias("departed_at"),
        F.max("last_at").alias("last_at"),
        F.min("date").alias("first_date"),
        F.max("date").alias("last_date"),
        *(F.max(name).alias(name) for name in BEFORE),  # of the first stay, where it was known before
        _end().alias("end"),
    )
    return _neighboured(one, span)


def _neighboured(one: DataFrame, span: Span) -> DataFrame:
    """Stays beside those before and after, and the first departure of the absence they belong to."""
    order = Window.partitionBy("device").orderBy("stay")
    foreign, at_home = ~F.equal_null("home_country", F.lit(span.home)), F.equal_null("country", "home_country")
    beside = one.withColumns(
        {
            "foreign": foreign,
            "at_home": at_home,
            "before": F.coalesce(F.lag("country").over(order), "from_country"),
            "heard": F.coalesce(F.lag("last_at").over(order), "from_at"),
            "after": F.lead("country").over(order),
            "next_at": F.lead("departed_at").over(order),
            "came_from_home": F.coalesce(F.lag(at_home).over(order), F.lit(True)),
        }
    )
    fresh = F.when(F.col("foreign") | F.col("came_from_home"), F.col("departed_at"))
    begins = F.coalesce("absent_since", fresh)
    return beside.withColumn("absent_since", F.last(begins, ignorenulls=True).over(order))


def _judged(one: DataFrame, span: Span, rule: Rule) -> DataFrame:
    gap, short = (F.expr(f"interval {hours} hours") for hours in (rule.gap_hours, rule.transit_hours))
    end, silent = F.lit(span.end), F.col("last_at") + gap
    moved_in, moved_on = F.col("before") != F.col("country"), F.col("after") != F.col("country")
    closed = F.coalesce(F.col("next_at").isNotNull() | (end >= silent), F.lit(False))
    ended = F.when(moved_on & (F.col("next_at") < silent), F.col("next_at")).when(closed, F.col("last_at"))
    over = F.when(~F.col("foreign"), F.col("next_at")).when(closed, F.least("next_at", silent))
    known = F.least(over, F.lit(span.end - timedelta(microseconds=1)))
    first, early = F.col("before").isNull(), F.col("departed_at") < F.lit(span.start) + gap
    is_short = moved_in & moved_on & (F.col("next_at") < F.col("heard") + short)
    made = one.withColumns(
        {
            "returned_at": F.when(F.col("foreign"), ended).otherwise(F.col("next_at")),
            # of a foreign subscriber nobody hears the days before; but silence since the history began is an arrival
            "left_censored": F.when(F.col("foreign"), first & early).otherwise(first),
            "trip_id": F.xxhash64("device", "absent_since"),
            "month": F.to_date(F.trunc(local(known, F.lit(span.zone)), "month")),
            "accidental": F.coalesce(accidental(rule.brief, span.home, "departed_at", "last_at"), F.lit(False)),
        }
    )
    slept = nights("departed_at", F.coalesce("returned_at", end), zone_there(span))
    made = made.withColumn("nights", F.greatest(slept, F.lit(0)))
    kind = F.when(F.col("nights") >= 1, "overnight").when(is_short, "transit").otherwise("same_day")
    seen = ~F.col("left_censored") & F.col("returned_at").isNotNull()
    from_to_home = F.equal_null("before", "home_country") & F.equal_null("after", "home_country")
    return made.select(
        *("device", "home_country", "country", "departed_at"),
        # where runs of two dates overlap, a sign there may be later than the first elsewhere
        F.least("last_at", "returned_at").alias("last_at"),
        *("returned_at", "nights", kind.alias("kind"), "trip_id", "left_censored"),
        *("month", "first_date", "last_date", "accidental"),
        F.when(F.col("foreign"), seen).otherwise(seen & from_to_home).alias("bracketed"),
    )


def zone_there(span: Span) -> Column:
    """The time zone of the main part of a row's `country`; at home that of the operator."""
    known = zones_of_countries() | {span.home: span.zone}
    # one literal: a map of five hundred costs more to plan than the rows to look up
    zones = F.str_to_map(F.lit(",".join(f"{country}:{zone}" for country, zone in sorted(known.items()))))
    abroad = F.coalesce(F.try_element_at(zones, F.col("country")), F.lit(span.zone))
    # most rows are of home, and rows in memory are looked at before that literal is a map: it is read for each
    return F.when(F.col("country") == span.home, F.lit(span.zone)).otherwise(abroad)
