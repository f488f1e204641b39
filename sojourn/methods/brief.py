"""A stay abroad that was none: the network across the border had the phone for minutes, its owner stayed at home.

Source: accidental border roaming is named by UN-CEBD; 30 and 60 minutes are this project's.
"""

from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F

# of the parameters of a table; together less than a day: what is told of a date depends on the next date at most
BOUNDS = {"catch_minutes": (0, 180), "catch_bracket_minutes": (1, 600)}


@dataclass(frozen=True)
class Brief:
    """minutes: signs abroad span fewer (0: none is accidental). bracket_minutes: to the signs at home on both sides."""

    minutes: int
    bracket_minutes: int


NONE = Brief(0, 60)


def accidental(rule: Brief, home: str, since: str, until: str) -> Column:
    """Whether a stay is one, by columns of it; null where nothing is known before it or after.

    The columns: home_country, country, before and after (the countries of the stays beside it), heard (the last sign
    before it), next_at (the first after it).

    Args:
        rule: how brief.
        home: country of the operator: a foreign phone's own country is not heard.
        since: the column of its first sign.
        until: that of its last.
    """
    own = F.equal_null("home_country", F.lit(home)) & (F.col("country") != home)
    between = (F.col("before") == home) & (F.col("after") == home)
    silence = F.greatest(seconds("heard", since), seconds(until, "next_at"))
    return own & between & (seconds(since, until) < rule.minutes * 60) & (silence <= rule.bracket_minutes * 60)


def seconds(since: str, until: str) -> Column:
    """From one instant to another."""
    return (F.unix_micros(until) - F.unix_micros(since)) / 1_000_000
