"""The demo country: Luxembourg with an invented operator, its files, and the truth behind them."""

from sojourn.demo.world import Progress, write

__all__ = ["Progress", "write"]
