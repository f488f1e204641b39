"""21,195 real antennas of Luxembourg's networks, one in six of them over the border: no crossing comes of that."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jobs import cells
from schemas import BORDER_CROSSINGS, CELLS, COUNTRY_RUNS, EVENTS, PRESENCE
from sojourn import demo
from sojourn.config import load
from sojourn.night import Night

ANTENNAS = Path(__file__).parents[3] / "shared/data/opencellid_luxembourg/270.csv"
pytestmark = pytest.mark.skipif(not ANTENNAS.exists(), reason="../shared/data/opencellid_luxembourg is not there")

N = 21_195
DAY = date(2026, 3, 2)
NAME = ["radio", "mcc", "net", "area", "cell"]
CONF = """\
lake: lake
purpose: test
home: {country: LU, mcc: ["270"], plmn: ["27096"], time_zone: Europe/Luxembourg}
key_file: key
sources:
  cells:
    - path: landing/270.csv
      format: csv
      options: {header: true}
      columns: {cell_id: "concat_ws('-', radio, mcc, net, area, cell)", latitude: lat, longitude: lon, range_m: range}
  cdr:
    - path: landing/real/{date}.csv
      format: csv
      options: {header: true}
      columns:
        subscriber: imsi
        event_time: to_timestamp(start, 'dd/MM/yyyy HH:mm:ss')
        cell_id: cell
        home_plmn: substr(imsi, 1, 5)
"""


@pytest.fixture(scope="module")
def register():
    rows = pd.read_csv(ANTENNAS, dtype=dict.fromkeys(NAME, str))
    return rows.assign(cell_id=rows[NAME].agg("-".join, axis=1))


def test_every_antenna_is_placed(register):
    told = register.rename(columns={"lat": "latitude", "lon": "longitude", "range": "range_m"})
    told = told.assign(batch=None, file="270.csv", line=range(2, N + 2), **dict.fromkeys(["told_from", "told_to"]))
    told = told.assign(**dict.fromkeys(["time_zone", "azimuth_deg", "beam_deg"]))
    made = cells.transform(told, None, "Europe/Luxembourg", 8, cells.Params())
    assert list(made.columns) == CELLS.names
    assert len(made) == made["cell_id"].nunique() == N
    assert made["cell"].notna().all()
    assert set(made["country"]) == {"LU", "BE", "DE", "FR"}
    assert 0.155 < (made["country"] != "LU").mean() < 0.18
    assert made["note"].isna().all()
    assert set(made["time_zone"]) == {"Europe/Luxembourg"}


@pytest.fixture(scope="module")
def lake(spark, register, tmp_path_factory):
    """The demo's subscribers, each record at the real antenna nearest to the one that caught it."""
    folder = tmp_path_factory.mktemp("opencellid")
    demo.write(folder, subscribers=300, days=7, start=DAY)
    stand = pd.read_csv(folder / f"landing/cells/{DAY}.csv").set_index("cell_id")
    scale = np.array([1, np.cos(np.radians(49.8))])
    real = register[["lat", "lon"]].to_numpy() * scale
    sites = stand[["lat", "lon"]].to_numpy() * scale
    nearest = {c: ((real - at) ** 2).sum(axis=1).argmin() for c, at in zip(stand.index, sites, strict=True)}
    files = sorted((folder / f"landing/cdr/{DAY}").glob("*.gz"))
    heard = pd.concat([pd.read_csv(f, sep=";", dtype=str) for f in files])
    heard = heard[heard["cell"].isin(stand.index)]
    heard["cell"] = register["cell_id"].to_numpy()[[nearest[c] for c in heard["cell"]]]
    (folder / "landing/real").mkdir()
    heard.to_csv(folder / f"landing/real/{DAY}.csv", index=False)
    register.drop(columns="cell_id").to_csv(folder / "landing/270.csv", index=False)
    (folder / "conf.yaml").write_text(CONF)
    night = Night(spark, load(folder / "conf.yaml"))
    night.run([DAY], only=("cells", "events", "presence", "country_runs", "border_crossings"))
    return night.lake


def test_no_antenna_beyond_the_border_makes_a_crossing(lake):
    antennas = lake.read(CELLS).select("cell_id", "country").toPandas()
    beyond = set(antennas.loc[antennas["country"] != "LU", "cell_id"])
    assert (len(antennas), 0.155 < len(beyond) / N < 0.18) == (N, True)
    events = lake.read(EVENTS).toPandas()
    assert len(events) > 1_000
    assert events["cell_id"].isin(beyond).sum() > 50, "some are caught over there"
    assert set(events["country"]) == {"LU"}
    assert events["cell"].notna().all()
    assert set(lake.read(PRESENCE).toPandas()["country"]) == {"LU"}
    runs = lake.read(COUNTRY_RUNS).toPandas()
    assert set(runs["country"]) == {"LU"}
    assert not runs.duplicated(["date", "device"]).any()
    assert runs["n_events"].sum() == len(events)
    assert lake.read(BORDER_CROSSINGS).count() == 0
