"""The operator's register of subscribers, pseudonymous."""

from sojourn.table import Column as C
from sojourn.table import Table

MACHINE_SEGMENTS = ("m2m", "iot", "machine")  # in any letters

SUBSCRIBERS = Table(
    "subscribers",
    "What the register says of one subscriber, known by IMSI or by MSISDN, from a day on.",
    tier="restricted",
    key=("alias", "valid_from"),
    unit="",
    columns=(
        C("alias", "bigint", "pseudonym of the MSISDN, or of the IMSI itself"),
        C("device", "bigint", "pseudonym of the IMSI"),
        C("valid_from", "date", "first day it holds; null: open", null=True),
        C("segment", "string", "the operator's segment; m2m, iot and machine are machines", null=True),
        C("opt_out", "boolean", "true: no record of this subscriber is taken"),
    ),
)
