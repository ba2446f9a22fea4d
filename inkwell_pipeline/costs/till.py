"""One request that is paid for: its money is held before it is sent, its row written before its answer is used.

Belongs here: that order. Does not: what is asked, how often, and what it costs (`transcript/speech/service.py`).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import uuid4

from inkwell_pipeline.clock import Clock
from inkwell_pipeline.costs.budget import Purse
from inkwell_pipeline.costs.ledger import Hold, Row
from inkwell_pipeline.costs.prices import Usage
from inkwell_pipeline.errors import InkwellError, PermanentError

__all__ = ["Bill", "Errand", "Till", "to_its_end"]

NO_PRICE = (
    "say what it costs in the config (0 for one of your own), or lift the budget; audio of unknown length has no price"
)
T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Errand:
    """What a request is for, as its row has it. `order`: the episode's place in the run, then the request's in it."""

    feed: str
    episode: str  # its key
    template: str
    model: str
    order: tuple[int, int]
    audio_s: float | None = None
    longest_s: float | None = None  # after which it is certainly over; None: as a model's request

    def row(self, hold: Hold | None, *, run: str, now: datetime) -> Row:
        """The request, when it is sent: nobody knows yet what it costs."""
        return Row(
            id=hold.id if hold else uuid4().hex,
            time=hold.time if hold else now,
            run=run,
            feed=self.feed,
            episode=self.episode,
            template=self.template,
            model=self.model,
            usage=Usage(),
            cost_usd=None,
            held_usd=hold.usd if hold else None,
            audio_s=self.audio_s,
        )


@dataclass(frozen=True)
class Bill(Generic[T]):
    """What a request came to: USD (None: nobody knows), and why it has no answer, where it has none."""

    value: T
    cost_usd: Decimal | None
    error: str | None = None


class Till:
    """Pays out of one run's purse."""

    def __init__(self, purse: Purse, clock: Clock) -> None:
        self._purse, self._clock = purse, clock
        self._trouble: InkwellError | None = None  # with the ledger

    async def pay(self, errand: Errand, most_usd: Decimal | None, send: Callable[[], Awaitable[Bill[T]]]) -> T:
        """What `send` gives, which sends exactly one request.

        Raises: OverBudget; PermanentError, where a budget is set and `most_usd` is not known, or an earlier row could
        not be written: what cannot be written down is not spent; TransientError, where the ledger cannot be read; what
        `send` raises, after which nobody knows what it cost.
        """
        if self._trouble is not None:
            raise PermanentError(self._trouble.text, todo=self._trouble.todo)
        hold = None
        if self._purse.budget.is_set:
            if most_usd is None:
                says = f"nobody knows what {errand.model} would cost, and there is a budget: nothing was sent"
                raise PermanentError(says, todo=NO_PRICE)
            hold = await self._purse.hold(most_usd, order=errand.order, longest_s=errand.longest_s)
        row = errand.row(hold, run=self._purse.run, now=self._clock())
        try:
            bill = await send()
        except BaseException as error:
            await to_its_end(self._settle(replace(row, error=f"no answer was waited for: {type(error).__name__}")))
            raise
        await to_its_end(self._settle(replace(row, cost_usd=bill.cost_usd, error=bill.error)))
        return bill.value

    async def _settle(self, row: Row) -> None:
        """Where it cannot be written, what is paid for is not lost for that."""
        try:
            await self._purse.settle(row)
        except InkwellError as error:
            log.error("%s", error)
            self._trouble = error


async def to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Awaits it, also where the task is cancelled meanwhile: what belongs in the ledger is written."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
