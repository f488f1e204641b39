"""Stocks of classes by zone: worked out by hand."""

from datetime import date

import pandas as pd
import pytest
from test_plan import kind, nodes

from expectations.transnational_stocks import measure
from jobs import transnational_stocks
from jobs.transnational_stocks import Params
from schemas import HOME_LOCATIONS, TRANSNATIONAL_STOCKS, TRANSNATIONALS
from sojourn.cells import cell_of
from sojourn.disclosure import release
from sojourn.methods.weights import by_zone

MONTH, AS_OF = date(2026, 3, 1), date(2026, 3, 31)
SOUTH, NORTH = (int(c) for c in cell_of([49.5, 49.9], [6.1, 6.1], 8))


def of(device, country="FR", what="commuter", nights=3, home="LU", provisional=False):
    return (MONTH, AS_OF, device, home, country, nights, 9, 1, 1.0, 365, what, provisional)


def lives(device, cell=SOUTH, country="LU", status="home"):
    return (MONTH, device, country, cell, 20, 28, 0, 20, 0.7, status, False)


@pytest.fixture
def stocks(spark):
    def run(rows, homes=(), provisional=False):
        cells = spark.createDataFrame([(SOUTH, "s"), (NORTH, "n")], "cell bigint, zone string")
        grid = pd.DataFrame([(SOUTH, 60.0, "s"), (NORTH, 10.0, "n")], columns=["cell", "population", "zone"])
        return transnational_stocks.transform(
            spark.createDataFrame(rows, TRANSNATIONALS.schema),
            spark.createDataFrame([*homes], HOME_LOCATIONS.schema),
            *(cells, by_zone(grid, "LU")),
            *(MONTH, provisional, "LU", {"default": 1.5}, 1, Params()),
        )

    return run


def found(frame):
    return {(r.zone, r.home_country, r.country, r["class"]): (r.n, r.nights, r.persons) for r in frame.collect()}


def test_our_subscribers_are_counted_where_they_live(stocks):
    rows = [of(1), of(2, nights=7), of(2, "DE", "visitor"), of(3, "*"), of(4), of(5)]
    homes = [lives(1), lives(2), lives(3, NORTH), lives(4, status="abroad")]
    third = 70_000_000 // 3
    assert found(stocks(rows, homes)) == {
        ("s", "LU", "FR", "commuter"): (2, 10, 60_000_000),
        ("s", "LU", "DE", "visitor"): (1, 3, 30_000_000),
        ("n", "LU", "*", "commuter"): (1, 3, 10_000_000),
        ("_unknown", "LU", "FR", "commuter"): (2, 6, 2 * third),  # no home, and not seen at night at all
    }


def test_foreign_ones_where_they_sleep_whatever_that_is_called(stocks):
    rows = [of(d, "LU", "long_stayer", home=h) for d, h in ((1, "FR"), (2, "FR"), (3, "FR"), (4, None))]
    homes = [lives(1, NORTH, "FR", "too_few_nights"), lives(2, SOUTH, "FR"), lives(3, None, "FR", "unlocatable")]
    assert found(stocks(rows, homes)) == {
        ("n", "FR", "LU", "long_stayer"): (1, 3, 1_500_000),
        ("s", "FR", "LU", "long_stayer"): (1, 3, 1_500_000),
        ("_unknown", "FR", "LU", "long_stayer"): (1, 3, 1_500_000),
        ("_unknown", "_unknown", "LU", "long_stayer"): (1, 3, 1_500_000),
    }


def test_a_stock_is_provisional_where_its_month_or_its_class_is(stocks):
    assert {r.obs_status for r in stocks([of(1)]).collect()} == {"A"}
    assert {r.obs_status for r in stocks([of(1)], provisional=True).collect()} == {"P"}
    assert {r.obs_status for r in stocks([of(1, provisional=True)]).collect()} == {"P"}


def test_through_the_door_it_is_the_table(stocks):
    frame = release(TRANSNATIONAL_STOCKS, stocks([of(d) for d in range(20)] + [of(1, "DE")]), 16).frame
    assert frame.columns == TRANSNATIONAL_STOCKS.names
    assert [f.dataType for f in frame.schema] == [f.dataType for f in TRANSNATIONAL_STOCKS.schema]
    (row,) = frame.collect()
    assert (row.month, row.as_of, row.country, row["class"]) == (MONTH, AS_OF, "FR", "commuter")
    assert row.nights == pytest.approx(3 * row.devices, rel=0.25)


def test_one_device_must_not_be_most_of_a_figure(stocks):
    rows = [of(d) for d in range(20)] + [of(99, nights=61)]
    assert release(TRANSNATIONAL_STOCKS, stocks(rows), 16).frame.count() == 0
    assert release(TRANSNATIONAL_STOCKS, stocks([*rows[:-1], of(99, nights=60)]), 16).frame.count() == 1


def test_what_is_checked_is_measured(spark, stocks):
    rows = [row for d in range(20) for row in (of(d), of(d, "*"))] + [of(1, "DE", "visitor")]
    made = release(TRANSNATIONAL_STOCKS, stocks(rows).cache(), 16)

    def seen(rows, **counted):
        frames = {"transnationals": spark.createDataFrame(rows, TRANSNATIONALS.schema), **counted}
        return measure({"transnational_stocks": made.frame, **frames}, [MONTH]).first().asDict()

    counted = {"transnational_stocks.counted": made.counted}
    wrong = ("repeated", "negative", "few", "noisy", "mixed", "n_differ", "nights_differ", "stars_differ", "stale")
    assert {seen(rows, **counted)[name] for name in wrong} == {0}
    other = seen([*rows[2:], of(1, "FR", "seasonal", 5)], **counted)
    assert (other["n_differ"], other["nights_differ"]) == (3, 11)
    apart = made.counted.where("country != '*' or n < 20")
    assert seen(rows, **{"transnational_stocks.counted": apart})["stars_differ"] == 1
    assert seen(rows)["n_differ"] is None


def test_devices_are_exchanged_as_whole_numbers_only(stocks):
    plan = stocks([of(1), of(2, "*")], [lives(1)])._jdf.queryExecution().executedPlan()
    exchanged = []
    for node in (n for n in nodes(plan) if kind(n) == "ShuffleExchangeExec"):
        columns = [node.output().apply(i) for i in range(node.output().size())]
        exchanged += [{c.name(): c.dataType().simpleString() for c in columns}]
    of_devices = [columns for columns in exchanged if "device" in columns]
    assert of_devices
    assert {t for columns in of_devices for t in columns.values()} <= {"bigint", "int", "date", "boolean"}
