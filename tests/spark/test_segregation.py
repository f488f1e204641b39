"""What the map says of an hour of weekdays and weekends, and what is checked of indices."""

from datetime import date

import pandas as pd

from expectations.segregation import measure
from jobs import segregation as job
from schemas import POPULATION_MAP, SEGREGATION
from sojourn.lake import at_hand

MONTH, FRIDAY, MONDAY, SUNDAY = date(2026, 3, 1), date(2026, 3, 6), date(2026, 3, 9), date(2026, 3, 8)


def test_an_hour_is_the_mean_of_its_dates(spark):
    rows = [(FRIDAY, 8, 1, 8, 10.0, 2.0), (MONDAY, 8, 1, 8, 20.0, None), (SUNDAY, 8, 1, 8, 5.0, 1.0)]
    rows += [(MONDAY, 9, 1, 8, 4.0, 0.0), (MONDAY, 8, None, None, 99.0, 99.0)]
    frame = spark.createDataFrame(
        rows, "date date, hour int, cell bigint, resolution int, population double, visitors double"
    )
    assert set(frame.columns) <= set(POPULATION_MAP.names)
    found = {(r.weekend, r.hour): (r.population, r.visitors) for r in job.by_hour(frame).collect()}
    assert found == {(False, 8): (15.0, 1.0), (False, 9): (2.0, 0.0), (True, 8): (5.0, 1.0)}


def test_what_is_checked_is_measured(spark):
    def index(name, value, expected=None, origin="PT", units=4):
        left = None if expected is None else value - expected
        return (MONTH, "homes", "*", "all", origin, name, value, expected, left, units, "A")

    good = [
        index("isolation", 0.3, 0.2),
        index("exposure", 0.7, 0.8),
        index("shannon", 0.5),
        index("effective_number", 3.5),
    ]

    def seen(rows):
        made = at_hand(SEGREGATION, pd.DataFrame(rows, columns=SEGREGATION.given, dtype=object))
        return measure({"segregation": spark.createDataFrame(made, SEGREGATION.schema)}, [MONTH]).first().asDict()

    healthy = seen(good)
    assert (healthy.pop("unit"), healthy.pop("rows")) == (MONTH, 4)
    assert set(healthy.values()) == {0}
    broken = [index("exposure", 0.6, 0.9), index("shannon", 1.5, 0.1), index("effective_number", 9.0)]
    broken = seen([*good[:1], *broken, index("theil", 0.1, 0.4)])
    assert {name for name, n in broken.items() if n} - {"unit", "rows"} == {
        "torn",
        "outside",
        "unexpected",
        "too_many",
        "more_mixed_than_chance",
    }
