"""Every suite can fail: for each of its expectations a frame that is healthy but for one figure."""

from datetime import date, timedelta

import pandas as pd
import pytest

from schemas import TABLES
from sojourn import check

DOOR = {"rows": 40, "devices": 900, "repeated": 0, "negative": 0, "few": 0, "noisy": 0, "mixed": 0, "outside": 0}
DOOR |= {"unstated": 0}
DOOR_MUTANTS = {  # of every table of counts that came through the door
    "a combination has one row a month": {"repeated": 1},
    "no figure is negative, and no count of devices nothing": {"negative": 1},
    "no figure rests on fewer than k devices": {"few": 1},
    "no count is further from the truth than its noise may be": {"noisy": 1},
    "a month is provisional as a whole or not at all": {"mixed": 1},
    "every figure in persons lies in its interval": {"outside": 1},
    "every row says what of its time the lake has, and its definition": {"unstated": 1},
    "something may be shown": {"rows": 0},
    "what is shown is of devices": {"devices": 0},
}
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
    "country_since": {
        "rows": 900, "repeated": 0, "backwards": 0, "too_late": 0, "absent_too_late": 0, "never_left": 0,
        "forgotten": 0,
    },
    "border_crossings": {
        "repeated": 0, "nowhere": 0, "backwards": 0, "two_cells": 0, "lands": 1, "invented": 0, "share_missed": 0,
        "share_unplaced": 0.02, "share_long": 0.1, "crossings_per_device": 2, "rows": 240, "devices": 120,
        "rows_drift": 1, "accidental": 6, "accidental_abroad": 0, "share_accidental": 0.03,
    },
    "trips": {
        "repeated": 0, "overlaps": 0, "unended": 0, "backwards": 0, "at_home": 0, "nights_wrong": 0, "kinds_wrong": 0,
        "endless_transits": 0, "joined_wrong": 0, "share_unmatched": 0, "share_transit": 0.1, "share_overnight": 0.4,
        "share_censored": 0.1, "trips_per_device": 4, "rows": 900, "devices": 220,
        "accidental": 20, "accidental_nights": 1, "accidental_wrong": 0, "share_accidental": 0.03,
    },
    "home_locations": {
        "repeated": 0, "nights_wrong": 0, "observed_wrong": 0, "wrong_shares": 0, "outside_shares": 0, "cell_wrong": 0,
        "homeless": 0, "not_abroad": 0, "threshold_share": 0, "threshold_nights": 0, "mixed": 0,
        "rows": 300, "devices": 300,
        "share_unlocatable": 0.1, "share_domestic_home": 0.8,
    },
    "machines": {
        "repeated": 0, "outside": 0, "unfounded": 0, "unseen": 0, "wrong": 0, "mixed": 0, "share_domestic": 0.04,
        "share_foreign": 0.2, "share_like_people": 0.1, "machines": 40, "undeclared": 20, "foreign_machines": 25,
        "rows": 900, "devices": 900,
    },
    "transnationals": {
        "repeated": 0, "half": 0, "nights_differ": 0, "visits_differ": 0, "nights_wrong": 0, "unvisited": 0,
        "outside_shares": 0, "days_wrong": 0, "stale": 0, "final_too_early": 0, "mixed": 0, "at_home": 0,
        "single_visits": 0, "nightless": 0, "share_visitor": 0.5, "share_commuter": 0.2, "share_transnational": 0.1,
        "share_seasonal": 0.05, "share_long_stayer": 0.15, "share_of_longest": 0.2, "rows": 400, "devices": 190,
    },
    "country_nights": {
        "repeated": 0, "twice": 0, "nightless": 0, "outside": 0, "torn": 0, "mixed": 0, "share_away": 0.1,
        "nights_per_device": 22, "rows": 400, "devices": 300,
    },
    "cross_border_flows": DOOR | {
        "missing": 0, "invented": 0, "tripless": 0, "trips_per_device": 2, "nights_per_trip": 1.5,
        "persons_per_device": 40, "quiet_days": 1, "share_shown": 0.9, "set_aside": 12, "nights_set_aside": 3,
        "share_set_aside": 0.02,
    },
    "residents_by_origin": DOOR | {
        "invented": 0, "lost": 0, "persons_per_device": 40, "share_persons": 1.02, "share_shown": 0.9,
    },
    "transnational_stocks": DOOR | {
        "n_differ": 0, "nights_differ": 0, "stars_differ": 0, "stale": 0, "closed_too_early": 0,
        "nights_per_device": 60, "persons_per_device": 40, "share_shown": 0.6,
    },
    "cross_border_corridors": DOOR | {
        "missing": 0, "invented": 0, "idle": 0, "half_told": 0, "misnamed": 0, "nested": 0, "overlaps": 0,
        "crossings_per_gone": 2, "minutes_per_crossing": 55, "share_shown": 0.9, "share_placed": 0.5,
    },
    "zone_flows": DOOR | {
        "at_home": 0, "stayless": 0, "outside_shares": 0, "uneven": 0, "invented": 0, "days_per_device": 4,
        "persons_per_device": 40, "share_shown": 0.7,
    },
    "cross_border_communities": {
        "repeated": 0, "outside_shares": 0, "negative": 0, "half_risky": 0, "mixed": 0, "mixed_modularity": 0,
        "sizes_wrong": 0, "forgotten": 0, "share_lost": 0, "steadiness": 0.97, "modularity": 0.3, "communities": 4,
        "rows": 16,
    },
    "intl_migration_flow": DOOR | {
        "rising": 0, "crossed": 0, "outside_shares": 0, "stale": 0, "year_wrong": 0, "final_too_early": 0,
        "nights_per_device": 150, "persons_per_device": 40, "share_shown": 0.6,
    },
    "class_transition": DOOR | {
        "parts_differ": 0, "outside_shares": 0, "nobody": 0, "confirmed_wrong": 0, "stale": 0,
        "persons_per_device": 40, "share_shown": 0.6,
    },
    "intl_calls": {
        "rows": 400, "devices": 250, "repeated": 0, "no_hour": 0, "empty": 0, "no_country": 0, "rows_drift": 1,
        "calls_per_device": 1.5,
    },
    "intl_call_exposure": DOOR | {
        "invented": 0, "zones_differ": 0, "outside_shares": 0, "wrong_quotients": 0, "uneven": 0, "half_named": 0,
        "misnamed": 0, "calls_per_device": 9,
    },
    "segregation": {
        "rows": 500, "repeated": 0, "outside": 0, "too_many": 0, "unexpected": 0, "uncorrected": 0, "torn": 0,
        "mixed": 0, "more_mixed_than_chance": 0,
    },
    "population_grid": {
        "persons": 650_000, "rows": 3_600, "repeated": 0, "share_kept": 1, "no_count": 0, "not_h3": 0, "resolutions": 0,
        "misnamed": 0, "densest": 21_000, "years": 0, "year": 2020, "years_old": 4, "half_zoned": 0,
        "share_negative": 0,
    },
    "population_map": {
        "repeated": 0, "no_hour": 0, "overlaps": 0, "negative": 0, "outside": 0, "half_named": 0, "misnamed": 0,
        "mixed": 0, "mass_wrong": 0, "sums_wrong": 0, "few": 0, "lost": 0, "hours_drawn": 24, "rows": 50_000,
        "hours_heard": 24, "share_at_night": 0.97, "population": 620_000, "population_drift": 1, "share_left": 0.02,
        "share_unsure": 0.05, "width": 0.57, "share_model_error": 0.08,
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
    "country_since": {
        "a device has one row": {"repeated": 1},
        "no stay ends before it began": {"backwards": 1},
        "no stay began in the month": {"too_late": 1},
        "an absence began with its last stay or before": {"absent_too_late": 1},
        "who is away has left": {"never_left": 1},
        "nobody is forgotten who was seen on the eve of the month": {"forgotten": 1},
        "somebody was seen": {"rows": 0},
    },
    "border_crossings": {
        "no device crosses twice at one instant": {"repeated": 1},
        "every crossing is from one country into another": {"nowhere": 1},
        "no crossing ends before it began": {"backwards": 1},
        "no crossing has a home cell on both of its sides": {"two_cells": 1},
        "home cells are of one country": {"lands": 2},
        "every crossing is the beginning of a run": {"invented": 1},
        "at most one change of country within a date in a hundred is missed": {"share_missed": 0.02},
        "there are between a tenth and five times the crossings of the seven dates before": {"rows_drift": 5.1},
        "at most one crossing of the home border in five has no home cell": {"share_unplaced": 0.21},
        "at most half of the crossings follow a silence of more than a day": {"share_long": 0.51},
        "who crosses, crosses at most ten times a day on average": {"crossings_per_device": 11},
        "every accidental crossing leaves home or returns": {"accidental_abroad": 1},
        "at most half of the crossings are accidental": {"share_accidental": 0.51},
        "crossings that are accidental": {"accidental": -1},
        "somebody crossed a border": {"rows": 0},
        "crossings are of someone": {"devices": 0},
    },
    "trips": {
        "no device departs twice at one instant": {"repeated": 1},
        "no stay of a device overlaps its next": {"overlaps": 1},
        "a stay before another has ended": {"unended": 1},
        "no stay ends before it began, nor before its last sign": {"backwards": 1},
        "no stay is in the country of the SIM": {"at_home": 1},
        "nights are none or more, and no more than the days between have": {"nights_wrong": 1},
        "a stay is overnight if it has a night, and only then": {"kinds_wrong": 1},
        "of a transit both ends were seen": {"endless_transits": 1},
        "stays of one trip follow each other without a break": {"joined_wrong": 1},
        "of twenty stays abroad whose beginning was seen, nineteen are crossings": {"share_unmatched": 0.06},
        "of a hundred stays abroad whose beginning was seen, ninety-nine are crossings": {"share_unmatched": 0.02},
        "at most half of the ended stays are transits": {"share_transit": 0.51},
        "at least one ended stay in fifty is overnight": {"share_overnight": 0.01},
        "at most two ended stays in three began before the history": {"share_censored": 0.7},
        "of an accidental stay both ends were seen": {"accidental_wrong": 1},
        "at most half of the ended stays are accidental": {"share_accidental": 0.51},
        "stays that are accidental, and in no flow": {"accidental": -1},
        "nights of accidental stays": {"accidental_nights": -1},
        "a device has at most 400 stays on average": {"trips_per_device": 401},
        "somebody went abroad or came": {"rows": 0},
        "stays are of someone": {"devices": 0},
    },
    "home_locations": {
        "a device has one row a month": {"repeated": 1},
        "nights at the cell, abroad and in this country are among those observed": {"nights_wrong": 1},
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
    "machines": {
        "a device has one row a month": {"repeated": 1},
        "probabilities lie between 0 and 1": {"outside": 1},
        "who was not declared and has fewer than two signs is no machine": {"unfounded": 1},
        "every device was seen": {"unseen": 1},
        "shares, distances and variances are such": {"wrong": 1},
        "a month is provisional as a whole or not at all": {"mixed": 1},
        "at most half of the home country's devices are machines": {"share_domestic": 0.51},
        "at most nine foreign devices in ten are machines": {"share_foreign": 0.91},
        "at most half of what was sold as machines behaves like people": {"share_like_people": 0.51},
        "machines that are told from people": {"machines": -1},
        "of these, those that the register does not declare": {"undeclared": -1},
        "foreign machines": {"foreign_machines": -1},
        "somebody was seen": {"rows": 0},
        "every row is a device": {"devices": 0},
    },
    "transnationals": {
        "a device has one row for a country": {"repeated": 1},
        "every device has a row for all countries together, and one for a single country": {"half": 1},
        "nights abroad are at least those in any country and at most the sum": {"nights_differ": 1},
        "visits abroad are at most the sum over countries": {"visits_differ": 1},
        "nights are none or more, at most the days covered, and contain the longest stay": {"nights_wrong": 1},
        "every row has a visit": {"unvisited": 1},
        "weekday shares lie between 0 and 1": {"outside_shares": 1},
        "a day to a year is covered": {"days_wrong": 1},
        "as_of is a day of its month": {"stale": 1},
        "what is not provisional covers a year and the whole month": {"final_too_early": 1},
        "a month has one as_of, and is provisional as a whole or not at all": {"mixed": 1},
        "nobody is a foreigner in the country of the SIM": {"at_home": 1},
        "who comes once is neither commuter nor transnational": {"single_visits": 1},
        "nobody stays for a season or for good without a night": {"nightless": 1},
        "at least a fifth of the devices are visitors": {"share_visitor": 0.19},
        "at most half of the devices are commuters": {"share_commuter": 0.51},
        "at most half of the devices are transnationals": {"share_transnational": 0.51},
        "at most half of the devices are seasonal": {"share_seasonal": 0.51},
        "at most two devices in three are long-stayers": {"share_long_stayer": 0.7},
        "visitors stay for at most half of the nights of long-stayers, on average": {"share_of_longest": 0.51},
        "somebody is between countries": {"rows": 0},
        "rows are of someone": {"devices": 0},
    },
    "country_nights": {
        "a device has one row for a country": {"repeated": 1},
        "a night is spent in one country": {"twice": 1},
        "every row has a night": {"nightless": 1},
        "no night lies outside its month": {"outside": 1},
        "the SIM of a device is of one country": {"torn": 1},
        "a month is provisional as a whole or not at all": {"mixed": 1},
        "at most half of the rows are of nights away from the country of the SIM": {"share_away": 0.51},
        "a device is heard on at least three nights of a month, on average": {"nights_per_device": 2},
        "somebody was heard at night": {"rows": 0},
        "nights are of someone": {"devices": 0},
    },
    "cross_border_flows": DOOR_MUTANTS
    | {
        "every trip of more than three hours that surely ended in the month is counted": {"missing": 1},
        "at most half of the trips are catches, and in no flow": {"share_set_aside": 0.51},
        "trips that are catches, and in no flow": {"set_aside": -1},
        "nights of trips that are catches": {"nights_set_aside": -1},
        "no trip is counted that did not end in the month": {"invented": 1},
        "every device made a trip": {"tripless": 1},
        "a device makes at most 31 trips a month on average": {"trips_per_device": 32},
        "a trip has at most 60 nights on average": {"nights_per_trip": 61},
        "a device stands for at most 1,000 persons on average": {"persons_per_device": 1_001},
        "a trip ended in the last week of a closed month": {"quiet_days": 8},
        "at least a third of the devices that travelled may be shown": {"share_shown": 0.3},
    },
    "residents_by_origin": DOOR_MUTANTS
    | {
        "nobody is a resident who has no home": {"invented": 1},
        "every home of the country that most homes are of is a resident": {"lost": 1},
        "a device stands for at most 1,000 persons on average": {"persons_per_device": 1_001},
        "residents are between half and one and a half of the people there are": {"share_persons": 1.6},
        "at least a third of the residents may be shown": {"share_shown": 0.3},
    },
    "transnational_stocks": DOOR_MUTANTS
    | {
        "stocks are all devices, class by class": {"n_differ": 1},
        "their nights are all nights, class by class": {"nights_differ": 1},
        "all countries together have at least the devices of one, and at most the sum": {"stars_differ": 1},
        "as_of is a day of its month": {"stale": 1},
        "a closed month was looked at to its end": {"closed_too_early": 1},
        "a device has at most a year of nights": {"nights_per_device": 367},
        "a device stands for at most 1,000 persons on average": {"persons_per_device": 1_001},
        "at least a tenth of the stocks may be shown": {"share_shown": 0.05},
    },
    "cross_border_corridors": DOOR_MUTANTS
    | {
        "every crossing of the home border with a cell is counted": {"missing": 1},
        "no crossing is counted that is none": {"invented": 1},
        "every device crossed": {"idle": 1},
        "a row has the dimensions that its breakdown says, and no others": {"half_told": 1},
        "every cell has its usual name and its own resolution": {"misnamed": 1},
        "no cell lies inside another of the same direction and country": {"nested": 1},
        "parts of the week and of the day do not overlap": {"overlaps": 1},
        "as many come as go, within a factor of three": {"crossings_per_gone": 1.2},
        "between two signs at a crossing there are at most 72 hours": {"minutes_per_crossing": 4_321},
        "at least a third of the crossings may be shown": {"share_shown": 0.3},
        "at least a tenth of the crossings shown has a corridor": {"share_placed": 0.05},
    },
    "zone_flows": DOOR_MUTANTS
    | {
        "nobody is a stranger in the own zone": {"at_home": 1},
        "every device stayed for a day": {"stayless": 1},
        "asymmetry lies between -1 and 1": {"outside_shares": 1},
        "asymmetry one way is the opposite of the other way": {"uneven": 1},
        "no day is counted on which nobody was anywhere": {"invented": 1},
        "a device stays for at most 31 days on average": {"days_per_device": 32},
        "a device stands for at most 1,000 persons on average": {"persons_per_device": 1_001},
        "at least a tenth of the devices in flows may be shown": {"share_shown": 0.05},
    },
    "cross_border_communities": {
        "a place has one row a month": {"repeated": 1},
        "shares lie between 0 and 1": {"outside_shares": 1},
        "no import and no export is less than nothing": {"negative": 1},
        "a place has an import, an export and a net, or none of them": {"half_risky": 1},
        "a month is provisional as a whole or not at all": {"mixed": 1},
        "a month has one modularity": {"mixed_modularity": 1},
        "a community has as many places as it says": {"sizes_wrong": 1},
        "every zone that somebody stays in is in a community": {"forgotten": 1},
        "what leaves one place comes to another, to a millionth": {"share_lost": 2e-6},
        "places are with their communities in four runs of five, on average": {"steadiness": 0.7},
        "communities hold together better than chance": {"modularity": -0.01},
        "there is a community": {"communities": 0},
        "places have rows": {"rows": 0},
    },
    "intl_migration_flow": {name: mutant for name, mutant in DOOR_MUTANTS.items() if "mixed" not in mutant}
    | {
        "no more devices stay longer than stay shorter": {"rising": 1},
        "those observed are among those observed or silent": {"crossed": 1},
        "coverage lies between 0 and 1": {"outside_shares": 1},
        "as_of is a night of its month": {"stale": 1},
        "years are that of as_of and the one before": {"year_wrong": 1},
        "a final year has been followed for 12 months": {"final_too_early": 1},
        "a device has at most a year of nights": {"nights_per_device": 367},
        "a device stands for at most 1,000 persons on average": {"persons_per_device": 1_001},
        "at least a tenth of the arrivals may be shown": {"share_shown": 0.05},
    },
    "class_transition": DOOR_MUTANTS
    | {
        "the second classes of a first are all its devices, each once": {"parts_differ": 1},
        "probabilities lie between 0 and 1": {"outside_shares": 1},
        "nobody is absent in both years": {"nobody": 1},
        "who is transnational in both years is confirmed, and nobody else": {"confirmed_wrong": 1},
        "as_of is a day of its month": {"stale": 1},
        "a device stands for at most 1,000 persons on average": {"persons_per_device": 1_001},
        "at least a tenth of the devices may be shown": {"share_shown": 0.05},
    },
    "intl_calls": {
        "a device has one row for a cell, a country and an hour": {"repeated": 1},
        "every hour is one of the clock": {"no_hour": 1},
        "every row has a call": {"empty": 1},
        "every country has two letters": {"no_country": 1},
        "somebody called another country": {"rows": 0},
        "calls are of someone": {"devices": 0},
        "there are between a tenth and five times the rows of the seven dates before": {"rows_drift": 5.1},
        "who calls abroad does so at most 50 times a day on average": {"calls_per_device": 51},
    },
    "intl_call_exposure": DOOR_MUTANTS
    | {
        "no call is counted that was not made": {"invented": 1},
        "the zones have all calls together": {"zones_differ": 1},
        "every share lies between 0 and 1": {"outside_shares": 1},
        "a quotient is not negative, and there is a share where there is one": {"wrong_quotients": 1},
        "all areas together call every country as often as all areas together do": {"uneven": 1},
        "a row has a cell where it has the name of one": {"half_named": 1},
        "every cell has its usual name": {"misnamed": 1},
        "who calls abroad at night does so at most 300 times a month on average": {"calls_per_device": 301},
    },
    "segregation": {
        "an index has one row": {"repeated": 1},
        "every index but the effective number lies between 0 and 1": {"outside": 1},
        "the effective number is from one to the number of groups": {"too_many": 1},
        "what chance makes is told of segregation, and of that alone": {"unexpected": 1},
        "corrected is the value less what chance makes of it": {"uncorrected": 1},
        "isolation and exposure are one together": {"torn": 1},
        "a month is provisional as a whole or not at all": {"mixed": 1},
        "nobody is much more evenly spread than chance would spread them": {"more_mixed_than_chance": 1},
        "there are indices": {"rows": 0},
    },
    "population_grid": {
        "somebody lives somewhere": {"persons": 0},
        "cells are inhabited": {"rows": 0},
        "a cell has one row": {"repeated": 1},
        "the grid has all persons of the raster, and no more": {"share_kept": 1 - 2e-9},
        "no cell has fewer persons than none": {"no_count": 1},
        "every cell is an H3 cell": {"not_h3": 1},
        "all cells have one resolution": {"resolutions": 1},
        "every cell has its usual name": {"misnamed": 1},
        "nowhere do two million persons live on a square kilometre": {"densest": 2_000_001},
        "at most 100,000 persons live on a square kilometre": {"densest": 100_001},
        "the whole grid is of one year": {"years": 5},
        "the year is one of those that have rasters": {"year": 20},
        "the raster is at most ten years old, and at most five ahead": {"years_old": 11},
        "every cell has a zone, or none has": {"half_zoned": 1},
        "no pixel of the raster has fewer persons than none": {"share_negative": 0.001},
    },
    "population_map": {
        "a cell has one row an hour": {"repeated": 1},
        "every hour is one of the clock": {"no_hour": 1},
        "cells of one hour do not overlap": {"overlaps": 1},
        "no figure is negative": {"negative": 1},
        "every population lies in its interval": {"outside": 1},
        "a row has a name and a resolution where it has a cell": {"half_named": 1},
        "every cell has its usual name and its own resolution": {"misnamed": 1},
        "homes are provisional for a whole date or not at all": {"mixed": 1},
        "who is present and who is abroad are the persons of the grid, to the micro-person": {"mass_wrong": 1},
        "the rows of an hour are those present, to the micro-person": {"sums_wrong": 1},
        "no figure rests on fewer than k devices": {"few": 1},
        "every row that was counted is published": {"lost": 1},
        "a date that has a map has one of every hour": {"hours_drawn": 23},
        "there is a map": {"rows": 0},
        "signs were heard in at least 20 hours of the date": {"hours_heard": 19},
        "at night there are four fifths of the grid's persons or more": {"share_at_night": 0.7},
        "there are as many people as on the seven dates before, within a tenth": {"population_drift": 1.2},
        "the mean hour has people": {"population": 0},
        "at most a fifth of the people are in what remains": {"share_left": 0.3},
        "at most a third of the people are in cells that are unreliable": {"share_unsure": 0.4},
        "where 50 devices are behind a cell, its interval is at most 0.6 of it wide": {"width": 0.7},
        "at night the map is within 0.15 of the grid, beyond sampling": {"share_model_error": 0.2},
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
    "nowhere do two million persons live on a square kilometre": "at most 100,000 persons live on a square kilometre",
    "of twenty stays abroad whose beginning was seen, nineteen are crossings": (
        "of a hundred stays abroad whose beginning was seen, ninety-nine are crossings"
    ),
}
DAY = date(2024, 3, 1)


def test_every_table_but_those_that_tell_of_the_others_has_expectations():
    assert {table.name for table in TABLES if not table.judged} == {"validations", "runs"}
    assert set(HEALTHY) == {table.name for table in TABLES if table.judged}
    assert not [table.name for table in TABLES if not table.judged and check.expectations(table.name)]


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
