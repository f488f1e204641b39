"""What was done to the lake: by whom, out of what, and how it ended."""

from sojourn.table import Column as C
from sojourn.table import Table

RUNS = Table(
    "runs",
    "One table that one step of a run built, had nothing to build of, or failed to build.",
    tier="restricted",
    key=("run", "started_at", "table"),
    partition=("month",),
    unit="month",
    judged=False,
    columns=(
        C("month", "date", "first day of the month in which the step began, UTC"),
        C("run", "string", "run it belongs to: SOJOURN_RUN where a scheduler says so, else made of its beginning"),
        C("command", "string", "what was asked for", among=("run", "build", "migrate")),
        C("landed_from", "date", "first landing day of the step; null: of no landing day", null=True),
        C("landed_to", "date", "last landing day of the step; null: of no landing day", null=True),
        C("table", "string", "table it writes; null: the run failed outside of its steps", null=True),
        C("started_at", "timestamp", "when the step began"),
        C("ended_at", "timestamp", "when it was over"),
        C("outcome", "string", "how it ended", among=("done", "nothing due", "failed")),
        C("exit_code", "int", "of the command line; null: it did not fail", null=True),
        C("error", "string", "kind of the error, never its message; null: it did not fail", null=True),
        C("version_before", "bigint", "approved version of the table before; null: there was none", null=True),
        C("version_after", "bigint", "approved version after; null: it failed, or there is none", null=True),
        C("n_units", "int", "landing days, dates, months or files that the step has built"),
        C("units", "string", "units whose rows it replaced: days, and from/to; null: none, or all", null=True),
        C("rows", "bigint", "rows it wrote; null: none, or the log does not say", null=True),
        C("sources", "string", "what they are made of: versions of tables, files of registers, raster; JSON"),
        C("sojourn", "string", "version of sojourn"),
        C("code", "string", "SHA-256 of its code, hexadecimal"),
        C("conf", "string", "SHA-256 of the configuration without its secrets, hexadecimal"),
        C("params", "string", "parameters of the table, JSON; null: it has none, or a release before", null=True),
    ),
)
