"""A lake by URI: by Hadoop's file systems, as on HDFS and object storage, the rows of one with a path."""

from datetime import date

import pytest

from schemas import CELLS, EVENTS, PRESENCE, REJECTS, VALIDATIONS
from sojourn.lease import HadoopFolder

DAYS = [date(2026, 3, 10), date(2026, 3, 11)]
TABLES = (CELLS, EVENTS, REJECTS, PRESENCE)
MADE = ("cells", "events", "presence")


def test_a_lake_by_uri_has_the_rows_of_one_with_a_path(land, spark):
    land.cells(DAYS[0])
    for day in DAYS:
        lines = [f"27001000000{n:04},{day} {n:02}:10:00,{'AZ'[n % 2]}" for n in range(9)]
        land.put(f"cdr/{day}/a.csv", "imsi,start,cell\n" + "\n".join([*lines, "x,y,z"]) + "\n")
        land.put(f"roaming/{day}/r.csv", f"imsi,time,vplmn\n270010000000001,{day} 10:00:00,20801\n")
    rows = {}
    for lake in (str(land.root / "near"), (land.root / "far").as_uri()):
        land.page["lake"] = lake
        for day in (*DAYS, DAYS[1]):
            land.night(spark).run([day], MADE)
        night = land.night(spark)
        assert night.lake.local == ("://" not in lake)
        rows[lake] = {
            t.name: sorted(map(str, night.lake.read(t).collect())) for t in (EVENTS, REJECTS, PRESENCE, CELLS)
        }
        assert night.lake.units(PRESENCE) == set(DAYS)
        rows[lake]["checked"] = sorted(set(night.lake.rows(VALIDATIONS)["table"].to_pylist()))
    near, far = rows.values()
    assert near == far
    assert all(near.values())


def test_the_files_of_a_lease_are_created_only_where_there_are_none(tmp_path, spark):
    folder = HadoopFolder(spark, tmp_path.as_uri())
    assert folder.numbers() == []
    folder.create(7, "first")
    with pytest.raises(Exception, match="FileAlreadyExists"):
        folder.create(7, "second")
    folder.create(8, "next")
    folder.replace(7, "third")
    assert (sorted(folder.numbers()), folder.read(7), folder.read(9)) == ([7, 8], "third", "")
    folder.delete(7)
    assert folder.numbers() == [8]
