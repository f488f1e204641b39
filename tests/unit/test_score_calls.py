"""What calls and flows are held to: planted roots, and people beside the sample."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from schemas import POPULATION_GRID
from sojourn.demo import grid, population, slots
from sojourn.demo.places import COUNTRIES
from sojourn.demo.roots import TO_OTHERS, TO_ROOTS_AT_NIGHT
from sojourn.demo.score import intervals
from sojourn.demo.score.calls import planted_quotients

MONTH = date(2026, 3, 1)


def test_quotients_follow_from_roots_and_from_what_everybody_does():
    roots = [("a", "PT")] * 30 + [("a", None)] * 20 + [("b", "FR")] * 10 + [("b", None)] * 40
    people = pd.DataFrame(roots, columns=["zone", "country"]).assign(imsi=range(100))
    made = planted_quotients(people, "zone").set_index(["place", "country"])["planted"]
    far = {c.code: c.far_share for c in COUNTRIES if c.phone_prefix and c.far_share}
    other = {c: TO_OTHERS * 50 * share / sum(far.values()) for c, share in far.items()}
    pt = TO_ROOTS_AT_NIGHT * 30 + other["PT"], other["PT"]
    total = TO_ROOTS_AT_NIGHT * 30 + TO_OTHERS * 50, TO_ROOTS_AT_NIGHT * 10 + TO_OTHERS * 50
    assert made["a", "PT"] == pytest.approx(pt[0] / total[0] / (sum(pt) / sum(total)))
    assert made["a", "PT"] > 1 > made["b", "PT"]
    assert made["b", "DE"] > made["a", "DE"]


def test_what_is_true_of_flows_is_a_share_of_the_persons_of_a_zone(monkeypatch):
    """Commuters are six in a hundred of all SIMs, eight in a hundred of residents; half go to France."""
    monkeypatch.setattr(intervals, "PEOPLE", 4_000)
    land = grid.grid(np.random.default_rng(1))
    known, share = population.densities(land)
    raster = pd.DataFrame({"cell": known, "zone": "z", "population": share[0] * 650_000})
    sources = SimpleNamespace(
        clock=slots.clock(date(2026, 3, 2), 35), found=lambda table, _: {POPULATION_GRID: raster}[table]
    )
    true = intervals.true_flows(sources, 1, [MONTH]).set_index("country")["true"]
    assert set(true.index) > {"FR", "DE", "BE", "PT"}
    assert 0.48 * 0.08 * 650_000 < true["FR"] < 0.12 * 650_000
    assert true["CV"] < 0.01 * 650_000
    assert true.sum() < 650_000


def test_an_interval_holds_what_is_true_or_not():
    rows = pd.DataFrame({"persons": [100.0, 100], "p05": [90.0, 90], "p95": [110.0, 110], "se_sampling": 3.0})
    judged = intervals.Judged("x", rows.assign(true=[104.0, 111.0]))
    assert judged.inside == 0.5
    assert judged.line() == ["x", "2", "50.0%", "50.0%", "0.20", "-7.0%"]
    assert intervals.Judged("x", rows[:0]).line()[1] == "0"


def test_nights_here_are_cut_to_the_window():
    zone = "Europe/Luxembourg"
    rows = [
        ("a", "2026-03-01 10:00", "2026-03-09 09:00"),
        ("a", "2026-03-20 12:00", None),
        ("b", None, "2026-03-06 01:00"),
    ]
    trips = pd.DataFrame(rows, columns=["imsi", "departed_at", "returned_at"])
    for name in ("departed_at", "returned_at"):
        trips[name] = pd.to_datetime(trips[name], utc=True)
    found = intervals._nights(trips, date(2026, 3, 4), date(2026, 4, 1), zone)
    assert found.to_dict() == {"a": 5 + 12, "b": 2}
