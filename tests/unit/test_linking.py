"""Flows between zones of two countries, out of what each of them publishes: against a planted truth."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from filled import filled

from schemas import CROSS_BORDER_FLOWS, POPULATION_GRID, ZONE_FLOWS
from sojourn import run
from sojourn.cells import cell_of, text
from sojourn.lake import Lake
from sojourn.methods.cellkey import noise_of
from sojourn.methods.linking import centres, distances, linked

MONTH = date(2026, 3, 1)


def middles(seed, n, lon):
    rng = np.random.default_rng(seed)
    return 49.4 + rng.uniform(0, 0.8, n), lon + rng.uniform(0, 0.5, n)


def vectors(lat, lon):
    lat, lon = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)


def common(a, b):
    """Common part of two flows (Sorensen): 1 where they are the same."""
    return 2 * np.minimum(a, b).sum() / (a.sum() + b.sum())


def test_distances_are_those_on_the_sphere():
    """Luxembourg to Trier: 39 km; to itself none."""
    here, there = vectors([49.6117], [6.1319]), vectors([49.6117, 49.7596], [6.1319, 6.6439])
    assert distances(here, there)[0] == pytest.approx([0, 40.4], abs=0.2)


def test_planted_flows_are_estimated_better_than_by_margins_alone():
    """Thirty zones and twenty, gravity with much left unexplained, 2 % of the people with either operator."""
    here, there = vectors(*middles(1, 30, 5.9)), vectors(*middles(2, 20, 6.4))
    rng = np.random.default_rng(3)
    km = distances(here, there)
    rate = np.outer(rng.lognormal(0, 0.7, 30), rng.lognormal(0, 0.7, 20)) * np.maximum(km, 1) ** -1.8
    rate *= rng.lognormal(0, 0.3, rate.shape)
    truth = rate / rate.sum() * 200_000
    out = 50 * (rng.binomial(truth.sum(axis=1).astype(int), 0.02) + noise_of(rng.integers(0, 2**32, 30), 16))
    into = rng.binomial(truth.sum(axis=0).astype(int), 0.03) + noise_of(rng.integers(0, 2**32, 20), 16)
    made, blind = linked(out, into, km, 2.0), linked(out, into, None, 2.0)
    assert made.sum(axis=1) == pytest.approx(out)
    assert common(made, truth) > 0.8
    assert 1 - common(made, truth) < 0.65 * (1 - common(blind, truth)), "of what margins leave open, a third is settled"


@pytest.fixture
def lakes(tmp_path, lake, monkeypatch):
    """Two published tiers: LU with two zones, FR with two, each beside one of the other's."""
    other = Lake(None, str(tmp_path / "other"))
    for mine, country, foreign, lon in ((lake, "LU", "FR", 6.0), (other, "FR", "LU", 6.01)):
        names = [f"{country.lower()}-{side}" for side in ("north", "south")]
        cell = cell_of([49.9, 49.5], [lon, lon], 8).to_numpy(np.int64)
        grid = [
            {"cell": c, "h3": t, "population": 9.0, "zone": z} for c, t, z in zip(cell, text(cell), names, strict=True)
        ]
        mine.write(POPULATION_GRID, filled(POPULATION_GRID, grid), None, {})
        out = [(names[0], 100.0), (names[1], 300.0), ("_unknown", 50.0)]
        flows = [
            {
                "month": MONTH,
                "from_zone": z,
                "to_country": foreign,
                "devices": 20,
                "persons": n,
                "trips": 30,
                "nights": 9,
                "obs_status": "A",
            }
            for z, n in out
        ]
        mine.write(CROSS_BORDER_FLOWS, filled(CROSS_BORDER_FLOWS, flows), {MONTH}, {})
        came = [(country, names[0], names[1], 40), (foreign, None, names[0], 30), (foreign, None, names[1], 90)]
        zones = [
            {
                "month": MONTH,
                "from_country": c,
                "from_zone": a,
                "to_zone": b,
                "devices": n,
                "days": n,
                "obs_status": "A",
            }
            for c, a, b, n in came
        ]
        mine.write(ZONE_FLOWS, filled(ZONE_FLOWS, zones), {MONTH}, {})
    return lake, other


def linked_by(conf, root, out):
    return CliRunner().invoke(run.cli, ["link", root, "--conf", str(conf), "--out", str(out)])


def test_the_command_reads_two_published_tiers_and_says_what_it_made(lakes, land):
    ours, theirs = lakes
    land.page["lake"] = ours.root
    land.conf()
    out = land.root / "between.csv"
    done = linked_by(land.root / "conf.yaml", theirs.root, out)
    assert done.exit_code == 0, done.output
    made = pd.read_csv(out)
    assert len(made) == 8
    assert set(made["obs_status"]) == {"E"}
    assert made["note"].str.contains("estimated").all()
    flow = made.set_index(["from_zone", "to_zone"])["flow"]
    assert flow[["lu-north", "lu-south"]].groupby("from_zone").sum().tolist() == pytest.approx([100, 300], abs=0.01)
    assert flow["lu-north", "fr-north"] > 95, "the two in the north are neighbours"
    assert flow["lu-south", "fr-south"] > 295
    assert not list((land.root / "lake").glob("restricted/*"))


@pytest.mark.parametrize("which", ["same", "empty"])
def test_a_lake_that_cannot_be_linked_is_said_to_be_so(lakes, land, tmp_path, which):
    ours, _ = lakes
    land.page["lake"] = ours.root
    land.conf()
    done = linked_by(
        land.root / "conf.yaml", ours.root if which == "same" else str(tmp_path / "none"), land.root / "x.csv"
    )
    assert done.exit_code == 2
    assert {"same": "same country", "empty": "no flows between zones"}[which] in done.stderr


def test_middles_are_those_of_the_people():
    cell = cell_of([49.5, 49.9], [6.1, 6.1], 8).to_numpy(np.int64)
    made = centres(pd.DataFrame({"cell": cell, "population": [300.0, 100.0], "zone": ["a", "a"]}))
    assert np.degrees(np.arcsin(made["a"][2])) == pytest.approx(49.6, abs=0.01)
