"""How good a night is, without a word about anyone."""

from sojourn.table import Column as C
from sojourn.table import Table

NIGHT_QUALITY = Table(
    "night_quality",
    "How complete and how clean one table is for one day.",
    tier="published",
    key=("date", "table"),
    partition=("date",),
    columns=(
        C("date", "date", "landing day (events, rejects, batches), calendar day or month of the rows"),
        C("table", "string", "table"),
        C("rows", "bigint", "rows of that day, in steps of k where each is a device; null: under k devices", null=True),
        C("share_rejected", "double", "rejected / read records of the landing day", null=True),
        C("share_unplaced", "double", "accepted events that no cell or network places / accepted", null=True),
        C("checks_failed", "int", "expectations that failed, of any severity"),
        C("cells_reporting_share", "double", "antennas with an event / antennas of the register", null=True),
        C("obs_status", "string", "A normal, Q suppressed", among=("A", "Q")),
    ),
)
