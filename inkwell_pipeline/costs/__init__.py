"""What it costs: prices, the ledger of every request, and a budget that holds."""

from inkwell_pipeline.costs.budget import Budget, Purse, open_purse
from inkwell_pipeline.costs.ledger import Hold, Ledger, Row
from inkwell_pipeline.costs.prices import Prices, Rates, Usage
from inkwell_pipeline.costs.table import GROUPINGS, By, History, Line, grouped, history, total
from inkwell_pipeline.costs.till import Bill, Errand, Till, to_its_end
from inkwell_pipeline.costs.turns import Turns

__all__ = [
    "GROUPINGS",
    "Bill",
    "Budget",
    "By",
    "Errand",
    "History",
    "Hold",
    "Ledger",
    "Line",
    "Prices",
    "Purse",
    "Rates",
    "Row",
    "Till",
    "Turns",
    "Usage",
    "grouped",
    "history",
    "open_purse",
    "to_its_end",
    "total",
]
