"""Classes of one year and of the next: worked out by hand."""

from datetime import date

import pandas as pd
import pytest

from expectations.class_transition import measure
from jobs import class_transition
from jobs.class_transition import Params, likely
from schemas import CLASS_TRANSITION, HOME_LOCATIONS, TRANSNATIONALS
from sojourn.cells import cell_of
from sojourn.disclosure import release
from sojourn.errors import ConfigError
from sojourn.methods.weights import by_zone

MONTH, AS_OF = date(2026, 3, 1), date(2026, 3, 31)
BEFORE, CELL = date(2025, 3, 1), int(cell_of([49.5], [6.1], 8)[0])
Y1, Y2 = (BEFORE, date(2025, 3, 31)), (MONTH, AS_OF)


def of(year, device, what, country="FR", home="LU", days=365):
    return (*year, device, home, country, 9, 9, 1, 1.0, days, what, False)


@pytest.fixture(scope="module")
def transitions(spark):
    def run(*rows, params=None, provisional=False, k=1):
        homes = [(MONTH, d, "LU", CELL, 20, 28, 0, 20, 0.7, "home", False) for d in (1, 2)]
        cells = spark.createDataFrame([(CELL, "s")], "cell bigint, zone string")
        grid = by_zone(pd.DataFrame([(CELL, 600.0, "s")], columns=["cell", "population", "zone"]), "LU")
        years = [spark.createDataFrame([r for r in rows if r[:2] == y], TRANSNATIONALS.schema) for y in (Y1, Y2)]
        return class_transition.transform(
            *years,
            *(spark.createDataFrame(homes, HOME_LOCATIONS.schema), cells, grid),
            *(MONTH, AS_OF, provisional, "LU", {"default": 1.5}, k, params or Params()),
        )

    return run


def found(frame):
    return {
        (r.home_country, r.country, r.class_from, r.class_to): (r.n, r.persons / 1_000_000) for r in frame.collect()
    }


def test_every_device_goes_from_one_class_to_one(transitions):
    rows = [
        *(of(Y1, d, "visitor") for d in (1, 2, 3)),
        *(of(Y2, 1, "visitor"), of(Y2, 2, "transnational"), of(Y2, 4, "commuter")),
        *(of(Y1, 1, "visitor", "*"), of(Y2, 1, "commuter", "*")),
        *(of(Y1, 5, "long_stayer", "LU", None), of(Y2, 5, "long_stayer", "LU", None)),
    ]
    assert found(transitions(*rows)) == {
        ("LU", "FR", "visitor", "visitor"): (1, 300),
        ("LU", "FR", "visitor", "transnational"): (1, 300),
        ("LU", "FR", "visitor", "absent"): (1, 300),
        ("LU", "FR", "visitor", "*"): (3, 900),
        ("LU", "FR", "absent", "commuter"): (1, 300),
        ("LU", "FR", "absent", "*"): (1, 300),
        ("LU", "*", "visitor", "commuter"): (1, 300),
        ("LU", "*", "visitor", "*"): (1, 300),
        ("_unknown", "LU", "long_stayer", "long_stayer"): (1, 1.5),
        ("_unknown", "LU", "long_stayer", "*"): (1, 1.5),
    }


def test_what_is_no_year_is_not_compared(transitions):
    rows = [of(Y1, 1, "visitor", days=364), of(Y2, 1, "visitor")]
    assert set(found(transitions(*rows))) == {("LU", "FR", "absent", "visitor"), ("LU", "FR", "absent", "*")}
    assert ("LU", "FR", "visitor", "visitor") in found(transitions(*rows, params=Params(min_days=364)))
    with pytest.raises(ConfigError) as refused:
        Params(min_days=27)
    assert refused.value.where == "tables.class_transition.min_days"


def people(transitions, k):
    rows = [of(y, d, "transnational") for y in (Y1, Y2) for d in range(40)]
    rows += [of(Y1, 100 + d, "transnational") for d in range(60)]
    rows += [of(Y2, 100 + d, "visitor") for d in range(30)] + [of(Y2, 200 + d, "seasonal") for d in range(20)]
    return release(CLASS_TRANSITION, transitions(*rows, k=k).cache(), k, likely)


def test_probabilities_are_of_what_is_published(transitions):
    frame = people(transitions, 16).frame
    assert frame.columns == CLASS_TRANSITION.names
    assert [f.dataType for f in frame.schema] == [f.dataType for f in CLASS_TRANSITION.schema]
    rows = {(r.class_from, r.class_to): r for r in frame.collect()}
    whole = rows["transnational", "*"]
    for to, n in (("transnational", 40), ("visitor", 30), ("absent", 30)):
        row = rows["transnational", to]
        assert row.probability == pytest.approx(row.devices / whole.devices, abs=1e-4)
        assert row.probability == pytest.approx(n / 100, abs=0.1)
        assert row.confirmed is (True if to == "transnational" else None)
    assert {rows[key].probability for key in (("absent", "seasonal"), ("absent", "*"), ("transnational", "*"))} == {
        None
    }


def test_what_is_checked_is_measured(spark, transitions):
    made = people(transitions, 16)

    def seen(shown=made.frame, counted=made.counted):
        frames = {"class_transition": shown, "class_transition.counted": counted}
        return measure(frames, [MONTH]).first().asDict()

    wrong = ("repeated", "negative", "few", "noisy", "mixed", "parts_differ", "outside_shares", "nobody", "stale")
    assert {seen()[name] for name in (*wrong, "confirmed_wrong")} == {0}
    assert seen(counted=made.counted.where("class_to <> 'visitor'"))["parts_differ"] == 1
    other = made.frame.selectExpr("* except (confirmed, probability)", "true as confirmed", "1.1D as probability")
    assert seen(other)["confirmed_wrong"] > 0 < seen(other)["outside_shares"]
    assert seen(made.frame.selectExpr("* except (class_to)", "class_from as class_to"))["nobody"] > 0
