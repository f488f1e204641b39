"""The planted machines: as many of each habit as there should be, each with its habit, and people as they were."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

from sojourn.demo import machines, slots
from sojourn.demo.people import HOME_SPOT

CLOCK = slots.clock(date(2026, 3, 2), 28)
KINDS = np.repeat(["resident", "machine", "machine_in", "machine_out"], [50, 150, 50, 50])


class Folk(SimpleNamespace):
    def __len__(self):
        return len(self.kind)

    def of(self, *kinds):
        return np.flatnonzero(np.isin(self.kind, kinds))


@pytest.fixture(scope="module")
def folk():
    return Folk(kind=KINDS, phase_s=np.zeros(len(KINDS), dtype=int))


@pytest.fixture(scope="module")
def reports(folk):
    """Second and place of each report, by machine."""
    spot = np.zeros((len(folk), CLOCK.n_slots), dtype=np.int8)
    spot[folk.of("machine_out")] = -3
    who, at, place = machines.reports(folk, SimpleNamespace(spot=spot), CLOCK, np.random.default_rng(7))
    return {w: (np.sort(at[who == w]), place[who == w][np.argsort(at[who == w])]) for w in set(who.tolist())}


def habit(folk, name):
    return np.flatnonzero(machines.habits(folk) == name).tolist()


def test_every_kind_has_every_habit_in_its_share(folk):
    found = machines.habits(folk)
    assert set(found[folk.of("resident")]) == {""}
    for kind in ("machine", "machine_in", "machine_out"):
        mine = found[folk.of(kind)]
        for name, share in machines.HABITS.items():
            assert abs((mine == name).mean() - share) <= 0.04


def test_every_machine_reports_and_nobody_else(folk, reports):
    assert set(reports) == set(np.flatnonzero(machines.habits(folk) != "").tolist())


def test_meters_report_by_the_clock_and_stay_where_they_are(folk, reports):
    for who in [w for w in habit(folk, "meter") if folk.kind[w] != "machine_out"]:
        at, place = reports[who]
        gaps = np.diff(at)
        assert gaps.std() < 0.1 * gaps.mean()
        assert set(place.tolist()) == {HOME_SPOT}


def test_what_is_abroad_reports_from_there(folk, reports):
    assert {p for who in folk.of("machine_out") for p in reports[who][1].tolist()} == {-3}


def test_trackers_move_by_day_and_tills_sleep_at_night(folk, reports):
    hours = CLOCK.hour
    for who in habit(folk, "till"):
        slot = (reports[who][0] - CLOCK.first) // 3600
        assert set(hours[slot].tolist()) <= set(range(9, 19))
    here = [w for w in (*habit(folk, "clocked"), *habit(folk, "vehicle")) if folk.kind[w] != "machine_out"]
    for who in here:
        at, place = reports[who]
        hour = hours[(at - CLOCK.first) // 3600]
        assert len(set(place[np.isin(hour, range(*machines.DRIVES))].tolist())) > 1
        assert set(place[hour < 6].tolist()) <= {HOME_SPOT}


def test_a_panel_reports_once_a_day_and_when_something_happens(folk, reports):
    many = [len(reports[who][0]) for who in habit(folk, "panel")]
    assert min(many) >= CLOCK.days
    assert CLOCK.days < np.mean(many) < 1.2 * CLOCK.days


def test_most_are_declared(folk):
    told = machines.declared(folk)
    assert not told[folk.of("resident")].any()
    assert 0.8 < told[folk.of("machine")].mean() < 0.9
