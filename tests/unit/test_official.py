"""Published figures against official ones: what agrees, what lacks, what a census and calls foretell; and bad files."""

import json
from datetime import date

import h3.api.basic_int as h3
import numpy as np
import pytest
from click.testing import CliRunner
from filled import filled

from schemas import CROSS_BORDER_FLOWS, INTL_CALL_EXPOSURE, POPULATION_GRID, RESIDENTS_BY_ORIGIN, VALIDATIONS
from sojourn.lake import Lake
from sojourn.run import cli

MONTH = date(2026, 3, 1)
ZONES = [f"Z{n}" for n in range(6)]


def put(lake, table, rows):
    version = lake.write(table, filled(table, rows), {MONTH} if table.unit else None, {})
    lake.approve(filled(VALIDATIONS, []), {table.name: version})


def grid(lake, zones):
    """A zone for each first cell of a row of cells, and its neighbour to the east."""
    rows = [
        {"cell": c, "h3": h3.int_to_str(c), "population": 100.0, "zone": zone}
        for zone, (north, east) in zones.items()
        for c in {h3.latlng_to_cell(north, east + d, 8) for d in (0, 0.004, 0.008)}
    ]
    put(lake, POPULATION_GRID, rows)


@pytest.fixture
def validate(land, monkeypatch):
    """A lake, and the command in its folder: (table, lines of the file, words) → what it did."""
    land.conf()
    monkeypatch.chdir(land.root)

    def run(table, lines, *words):
        (land.root / "official.csv").write_text("\n".join(lines) + "\n")
        given = ["validate", table, "official.csv", "--unit", str(MONTH), "--conf", "conf.yaml", *words]
        return CliRunner().invoke(cli, given)

    run.lake = Lake(None, str(land.root / "lake"))
    return run


def residents(lake, figures):
    put(
        lake,
        RESIDENTS_BY_ORIGIN,
        [{"month": MONTH, "zone": z, "home_country": c, "persons": n} for (z, c), n in figures.items()],
    )


def test_rows_that_are_both_are_compared_and_the_others_counted(validate):
    grid(validate.lake, {"Z0": (49.6, 6.1), "Z1": (49.6, 6.112)})
    residents(validate.lake, {("Z0", "FR"): 90.0, ("Z0", "BE"): 50.0, ("Z1", "FR"): 220.0, ("Z2", "DE"): 7.0})
    lines = ["zone,home_country,persons", "Z0,FR,100", "Z0,BE,40", "Z1,FR,200", "Z1,BE,60"]
    done = validate("residents_by_origin", lines, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["ratio"] == pytest.approx(360 / 340)
    assert told["lacking"] == [1, pytest.approx(60 / 400)]
    assert told["extra"] == 1
    rows, by_zone, by_country = (told["levels"][k] for k in ("rows", "by zone", "by home_country"))
    assert (rows["n"], rows["mae"]) == (3, pytest.approx(40 / 3))
    assert (by_zone["n"], by_zone["mae"]) == (2, pytest.approx(10))
    assert (by_country["n"], by_country["common"]) == (2, pytest.approx(2 * 340 / 700))
    assert told["clustered"] == pytest.approx(-1), "two that touch: one a little, the other much above"
    shown = validate("residents_by_origin", lines).stdout
    assert "published / official: 1.059" in shown
    assert "Moran's I -1.00" in shown


def test_errors_of_neighbours_that_are_alike_are_told(validate):
    grid(validate.lake, {z: (49.6, 6.1 + 0.012 * n) for n, z in enumerate(ZONES)})
    residents(validate.lake, {(z, "FR"): 100.0 * (1.5 if n < 3 else 0.7) for n, z in enumerate(ZONES)})
    lines = ["zone,home_country,persons", *(f"{z},FR,100" for z in ZONES)]
    assert json.loads(validate("residents_by_origin", lines, "--json").stdout)["clustered"] > 0.5


@pytest.mark.parametrize(
    ("table", "lines", "what"),
    [
        (
            "residents_by_origin",
            ["zone,persons", "Z0,1"],
            "has no column home_country (a CSV file with the columns zone, home_country and one of devices, persons)",
        ),
        ("residents_by_origin", ["zone,home_country", "Z0,FR"], "has 0 columns of figures"),
        ("residents_by_origin", ["zone,home_country,persons,devices", "Z0,FR,1,1"], "has 2 columns of figures"),
        ("residents_by_origin", ["zone,home_country,persons", "Z0,FR,2", "Z0,BE,-1"], "line 3: has no persons"),
        ("residents_by_origin", ["zone,home_country,persons", "Z0,FR,x"], "line 2: has no persons"),
        ("residents_by_origin", ["zone,home_country,persons", "Z0,FR,1", "Z0,FR,2"], "line 3: names the same again"),
        ("residents_by_origin", ["zone,home_country,persons", "Z9,FR,1"], "none of its rows was published"),
        ("cross_border_flows", ["from_zone,to_country,trips", "Z0,FR,1"], "has no rows of 2026-03-01"),
        ("home_locations", ["device,cell", "1,1"], "is about devices"),
    ],
)
def test_what_cannot_be_compared_is_one_line(validate, table, lines, what):
    residents(validate.lake, {("Z0", "FR"): 90.0})
    done = validate(table, lines)
    assert done.exit_code == 2
    assert what in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_file_that_is_not_there_is_one_line(validate):
    done = CliRunner().invoke(cli, ["validate", CROSS_BORDER_FLOWS.name, "none.csv", "--unit", "2026-03-01"])
    assert done.exit_code == 2


@pytest.fixture(params=["zones", "cells"])
def census(validate, request):
    """Sixty zones or cells in six regions, each with a taste of its own; residents as the model of calls says."""
    rng = np.random.default_rng(4)
    zones = {f"Z{n:02}": (44 + 2.0 * (n // 10), 6 + 0.3 * (n % 10)) for n in range(60)}
    cells = dict.fromkeys(zones)
    if request.param == "zones":
        grid(validate.lake, zones)
    else:
        cells = {h3.int_to_str(c): c for c in (h3.latlng_to_cell(*at, 6) for at in zones.values())}
    countries, slopes = ["BE", "DE", "FR", "PT"], [0.6, 0.7, 0.9, 1.0]
    lines, calls = ["area,country,residents"], []
    for n, (zone, cell) in enumerate(cells.items()):
        people = int(rng.integers(2_000, 9_000))
        lines.append(f"{zone},*,{people}")
        for c, slope in zip(countries, slopes, strict=True):
            taste = 1 + 6 * ((n // 10 + countries.index(c)) % 4 == 0)
            x = int(rng.poisson(people / 200 * taste * rng.lognormal(0, 0.4)))
            mean = people * 0.004 * ((x + 0.5) / 20) ** slope
            lines.append(f"{zone},{c},{rng.poisson(mean * rng.gamma(20, 1 / 20))}")
            if x:
                calls.append({"month": MONTH, "area": zone, "country": c, "calls": x, "devices": x, "cell": cell})
    put(validate.lake, INTL_CALL_EXPOSURE, calls)
    return lines


def test_calls_foretell_residents_of_regions_that_were_held_out(validate, census):
    done = validate("intl_call_exposure", census, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    by_calls, by_share = told["levels"]["by calls"], told["levels"]["by the country's share"]
    assert told["regions"] >= 5
    assert by_calls["n"] == 240
    assert by_calls["mae"] < 0.5 * by_share["mae"]
    assert by_calls["spearman"] > 0.9 > by_share["spearman"]
    assert told["slopes"] == pytest.approx({"BE": 0.6, "DE": 0.7, "FR": 0.9, "PT": 1.0}, abs=0.1)
    assert "by calls" in validate("intl_call_exposure", census).stdout


def test_a_census_of_too_few_regions_is_refused(validate, census):
    done = validate("intl_call_exposure", census[:16])
    assert done.exit_code == 2
    assert "give areas in 5 regions" in done.stderr
