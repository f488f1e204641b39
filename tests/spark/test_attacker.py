"""An attacker who knows the method, its parameters and all that is published, and subtracts one from the other.

A country is planted, published by the real jobs and the real door, and published again with one person more. The
attacker says of a figure how many devices are behind it, and of a difference of two how many make it, and is sure where
no other answer is left, or one has nineteen chances in twenty. What is not asked here is in
docs/decisions/0007-cell-keys.md: who knows that nothing else has changed learns from any difference that something has.
"""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyspark.sql.pandas.types import to_arrow_schema

from jobs import cross_border_flows, residents_by_origin, transnational_stocks
from schemas import (
    BORDER_CROSSINGS,
    CROSS_BORDER_FLOWS,
    HOME_LOCATIONS,
    POPULATION_MAP,
    RESIDENTS_BY_ORIGIN,
    TRANSNATIONAL_STOCKS,
    TRANSNATIONALS,
    TRIPS,
)
from sojourn.cells import cell_of
from sojourn.disclosure import release, release_map
from sojourn.methods.cellkey import MAX_NOISE, VARIANCE, probabilities
from sojourn.methods.counting import record_key
from sojourn.methods.weights import by_zone

MONTH, K, ZONES, SURE = date(2026, 3, 1), 16, 150, 0.95
LAW = dict(zip(range(-MAX_NOISE, MAX_NOISE + 1), probabilities(MAX_NOISE, VARIANCE), strict=True))
GROUPS = range(K)  # how many a difference may be of: nobody to one less than may be published
END = datetime(2026, 3, 15, tzinfo=UTC)
WEIGHTS = {"default": 1.0, "FR": 1.2, "DE": 37.0}


def difference(d, x):
    """The chance that two published counts of nested sets, x devices apart, differ by d."""
    if x == 0:
        return float(d == 0)
    return sum(p * LAW.get(d - x + e, 0.0) for e, p in LAW.items())


def chances(d):
    """What the attacker thinks of each group after seeing a difference; beforehand all are alike."""
    seen = np.array([difference(d, x) for x in GROUPS])
    return seen / seen.sum() if seen.sum() else np.full(len(GROUPS), 1 / len(GROUPS))


def frame_of(spark, rows, schema):
    """Rows as a frame that is in memory, and made once."""
    columns = [pa.array(c, f.type) for c, f in zip(zip(*rows, strict=True), to_arrow_schema(schema), strict=True)]
    return spark.createDataFrame(pa.table(columns, names=schema.names), schema)


class Tally:
    """What the attacker said, and how often it was so."""

    def __init__(self, differences, truths):
        thought = np.array([chances(d) for d in differences])
        self.sure = thought.max(axis=1) >= SURE
        self.right = thought.argmax(axis=1) == np.array(truths)
        self.certain = sum(set(np.flatnonzero(t)) <= {1, 2} for t in thought)  # a person, or two
        self.named = np.array(differences) == 1
        self.ones = np.array(truths) == 1


@pytest.fixture(scope="module")
def country():
    """Residents by zone, what each does, and one newcomer for every zone."""
    rng = np.random.default_rng(20260301)
    sizes = rng.integers(K, 60, ZONES)
    zone = np.repeat(np.arange(ZONES), sizes + 1)
    newcomer = np.r_[np.diff(zone) > 0, True]  # the last of each zone
    n = len(zone)
    places = cell_of(49.4 + rng.random(ZONES) * 0.7, 5.8 + rng.random(ZONES) * 0.7, 9).astype(np.int64)
    assert len(set(places)) == ZONES
    return {
        "device": rng.permutation(10 * n)[:n],
        "zone": zone,
        "newcomer": newcomer,
        "place": places,
        "nights": rng.integers(0, 9, n),
        "trips": rng.integers(1, 4, n),
        "rng": rng,
    }


@pytest.fixture(scope="module")
def published(spark, country):
    """The tables of a release: its residents are `here`."""
    places = country["place"].tolist()
    cells = spark.createDataFrame([(p, f"z{z:03}") for z, p in enumerate(places)], "cell bigint, zone string").cache()
    grid = [(p, 900.0 + 13 * z, f"z{z:03}") for z, p in enumerate(places)]
    people = by_zone(pd.DataFrame(grid, columns=["cell", "population", "zone"]), "LU")

    def made(job, table, frames, here):
        homes = [
            (MONTH, d, "LU", places[z], 20, 28, 0, 20, 0.7, "home", False)
            for d, z in zip(country["device"][here].tolist(), country["zone"][here].tolist(), strict=True)
        ]
        zone = ("Europe/Luxembourg",) if job is cross_border_flows else ()
        counted = job.transform(
            *frames,
            *(frame_of(spark, homes, HOME_LOCATIONS.schema), cells, people, MONTH, False, "LU"),
            *(*zone, WEIGHTS, K, job.Params()),
        )
        return release(table, counted, K).frame.toPandas()

    return made


def trips_of(spark, country, here):
    """Everybody here goes to France; no crossing tells that anyone was caught."""
    columns = (country[c][here].tolist() for c in ("device", "trips", "nights"))
    rows = [
        (d, "LU", "FR", END, END, END, nights if i == 0 else 0, "overnight", d, False, MONTH, False)
        for d, trips, nights in zip(*columns, strict=True)
        for i in range(trips)
    ]
    return frame_of(spark, rows, TRIPS.schema), spark.createDataFrame([], BORDER_CROSSINGS.schema)


@pytest.fixture(scope="module")
def releases(spark, country, published):
    """Flows before the newcomers came, and after: of half of the zones somebody did."""
    came = country["rng"].random(ZONES) < 0.5
    before = ~country["newcomer"]
    after = before | came[country["zone"]]
    tables = [
        published(cross_border_flows, CROSS_BORDER_FLOWS, trips_of(spark, country, here), here).set_index("from_zone")
        for here in (before, after)
    ]
    raw = np.bincount(country["zone"][before], minlength=ZONES)
    return (*tables, raw, came)


def test_quotients_do_not_give_the_count_away(releases):
    """Of trips, nights and persons over devices every count fits that the noise allows; the best guess is no change."""
    before, _, raw, _ = releases
    right = surely = 0
    for z, row in enumerate(before.sort_index().itertuples()):
        likely = {
            n: LAW[row.devices - n] for n in range(row.devices - MAX_NOISE, row.devices + MAX_NOISE + 1) if n >= K
        }
        fits = {n: p for n, p in likely.items() if all(fit(v, row.devices, n) for v in (row.trips, row.nights))}
        right += max(fits, key=fits.get) == raw[z]
        surely += len(fits) == 1
        assert row.persons == pytest.approx(900 + 13 * z, abs=1e-4), "what the grid says anyway"
        assert set(fits) == set(likely)
    assert surely == 0
    guess = LAW[0]
    assert right / ZONES < guess + 3 * np.sqrt(guess * (1 - guess) / ZONES)


def fit(published, devices, n):
    """Whether a whole number of trips over n devices can have been published so: for any of the units it may have."""
    for unit in 2.0 ** np.arange(12):
        step = unit / (devices - MAX_NOISE)
        middle = round(published / devices / step)
        if abs(round(middle * step * devices) - published) > 1 and published != devices:
            continue
        low, high = (middle - 0.5) * step * n, (middle + 0.5) * step * n
        if np.ceil(low) <= high:
            return True
    return False


def test_a_release_with_one_person_more_does_not_give_them_away(releases):
    before, after, _, came = releases
    both = before.join(after, rsuffix="_after").sort_index()
    assert len(both) == ZONES
    said = Tally((both.devices_after - both.devices).tolist(), came.astype(int))
    assert said.sure.sum() == 0
    assert said.certain == 0
    # "one more" is said of as many zones as chance would have it, and most of those that gained one are not among them
    share = said.named[came].mean()
    assert share < difference(1, 1) + 3 * np.sqrt(0.25 / came.sum())
    unchanged = both[~came]
    figures = ["devices", "trips", "nights"]
    assert (unchanged[[f"{c}_after" for c in figures]].to_numpy() == unchanged[figures].to_numpy()).all(), "same sets"


def test_nor_what_they_did(releases, country):
    """Even who knows that it is one more, and how many were there, mostly errs about their nights (blindly: 8 in 9)."""
    before, after, raw, came = releases
    both = before.join(after, rsuffix="_after").sort_index()[came]
    n, truth = raw[came], country["nights"][country["newcomer"]][came]
    guessed = both.nights_after / both.devices_after * (n + 1) - both.nights / both.devices * n
    right = (guessed.clip(0, 8).round() == truth).mean()
    assert right < 0.3
    assert (guessed - truth).std() > truth.std(), "who said the mean of all would be nearer"


def test_zones_and_totals_subtracted_leave_nobody(spark, country, published):
    """`*` less the only country that may be shown: nobody, one or two more are transnational elsewhere."""
    here = ~country["newcomer"]
    devices, zones = country["device"][here].tolist(), country["zone"][here].tolist()
    extra = np.random.default_rng(5).integers(0, 3, ZONES)
    rest, rows = dict(enumerate(extra.tolist())), []
    for device, zone in zip(devices, zones, strict=True):
        elsewhere = rest[zone] > 0
        rest[zone] -= 1
        for where in ("BE" if elsewhere else "FR", "*"):
            rows += [(MONTH, MONTH, device, "LU", where, 9, 9, 1, 1.0, 365, "commuter", False)]
    frame = frame_of(spark, rows, TRANSNATIONALS.schema)
    stocks = published(transnational_stocks, TRANSNATIONAL_STOCKS, (frame,), here)
    wide = stocks.pivot_table(index="zone", columns="country", values="devices")
    assert set(wide.columns) == {"FR", "*"}
    wide = wide.dropna()
    apart = extra[[int(z[1:]) for z in wide.index]]
    said = Tally((wide["*"] - wide["FR"]).astype(int).tolist(), apart)
    assert (said.sure.sum(), said.certain) == (0, 0)
    assert said.named[apart == 1].mean() < 0.5


def test_residents_less_those_who_travelled_leave_nobody(spark, country, published, releases):
    """Of every zone all but one or two went to France."""
    here = ~country["newcomer"]
    residents = published(residents_by_origin, RESIDENTS_BY_ORIGIN, (), here).set_index("zone").devices
    first = np.r_[True, np.diff(country["zone"]) > 0]
    went = published(cross_border_flows, CROSS_BORDER_FLOWS, trips_of(spark, country, here & ~first), here).set_index(
        "from_zone"
    )
    apart = (residents - went.devices).dropna().astype(int)
    said = Tally(apart.tolist(), np.ones(len(apart), int))
    assert (said.sure.sum(), said.certain) == (0, 0)
    assert said.named.mean() < difference(1, 1) + 3 * np.sqrt(0.25 / len(apart))
    assert residents.to_dict() == releases[0].devices.to_dict(), "the same sets in two tables have the same count"


def test_hours_of_the_map_subtracted_leave_nobody(spark, country):
    """One device leaves every cell from one hour to the next; all weights are known, and all alike."""
    weight, frames = 20_000_000, []
    devices = spark.createDataFrame([(int(d),) for d in country["device"]], "device bigint")
    keys = {r[0]: r[1] for r in devices.select("device", record_key(devices["device"])).collect()}
    own = np.array([keys[int(d)] for d in country["device"]])
    for hour, here in enumerate((np.ones(len(own), bool), ~country["newcomer"])):
        n = np.bincount(country["zone"][here], minlength=ZONES)
        key = np.bincount(country["zone"][here], own[here].astype(float), minlength=ZONES).astype(np.int64) % 2**32
        for z in range(ZONES):
            people, half = int(n[z]) * weight, int(1.6 * np.sqrt(n[z]) * weight)
            figures = (people, weight, people - half, people + half, int(n[z]), int(key[z]), people, weight)
            frames.append((MONTH, hour, int(country["place"][z]), 9, "A", int(n[z]), int(key[z]), *figures))
    schema = (
        "date date, hour int, cell bigint, resolution int, obs_status string, n bigint, record_key bigint, population "
        "bigint, population_top bigint, p05 bigint, p95 bigint, visitor_n bigint, visitor_record_key bigint, visitors "
        "bigint, visitors_top bigint"
    )
    rows = release_map(POPULATION_MAP, spark.createDataFrame(frames, schema), K).frame.toPandas()
    wide = rows.pivot_table(index="cell", columns="hour", values=["population", "visitors"]) * 1e6 / weight
    for figure in ("population", "visitors"):
        d = (wide[figure][0] - wide[figure][1]).round().astype(int)
        said = Tally(d.tolist(), np.ones(ZONES, int))
        assert len(d) == ZONES
        assert (said.sure.sum(), said.certain) == (0, 0)
        assert said.named.mean() < 0.5


def test_what_noise_by_the_set_cannot_hide(releases):
    """That a set has changed: said here so that nobody believes otherwise, and counted for the page on decisions."""
    before, after, _, came = releases
    both = before.join(after, rsuffix="_after").sort_index()
    changed = (both.devices_after != both.devices).to_numpy()
    assert not changed[~came].any()
    assert 0.6 < changed[came].mean() < 0.95
