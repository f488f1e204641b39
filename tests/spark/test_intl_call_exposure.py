"""Which countries people call at night, from where: worked out by hand."""

from datetime import date

import pytest

from expectations.intl_call_exposure import measure
from jobs import intl_call_exposure as job
from jobs.intl_call_exposure import Params
from schemas import INTL_CALL_EXPOSURE, INTL_CALLS
from sojourn.cells import cell_of, parent, text
from sojourn.disclosure import release
from sojourn.errors import ConfigError

MONTH, DAY = date(2026, 3, 1), date(2026, 3, 10)
SOUTH, NORTH, OFFICE = (int(c) for c in cell_of([49.5, 49.9, 49.6], [6.1, 6.1, 6.13], 8))
NIGHT, EVERY = 1 << 22, (1 << 24) - 1


def call(device, country="PT", cell=SOUTH, hour=22, n=1, day=DAY):
    return (day, device, hour, cell, country, n)


@pytest.fixture
def exposure(spark):
    def run(*calls, presence=((SOUTH, EVERY), (NORTH, EVERY)), **params):
        return job.transform(
            spark.createDataFrame([*calls], INTL_CALLS.schema),
            spark.createDataFrame([*presence], "cell bigint, hours int"),
            spark.createDataFrame([(SOUTH, "s"), (NORTH, "n"), (OFFICE, "s")], "cell bigint, zone string"),
            *(MONTH, False, "LU", (20, 7), 8, Params(**params)),
        ).cache()

    return run


def zones(frame):
    return {(r.area, r.country): (r.n, r.calls) for r in frame.where("cell is null").collect()}


def test_nights_are_counted_by_zone_country_and_all_together(exposure):
    made = exposure(
        *[call(1, n=2), call(1, hour=6), call(2), call(2, "FR"), call(3, cell=NORTH), call(4, hour=7), call(5, hour=19)]
    )
    assert zones(made) == {
        ("s", "PT"): (2, 4), ("s", "FR"): (1, 1), ("s", "*"): (2, 5),
        ("n", "PT"): (1, 1), ("n", "*"): (1, 1),
        ("*", "PT"): (3, 5), ("*", "FR"): (1, 1), ("*", "*"): (3, 6),
    }  # fmt: skip
    cells = {(r.area, r.resolution, r.country): r.calls for r in made.where("cell is not null").collect()}
    for resolution in (8, 7, 6, 5):
        (south,), (north,) = text(parent([SOUTH], resolution)), text(parent([NORTH], resolution))
        assert (cells[south, resolution, "*"], cells[north, resolution, "PT"]) == (5, 1)
    assert {r for _, r, _ in cells} == {5, 6, 7, 8}
    assert {r for _, r, _ in [(a, r, c) for a, r, c in cells if a == text([SOUTH])[0]]} == {8}


def test_call_centres_transit_and_where_people_work_are_left_out(exposure):
    work = [call(8, cell=OFFICE)]
    calls = [call(1), call(2, n=51), call(2, day=date(2026, 3, 11)), call(3, "LI"), *work]
    seen = [(SOUTH, EVERY), (NORTH, EVERY), (OFFICE, EVERY & ~NIGHT & ~((1 << 7) - 1))]
    assert zones(exposure(*calls, presence=seen, transit="LI"))["*", "*"] == (2, 2)
    assert zones(exposure(*calls, presence=seen, transit="LI", most_a_day=0))["*", "*"] == (2, 53)
    assert zones(exposure(*calls, presence=seen))["*", "LI"] == (1, 1)
    assert zones(exposure(*calls, presence=seen, business_share=0))["s", "PT"] == (3, 3)


def test_what_is_published_is_worked_out_from_what_is_published(spark, exposure):
    """Forty of the south call Portugal, twenty of the north; twenty of each call France."""
    calls = [*(call(d, n=2) for d in range(40)), *(call(d, "FR") for d in range(100, 120))]
    calls += [*(call(200 + d, cell=NORTH) for d in range(20)), *(call(300 + d, "FR", NORTH) for d in range(20))]
    calls += [call(400, "XK", NORTH)]
    made = release(INTL_CALL_EXPOSURE, exposure(*calls), 16, job.quotients)
    assert [f.dataType for f in made.frame.schema] == [f.dataType for f in INTL_CALL_EXPOSURE.schema]
    rows = {(r.area, r.country): r for r in made.frame.collect()}
    assert ("n", "XK") not in rows
    here, there, of_all = rows["s", "*"].calls, rows["*", "PT"].calls, rows["*", "*"].calls
    south = rows["s", "PT"]
    assert south.share == pytest.approx(south.calls / here)
    assert south.lq == pytest.approx((south.calls / here) / (there / of_all))
    assert south.lq > 1 > rows["s", "FR"].lq
    assert (rows["*", "PT"].lq, rows["s", "*"].lq, rows["s", "*"].share) == (1, 1, 1)
    assert (south.cell, south.h3, rows[text([SOUTH])[0], "PT"].cell) == (None, None, SOUTH)
    raw = spark.createDataFrame(calls, INTL_CALLS.schema)
    seen = (
        measure(
            {"intl_call_exposure": made.frame, "intl_calls": raw, "intl_call_exposure.counted": made.counted}, [MONTH]
        )
        .first()
        .asDict()
    )
    nothing = ("repeated", "negative", "few", "noisy", "mixed", "invented", "zones_differ", "outside_shares", "uneven")
    assert {seen[name] for name in (*nothing, "wrong_quotients", "half_named", "misnamed")} == {0}
    fewer = raw.where("device < 400")
    assert (
        measure(
            {"intl_call_exposure": made.frame, "intl_calls": fewer, "intl_call_exposure.counted": made.counted}, [MONTH]
        )
        .first()
        .invented
        == 1
    )


@pytest.mark.parametrize("wrong", [{"most_a_day": -1}, {"business_share": 2.0}, {"coarsest": 16}, {"transit": "Li"}])
def test_values_that_cannot_be_are_refused_by_name(wrong):
    with pytest.raises(ConfigError) as refused:
        Params(**wrong)
    assert refused.value.where == f"tables.intl_call_exposure.{next(iter(wrong))}"
