"""Every landing file that was taken in, and what became of its records."""

from sojourn.table import Column as C
from sojourn.table import Table

BATCHES = Table(
    "batches",
    "One landing file of one landing day; a feed without files on a day is a row with none read.",
    tier="restricted",
    key=("batch", "source", "file"),
    partition=("batch",),
    unit="batch",
    columns=(
        C("batch", "date", "landing day"),
        C("source", "string", "feed of the configuration the file belongs to"),
        C("file", "string", "landing file, relative to the configuration; null: the feed brought none", null=True),
        C("bytes", "bigint", "size of the file as it lies there"),
        C("sha256", "string", "of the content as it lies there, hexadecimal; null: no file", null=True),
        C("modified_at", "timestamp", "when the file was last changed; null: no file", null=True),
        C("rows_read", "bigint", "records found in the file"),
        C("rows_accepted", "bigint", "records that are in `events`"),
        C("rows_rejected", "bigint", "records counted in `rejects`"),
        C("values_unreadable", "bigint", "values of optional columns that could not be read and became null"),
        C("times_ambiguous", "bigint", "local times that occur twice; the earlier was taken"),
        C("times_skipped", "bigint", "local times that do not exist; moved forward"),
        C("ingested_at", "timestamp", "when the file was taken in"),
    ),
)
