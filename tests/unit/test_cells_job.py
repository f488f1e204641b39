"""The register of antennas: what its files tell, in whatever order and however often, and where each antenna stands."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.cells import Params, transform
from schemas import CELLS
from sojourn.cells import cell_of
from sojourn.shapes import Zones

LUXEMBOURG, ESCH, TRIER, SEA = (49.6117, 6.1319), (49.4958, 5.9806), (49.7596, 6.6439), (54.5, 4.0)
BATCH = date(2026, 3, 1)
COLUMNS = ["batch", "file", "line", "cell_id", "latitude", "longitude", "told_from", "told_to"]
COLUMNS += ["time_zone", "radio", "range_m", "azimuth_deg", "beam_deg", "note"]


def day(n: int) -> date:
    return date(2026, 3, n)


def say(
    cell: str = "A", at: tuple[float, float] = LUXEMBOURG, batch: date | None = BATCH, **more: Any
) -> dict[str, Any]:
    """What a file tells of an antenna."""
    row = dict.fromkeys(COLUMNS) | {"batch": batch, "file": f"{batch}.csv", "line": 2, "cell_id": cell}
    return row | {"latitude": at[0], "longitude": at[1]} | more


def told(*rows: dict[str, Any]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=COLUMNS)
    numbers = ["latitude", "longitude", "range_m", "azimuth_deg", "beam_deg"]
    return frame.astype(dict.fromkeys(numbers, float))


def made(*rows: dict[str, Any], zones: Zones | None = None) -> pd.DataFrame:
    return transform(told(*rows), zones, "Europe/Luxembourg", 8, Params())


def stays(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Antenna, from, to, the town it stands in, and what was noted."""
    towns = {t: n for n, t in (("Luxembourg", LUXEMBOURG), ("Esch", ESCH), ("Trier", TRIER))}
    rows = zip(frame["latitude"], frame["longitude"], strict=True)
    where = [towns.get((a, b)) for a, b in rows]
    columns = (frame["cell_id"], frame["valid_from"], frame["valid_to"], where, frame["note"])
    return sorted(zip(*columns, strict=True), key=lambda r: (r[0], r[1] or date.min))


def test_an_antenna_told_once_holds_always() -> None:
    frame = made(say())
    assert stays(frame) == [("A", None, None, "Luxembourg", None)]
    assert list(frame["cell"]) == list(cell_of(*[[v] for v in LUXEMBOURG], 8))
    assert (frame["country"].item(), frame["time_zone"].item()) == ("LU", "Europe/Luxembourg")
    assert (frame["learned"].item(), list(frame.columns)) == (BATCH, CELLS.names)


def test_a_move_holds_from_the_landing_day_of_the_snapshot_that_tells_it() -> None:
    snapshots = [say(batch=day(1)), say(batch=day(2)), say(at=ESCH, batch=day(5)), say(at=ESCH, batch=day(6))]
    assert stays(made(*snapshots)) == [
        ("A", None, day(4), "Luxembourg", None),
        ("A", day(5), None, "Esch", None),
    ]
    back = [*snapshots, say(batch=day(9))]
    assert stays(made(*back))[1:] == [("A", day(5), day(8), "Esch", None), ("A", day(9), None, "Luxembourg", None)]


def test_an_antenna_that_a_snapshot_leaves_out_stays() -> None:
    assert stays(made(say(), say("B", ESCH, day(2)))) == [
        ("A", None, None, "Luxembourg", None),
        ("B", None, None, "Esch", None),
    ]


def test_validity_as_the_register_tells_it() -> None:
    both = [say(told_to=day(9)), say(at=ESCH, told_from=day(20), line=3)]
    assert stays(made(*both)) == [("A", None, day(9), "Luxembourg", None), ("A", day(20), None, "Esch", None)]
    # told again every night, the planned move included
    nightly = [row | {"batch": day(n), "file": f"{n}.csv"} for n in range(1, 26) for row in both]
    assert stays(made(*nightly)) == stays(made(*both))
    # the end was open and is told later
    assert stays(made(say(), say(batch=day(3), told_to=day(9)))) == [("A", None, day(9), "Luxembourg", None)]
    # … and is open again
    assert stays(made(say(told_to=day(9)), say(batch=day(3)))) == [("A", None, None, "Luxembourg", None)]


def test_a_boundary_day_belongs_to_the_antenna_that_comes() -> None:
    shared = [say(told_from=day(1), told_to=day(10)), say(at=ESCH, told_from=day(10), line=3)]
    assert stays(made(*shared)) == [("A", day(1), day(9), "Luxembourg", None), ("A", day(10), None, "Esch", None)]


def test_an_overlap_within_a_file_is_marked_and_the_later_wins_from_its_day() -> None:
    rows = [say(told_from=day(1), told_to=day(20)), say(at=ESCH, told_from=day(10), line=3)]
    expected = [("A", day(1), day(9), "Luxembourg", "conflicting"), ("A", day(10), None, "Esch", None)]
    assert stays(made(*rows)) == stays(made(*reversed(rows))) == expected


def test_two_words_of_one_file_on_one_antenna_and_day() -> None:
    assert stays(made(say(), say(line=3))) == [("A", None, None, "Luxembourg", None)]
    assert stays(made(say(at=ESCH, line=3), say())) == [("A", None, None, "Luxembourg", "conflicting")]


def test_several_antennas_at_one_site_and_antennas_without_a_name() -> None:
    frame = made(say("A"), say("B", line=3), say(None, line=4))
    assert [r[0] for r in stays(frame)] == ["A", "B"]
    assert frame["cell"].nunique() == 1


@pytest.mark.parametrize("at", [(0.0, 0.0), (1e-9, 0.0), (91.0, 6.0), (49.0, 181.0), (np.nan, 6.0), (49.6, np.nan)])
def test_bad_coordinates_have_no_cell(at: tuple[float, float]) -> None:
    zones = Zones(np.array(["z"], object), np.array(["Z"], object), np.array([shapely.box(5, 49, 7, 51)], object))
    frame = made(say(at=at), say("B", line=3), zones=zones).set_index("cell_id")
    assert frame["note"].to_dict() == {"A": "bad_coordinates", "B": None}
    assert pd.isna(frame["cell"]["A"])
    assert (frame["country"]["A"], frame["zone"]["A"], frame["zone"]["B"]) == (None, None, "z")
    assert frame["latitude"]["A"] == at[0] or np.isnan(at[0])  # as registered


def test_zero_of_one_coordinate_is_a_place() -> None:
    frame = made(say(at=(51.4779, 0.0)), say("B", at=(0.3901, 9.4544), line=3))
    assert list(frame["note"]) == [None, None]
    assert list(frame["country"]) == ["GB", "GA"]


def test_the_sea() -> None:
    frame = made(say(at=SEA), say("B", at=(51.42, 3.1), line=3)).set_index("cell_id")  # Zeebrugge, off the beach
    assert frame["note"].to_dict() == {"A": "at_sea", "B": "at_sea"}
    assert frame["country"].to_dict() == {"A": None, "B": "BE"}
    assert frame["cell"].notna().all()


def test_land_over_the_border() -> None:
    assert list(made(say(at=TRIER))["country"]) == ["DE"]


def test_time_zones() -> None:
    zones = {"A": "Europe/Berlin", "B": None, "C": "Mars/Olympus", "D": ""}
    frame = made(*(say(c, time_zone=z, line=n) for n, (c, z) in enumerate(zones.items())))
    home = "Europe/Luxembourg"
    assert list(frame["time_zone"]) == ["Europe/Berlin", home, home, home]


def test_an_undated_register_is_a_state() -> None:
    frame = made(say(batch=None))
    assert stays(frame) == [("A", None, None, "Luxembourg", None)]
    assert list(frame["learned"]) == [None]


def test_rows_that_end_before_they_begin_are_never_made() -> None:
    late = [say(told_from=day(2), told_to=day(5)), say(at=ESCH, batch=day(9), told_from=day(2), told_to=day(5))]
    frame = made(*late)
    ends = [(f or date.min) <= (e or date.max) for f, e in zip(frame["valid_from"], frame["valid_to"], strict=True)]
    assert all(ends)
    assert stays(frame)[0] == ("A", day(2), day(5), "Luxembourg", None)
    assert len(made(say(told_from=day(9), told_to=day(2)))) <= 1


# -- laws -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Places are not looked up."""
    monkeypatch.setattr("jobs.cells.country_of", lambda lat, *_: np.full(len(lat), "LU", object))


DAYS = st.none() | st.integers(1, 9).map(day)
WORD = st.tuples(st.sampled_from("AB"), st.sampled_from([LUXEMBOURG, ESCH, TRIER]), DAYS, DAYS)
SNAPSHOTS = st.lists(st.tuples(st.integers(1, 3), st.lists(WORD, min_size=1, max_size=3)), min_size=1, max_size=5)


def snapshots(given_: Any) -> list[list[dict[str, Any]]]:
    out, batch = [], 0
    for step, words in given_:
        batch += step
        rows = [
            say(cell, at, day(batch), told_from=since, told_to=until, line=n, file=f"{batch:02}.csv")
            for n, (cell, at, since, until) in enumerate(words, 2)
        ]
        out.append(rows)
    return out


def canonical(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    rows = frame.astype(object).where(frame.notna(), None)
    return sorted(map(tuple, rows.to_numpy().tolist()), key=str)


@pytest.mark.usefixtures("anywhere")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SNAPSHOTS)
def test_night_by_night_is_all_at_once(given_: Any) -> None:
    taken = snapshots(given_)
    state = made(*taken[0])
    for rows in taken[1:]:
        state = transform(told(*rows), None, "Europe/Luxembourg", 8, Params(), state)
    assert canonical(state) == canonical(made(*(row for rows in taken for row in rows)))


@pytest.mark.usefixtures("anywhere")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SNAPSHOTS, st.randoms())
def test_no_antenna_is_in_two_places_and_order_does_not_matter(given_: Any, random: Any) -> None:
    rows = [row for taken in snapshots(given_) for row in taken]
    frame = made(*rows)
    for _, stay in frame.groupby("cell_id"):
        spans = sorted(
            (f or date.min, t or date.max) for f, t in zip(stay["valid_from"], stay["valid_to"], strict=True)
        )
        assert all(since <= until for since, until in spans)
        assert all(a[1] < b[0] for a, b in pairwise(spans))
    random.shuffle(rows)
    assert canonical(made(*rows)) == canonical(frame)
    assert timedelta(0) <= max(r["batch"] for r in rows) - max(frame["learned"])
