"""Arrivals by definition: lives of nights counted by hand, and SIM switches in a planted toy world."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import functions as F

from expectations.intl_migration_flow import measure
from jobs import intl_migration_flow
from jobs.intl_migration_flow import Params, covered
from schemas import COUNTRY_NIGHTS, HOME_LOCATIONS, INTL_MIGRATION_FLOW
from sojourn.cells import cell_of, neighbours
from sojourn.disclosure import release
from sojourn.methods.abroad import View
from sojourn.methods.countries import number_of
from sojourn.methods.switches import Switch, switches
from sojourn.methods.weights import by_zone

FIRST, LAST = date(2023, 1, 1), date(2025, 12, 31)
MONTH = date(2025, 12, 1)
CELL = int(cell_of([49.6], [6.1], 8)[0])


def months(device, *parts, home="LU", tac=None, first=FIRST):
    """Rows of one device from nights in a row: ("LU", 400), ("FR", 200), (None, 30)."""
    masks, night = {}, first
    for country, n in parts:
        for _ in range(n):
            if country and night <= LAST:
                key = (night.replace(day=1), country)
                masks[key] = masks.get(key, 0) | 1 << (night.day - 1)
            night += timedelta(1)
    return [(m, device, home, c, mask, tac, False) for (m, c), mask in sorted(masks.items())]


def lives(device, cell, month, country="LU"):
    return (month, device, country, cell, 20, 28, 0, 20, 0.7, "home", False)


@pytest.fixture(scope="module")
def flows(spark):
    def run(rows, homes=(), last=LAST, params=None, provisional=False, k=1):
        cells = spark.createDataFrame([(CELL, "s")], "cell bigint, zone string")
        people = by_zone(pd.DataFrame([(CELL, 600.0, "s")], columns=["cell", "population", "zone"]), "LU")
        residents = [lives(d, CELL, last.replace(day=1)) for d in (9001, 9002)]
        return intl_migration_flow.transform(
            spark.createDataFrame([*rows], COUNTRY_NIGHTS.schema),
            spark.createDataFrame([*homes, *residents], HOME_LOCATIONS.schema),
            *(cells, people, last.replace(day=1), View.of(FIRST, last), provisional, "LU"),
            *({"default": 1.0, "FR": 1.5}, k, params or Params()),
        )

    return run


def found(frame):
    return {
        (r.direction, r.country, r.year, r.definition_id, r.series): (r.n, r.nights, r.persons) for r in frame.collect()
    }


def test_arrivals_are_counted_by_year_country_and_definition(flows):
    away = [("LU", 400), ("FR", 100), ("LU", 400)]
    rows = [
        *(r for d in (1, 2, 3) for r in months(d, *away)),
        *months(4, ("LU", 800), ("DE", 40), ("LU", 300)),
        *months(5, ("LU", 400), ("FR", 12), (None, 700)),  # and was never heard again
        *months(6, ("LU", 2000)),
        *months(7, (None, 500), ("LU", 45), home="FR"),
        *months(8, (None, 500), ("LU", 45), home=None),
    ]
    made = found(flows(rows))
    assert made["out", "FR", 2024, "min_3_months", "observed"] == (3, 300, 3 * 300_000_000)
    assert made["out", "FR", 2024, "min_3_months", "with_silent"] == (4, 312, 4 * 300_000_000)
    assert made["out", "FR", 2024, "1998_short_term", "observed"][0] == 3
    assert made["out", "FR", 2024, "2021_majority", "with_silent"][:2] == (1, 12)
    assert made["out", "DE", 2025, "min_1_months", "observed"][:2] == (1, 40)
    assert made["in", "FR", 2024, "min_1_months", "observed"] == (1, 45, 1_500_000)
    assert made["in", "_unknown", 2024, "min_1_months", "observed"] == (1, 45, 1_000_000)
    assert made["in", "FR", 2024, "min_1_months", "linked"] == (1, 45, 1_500_000), "nothing to be linked"
    assert {key[1:3] for key in made} == {("FR", 2024), ("DE", 2025), ("_unknown", 2024)}
    assert not {key for key in made if key[0] == "in" and key[4] == "with_silent"}


def test_a_year_is_provisional_until_all_of_it_was_followed(flows):
    rows = [*months(1, ("LU", 400), ("FR", 100), ("LU", 400)), *months(2, ("LU", 800), ("FR", 100), ("LU", 400))]
    assert {(r.year, r.obs_status) for r in flows(rows).collect()} == {(2024, "A"), (2025, "P")}
    assert {r.obs_status for r in flows(rows, provisional=True).collect()} == {"P"}
    early = flows(rows, last=date(2024, 6, 30)).collect()
    assert {(r.year, r.obs_status, r.as_of) for r in early} == {(2024, "P", date(2024, 6, 30))}
    assert "1998_short_term" in {r.definition_id for r in early}


def test_through_the_door_it_is_the_table_and_coverage_a_mean(flows):
    rows = [r for d in range(40) for r in months(d, ("LU", 400), ("FR", 50), (None, 20), ("FR", 30), ("LU", 400))]
    frame = release(INTL_MIGRATION_FLOW, flows(rows, k=16), 16, covered).frame
    assert frame.columns == INTL_MIGRATION_FLOW.names
    assert [f.dataType for f in frame.schema] == [f.dataType for f in INTL_MIGRATION_FLOW.schema]
    row = frame.where("definition_id = 'min_3_months' and series = 'observed'").first()
    assert (row.month, row.as_of, row.year, row.direction, row.country) == (MONTH, LAST, 2024, "out", "FR")
    assert abs(row.devices - 40) <= 5
    assert row.coverage == pytest.approx(0.8, abs=0.04)
    assert row.nights == pytest.approx(80 * row.devices, rel=0.25)


def test_what_is_checked_is_measured(spark, flows):
    rows = [r for d in range(30) for r in months(d, ("LU", 400), ("FR", 31 + 5 * d), ("LU", 400))]
    made = release(INTL_MIGRATION_FLOW, flows(rows, k=2).cache(), 2, covered)

    def seen(counted=made.counted, shown=made.frame):
        frames = {"intl_migration_flow": shown, "intl_migration_flow.counted": counted}
        return measure(frames, [MONTH]).first().asDict()

    wrong = ("repeated", "negative", "few", "noisy", "rising", "crossed", "outside_shares", "stale", "year_wrong")
    assert {name: seen()[name] for name in (*wrong, "final_too_early")} == dict.fromkeys((*wrong, "final_too_early"), 0)
    n = F.when((F.col("definition_id") == "min_5_months") & (F.col("series") == "observed"), 99).otherwise(F.col("n"))
    other = seen(made.counted.withColumn("n", n))
    assert (other["rising"], other["crossed"]) == (4, 1)
    late = made.frame.withColumns({"as_of": F.lit(date(2025, 11, 30)), "coverage": F.lit(1.1), "year": F.lit(2022)})
    other = seen(shown=late)
    assert min(other[name] for name in ("outside_shares", "year_wrong")) > 0 == other["stale"]
    assert seen(shown=made.frame.withColumn("year", F.lit(2025)))["final_too_early"] > 0


# -- SIM switches ------------------------------------------------------------------------------------------------------


def test_a_switch_joins_the_nights_of_two_sims(flows):
    guest = months(1, (None, 500), ("LU", 40), home="PT", tac="35000001")
    new = months(2, (None, 543), ("LU", 300), tac="35000001")
    others = [r for d in range(10, 40) for r in months(d, (None, 300 + 9 * d), ("LU", 60), tac=f"990000{d}")]
    homes = [
        *(lives(1, CELL, date(2024, m, 1), "PT") for m in (5, 6)),
        *(lives(2, neighbours(CELL)[0], date(2024, m, 1)) for m in (6, 7)),
        *(lives(d, CELL, date(2025, 1, 1)) for d in range(10, 40)),
    ]
    rows = [*guest, *new, *others]
    made = found(flows(rows, homes))
    assert made["in", "PT", 2024, "min_1_months", "observed"][:2] == (1, 40)
    assert ("in", "PT", 2024, "min_11_months", "observed") not in made
    assert made["in", "PT", 2024, "min_11_months", "linked"][:2] == (1, 343), "three unknown nights are bridged"
    far = found(flows(rows, homes, params=Params(switch_days=2)))
    assert far["in", "PT", 2024, "min_1_months", "linked"][:2] == (1, 40)
    assert ("in", "PT", 2024, "min_11_months", "linked") not in far
    assert not {key for key in found(flows(rows, homes, params=Params(switch_days=0))) if key[4] == "linked"}


NIGHTS, GUESTS, NEW, SWITCHED = 400, 2_000, 400, 100


@pytest.fixture(scope="module")
def world(spark):
    """Guests who leave; one in twenty takes a SIM of the country, and three times as many others take one too."""
    rng = np.random.default_rng(7)
    models = 1 / np.arange(1, 31)
    models /= models.sum()  # the commonest model is a quarter of all handsets
    places = cell_of(49.5 + rng.random(60) * 0.6, 5.9 + rng.random(60) * 0.5, 8).astype(np.int64)
    left, tac, place = rng.integers(40, 340, GUESTS), rng.choice(30, GUESTS, p=models), rng.choice(places, GUESTS)
    came, model, home = rng.integers(40, 340, NEW), rng.choice(30, NEW, p=models), rng.choice(places, NEW)
    pair = np.arange(SWITCHED)
    came[pair] = left[pair] + rng.integers(-3, 8, SWITCHED)
    model[pair] = tac[pair]
    home[pair] = [p if rng.random() < 0.8 else rng.choice(neighbours(int(p))) for p in place[pair]]
    here, day = number_of("LU"), date(2025, 1, 1)
    rows = [
        (who, origin, here, int(night) - 9, 1 << 9, f"{phone:08}")
        for who, origin, night, phone in (
            *zip(range(GUESTS), [number_of("PT")] * GUESTS, left, tac, strict=True),
            *zip(range(GUESTS, GUESTS + NEW), [here] * NEW, came, model, strict=True),
        )
    ]
    homes = [(who, day, int(cell)) for who, cell in enumerate([*place, *home])]
    columns = "device bigint, origin int, code int, start int, mask int, tac string"
    return spark.createDataFrame(pd.DataFrame(rows), columns), spark.createDataFrame(
        pd.DataFrame(homes), "device bigint, month date, cell bigint"
    )


def test_planted_switches_are_found_and_the_score_says_how_often_that_is_right(world):
    pairs = switches(*world, number_of("LU"), NIGHTS, Switch(7, 28, 28, SWITCHED / GUESTS)).toPandas()
    pairs["right"] = (pairs["device"] == pairs["guest"] + GUESTS) & (pairs["guest"] < SWITCHED)
    assert pairs["guest"].is_unique and pairs["device"].is_unique
    linked = pairs[pairs["score"] >= 0.5]
    precision, recall = linked["right"].mean(), linked["right"].sum() / SWITCHED
    assert precision > 0.7
    assert recall > 0.6
    assert linked["score"].mean() == pytest.approx(precision, abs=0.1)
    assert pairs["score"].mean() == pytest.approx(pairs["right"].mean(), abs=0.1)
