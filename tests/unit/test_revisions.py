"""A published month that was built again: how often, why, and how many of its figures changed."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from deltalake import write_deltalake
from filled import filled

from schemas import CROSS_BORDER_FLOWS, EVENTS, RUNS, VALIDATIONS
from sojourn.journal import Journal
from sojourn.run import cli
from sojourn.trace import lines, plain, trace

DAYS = [date(2026, 4, n) for n in (7, 8, 9, 10)]
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


@dataclass(frozen=True)
class Params:
    """Of a table."""

    least: int


def put(lake, table, rows, units, **notes):
    version = lake.write(table, filled(table, rows), units, notes)
    lake.approve(filled(VALIDATIONS, []), {table.name: version})
    return "some", 1


def flows(**devices):
    return [
        {"month": MARCH, "from_zone": "z", "to_country": c, "devices": n, "obs_status": "A"} for c, n in devices.items()
    ]


@pytest.fixture
def revised(lake):
    """Four nights: released, not touched, built again with the same figures, and with others and a parameter."""
    april = [{"month": APRIL}]
    made = (flows(FR=20, DE=30), april, flows(FR=20, DE=30), flows(FR=21, BE=17))
    for n, (day, rows) in enumerate(zip(DAYS, made, strict=True)):
        journal = Journal(lake, "c", run=f"night {n}", params={"cross_border_flows": Params(n // 3)})
        with journal.kept("run"):
            landed = [{"batch": day, "date": day}]
            journal.step([EVENTS], [day], lambda landed=landed, day=day: put(lake, EVENTS, landed, [day]))
            month = rows[0]["month"]
            consumed = {"events": lake.approved(EVENTS)}
            journal.step(
                [CROSS_BORDER_FLOWS],
                [day],
                lambda rows=rows, month=month, consumed=consumed: put(
                    lake, CROSS_BORDER_FLOWS, rows, [month], consumed=consumed
                ),
            )
    return lake


def test_each_time_that_it_was_built_is_a_revision_with_its_reasons(revised):
    found = trace(revised, "cross_border_flows", MARCH).revisions
    assert [(r.number, r.run, r.rows, r.changed) for r in found] == [
        (0, "night 0", 2, None),
        (1, "night 2", 2, 0),
        (2, "night 3", 2, 3),  # one changed, one came, one went
    ]
    assert found[1].why == ["events 1 → 3", "landing days 2026-04-08/2026-04-09 taken in"]
    assert found[2].why[0] == "other parameters"
    before = revised.rows(CROSS_BORDER_FLOWS, version=found[0].version).to_pylist()
    assert {(r["to_country"], r["devices"]) for r in before} == {("FR", 20), ("DE", 30)}
    assert len(trace(revised, "cross_border_flows", APRIL).revisions) == 1


def test_where_the_figures_are_gone_the_trail_says_so(revised):
    log = Path(revised.path(CROSS_BORDER_FLOWS)) / "_delta_log"
    path = json.loads((log / f"{1:020}.json").read_text().splitlines()[-1])["add"]["path"]
    (log.parent / path).unlink()
    told = list(lines(trace(revised, "cross_border_flows", MARCH)))
    assert sum("figures not kept" in line for line in told) == 1
    assert any("2 rows, 3 changed" in line for line in told)


def test_programs_get_it_too(revised, land):
    land.conf()  # of the same lake
    words = ["trace", "cross_border_flows", "--unit", str(MARCH), "--json", "--conf", str(land.root / "conf.yaml")]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    assert [r["changed"] for r in json.loads(done.stdout)["revisions"]] == [None, 0, 3]
    assert plain(trace(revised, "events", DAYS[0]))["revisions"] == [], "only of published months"


def test_runs_of_an_older_release_told_no_parameters(revised):
    """Their column is added by the next run that writes; who only looks must do without."""
    held = revised.rows(RUNS).drop_columns(["params"])
    write_deltalake(revised.path(RUNS), held, mode="overwrite", schema_mode="overwrite", partition_by=["month"])
    found = trace(revised, "cross_border_flows", MARCH)
    assert [r.changed for r in found.revisions] == [None, 0, 3]
    assert not any("parameters" in why for r in found.revisions for why in r.why)
    assert "None" not in "\n".join(lines(found))
