"""What was not taken, and why, file by file."""

from sojourn.table import Column as C
from sojourn.table import Table

REASONS = {
    "unreadable_file": "the file cannot be read as what the configuration says it is",
    "truncated_file": "the file ends before its end; nothing of its beginning is kept",
    "missing_column": "a column that an expression reads is not in the file",
    "duplicate_file": "the content came before under another name or day",
    "malformed": "the row has another number of fields than the header, or is not text",
    "no_subscriber": "no subscriber, or one that is no IMSI or MSISDN",
    "bad_time": "no event time, or one that cannot be read",
    "future": "the event is later than the day after the landing day",
    "too_late": "the event is older than late_days allows",
    "bad_plmn": "a network code that is not MCC+MNC, or whose MCC is not allocated",
    "opted_out": "the subscriber has opted out",
    "duplicate_record": "all mapped columns equal those of an earlier record of the batch",
}

REJECTS = Table(
    "rejects",
    "How many records of a landing file were not taken, for one reason.",
    tier="restricted",
    key=("batch", "file", "reason"),
    partition=("batch",),
    unit="batch",
    columns=(
        C("batch", "date", "landing day"),
        C("source", "string", "feed of the configuration the file belongs to"),
        C("file", "string", "landing file, relative to the configuration"),
        C("reason", "string", "why", among=tuple(REASONS)),
        C("detail", "string", "what is wrong and what to do; holds no value from a row"),
        C("n", "bigint", "records"),
    ),
)
