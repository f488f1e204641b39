import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.methods.coverage import coverage
from sojourn.methods.surface import quadrilaterals_km2


def covered(*polygons):
    first = np.cumsum([0, *map(len, polygons)])
    x, y = np.concatenate(polygons).astype(float).T
    return coverage(x, y, first)


def by_square(polygon):
    _, i, j, share = covered(polygon)
    return {(int(a), int(b)): s for a, b, s in zip(i, j, share, strict=True)}


def test_a_square_covers_itself():
    assert by_square([(3, 5), (4, 5), (4, 6), (3, 6)]) == {(3, 5): 1.0}


def test_a_rectangle_between_squares_covers_parts_of_each():
    found = by_square([(0.5, -0.25), (2.25, -0.25), (2.25, 0.5), (0.5, 0.5)])
    expected = {(0, -1): 0.125, (1, -1): 0.25, (2, -1): 0.0625, (0, 0): 0.25, (1, 0): 0.5, (2, 0): 0.125}
    assert found == pytest.approx(expected)


def test_either_way_round():
    ring = [(0.1, 0.2), (2.7, 0.4), (1.5, 3.3)]
    assert by_square(ring) == pytest.approx(by_square(ring[::-1]))


def test_a_torn_polygon_covers_nothing_and_the_others_all():
    square = [(0, 0), (1, 0), (1, 1), (0, 1)]
    torn = [(0, 0), (5000, 0), (5000, 1), (0, 1)]
    nowhere = [(0, 0), (np.inf, 0), (1, 1), (0, 1)]
    polygon, _, _, share = covered(torn, square, nowhere)
    assert (polygon.tolist(), share.tolist()) == ([1], [1.0])
    assert len(covered(torn)[0]) == len(coverage(np.empty(0), np.empty(0), np.zeros(1, dtype=np.int64))[0]) == 0


angles = st.lists(st.floats(0, 2 * np.pi), min_size=3, max_size=9, unique_by=lambda a: round(a, 3))


@given(angles, st.floats(0.05, 12), st.floats(0.05, 12), st.floats(-3, 3), st.floats(-3, 3), st.integers(0, 10**6))
@settings(max_examples=300, deadline=None)
def test_exactly_what_shapely_cuts_out(turns, wide, high, x, y, far):
    turns = np.sort(turns)
    ring = np.column_stack([x + wide * np.cos(turns), y + high * np.sin(turns)])  # convex: on an ellipse
    found = by_square(ring + far)
    for (i, j), share in found.items():
        cut = shapely.intersection(shapely.Polygon(ring), shapely.box(i - far, j - far, i - far + 1, j - far + 1))
        assert share == pytest.approx(shapely.area(cut), abs=1e-7)
    assert sum(found.values()) == pytest.approx(shapely.Polygon(ring).area, abs=1e-6)


@given(st.integers(0, 2**32 - 1), st.floats(0.2, 6))
@settings(max_examples=60, deadline=None)
def test_hexagons_that_tile_cover_every_square_once(seed, edge):
    rng = np.random.default_rng(seed)
    q, r = (a.ravel() for a in np.meshgrid(np.arange(-12, 13), np.arange(-12, 13)))
    centres = np.column_stack([3**0.5 * (q + r / 2), 1.5 * r]) * edge
    corner = np.radians(60 * np.arange(6) + 30)
    bend = np.eye(2) + rng.uniform(-0.3, 0.3, (2, 2))  # any grid of any plane
    rings = (centres[:, None] + edge * np.column_stack([np.cos(corner), np.sin(corner)])) @ bend + rng.uniform(0, 1, 2)
    x, y = rings.reshape(-1, 2).T
    _, i, j, share = coverage(x, y, np.arange(0, len(x) + 1, 6))
    middle = (np.abs(i) <= edge) & (np.abs(j) <= edge)
    squares = (i[middle] + 1000) * 10_000 + j[middle] + 1000
    whole = np.bincount(np.unique(squares, return_inverse=True)[1], share[middle])
    assert whole == pytest.approx(np.ones(len(whole)), abs=1e-9)


def test_one_polygon_has_the_same_figures_whatever_else_is_asked():
    rng = np.random.default_rng(5)
    rings = [rng.uniform(0, 9, (6, 2))[np.argsort(rng.uniform(size=6))] + 40 * n for n in range(50)]
    polygon, i, j, share = covered(*rings)
    for n, ring in enumerate(rings):
        alone = covered(ring)
        assert (i[polygon == n].tolist(), j[polygon == n].tolist()) == (alone[1].tolist(), alone[2].tolist())
        assert share[polygon == n].tobytes() == alone[3].tobytes()


# -- areas on the Earth -----------------------------------------------------------------------------------------------


def box(south, west, north, east):
    return np.array([[south, south, north, north]], float), np.array([[west, east, east, west]], float)


def test_the_whole_earth_has_its_510_million():
    bands = [box(-90, west, 90, west + 90) for west in (-180, -90, 0, 90)]
    assert sum(quadrilaterals_km2(*band)[0] for band in bands) == pytest.approx(510_065_621.7, rel=1e-9)


@pytest.mark.parametrize("south", [0, 45, 60, -70, 89])
def test_a_degree_has_the_area_that_its_radii_of_curvature_give(south):
    e2, points = 0.0066943799901413165, 100_000
    lat = np.radians(south + (np.arange(points) + 0.5) / points)
    strips = 6378.137**2 * (1 - e2) * np.cos(lat) / (1 - e2 * np.sin(lat) ** 2) ** 2 * np.radians(1 / points)
    assert quadrilaterals_km2(*box(south, 10, south + 1, 11))[0] == pytest.approx(
        strips.sum() * np.radians(1), rel=1e-9
    )


def test_over_the_date_line():
    east, west = box(51, 179.5, 52, 180.5), box(51, 179.5, 52, -179.5)
    assert quadrilaterals_km2(*east) == pytest.approx(quadrilaterals_km2(*west), rel=1e-12)
