"""Who lives where, by the country of the SIM: worked out by hand."""

from datetime import date

import pandas as pd
import pytest

from expectations.residents_by_origin import measure
from jobs import residents_by_origin
from jobs.residents_by_origin import Params
from schemas import HOME_LOCATIONS, RESIDENTS_BY_ORIGIN
from sojourn.cells import cell_of
from sojourn.disclosure import release
from sojourn.errors import ConfigError
from sojourn.methods.weights import by_zone

MONTH = date(2026, 3, 1)
SOUTH, NORTH = (int(c) for c in cell_of([49.5, 49.9], [6.1, 6.1], 8))


def lives(device, cell=SOUTH, country="LU", nights=20, status="home", core=5):
    return (MONTH, device, country, cell, nights, 28, 0, core, nights / 28, status, False)


@pytest.fixture
def residents(spark):
    def run(*homes, raster=True, zones=("s", "n"), params=None, k=1):
        cells = spark.createDataFrame(list(zip((SOUTH, NORTH), zones, strict=True)), "cell bigint, zone string")
        persons = list(zip((SOUTH, NORTH), (60.0, 10.0), zones, strict=True))
        people = by_zone(pd.DataFrame(persons, columns=["cell", "population", "zone"]), "LU") if raster else None
        return residents_by_origin.transform(
            spark.createDataFrame([*homes], HOME_LOCATIONS.schema),
            *(cells, people, MONTH, False, "LU", {"default": 1.5, "FR": 0.5}, k, params or Params()),
        )

    return run


def rows(frame):
    return {(r.zone, r.home_country): (r.n, r.persons) for r in frame.collect()}


def test_homes_are_counted_by_zone_and_country_of_the_sim(residents):
    homes = [
        lives(1),
        lives(2),
        lives(3, NORTH),
        lives(4, country="FR"),
        lives(5, country=None),
        lives(6, country="DE"),
    ]
    assert rows(residents(*homes)) == {
        ("s", "LU"): (2, 60_000_000),
        ("n", "LU"): (1, 10_000_000),
        ("s", "FR"): (1, 500_000),
        ("s", "DE"): (1, 1_500_000),
        ("s", "_unknown"): (1, 1_500_000),
    }


def test_only_a_home_makes_a_resident(residents):
    others = [lives(2, status=s) for s in ("too_few_nights", "abroad", "unlocatable")]
    assert rows(residents(lives(1), *others)) == {("s", "LU"): (1, 70_000_000)}  # the north has no home


def test_a_foreign_sim_is_a_resident_from_14_nights_on(residents):
    homes = [lives(n, country="FR", nights=n) for n in (12, 13, 14, 15)] + [lives(1, nights=10)]
    assert {k: n for k, (n, _) in rows(residents(*homes)).items()} == {("s", "FR"): 2, ("s", "LU"): 1}
    found = rows(residents(*homes, params=Params(min_foreign_nights=13)))
    assert found["s", "FR"][0] == 3


def test_foreign_sims_never_seen_in_the_middle_of_a_night_are_in_doubt(residents):
    homes = [lives(n, country="FR", core=n % 3) for n in range(9)] + [lives(20, country=None, core=0)]
    homes += [lives(30, country="DE"), lives(31, country="DE", core=None), lives(40, core=0)]
    found = {r.home_country: (r.n, r.doubt_n, r.doubt_record_key) for r in residents(*homes).collect()}
    assert {country: some[:2] for country, some in found.items()} == {
        "FR": (9, 3), "_unknown": (1, 1), "DE": (2, 0), "LU": (1, None)
    }  # fmt: skip
    (same,) = residents(*(lives(n, country="FR") for n in (0, 3, 6))).collect()
    assert found["FR"][2] == same.record_key, "a set of its own, with its own noise"


def test_without_areas_the_country_is_one_zone_and_without_a_raster_there_are_no_persons(residents):
    found = rows(residents(lives(1), lives(2, NORTH), raster=False, zones=(None, None)))
    assert found == {("LU", "LU"): (2, None)}


def test_a_zone_s_persons_leave_the_door_whole(residents):
    """Devices carry noise, and the weight is worked out from them with the same noise: together they are the grid's."""
    made = residents(*(lives(d) for d in range(40)), *(lives(100 + d, country="FR") for d in range(15)), k=16)
    frame = release(RESIDENTS_BY_ORIGIN, made, 16).frame
    assert frame.columns == RESIDENTS_BY_ORIGIN.names
    assert [f.dataType for f in frame.schema] == [f.dataType for f in RESIDENTS_BY_ORIGIN.schema]
    (row,) = frame.collect()
    assert (row.month, row.zone, row.home_country, row.obs_status) == (MONTH, "s", "LU", "A")
    assert row.persons == pytest.approx(70, abs=1e-4)


def test_values_that_cannot_be_are_refused_by_name():
    for nights in (0, 63):
        with pytest.raises(ConfigError) as refused:
            Params(min_foreign_nights=nights)
        assert refused.value.where == "tables.residents_by_origin.min_foreign_nights"


def test_what_is_checked_is_measured(spark, residents):
    homes = [*(lives(d) for d in range(20)), lives(30, country="FR"), lives(31, country="FR", nights=10)]
    made = release(RESIDENTS_BY_ORIGIN, residents(*homes, k=16).cache(), 16)
    grid = spark.createDataFrame([(SOUTH, 70.0)], "cell bigint, population double")

    def seen(rows, **counted):
        frames = {"home_locations": spark.createDataFrame(rows, HOME_LOCATIONS.schema), "population_grid": grid}
        return measure({"residents_by_origin": made.frame, **frames, **counted}, [MONTH]).first().asDict()

    counted = {"residents_by_origin.counted": made.counted}
    healthy = seen(homes, **counted)
    assert {healthy[name] for name in ("repeated", "negative", "few", "noisy", "mixed", "invented", "lost")} == {0}
    assert healthy["share_persons"] == pytest.approx(1, abs=1e-5)
    assert (seen(homes[2:], **counted)["invented"], seen([*homes, lives(40)], **counted)["lost"]) == (2, 1)
    assert seen(homes)["invented"] is None
