"""Definitions of a migrant, side by side, as data: what sets them apart stands in the same few fields.

Sources: United Nations, Recommendations on Statistics of International Migration, Revision 1 (1998): long-term and
short-term; the framework of 2021 and the principles for censuses: residence is where most of the last 12 months, or
all of them, were spent; the United Nations' handbook on mobile phone data for migration, 5.2.3: 183 nights at home in
the 12 months before the first crossing; Fiorio et al. (2021), doi 10.1215/00703370-8917630: length of stay as a curve.
"""

from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Literal

YEAR = 365  # nights of a year, leap or not
MAJORITY = 183  # six months and a day
NEVER = date(1, 1, 1)


@dataclass(frozen=True)
class Definition:
    """Who counts as arrived in a country.

    Attributes:
        id: its name in tables.
        window_months: looked at, from the arrival on; and before it, where the device lived until then.
        criterion: continuous: one stay there, absences of at most max_gap nights left aside. majority: the sum of all
            nights there in the window.
        min_nights: of the stay, or of the sum.
        max_gap: nights elsewhere or unknown that do not end a stay.
        min_coverage: share of the nights of a stay that are known to be spent there; of the window, that are known.
        exclude_purposes: of stays that do not count. No sign tells a purpose: where there are some, all stays do, and
            the figure is an upper bound.
        valid_from: years before are not told by it.
        below_nights: a stay of so many is of another definition; None: of this one too.
        before_nights: at home, of 365 before the arrival; pro-rated where fewer nights are known of.
        source: who defined it.
    """

    id: str
    window_months: int
    criterion: Literal["continuous", "majority"]
    min_nights: int
    max_gap: int
    min_coverage: float
    exclude_purposes: tuple[str, ...] = ()
    valid_from: date = NEVER
    below_nights: int | None = None
    before_nights: int = 0
    source: str = ""


def nights_in(months: int) -> int:
    """Nights of so many months, in proportion to 365 and rounded up: 31 of one, 92 of three, 183 of six, 365 of 12."""
    return ceil(months * YEAR / 12)


TOURISM = (
    "recreation",
    "holiday",
    "visits to friends and relatives",
    "business",
    "medical treatment",
    "religious pilgrimage",
)
FIORIO = "Fiorio et al. 2021"
SHORTEST_MOVE = nights_in(3) - 1  # by the words of 1998 nobody moves for less: such an absence is a visit


def definitions(max_gap: int = 30, min_coverage: float = 0.6) -> tuple[Definition, ...]:
    """All of them. max_gap: of those that say nothing of it, the holidays that a stay may hold."""
    un_1998, un_2021 = "UN 1998, Revision 1", "UN framework of 2021; UN handbook 5.2.3"
    named = (
        Definition(
            "1998_long_term", 12, "continuous", nights_in(12), SHORTEST_MOVE, min_coverage, (),
            date(1998, 1, 1), None, MAJORITY, un_1998,
        ),
        Definition(
            "1998_short_term", 12, "continuous", nights_in(3), max_gap, min_coverage, TOURISM,
            date(1998, 1, 1), nights_in(12), MAJORITY, un_1998,
        ),
        Definition(
            "2021_majority", 12, "majority", MAJORITY, max_gap, min_coverage, (),
            date(2021, 1, 1), None, MAJORITY, un_2021,
        ),
        Definition(
            "2021_continuous", 12, "continuous", nights_in(12), max_gap, min_coverage, (),
            date(2021, 1, 1), None, MAJORITY, un_2021,
        ),
    )  # fmt: skip
    curve = (
        Definition(f"min_{n}_months", 12, "continuous", nights_in(n), max_gap, min_coverage, source=FIORIO)
        for n in range(1, 13)
    )
    return (*named, *curve)
