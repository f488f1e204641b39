"""What tasks see of the events they write is what a scan of them finds."""

import random
from datetime import date, timedelta

import pandas as pd
from pyspark.sql import functions as F

from expectations.events import measure
from schemas import BATCHES, CELLS, EVENTS
from sojourn.audit import Audit

DAY = date(2026, 3, 10)
NEXT = DAY + timedelta(1)


def test_the_checks_see_what_a_scan_would_find(land, spark, monkeypatch):
    """Two landing days with foreign devices, roaming, strange durations, unknown antennas; one lands again later."""
    rng, kept = random.Random(3), {}
    publish = Audit.publish

    def spied(self, parts, units, written, seen=None):
        kept.update(units=units, seen=dict(seen or {}))
        publish(self, parts, units, written, seen or {})

    monkeypatch.setattr(Audit, "publish", spied)
    columns = {"home_plmn": "substr(imsi, 1, 5)", "duration_s": "cast(dur as int)"}
    cdr = land.page["sources"]["cdr"][0]
    land.page["sources"]["cdr"] = [cdr | {"columns": cdr["columns"] | columns}]
    land.cells(DAY, "A,49.6117,6.1319", "B,49.4958,5.9806", "S,,")
    for day in (DAY, NEXT):
        lines = [
            f"{rng.choice(('27001', '20801'))}000000{rng.randrange(40):04},{day - timedelta(rng.choice([0, 0, 1, 3]))} "
            f"{rng.randrange(24):02}:{rng.randrange(60):02}:00,{rng.choice('AABSZ')},{rng.choice((5, -3, 90_000, 60))}"
            for _ in range(300)
        ]
        land.put(f"cdr/{day}/a.csv", "imsi,start,cell,dur\n" + "\n".join(lines) + "\n")
        land.put(f"roaming/{day}/r.csv", f"imsi,time,vplmn\n270010000000007,{day} 10:00:00,20801\n")
    night = land.night(spark)

    def both():
        night.steps["events"]([DAY, NEXT])
        frames = {t.name: night.lake.read(t) for t in (EVENTS, BATCHES, CELLS)}
        assert set(kept["seen"]) == {"events.hours", "events.heard"}
        seen, scanned = (
            measure(frames | more, kept["units"]).toPandas().set_index("unit").sort_index()
            for more in (kept["seen"], {})
        )
        exact = frames["events"].groupBy("batch").agg(F.count_distinct("device")).collect()
        assert dict(seen.pop("devices")) == dict(map(tuple, exact))
        scanned.pop("devices")  # by another sketch
        pd.testing.assert_frame_equal(seen, scanned)
        return seen

    night.steps["cells"]([DAY])
    assert set(both()["rows"]) == {301}
    land.cells(NEXT, "A,49.6117,6.1319", "B,49.4958,5.9806", "Z,49.8,6.3")  # an antenna that was not known
    night = land.night(spark)
    night.steps["cells"]([NEXT])
    assert both()["reporting"].max() == 3
