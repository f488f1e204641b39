"""What Spark tells OpenLineage of a night, by the listener that OpenLineage has for it: the tables, and of nobody."""

import json
import re
import subprocess
import sys
from pathlib import Path

from sojourn.pseudonym import pseudonym
from tests.conftest import KEY
from tests.drills.far import CACHE, Site, nights
from tests.four_days import DAYS
from tests.sweep import found_in_files

ROOT = Path(__file__).parents[2]
PEOPLE = [f"27001000000{who:04}" for who in range(12)]
SECRETS = (KEY, "33612345678", *PEOPLE, *(str(pseudonym(KEY.encode(), who)) for who in PEOPLE))


def documented() -> dict[str, str]:
    """The properties that operations.md gives, but for where the events go."""
    section = (ROOT / "docs/operations.md").read_text().partition("**OpenLineage**")[2]
    block = re.search(r"```\n(spark\.extraListeners.*?)```", section, re.DOTALL)[1]
    given = dict(line.split(maxsplit=1) for line in block.splitlines())
    return {name: value for name, value in given.items() if ".transport." not in name}


def test_spark_tells_of_the_tables_of_a_night_and_of_nobody(tmp_path):
    """On a lake by URI, where Spark writes all of them."""
    jars, told = CACHE / "openlineage-1.53.0", tmp_path / "told/lineage.json"
    subprocess.run([sys.executable, "-m", "sojourn.session", "openlineage", str(jars)], check=True)
    told.parent.mkdir()
    to_a_file = {"spark.openlineage.transport.type": "file", "spark.openlineage.transport.location": str(told)}
    spark = documented() | to_a_file | {"spark.jars": f"{jars}/*.jar"}
    site = Site(tmp_path)
    site.settle({"lake": (tmp_path / "far").as_uri(), "spark": spark})
    site.sojourn("far", *nights(DAYS[0]))
    events = [json.loads(line) for line in told.read_text().splitlines()]

    def tables(side: str) -> set[str]:
        return {Path(of["name"]).name for event in events for of in event.get(side, [])}

    assert tables("outputs") >= {"cells", "events", "presence", "country_runs", "border_crossings", "population_map"}
    assert tables("inputs") >= {"cells", "events", "presence", "country_runs"}
    assert list(found_in_files(site.root / "landing", SECRETS)), "the search finds them where they are"
    assert list(found_in_files(told.parent, SECRETS)) == []
