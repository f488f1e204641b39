import h3
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from sojourn import cells

LUXEMBOURG = (49.6117, 6.1319)


def test_a_point_is_in_the_cell_h3_says():
    (cell,) = cells.cell_of([LUXEMBOURG[0]], [LUXEMBOURG[1]], 8)
    assert cells.text([cell]) == [h3.latlng_to_cell(*LUXEMBOURG, 8)] == ["881fa3cd07fffff"]
    assert 0 < cell < 2**63
    assert cells.text(cells.cell_of([37.769377], [-122.388903], 9)) == ["89283082e73ffff"]  # the example of h3's README


def test_a_place_that_is_no_place_has_no_cell():
    lat = [49.6, float("nan"), 91, 49.6, None, 90, float("inf")]
    found = cells.cell_of(lat, [6.1, 6.1, 6.1, -180.5, 6.1, 180, 6.1], 8)
    assert pd.isna(found).tolist() == [False, True, True, True, True, False, True]
    assert pa.array(found).null_count == 5
    assert str(found.dtype) == "Int64"


def test_no_points_are_no_cells():
    assert len(cells.cell_of([], [], 8)) == 0
    assert [len(a) for a in cells.centre_of([])] == [0, 0]
    assert len(cells.parent([], 5)) == len(cells.km2([])) == len(cells.text([])) == 0


@pytest.mark.parametrize("resolution", [-1, 16])
def test_h3_has_no_such_resolution(resolution):
    with pytest.raises(ValueError, match="0 to 15"):
        cells.cell_of([49.6], [6.1], resolution)


def test_latitudes_go_with_longitudes():
    with pytest.raises(ValueError, match="2 latitudes for 1 longitudes"):
        cells.cell_of([49.6, 49.7], [6.1], 8)


def test_a_centre_is_in_its_cell():
    rng = np.random.default_rng(7)
    found = cells.cell_of(rng.uniform(-90, 90, 500), rng.uniform(-180, 180, 500), 7).to_numpy(np.int64)
    assert (cells.cell_of(*cells.centre_of(found), 7).to_numpy(np.int64) == found).all()


def test_parents_are_those_of_h3():
    rng = np.random.default_rng(8)
    found = cells.cell_of(rng.uniform(-90, 90, 300), rng.uniform(-180, 180, 300), 9).to_numpy(np.int64)
    for resolution in range(10):
        expected = [h3.cell_to_parent(c, resolution) for c in cells.text(found)]
        assert cells.text(cells.parent(found, resolution)) == expected
        assert set(cells.resolution_of(cells.parent(found, resolution)).tolist()) == {resolution}


@pytest.mark.parametrize("resolution", [-1, 9, 16])
def test_a_cell_has_no_finer_parent(resolution):
    with pytest.raises(ValueError, match="no parent"):
        cells.parent(cells.cell_of([49.6], [6.1], 8).to_numpy(np.int64), resolution)


def test_six_neighbours_and_five_at_a_pentagon():
    (cell,) = cells.cell_of([LUXEMBOURG[0]], [LUXEMBOURG[1]], 8)
    around = cells.neighbours(cell)
    assert len(set(around)) == 6
    assert cell not in around
    assert around == sorted(around)
    assert all(cell in cells.neighbours(n) for n in around)
    assert len(cells.neighbours(h3.str_to_int(sorted(h3.get_pentagons(8))[0]))) == 5


def test_the_true_area_and_not_the_average():
    estonia, bangladesh = cells.cell_of([58.6, 23.8], [25.0, 90.4], 7)
    assert cells.km2([estonia, bangladesh]) == pytest.approx([4.01, 5.62], rel=0.02)
