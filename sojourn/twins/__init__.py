"""A feed's expressions without Spark: in Arrow and numpy, exactly what `feeds.canonical` makes of a file's records.

Spark parses and resolves the expressions once; what it made of them becomes a small program that goes to the workers.
An expression that holds anything without a twin has none, and a batch that holds a value whose result is not known
here raises Unsure: then Spark reads that file.
"""

from sojourn.twins.canonical import Twin
from sojourn.twins.times import Unsure
from sojourn.twins.trees import twin

__all__ = ["Twin", "Unsure", "twin"]
