"""Every suite can fail: for each of its expectations a frame that is healthy but for one figure."""

from datetime import date, timedelta

import pandas as pd
import pytest

from schemas import TABLES
from sojourn import check

HEALTHY = {
    "events": {
        "rows": 5_000, "accepted": 5_000, "devices": 300, "share_placed": 0.97, "share_unplaced": 0.03,
        "age_hours": 0.2, "share_night": 0.3, "quietest_hour": 4, "share_foreign": 0.1, "share_implausible": 0,
        "cells_reporting_share": 0.9,
        "rows_drift": 1, "devices_drift": 1, "share_placed_drift": 1,
    },
    "rejects": {
        "rows": 4, "rejected": 30,
        "counted": 30, "empty": 0, "share_unusable": 0.01, "share_repeated": 0.01, "share_opted_out": 0,
        "files_unread": 0, "files_repeated": 0,
    },
    "batches": {
        "rows": 7, "share_rejected": 0.01,
        "unbalanced": 0, "negative": 0, "read_from_nothing": 0, "files": 6, "feeds_silent": 0, "read": 5_030,
        "share_unreadable": 0, "share_ambiguous": 0, "share_skipped": 0,
    },
    "cells": {
        "rows": 900, "share_unusable": 0.01, "share_at_sea": 0, "share_conflicting": 0, "conflicting": 0,
        "share_elsewhere": 0.15, "overlaps": 0, "backwards": 0, "not_h3": 0, "resolutions": 0,
    },
    "subscribers": {"rows": 300, "torn": 0, "repeated": 0, "share_opted_out": 0.01, "share_machines": 0.05},
    "presence": {
        "events": 4_800, "placed": 4_800, "hours_wrong": 0, "hours_from_nothing": 0, "devices": 300, "devices_drift": 1,
        "places_per_device": 3, "rows": 900,
        "share_nowhere": 0,
    },
    "country_runs": {
        "events": 4_800, "placed": 4_800, "backwards": 0, "outside": 0, "empty": 0, "half_placed": 0,
        "rows": 350, "devices": 300,
        "rows_drift": 1, "runs_per_device": 1.2,
    },
    "home_locations": {
        "repeated": 0, "nights_wrong": 0, "observed_wrong": 0, "wrong_shares": 0, "outside_shares": 0, "cell_wrong": 0,
        "homeless": 0, "not_abroad": 0, "threshold_share": 0, "threshold_nights": 0, "mixed": 0,
        "rows": 300, "devices": 300,
        "share_unlocatable": 0.1, "share_domestic_home": 0.8,
    },
    "night_quality": {"repeated": 0, "outside_shares": 0, "negative": 0, "half_suppressed": 0, "tables": 9},
}  # fmt: skip

MUTANTS = {
    "events": {
        "every record that was accepted is here, once": {"accepted": 5_001},
        "the day has events": {"rows": 0, "accepted": 0},
        "the day has between half and twice the events of the seven before": {"rows_drift": 0.4},
        "there are between half and twice the devices of the seven days before": {"devices_drift": 2.1},
        "events are of someone": {"devices": 0},
        "at most a fifth of the events has no place": {"share_unplaced": 0.21},
        "some events have a place": {"share_placed": 0},
        "the share of events with a place is within a tenth of the seven days before": {"share_placed_drift": 0.85},
        "at least a tenth of the antennas has an event": {"cells_reporting_share": 0.05},
        "the newest event is at most 36 hours older than the end of the day": {"age_hours": 37},
        "the newest event is at most 24 hours later than the end of the day": {"age_hours": -25},
        "between a twentieth and three fifths of the events happen from 20 to 7": {"share_night": 0.65},
        "the fewest events happen between 0 and 6, as they do where the time zone is right": {"quietest_hour": 16},
        "at most half of the events on our network are of foreign subscribers": {"share_foreign": 0.6},
        "at most one event in a hundred lasts over a day or has a negative duration or volume": {
            "share_implausible": 0.02
        },
    },
    "rejects": {
        "every record that was rejected has a reason": {"rejected": 29},
        "a reason stands for one record or more": {"empty": 1},
        "at most half of the records read cannot be used": {"share_unusable": 0.51},
        "at most one record in twenty cannot be used": {"share_unusable": 0.06},
        "at most one record in twenty repeats another": {"share_repeated": 0.06},
        "at most one record in five is of someone who opted out": {"share_opted_out": 0.21},
        "every file could be read to its end, with all its columns": {"files_unread": 1},
        "no file came twice": {"files_repeated": 1},
        "a person can read them all": {"rows": 10_001},
    },
    "batches": {
        "of every file, records read are accepted or rejected": {"unbalanced": 1},
        "no file has a negative count": {"negative": 1},
        "nothing is read where there is no file": {"read_from_nothing": 1},
        "the day has a file": {"files": 0},
        "every feed brought a file": {"feeds_silent": 1},
        "the day has records": {"read": 0},
        "every feed has a row, with files or without": {"rows": 0},
        "at most half of the records were rejected, repeated files included": {"share_rejected": 0.6},
        "at most one optional value per twenty records cannot be read": {"share_unreadable": 0.06},
        "at most one time in ten occurs twice, as on the day the clocks go back": {"share_ambiguous": 0.11},
        "at most one time in a thousand does not exist, as where the zone is right": {"share_skipped": 0.002},
    },
    "cells": {
        "there are antennas": {"rows": 0},
        "at most half of the antennas have unusable coordinates": {"share_unusable": 0.51},
        "at most one antenna in twenty has unusable coordinates": {"share_unusable": 0.06},
        "at most one antenna in twenty stands in the sea": {"share_at_sea": 0.06},
        "at most one antenna in ten has entries that contradict each other": {"share_conflicting": 0.11},
        "no antenna has entries that contradict each other": {"conflicting": 1},
        "at most one antenna in five stands in another country than most": {"share_elsewhere": 0.21},
        "no antenna is in two places at one time": {"overlaps": 1},
        "no antenna is gone before it came": {"backwards": 1},
        "every cell is an H3 cell": {"not_h3": 1},
        "all cells have one resolution": {"resolutions": 1},
    },
    "subscribers": {
        "the register has subscribers": {"rows": 0},
        "a number is of one subscriber at a time": {"torn": 1},
        "an entry stands once": {"repeated": 1},
        "at most one subscriber in five opted out": {"share_opted_out": 0.21},
        "at most half of the subscribers are machines": {"share_machines": 0.51},
    },
    "presence": {
        "every event that has a place counts once": {"events": 4_799},
        "every row has an hour of the day, and none beyond it": {"hours_wrong": 1},
        "no hour is without an event": {"hours_from_nothing": 1},
        "somebody was seen": {"devices": 0},
        "the date has places": {"rows": 0},
        "there are between half and twice the devices of the seven dates before": {"devices_drift": 0.4},
        "a device is in at most 50 places a day on average": {"places_per_device": 51},
        "at most one row in twenty in the device's own country has no cell": {"share_nowhere": 0.06},
    },
    "country_runs": {
        "every event that has a place is in one run": {"events": 4_801},
        "no run ends before it begins": {"backwards": 1},
        "no run lies outside its date, in any time zone": {"outside": 1},
        "no run is without an event": {"empty": 1},
        "a run has a first cell where it has a last one": {"half_placed": 1},
        "there are between half and twice the runs of the seven dates before": {"rows_drift": 2.1},
        "somebody was seen in a country": {"rows": 0},
        "runs are of someone": {"devices": 0},
        "a device changes country at most twice a day on average": {"runs_per_device": 3.1},
    },
    "home_locations": {
        "a device has one row a month": {"repeated": 1},
        "nights at the cell and abroad are among those observed": {"nights_wrong": 1},
        "every device was observed on a night, and on no more than a year has": {"observed_wrong": 1},
        "share is nights over observed nights": {"wrong_shares": 1},
        "share lies between 0 and 1": {"outside_shares": 1},
        "there is a cell where there were nights at it, and only there": {"cell_wrong": 1},
        "a home has a cell": {"homeless": 1},
        "who lives abroad was there on most of the nights": {"not_abroad": 1},
        "every home has a greater share than any that is unlocatable": {"threshold_share": 1},
        "no device with too few nights has as many as one with enough": {"threshold_nights": 1},
        "a month is provisional as a whole or not at all": {"mixed": 1},
        "somebody was seen at night": {"rows": 0},
        "every row is a device": {"devices": 0},
        "at most half of those seen often enough and living here are unlocatable": {"share_unlocatable": 0.51},
        "at least a third of the home country's devices seen often enough has a home": {"share_domestic_home": 0.3},
    },
    "night_quality": {
        "a table has one row a day": {"repeated": 1},
        "every share lies between 0 and 1": {"outside_shares": 1},
        "no count is negative": {"negative": 1},
        "rows are hidden where the row is marked suppressed, and only there": {"half_suppressed": 1},
        "the night has a row for a table": {"tables": 0},
    },
}
ALSO = {  # half of the antennas is more than one in twenty: the graver sentence fails with the milder one
    "at most half of the records read cannot be used": "at most one record in twenty cannot be used",
    "at most half of the antennas have unusable coordinates": "at most one antenna in twenty has unusable coordinates",
}
DAY = date(2024, 3, 1)


def test_every_table_but_the_verdicts_themselves_has_expectations():
    assert set(HEALTHY) == {table.name for table in TABLES} - {"validations"}
    assert check.expectations("validations") is None


@pytest.mark.parametrize("table", HEALTHY)
def test_each_mutant_fails_its_expectation_and_no_other(table):
    suite, mutants = check.expectations(table).SUITE, MUTANTS[table]
    assert {e.description for e in suite.expectations} == set(mutants), "an expectation without a mutant proves nothing"
    rows = [HEALTHY[table], *(HEALTHY[table] | mutant for mutant in mutants.values())]
    units = [DAY + timedelta(n) for n in range(len(rows))]
    verdicts = check.judge(table, suite, pd.DataFrame(rows).assign(unit=units))
    failed = {unit: {v.expectation for v in verdicts if v.unit == unit and not v.success} for unit in units}
    assert failed[DAY] == set(), "the healthy frame passes"
    for unit, sentence in zip(units[1:], mutants, strict=True):
        assert failed[unit] == {sentence, ALSO.get(sentence, sentence)}


@pytest.mark.parametrize("table", HEALTHY)
def test_a_suite_reads_well(table):
    module = check.expectations(table)
    assert table in {t.name for t in module.READS}
    assert module.SUITE.name == table
    columns = {e.column for e in module.SUITE.expectations if hasattr(e, "column")}
    for drifting in (c.removesuffix("_drift") for c in columns if c.endswith("_drift")):
        assert drifting in columns, "a drift is recalled from the verdicts on what drifts"
    assert {str(e.severity.value) for e in module.SUITE.expectations} <= set(check.SEVERITIES)
    assert any(e.severity.value == "critical" for e in module.SUITE.expectations)


def test_nothing_to_look_at_is_no_failure():
    rates = {c: None for c in HEALTHY["events"] if c.startswith("share") or c in {"quietest_hour", "age_hours"}}
    frame = pd.DataFrame([HEALTHY["events"] | rates]).assign(unit=DAY)
    assert all(v.success for v in check.judge("events", check.expectations("events").SUITE, frame))
