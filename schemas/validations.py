"""What every check found."""

from sojourn.table import Column as C
from sojourn.table import Table

VALIDATIONS = Table(
    "validations",
    "One expectation of one table on one day, batch or month.",
    tier="restricted",
    key=("table", "date", "expectation"),
    partition=("table",),
    unit="table",
    judged=False,
    columns=(
        C("table", "string", "table that was checked"),
        C("date", "date", "landing day, date or month that was checked"),
        C("expectation", "string", "what must be true"),
        C("success", "boolean", "whether it is"),
        C("observed", "double", "the count or rate that was looked at; null: nothing to look at", null=True),
        C("severity", "string", "critical stops the night", among=("info", "warning", "critical")),
        C("at", "timestamp", "when it was checked"),
    ),
)
