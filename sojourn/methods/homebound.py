"""Foreign subscribers whom nobody sees go home: those who come by day, and those who come by the week."""

from typing import TYPE_CHECKING

from pyspark.sql import Column, DataFrame, WindowSpec
from pyspark.sql import functions as F

from sojourn.clock import local

if TYPE_CHECKING:
    from sojourn.methods.stays import Rule

NIGHT = "interval 4 hours 1 microsecond"  # a stay that ends on the stroke of four has not had that night
THURSDAY = 3
EVENING, MORNING = 20, 5  # local hours between which a sign tells of a night spent here


def going_home(told: DataFrame, whole: WindowSpec, zone: Column, rule: "Rule") -> DataFrame:
    """Break the stays of those who come by day, too, at every night without a sign; by the week, at every weekend."""
    bridged = ~F.col("breaks") & (nights("heard", "first_at", zone) > 0)
    asleep = (F.hour(local(F.col("heard"), zone)) < EVENING) & (F.hour(local(F.col("first_at"), zone)) >= MORNING)
    quiet, inside = bridged & asleep, nights("first_at", "last_at", zone) > 0
    weekend = ~F.col("breaks") & _weekend(rule, zone)
    counted = told.withColumns(
        {
            "quiet": quiet,
            "weekend": weekend,
            "silences": F.count_if(quiet).over(whole),
            "slept": F.count_if(bridged | inside).over(whole),
            "weekends": F.count_if(weekend).over(whole),
            "workdays": F.count_if(F.weekday("date") < 5).over(whole) / F.count("*").over(whole),
        }
    )
    share = F.col("silences") / F.greatest("slept", F.lit(1))
    works = F.col("foreign") & (F.col("workdays") >= rule.weekday_share)
    daily = F.col("quiet") & (share >= rule.day_share) & (F.col("silences") >= rule.day_nights)
    weekly = F.col("weekend") & (F.col("weekends") >= rule.weekends)
    return counted.withColumn("breaks", F.col("breaks") | (works & (daily | weekly)))


def _weekend(rule: "Rule", zone: Column) -> Column:
    """No sign from Thursday, Friday or Saturday up to the beginning of the next week, for long enough."""
    left, back = (local(F.col(name), zone) for name in ("heard", "first_at"))
    over = (F.weekday(left) >= THURSDAY) & (F.weekday(back) < F.weekday(left))
    long_ = F.col("first_at") >= F.col("heard") + F.expr(f"interval {rule.weekend_hours} hours")
    return F.coalesce(over & long_, F.lit(False))


def nights(since: str | Column, until: str | Column, zone: Column) -> Column:
    """How many times a clock of the zone strikes 04:00 from `since` on and before `until`."""
    ends = [F.to_date(local(F.col(t) if isinstance(t, str) else t, zone) - F.expr(NIGHT)) for t in (until, since)]
    return F.datediff(*ends)
