"""Communities month after month: made of the published flows in the lake, in whatever order the months come."""

from datetime import date

import pandas as pd
import pytest
from filled import filled

from expectations.cross_border_communities import measure
from schemas import (
    BATCHES,
    CROSS_BORDER_COMMUNITIES,
    CROSS_BORDER_FLOWS,
    INTL_CALL_EXPOSURE,
    PRESENCE,
    VALIDATIONS,
    ZONE_FLOWS,
)
from sojourn.lake import at_hand
from sojourn.night import Night
from sojourn.steps import borders

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
HALVES = {MARCH: ("abc", "def"), APRIL: ("bcx", "adef")}


def approve(night: Night, table, rows, units) -> None:
    version = night.lake.write(table, filled(table, rows), units, {})
    night.lake.approve(at_hand(VALIDATIONS, pd.DataFrame(columns=VALIDATIONS.names)), {table.name: version})


def month(night: Night, m: date, strong: int = 90) -> None:
    """Published flows: much inside each half, little between; the first half goes to FR, the second to DE."""
    zones = "".join(HALVES[m])
    half = {z: n for n, group in enumerate(HALVES[m]) for z in group}
    common = {"month": m, "obs_status": "A"}
    inside = [
        common | {"from_country": "LU", "from_zone": a, "to_zone": b, "devices": d, "persons": 9.0 * d, "days": 2 * d}
        for a in zones
        for b in zones
        if a != b
        for d in [strong if half[a] == half[b] else 18]
    ]
    out = [
        common | {"from_zone": z, "to_country": ("FR", "DE")[half[z]], "devices": 50, "trips": 60, "nights": 70}
        for z in zones
    ]
    calls = [common | {"area": z, "country": ("FR", "DE")[half[z]], "devices": 20, "calls": 40} for z in zones]
    approve(night, ZONE_FLOWS, inside, {m})
    approve(night, INTL_CALL_EXPOSURE, calls, {m})
    approve(night, CROSS_BORDER_FLOWS, out, {m})


@pytest.fixture
def night(spark, land):
    def on(lake: str) -> Night:
        land.page["lake"] = lake
        return land.night(spark)

    return on


def landed(night: Night, *days: date) -> None:
    approve(
        night,
        BATCHES,
        [{"batch": d, "source": "cdr", "file": "f", "rows_read": 1, "rows_accepted": 1} for d in days],
        days,
    )
    approve(night, PRESENCE, [{"date": MARCH, "device": 1, "country": "LU", "cell": 1}], {MARCH})


def rows(night: Night):
    return sorted(map(str, night.lake.read(CROSS_BORDER_COMMUNITIES).collect()))


def numbers(night: Night, m: date):
    found = night.lake.read(CROSS_BORDER_COMMUNITIES).where(f"month = '{m}'").collect()
    return {r.zone or r.country: r.community for r in found}


def test_months_one_by_one_leave_the_rows_of_all_at_once(spark, night, land):
    (land.root / "risk.csv").write_text("country,zone,prevalence\nLU,a,0.1\nFR,,0.2\n")
    land.page["risk"] = {"path": "risk.csv"}
    one = night("one")
    landed(one, MARCH, date(2026, 4, 8))
    month(one, MARCH)
    assert borders.cross_border_communities(one) == ("1 months", 1)
    landed(one, date(2026, 5, 8))
    month(one, APRIL)
    one = night("one")
    assert borders.cross_border_communities(one) == ("1 months", 1)
    assert borders.cross_border_communities(night("one")) is None, "nothing is due"
    first, second = numbers(one, MARCH), numbers(one, APRIL)
    # places in the order of their names, countries first: DE's half is the first
    assert first == {"DE": 1, "d": 1, "e": 1, "f": 1, "FR": 2, "a": 2, "b": 2, "c": 2}
    assert second == {"DE": 1, "a": 1, "d": 1, "e": 1, "f": 1, "FR": 2, "b": 2, "c": 2, "x": 2}
    both = night("both")
    landed(both, MARCH, date(2026, 4, 8), date(2026, 5, 8))
    for m in (MARCH, APRIL):
        month(both, m)
    assert borders.cross_border_communities(both) == ("2 months", 2)
    assert rows(both) == rows(one)
    # a change of March makes April anew, whose numbers come from it; so does another prevalence
    month(both, MARCH, strong=80)
    assert borders.cross_border_communities(night("both")) == ("2 months", 2)
    (land.root / "risk.csv").write_text("country,zone,prevalence\nLU,a,0.2\nFR,,0.2\n")
    assert borders.cross_border_communities(night("both")) == ("2 months", 2)
    # and calls: those of April make April anew
    called = {"month": APRIL, "area": "b", "country": "FR", "devices": 40, "calls": 90, "obs_status": "A"}
    approve(both, INTL_CALL_EXPOSURE, [called], {APRIL})
    assert borders.cross_border_communities(night("both")) == ("1 months", 1)
    frames = {t.name: both.lake.read(t) for t in (CROSS_BORDER_COMMUNITIES, ZONE_FLOWS)}
    seen = measure(frames, [MARCH, APRIL]).collect()
    wrong = (
        "repeated",
        "outside_shares",
        "negative",
        "half_risky",
        "mixed",
        "mixed_modularity",
        "sizes_wrong",
        "forgotten",
    )
    assert {name: r[name] for r in seen for name in wrong if r[name]} == {}
    assert [r.communities for r in seen] == [2, 2]
    assert all(r.share_lost < 1e-9 for r in seen)
    gone = frames | {"cross_border_communities": frames["cross_border_communities"].where("coalesce(zone, '') != 'b'")}
    found = measure(gone, [MARCH]).first()
    assert (found.forgotten, found.sizes_wrong) == (1, 1)
    assert found.share_lost > 0
