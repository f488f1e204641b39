"""The antennas: where each stands, and from when to when."""

from sojourn.table import Column as C
from sojourn.table import Table

CELLS = Table(
    "cells",
    "One antenna at one place, for as long as it stood there.",
    tier="restricted",
    key=("cell_id", "valid_from"),
    unit="",
    columns=(
        C("cell_id", "string", "antenna, unique over all radio types"),
        C("valid_from", "date", "first day it holds; null: open", null=True),
        C("valid_to", "date", "last day it holds; null: open", null=True),
        C(
            "cell",
            "bigint",
            "H3 index at the base resolution; null: the register's coordinates are unusable",
            null=True,
        ),
        C("country", "string", "land the antenna stands on, or the nearest within 20 km; null: none", null=True),
        C("zone", "string", "administrative area that holds the centre of `cell`, else the nearest", null=True),
        C("time_zone", "string", "IANA time zone of its local time"),
        C("latitude", "double", "degrees north, WGS 84, as registered", null=True),
        C("longitude", "double", "degrees east, WGS 84, as registered", null=True),
        C("radio", "string", "radio type as registered", null=True),
        C("range_m", "double", "reach in metres", null=True),
        C("azimuth_deg", "double", "direction of the beam, degrees from north", null=True),
        C("beam_deg", "double", "width of the beam, degrees", null=True),
        C("note", "string", "what was treated", null=True, among=("bad_coordinates", "at_sea", "conflicting")),
        C("told_from", "date", "valid_from as the register told it; null: it told none", null=True),
        C("told_to", "date", "valid_to as the register told it; null: it told none", null=True),
        C(
            "learned",
            "date",
            "landing day of the register file that told it first; null: an undated register",
            null=True,
        ),
    ),
)
