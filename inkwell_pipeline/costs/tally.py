"""What a month has cost so far, kept up to date from the ledger's end. Pure but for `Tally.catch_up`.

Belongs here: sums of rows and holds. Does not: what a budget makes of them (`budget.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import assert_never

from inkwell_pipeline.costs.ledger import Entry, Hold, Ledger, Release, Row
from inkwell_pipeline.threads import computed

__all__ = ["Tally"]


@dataclass
class Tally:
    """Spent and held, in all and by run. A request of unknown cost counts for what was held for it."""

    month: Path
    spent_usd: Decimal = Decimal(0)
    by_run_usd: dict[str, Decimal] = field(default_factory=dict)
    held: dict[str, Hold] = field(default_factory=dict)  # by id; what is not settled yet
    ends_at: int = 0

    async def catch_up(self, ledger: Ledger) -> None:
        """Adds what others, and this process, have written since. Raises: TransientError, with the path."""
        tail = await ledger.tail(self.month, begins_at=self.ends_at)
        self.ends_at = tail.ends_at
        await computed(self.add, tail.rows)  # of a whole month, at first

    def add(self, rows: Iterable[Entry]) -> None:
        for row in rows:
            match row:
                case Release():
                    self.held.pop(row.id, None)
                case Hold():
                    self.held[row.id] = row
                case Row():
                    self._settle(row)
                case _:
                    assert_never(row)

    def _settle(self, row: Row) -> None:
        self.held.pop(row.id, None)
        unknown = row.held_usd if row.held_usd is not None else Decimal(0)
        cost = unknown if row.cost_usd is None else row.cost_usd
        self.spent_usd += cost
        self.by_run_usd[row.run] = self.by_run_usd.get(row.run, Decimal(0)) + cost

    def committed_usd(self, run: str | None = None) -> Decimal:
        """Spent, and held for what may still be spent; of one run, or in the month."""
        held = (hold.usd for hold in self.held.values() if run in (None, hold.run))
        spent = self.spent_usd if run is None else self.by_run_usd.get(run, Decimal(0))
        return spent + sum(held, Decimal(0))
