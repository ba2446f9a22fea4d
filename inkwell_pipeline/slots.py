"""So many at once, the first in order first: a semaphore whose waiters have a rank.

Belongs here: who comes next. Does not: what is done in a slot.
"""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

__all__ = ["Slots"]

Order = tuple[int, ...]


class Slots:
    """`number` slots, on one event loop."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._waiting: list[tuple[Order, int, asyncio.Future[None]]] = []
        self._arrivals = count()

    @asynccontextmanager
    async def slot(self, order: Order) -> AsyncIterator[None]:
        """Has a slot meanwhile; of those that wait, the lowest `order` gets the next one that is free."""
        await self._take(order)
        try:
            yield
        finally:
            self._give_back()

    async def _take(self, order: Order) -> None:
        if self._free > 0 and not self._waiting:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (order, next(self._arrivals), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it was ours already
                self._give_back()
            raise

    def _give_back(self) -> None:
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
