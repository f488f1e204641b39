"""Calls to other countries: worked out by hand."""

from datetime import date

from expectations.intl_calls import measure
from jobs import intl_calls
from schemas import INTL_CALLS

EVENT = (
    "date date, device bigint, hour int, cell bigint, country string, home_country string, direction string, "
    "event_type string, peer_country string"
)
DAY, CELL = date(2026, 3, 10), 613048392019771391


def event(device=1, hour=21, cell=CELL, country="LU", home="LU", way="out", kind="call", peer="PT"):
    return (DAY, device, hour, cell, country, home, way, kind, peer)


def test_calls_and_messages_that_our_subscribers_make_to_other_countries_at_home(spark):
    events = [
        *[event(), event(), event(kind="sms"), event(hour=22), event(device=2, peer="FR")],
        *[event(way="in"), event(kind="data"), event(peer="LU"), event(peer=None), event(kind=None), event(way=None)],
        event(home="PT"),  # a guest calls home
        event(home=None),
        event(cell=None, country="FR"),  # from abroad
        event(cell=None, country=None),  # from nobody knows where
    ]
    rows = intl_calls.transform(spark.createDataFrame(events, EVENT), intl_calls.Params()).select(*INTL_CALLS.names)
    assert [f.dataType for f in rows.schema] == [f.dataType for f in INTL_CALLS.schema]
    assert {tuple(r) for r in rows.collect()} == {
        (DAY, 1, 21, CELL, "PT", 3),
        (DAY, 1, 22, CELL, "PT", 1),
        (DAY, 2, 21, CELL, "FR", 1),
    }
    twice = rows.union(rows.where("device = 2").withColumn("n_calls", rows.n_calls * 0))
    seen = measure({"intl_calls": twice}, [DAY]).first().asDict()
    told = {"rows": 4, "devices": 2, "calls": 5, "repeated": 1, "no_hour": 0, "empty": 1, "no_country": 0}
    assert {name: seen[name] for name in told} == told
