"""One accepted record of a landing file, placed and pseudonymous."""

from sojourn.table import Column as C
from sojourn.table import Table

EVENTS = Table(
    "events",
    "One accepted call record or roaming event: when, where, and the pseudonym of whom.",
    tier="restricted",
    key=("batch", "file", "line"),
    partition=("date", "batch"),
    unit="batch",
    columns=(
        C("date", "date", "calendar day of `at`, local to the cell; abroad and unplaced: to home.time_zone"),
        C("at", "timestamp", "instant at which the event started, UTC"),
        C("hour", "int", "hour of `at`, 0-23, local as `date` is"),
        C("device", "bigint", "pseudonym: first 8 bytes of HMAC-SHA-256(key, subscriber), signed big-endian"),
        C("home_country", "string", "country of the SIM, ISO 3166-1 alpha-2; null: international network", null=True),
        C("home_plmn", "string", "home network as the feed gave it, MCC+MNC; null: domestic", null=True),
        C("country", "string", "country the event happened in; null: not placed", null=True),
        C("serving_plmn", "string", "network that carried the event, MCC+MNC; null: own network of several", null=True),
        C("cell_id", "string", "antenna as the feed named it; null: none given", null=True),
        C("cell", "bigint", "H3 index of the antenna; null: abroad or not placed", null=True),
        C("event_type", "string", "kind of event", null=True, among=("call", "sms", "data", "signalling")),
        C("direction", "string", "in: received by the device; out: made by it", null=True, among=("in", "out")),
        C("peer_country", "string", "country of the other number by the E.164 plan", null=True),
        C("duration_s", "int", "duration in seconds", null=True),
        C("volume_bytes", "bigint", "data volume in bytes", null=True),
        C("tac", "string", "type allocation code: the model of the handset", null=True),
        C("key_id", "string", "check value of the key that made the pseudonym"),
        C("batch", "date", "landing day: the date of the folder the file came in"),
        C("file", "string", "landing file, relative to the configuration"),
        C("line", "bigint", "place of the record in its file: line of a text file, else row, from 1"),
    ),
)
