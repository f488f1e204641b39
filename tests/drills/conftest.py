"""The eve of a night on which something goes wrong, and the rows of a night on which nothing did."""

from collections.abc import Callable

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet
import pytest

from tests.conftest import CDR, Land
from tests.four_days import DAYS, UP_TO_TRIPS, copied, landed, rows

EVE, NIGHT = DAYS[:3], DAYS[3]
Rows = dict[str, list[str]]


@pytest.fixture(scope="session")
def eve(tmp_path_factory: pytest.TempPathFactory, spark) -> Land:
    """Files of four landing days, some of them Parquet, and a lake that has taken in three."""
    land = landed(tmp_path_factory.mktemp("eve"))
    texts = pa_csv.ConvertOptions(column_types=dict.fromkeys(("imsi", "start", "cell", "peer", "dur"), pa.string()))
    for day in DAYS:
        file = land.root / f"landing/cdr/{day}/part-1.csv"
        to = land.root / f"landing/columns/{day}/part-1.parquet"
        to.parent.mkdir(parents=True)
        pa_parquet.write_table(pa_csv.read_csv(file, convert_options=texts), to)
        file.unlink()
    feed = land.page["sources"]["cdr"][0]
    land.page["sources"]["cdr"].append(
        {key: value for key, value in feed.items() if key != "options"}
        | {"path": "landing/columns/{date}/*.parquet", "format": "parquet"}
    )
    assert feed["path"] == CDR["path"]
    land.night(spark).run(EVE)
    return land


@pytest.fixture(scope="session")
def goes_on(spark) -> Callable[..., Rows]:
    """Run the night again, up to the trips or `whole`; the rows that it leaves."""

    def run(land: Land, whole: bool = False) -> Rows:
        night = land.night(spark)
        night.run([NIGHT], () if whole else UP_TO_TRIPS)
        return rows(land.night(spark))

    return run


@pytest.fixture(scope="session")
def truth(eve: Land, goes_on, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """The rows after an undisturbed night up to the trips."""
    return goes_on(copied(eve, tmp_path_factory.mktemp("undisturbed"), "lake"))


@pytest.fixture(scope="session")
def whole_truth(eve: Land, goes_on, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """The rows after an undisturbed night."""
    return goes_on(copied(eve, tmp_path_factory.mktemp("whole"), "lake"), whole=True)


@pytest.fixture
def land(eve: Land, tmp_path) -> Land:
    """The eve, to be disturbed."""
    return copied(eve, tmp_path, "lake")
