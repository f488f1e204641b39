"""Parameters of crossings, trips and transnationals that cannot be are refused by name, and spans end where days do."""

from dataclasses import fields
from datetime import UTC, date, datetime

import pytest

from jobs import border_crossings, transnationals, trips
from sojourn.errors import ConfigError
from sojourn.methods.stays import Span


@pytest.mark.parametrize(
    ("job", "name", "value"),
    [
        *((border_crossings, "look_back_days", v) for v in (0, 3_661)),
        *((trips, "gap_hours", v) for v in (0, 1_441)),
        *((trips, "transit_hours", v) for v in (-1, 25)),
        *((transnationals, n, v) for n, (low, high) in transnationals.BOUNDS.items() for v in (low - 0.1, high + 0.1)),
    ],
)
def test_values_that_cannot_be_are_refused_by_name(job, name, value):
    with pytest.raises(ConfigError) as refused:
        job.Params(**{name: value})
    assert refused.value.where == f"tables.{job.WRITES.name}.{name}"


@pytest.mark.parametrize("job", [border_crossings, trips, transnationals])
def test_every_parameter_is_explained_and_bounded(job):
    for field in fields(job.Params):
        assert field.name in job.Params.__doc__.replace("\n", " ")
        with pytest.raises(ConfigError):
            job.Params(**{field.name: 10**6})


def test_the_thresholds_are_those_of_the_table_of_classes():
    """docs/methods.md; one of the project's own, day_share, among them."""
    p = transnationals.Params()
    assert (p.long_stay_nights, p.long_stay_days, p.long_stay_share, p.edge_days) == (183, 183, 0.8, 7)
    assert (p.commuter_visits, p.commuter_min_visits, p.commuter_nights_per_visit) == (48, 8, 1)
    assert (p.commuter_weekday_share, p.day_share) == (0.85, 0.8)
    assert (p.transnational_nights, p.transnational_visits, p.quarters_days, p.quarters) == (31, 5, 270, 3)
    assert (p.short_days, p.short_visits, p.short_nights) == (90, 2, 6)
    assert (p.seasonal_nights, p.seasonal_stay, p.visitor_stay, p.min_days) == (31, 28, 28, 28)


def test_stays_are_counted_alike_for_trips_and_for_classes():
    p, q = trips.Params(), transnationals.Params()
    assert (p.gap_hours, p.transit_hours) == (q.gap_hours, q.transit_hours) == (72, 3)


def test_a_span_lasts_from_midnight_to_midnight_where_home_is():
    span = Span(date(2026, 3, 1), date(2026, 3, 29), "LU", "Europe/Luxembourg")
    assert span.start.astimezone(UTC) == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert span.end.astimezone(UTC) == datetime(2026, 3, 29, 22, tzinfo=UTC), "summer time began that night"
