"""Which episode may begin: in their order, and one after the other where the money would not do for all that are begun.

Belongs here: that rule, so that a budget that ends leaves whole notes. Does not: the holds themselves (`budget.py`).
Without a budget nobody waits. Among processes, whoever has not the money for a whole episode begins one when no other
such is at work: two of them would spend it on the beginnings of two.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from inkwell_pipeline.costs.budget import Purse
from inkwell_pipeline.errors import InkwellError
from inkwell_pipeline.locks import held

__all__ = ["Turns"]

log = logging.getLogger(__name__)


@dataclass(order=True)
class _Episode:
    place: int
    most_usd: Decimal = field(compare=False)
    began: asyncio.Event = field(compare=False, default_factory=asyncio.Event)
    is_short: bool = field(compare=False, default=False)  # of money for all that may come of it


class Turns:
    """The episodes of one run that are begun, and those that wait. Places count from 0."""

    def __init__(self, purse: Purse, *, lock_dir: Path) -> None:
        self._purse, self._lock = purse, lock_dir / "budget.lock"
        self._begun: list[_Episode] = []
        self._waiting: list[_Episode] = []
        self._choosing = asyncio.Lock()
        self._past: set[int] = set()  # places that are begun, or will not be
        self._moved = asyncio.Event()

    async def come(self, place: int) -> None:
        """Waits until every earlier episode has begun, or is over: how long one takes to prepare changes no order."""
        if not self._purse.budget.is_set:
            return
        while not all(earlier in self._past for earlier in range(place)):
            self._moved.clear()
            await self._moved.wait()

    def over(self, place: int) -> None:
        """This episode needs no money any more, or never did."""
        self._past.add(place)
        self._moved.set()

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
            async with held(self._lock) if mine.is_short else nullcontext():
                yield
        finally:
            for queue in (self._begun, self._waiting):
                if mine in queue:
                    queue.remove(mine)
            try:
                await self._begin_more()
            except InkwellError as error:  # this one is over all the same
                log.warning("%s", error)
                if self._waiting and not self._begun:  # nobody else would ever look again
                    self._begin(self._waiting[0], is_short=True)

    async def _begin_more(self) -> None:
        async with self._choosing:
            while self._waiting:
                first, begun = self._waiting[0], list(self._begun)
                has_room = await self._purse.room_for(sum((one.most_usd for one in begun), first.most_usd))
                if self._waiting[:1] != [first] or begun != self._begun:
                    continue  # one has come or ended meanwhile: that was another sum
                if begun and not has_room:
                    return
                self._begin(first, is_short=not has_room)

    def _begin(self, first: _Episode, *, is_short: bool) -> None:
        first.is_short = is_short
        self._waiting.remove(first)
        self._begun.append(first)
        first.began.set()
        self.over(first.place)
