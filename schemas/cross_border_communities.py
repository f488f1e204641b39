"""Which places belong together by the movements between them, on both sides of the border."""

from sojourn.table import Column as C
from sojourn.table import Table

CROSS_BORDER_COMMUNITIES = Table(
    "cross_border_communities",
    "One place, the community that it belongs to, and what risk comes and goes with travellers.",
    tier="published",
    key=("month", "country", "zone"),
    partition=("month",),
    unit="month",
    columns=(
        C("month", "date", "first day of the month"),
        C("country", "string", "country of the place, ISO 3166-1 alpha-2"),
        C("zone", "string", "home zone; null: a foreign country as a whole", null=True),
        C("community", "int", "number of the community, kept from month to month where most of it stays"),
        C("places", "int", "places in the community"),
        C("stability", "double", "share of the runs in which the place was with the others of its community"),
        C("border_share", "double", "flow over borders / all flow, inside the community; null: no flow", null=True),
        C("modularity", "double", "directed modularity of the month's communities"),
        C("import_days", "double", "person-days of stay here, each times the prevalence at home", null=True),
        C("export_days", "double", "person-days of its residents elsewhere times the prevalence here", null=True),
        C("net_days", "double", "import_days - export_days", null=True),
        C("risk_known", "double", "person-days to and from here whose origin has a prevalence / all", null=True),
        C("obs_status", "string", "A normal, P provisional", among=("A", "P")),
    ),
)
