"""What it costs: prices, the ledger of every request, and a budget that holds."""

from inkwell_pipeline.costs.budget import Budget, Purse
from inkwell_pipeline.costs.ledger import Hold, Ledger, Row
from inkwell_pipeline.costs.prices import Prices, Rates, Usage
from inkwell_pipeline.costs.table import GROUPINGS, By, History, Line, grouped, history, total
from inkwell_pipeline.costs.turns import Turns

__all__ = [
    "GROUPINGS",
    "Budget",
    "By",
    "History",
    "Hold",
    "Ledger",
    "Line",
    "Prices",
    "Purse",
    "Rates",
    "Row",
    "Turns",
    "Usage",
    "grouped",
    "history",
    "total",
]
