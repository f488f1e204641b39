"""Counts by hour and place: the same, however many rows a task looks at together and whenever it adds up."""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from sojourn import parcels
from sojourn.clock import EPOCH
from sojourn.methods import present
from sojourn.methods.present import A_SIGN, DOMESTIC, Span, counts
from sojourn.methods.whereabouts import ABROAD, Reach

DAYS = [date(2026, 3, 9), date(2026, 3, 10)]
HOMES = date(2026, 3, 1)
SPAN, REACH = Span(DAYS, dict.fromkeys(DAYS, HOMES), 3), Reach(2, 72, 3, 20, 7)
PLACES = [11, 12, 13]


def lives(devices, seed):
    """Rows by device as `present` sorts them: signs of four dates, a home of two in three, the others guests."""
    rng, rows = np.random.default_rng(seed), []
    for device in range(devices):
        guest = device % 3 == 0
        key = int(rng.integers(0, 2**31))
        if not guest:
            home = {"of": (HOMES - EPOCH).days, "number": 0, "place": PLACES[device % 3], "hours": 0}
            rows.append({"device": device, **home, "many": 2_000_000, "weight": 2_500_000, "record_key": key})
        for number in range(SPAN.length):
            place = ABROAD if rng.random() < 0.1 and not guest else PLACES[rng.integers(3)]
            sign = {"of": A_SIGN, "number": number, "place": place, "hours": int(rng.integers(1, 1 << 24))}
            weight = 3_000_000 if guest else DOMESTIC
            rows.append(
                {"device": device, **sign, "many": int(rng.integers(1, 9)), "weight": weight, "record_key": key}
            )
    types = dict.fromkeys(("device", "place", "many", "weight", "record_key"), pa.int64())
    return pa.Table.from_pylist(rows, pa.schema(types | dict.fromkeys(("of", "number", "hours"), pa.int32())))


def counted(batches):
    parcels = [*present._counter(SPAN, REACH)(batches)]
    out = []
    for part in range(len(DAYS)):
        mine = [p.filter(pc.equal(p["part"], part)) for p in parcels]
        told = counts(mine)
        out += told.to_pylist() if told is not None else []
    return sorted(map(str, out))


@pytest.mark.parametrize(("run", "summed", "batch"), [(40, 30, 17), (9, 1, 5), (200_000, 100, 64)])
def test_the_same_counts_whatever_is_looked_at_together(monkeypatch, run, summed, batch):
    rows = lives(60, run)
    once = counted(rows.to_batches())
    monkeypatch.setattr(parcels, "RUN", run)
    monkeypatch.setattr(present, "SUMMED", summed)
    assert counted(rows.to_batches(max_chunksize=batch)) == once
    assert len(once) > 200


def test_everybody_is_somewhere_in_every_hour():
    """40 residents of 2.5 persons (2 exactly); a guest counts where it was heard within three days."""
    rows = lives(60, 1)
    told = pa.Table.from_batches(
        [counts([p.filter(pc.equal(p["part"], 0)) for p in present._counter(SPAN, REACH)(rows.to_batches())])]
    ).to_pandas()
    hours = told[~told["visitor"]].groupby("hour")[["n", "persons", "released"]].sum()
    assert (hours == [40, 80_000_000, 100_000_000]).all(axis=None)
    guests = told[told["visitor"]].groupby("hour")["n"].sum()
    assert (guests <= 20).all()
    assert guests.sum() > 0
    assert (told["date"] == DAYS[0]).all()


def test_of_nobody_there_are_no_counts():
    assert counts([]) is None
    assert counted(lives(60, 1).slice(0, 0).to_batches()) == []
