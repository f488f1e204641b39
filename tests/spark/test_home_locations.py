"""Where each device spends its nights: worked out by hand."""

from datetime import date, timedelta

import h3.api.basic_int as h3
import pytest

from jobs import home_locations
from jobs.home_locations import Params, window
from schemas import HOME_LOCATIONS
from sojourn.cells import cell_of, neighbours
from sojourn.errors import ConfigError

PRESENCE = "date date, device bigint, country string, cell bigint, hours int, home_country string"
MONTH, FIRST, LAST = date(2026, 3, 1), date(2026, 3, 4), date(2026, 3, 31)  # 28 nights
A = int(cell_of([49.6116], [6.1319], 8)[0])
NEAR = neighbours(A)[0]
FAR, FARTHER = (int(c) for c in cell_of([49.85, 50.05], [6.10, 6.03], 8))
SMALL, LARGE = sorted((FAR, FARTHER))


def seen(n, *hours, cell=A, country="LU", device=1, home="LU", first=FIRST):
    """Seen on the n-th date (0: that of the first night) at these hours."""
    return (first + timedelta(n), device, country, cell, sum(1 << h for h in hours), home)


def evenings(nights, **where):
    return [seen(n, 21, **where) for n in nights]


@pytest.fixture
def homes(spark):
    def run(*rows, params=None, first=FIRST, last=LAST, provisional=False):
        frame = spark.createDataFrame([*rows], PRESENCE)
        made = home_locations.transform(
            frame, {MONTH: (first, last)}, [MONTH] if provisional else [], "LU", params or Params()
        )
        assert made.columns == HOME_LOCATIONS.names
        assert [f.dataType for f in made.schema] == [f.dataType for f in HOME_LOCATIONS.schema]
        return {r.device: r for r in made.collect()}

    return run


def test_a_night_goes_from_20_to_7_over_midnight(homes):
    """Of the dates of 14 and 15 March, only the hours 20-23 and 0-6 are of the night of the 14th."""
    found = homes(
        *(seen(10, h, device=h) for h in (7, 12, 19, 20, 23)), *(seen(11, h, device=100 + h) for h in (0, 6, 7, 19))
    )
    assert sorted(found) == [20, 23, 100, 106]
    assert {(r.nights, r.observed_nights, r.cell) for r in found.values()} == {(1, 1, A)}


def test_an_evening_and_the_morning_after_are_one_night_and_a_day_may_have_two(homes):
    found = homes(seen(3, 22), seen(4, 5), seen(8, 5, 22, device=2))
    assert (found[1].nights, found[2].nights) == (1, 2)


def test_nights_count_whose_middle_saw_somebody_here(homes):
    """Hours 22 to 4, in this country, whatever the place."""
    middle = [seen(n, h, cell=c, device=1) for n, h, c in ((1, 22, A), (2, 23, FAR), (4, 0, A), (6, 4, A))]
    early_and_late = [seen(n, 5, 6, 20, 21, device=2) for n in range(1, 9)]
    abroad = [seen(n, 23, cell=None, country="FR", device=3) for n in range(1, 9)]
    found = homes(*middle, *early_and_late, *abroad)
    assert {d: r.core_nights for d, r in found.items()} == {1: 4, 2: 0, 3: 0}
    assert homes(*early_and_late, params=Params(core_from=21))[2].core_nights == 8


def test_the_window_ends_with_the_morning_after_its_last_night(homes):
    last = (LAST - FIRST).days
    rows = [
        *(seen(0, 6, device=1), seen(0, 20, device=2), seen(-1, 22, device=3)),
        *(seen(last + 1, 6, device=4), seen(last + 1, 20, device=5), seen(last, 23, device=6)),
    ]
    assert sorted(homes(*rows)) == [2, 4, 6]


def test_the_hours_of_the_night_and_the_window_are_parameters(homes):
    p = Params(night_from=22, night_to=5, window_days=14, min_nights=2)
    found = homes(seen(0, 21), seen(1, 22, device=2), seen(3, 5, device=3), seen(3, 4, device=4), params=p)
    assert sorted(found) == [2, 4]


def test_every_status_in_the_order_of_the_contract(homes):
    rows = [
        *evenings(range(9), device=1),
        *evenings(range(10), device=2),
        *(*evenings(range(9), device=3, country="FR", cell=None),),  # too few comes before abroad
        *(*evenings(range(5), device=4), *evenings(range(5, 11), device=4, country="FR", cell=None)),
        *(*evenings(range(6), device=5), *evenings(range(6, 12), device=5, country="FR", cell=None)),
        *(*evenings(range(7), device=6), *evenings(range(7, 12), device=6, country="FR", cell=None)),
        *(*evenings(range(5), device=7), *evenings(range(5, 8), device=7, cell=FAR)),
        *evenings(range(8, 11), device=7, cell=FARTHER),
    ]
    found = homes(*rows)
    assert {d: (r.status, r.nights, r.observed_nights, r.abroad_nights) for d, r in found.items()} == {
        1: ("too_few_nights", 9, 9, 0),
        2: ("home", 10, 10, 0),
        3: ("too_few_nights", 0, 9, 9),
        4: ("abroad", 5, 11, 6),
        5: ("unlocatable", 6, 12, 6),  # half is not more than half, and as many nights here as abroad
        6: ("home", 7, 12, 5),
        7: ("unlocatable", 5, 11, 0),
    }
    assert [found[d].share for d in (2, 5, 7)] == [1, 0.5, 5 / 11]
    assert (found[3].cell, found[3].share, found[4].cell) == (None, 0, A)


def test_a_night_here_and_abroad_counts_on_both_sides(homes):
    rows = [*evenings(range(12)), *evenings(range(2, 12), country="FR", cell=None)]
    assert homes(*rows)[1][5:] == (12, 10, 0, 1.0, "home", False)


def test_thresholds_are_parameters(homes):
    rows = [*evenings(range(6)), *evenings(range(6, 12), cell=FAR)]
    assert homes(*rows)[1].status == "unlocatable"
    assert homes(*rows, params=Params(min_share=0.49))[1].status == "home"
    assert homes(*rows, params=Params(min_nights=13))[1].status == "too_few_nights"


def test_neighbours_count_as_the_cell_and_a_night_at_both_once(homes):
    rows = [*evenings(range(5)), *evenings(range(4, 8), cell=NEAR), *evenings(range(8, 12), cell=FAR)]
    ring, alone = homes(*rows)[1], homes(*rows, params=Params(ring=0))[1]
    assert (ring.cell, ring.nights, ring.status) == (A, 8, "home")
    assert (alone.cell, alone.nights, alone.status) == (A, 5, "unlocatable")


def test_a_pentagon_has_five_neighbours(homes):
    pentagon = int(h3.get_pentagons(8)[0])
    around = neighbours(pentagon)
    assert len(around) == 5
    rows = [*evenings(range(4), cell=pentagon), *(seen(4 + n, 21, cell=c) for n, c in enumerate(around))]
    found = homes(*rows, *evenings(range(20, 22), cell=FAR))[1]
    assert (found.cell, found.nights, found.observed_nights, found.status) == (pentagon, 9, 11, "home")


def test_ties_by_nights_then_hours_then_latest_then_index(homes):
    rows = [
        *evenings(range(2), device=1, cell=LARGE),
        *(seen(5, 20, 21, 22, 23, device=1, cell=SMALL),),  # nights before hours
        *(seen(0, 21, 22, device=2, cell=LARGE), seen(1, 21, device=2, cell=SMALL)),  # hours before the latest
        *(seen(0, 21, device=3, cell=SMALL), seen(1, 21, device=3, cell=LARGE)),  # the later night
        *(seen(0, 23, device=4, cell=SMALL), seen(1, 3, device=4, cell=LARGE)),  # the later hour: after midnight
        *(seen(0, 21, device=5, cell=LARGE), seen(0, 21, device=5, cell=SMALL)),  # the smaller index
    ]
    assert {d: r.cell for d, r in homes(*rows).items()} == {1: LARGE, 2: LARGE, 3: LARGE, 4: LARGE, 5: SMALL}


def test_a_foreign_device_has_a_home_here_like_any_other(homes):
    rows = [*evenings(range(14), home="FR"), *evenings(range(14), device=2, home=None)]
    found = homes(*rows)
    assert {(r.home_country, r.status, r.abroad_nights) for r in found.values()} == {
        ("FR", "home", 0),
        (None, "home", 0),
    }


def test_an_antenna_of_unknown_place_observes_a_night_and_is_no_home(homes):
    only, mixed = evenings(range(10), cell=None), [*evenings(range(7), device=2), *seen_nowhere(range(7, 12), 2)]
    found = homes(*only, *mixed)
    assert (found[1].cell, found[1].nights, found[1].observed_nights, found[1].status) == (None, 0, 10, "unlocatable")
    assert (found[2].cell, found[2].nights, found[2].observed_nights, found[2].status) == (A, 7, 12, "home")


def seen_nowhere(nights, device):
    return evenings(nights, device=device, cell=None)


def test_the_nights_on_which_clocks_change_are_nights(homes):
    """29 March has no hour 2; on 25 October it comes twice, and is one hour."""
    spring = homes(seen(0, 1, 3, first=date(2026, 3, 29)), seen(0, 23, device=2, first=date(2026, 3, 28)))
    assert {r.nights for r in spring.values()} == {1}
    nights = (date(2026, 10, 20), date(2026, 10, 31))
    autumn = [seen(0, 0, 1, 2, 3, first=date(2026, 10, 25)), seen(0, 21, first=date(2026, 10, 24))]
    found = homes(*autumn, first=nights[0], last=nights[1])
    assert (found[1].nights, found[1].observed_nights) == (1, 1)


def test_all_62_nights_that_a_window_may_have_are_counted(homes):
    first = LAST - timedelta(61)
    found = homes(*evenings(range(62), first=first), params=Params(window_days=62), first=first)
    assert (found[1].nights, found[1].observed_nights, found[1].status) == (62, 62, "home")


def test_rows_say_their_month_and_whether_it_is_closed(homes):
    for provisional in (True, False):
        row = homes(*evenings(range(3)), provisional=provisional)[1]
        assert (row.month, row.provisional) == (MONTH, provisional)


def test_nobody_at_night_is_no_row(homes):
    assert homes(seen(3, 12)) == {}


def test_the_window_is_the_last_nights_of_the_month_or_those_complete_so_far():
    assert window(date(2026, 3, 31), date(2026, 5, 5), Params()) == (date(2026, 3, 4), date(2026, 3, 31))
    assert window(date(2026, 3, 31), date(2026, 3, 20), Params()) == (date(2026, 2, 20), date(2026, 3, 19))
    assert window(date(2026, 3, 31), date(2026, 4, 1), Params(window_days=1, min_nights=1)) == (date(2026, 3, 31),) * 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("window_days", 0), ("window_days", 63), ("night_from", 11), ("night_from", 24), ("night_to", 13)),
        *(("min_nights", 0), ("min_nights", 29), ("min_share", -0.1), ("min_share", 1.1), ("ring", 2)),
    ],
)
def test_values_that_cannot_be_are_refused_by_name(name, value):
    with pytest.raises(ConfigError) as refused:
        Params(**{name: value})
    assert refused.value.where == f"tables.home_locations.{name}"
