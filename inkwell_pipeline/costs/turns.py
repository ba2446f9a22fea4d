"""Which episode may begin: in their order, and one after the other where the money would not do for all that are begun.

Belongs here: that rule, so that a budget that ends leaves whole notes. Does not: the holds themselves (`budget.py`).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from inkwell_pipeline.costs.budget import Purse

__all__ = ["Turns"]


@dataclass(order=True)
class _Episode:
    place: int
    most_usd: Decimal = field(compare=False)
    began: asyncio.Event = field(compare=False, default_factory=asyncio.Event)


class Turns:
    """The episodes of one run that are begun, and those that wait."""

    def __init__(self, purse: Purse) -> None:
        self._purse = purse
        self._begun: list[_Episode] = []
        self._waiting: list[_Episode] = []
        self._choosing = asyncio.Lock()

    @asynccontextmanager
    async def episode(self, place: int, most_usd: Decimal) -> AsyncIterator[None]:
        """Around all requests of one, which cost `most_usd` at most together; waits for its turn.

        It comes when nothing is begun, or when there is room for it beside all that is. Raises: TransientError, where
        the ledger cannot be read.
        """
        if not self._purse.budget.is_set:
            yield
            return
        mine = _Episode(place, most_usd)
        self._waiting.append(mine)
        self._waiting.sort()
        try:
            await self._begin_more()
            await mine.began.wait()
            yield
        finally:
            for queue in (self._begun, self._waiting):
                if mine in queue:
                    queue.remove(mine)
            await self._begin_more()

    async def _begin_more(self) -> None:
        async with self._choosing:
            while self._waiting:
                first = self._waiting[0]
                both_usd = first.most_usd + sum((one.most_usd for one in self._begun), Decimal(0))
                if self._begun and not await self._purse.room_for(both_usd):
                    return
                if first in self._waiting:
                    self._waiting.remove(first)
                    self._begun.append(first)
                    first.began.set()
