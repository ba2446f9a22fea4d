"""A budget that holds: what a request can cost at most is held in the ledger before it is sent, and settled after it.

Belongs here: which limit is in the way, and who may send next. Does not: how much a request can cost (`prices.py`,
`extraction/tokens.py`), which episode may begin (`turns.py`).
Among processes, one looks at the ledger and holds at a time (`locks.py`). What a dead process had held counts as spent,
for its requests may have been answered.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

from inkwell_pipeline.attempts import Sleep
from inkwell_pipeline.clock import Clock
from inkwell_pipeline.costs.ledger import Hold, Ledger, Release, Row
from inkwell_pipeline.costs.tally import Tally
from inkwell_pipeline.errors import InkwellError, OverBudget
from inkwell_pipeline.locks import held
from inkwell_pipeline.processes import may_live, this_machine, this_process

__all__ = ["Budget", "Purse", "open_purse", "shortfall"]

LOOK_AGAIN_S = 0.2  # for what other processes have settled
LONGEST_REQUEST_S = 600.0  # whoever held something longer ago will not settle it: its number may be another process's
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Budget:
    """What may be spent, in USD; None: there is no such limit."""

    monthly_usd: Decimal | None = None
    per_run_usd: Decimal | None = None

    @property
    def is_set(self) -> bool:
        return self.monthly_usd is not None or self.per_run_usd is not None


def shortfall(
    budget: Budget, tally: Tally, *, run: str, wanted_usd: Decimal, before_usd: Decimal = NOTHING
) -> str | None:
    """Which limit `wanted_usd` more would break, for the error's line; None: none. Pure.

    `before_usd`: what the run had spent and held when the month was another.
    """
    of_month, of_run = tally.committed_usd(), tally.committed_usd(run) + before_usd
    if budget.monthly_usd is not None and of_month + wanted_usd > budget.monthly_usd:
        return f"${of_month:.4f} of this month's ${budget.monthly_usd} is spent or held (`monthly_usd`)"
    if budget.per_run_usd is not None and of_run + wanted_usd > budget.per_run_usd:
        return f"${of_run:.4f} of the run's ${budget.per_run_usd} is spent or held (`per_run_usd`)"
    return None


@dataclass(order=True)
class _Waiter:
    """A request that waits for its hold. `order`: the episode's place in the run, then the request's in the episode."""

    order: tuple[int, int]
    wanted_usd: Decimal = field(compare=False)
    longest_s: float | None = field(compare=False)
    got: "asyncio.Future[Hold]" = field(compare=False)


@dataclass(frozen=True)
class _Refused:
    """Who may still make room, of those whose holds were in the ledger then."""

    says: str
    ours: bool
    others: bool  # another process, that lives


class Purse:
    """The money of one run, on one event loop."""

    def __init__(self, ledger: Ledger, budget: Budget, *, run: str, lock_dir: Path, clock: Clock, sleep: Sleep) -> None:
        self._ledger, self.budget, self.run, self._clock, self._sleep = ledger, budget, run, clock, sleep
        self._lock = lock_dir / "ledger.lock"
        self._tally: Tally | None = None
        self._reading = asyncio.Lock()
        self._waiting: list[_Waiter] = []
        self._mine: set[str] = set()  # ids of all holds that this purse was given
        self._lost: set[str] = set()  # those that could not be settled: they stay held in the ledger
        self._before_usd = NOTHING
        self._serving: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    async def room_for(self, usd: Decimal) -> bool:
        """Whether so much more could be spent. Raises: TransientError, where the ledger cannot be read."""
        return self._shortfall(await self._current(), usd) is None

    async def hold(self, usd: Decimal, *, order: tuple[int, int], longest_s: float | None = None) -> Hold:
        """Sets `usd` aside for a request, once it is its turn. Waits while what is under way may leave room for it.

        Raises: OverBudget, where there is none; TransientError, where the ledger cannot be read or written.
        """
        waiter = _Waiter(order, usd, longest_s, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        self._waiting.sort()
        self._changed.set()
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())
        try:
            return await waiter.got
        except asyncio.CancelledError:
            self._changed.set()  # for those behind it
            if not waiter.got.cancelled() and waiter.got.exception() is None:  # it came in the same turn
                with suppress(InkwellError):  # what cannot be set free stays held
                    await self.release(waiter.got.result())
            raise

    async def settle(self, row: Row) -> None:
        """Writes what a request came to. Raises: TransientError, with the path."""
        await self._end(row)

    async def release(self, hold: Hold) -> None:
        """Sets free what was held for a request that was never sent. Raises: TransientError, with the path."""
        await self._end(Release(hold.id, hold.time))

    async def _end(self, entry: Row | Release) -> None:
        try:
            await self._ledger.add(entry)
        except BaseException:
            self._lost.add(entry.id)
            raise
        finally:
            self._changed.set()

    async def aclose(self) -> None:
        """Nobody gets a hold any more; one that is being written just now is set free."""
        for waiter in self._waiting:
            waiter.got.cancel()
        self._changed.set()
        if self._serving is not None:
            await asyncio.wait([self._serving])

    async def _serve(self) -> None:
        """Gives holds, the first in order first, until nobody waits."""
        while self._waiting:
            self._changed.clear()
            first = self._waiting[0]
            if first.got.done():  # cancelled
                self._waiting.remove(first)
                continue
            try:
                tried = await self._try(first)
            except Exception as error:
                self._waiting.remove(first)
                if not first.got.done():
                    first.got.set_exception(error)
                continue
            if isinstance(tried, Hold):
                self._waiting.remove(first)
                if first.got.done():
                    with suppress(InkwellError):  # what cannot be set free stays held
                        await self.release(tried)
                else:
                    first.got.set_result(tried)
            elif tried.ours:
                await self._changed.wait()  # it may have been settled meanwhile, and this is set
            elif tried.others:
                await self._sleep(LOOK_AGAIN_S)
            else:
                self._waiting.remove(first)
                if not first.got.done():
                    first.got.set_exception(_over(tried.says, first.wanted_usd))

    async def _try(self, waiter: _Waiter) -> Hold | _Refused:
        async with held(self._lock):
            tally, now = await self._current(), self._clock()
            if self._shortfall(tally, waiter.wanted_usd) is not None and not self._others_may_settle(tally, now):
                tally = await self._current()  # who has ended by now may have settled after it was read
            if (says := self._shortfall(tally, waiter.wanted_usd)) is not None:
                ours = not (self._mine - self._lost).isdisjoint(tally.held)
                return _Refused(says, ours, self._others_may_settle(tally, now))
            hold = Hold(uuid4().hex, now, self.run, waiter.wanted_usd, this_process(), waiter.longest_s)
            await self._ledger.add(hold)
            self._mine.add(hold.id)
            return hold

    def _others_may_settle(self, tally: Tally, now: datetime) -> bool:
        others = [hold for hold in tally.held.values() if hold.id not in self._mine]
        recent = (hold for hold in others if (now - hold.time).total_seconds() < _longest_s(hold))
        return any(may_live(hold.holder) for hold in recent)

    def _shortfall(self, tally: Tally, usd: Decimal) -> str | None:
        return shortfall(self.budget, tally, run=self.run, wanted_usd=usd, before_usd=self._before_usd)

    async def _current(self) -> Tally:
        # a task of its own: of one that is cut short the rows that it had read would be counted by nobody
        return await asyncio.shield(asyncio.ensure_future(self._caught_up()))

    async def _caught_up(self) -> Tally:
        async with self._reading:
            month = self._ledger.month_file(self._clock())
            if self._tally is not None and self._tally.month != month:
                await self._tally.catch_up(self._ledger)
                self._before_usd += self._tally.committed_usd(self.run)
                self._tally = None
            self._tally = self._tally or Tally(month)
            await self._tally.catch_up(self._ledger)
            return self._tally


def _longest_s(hold: Hold) -> float:
    """After which nobody settles it. Of another machine's process nobody knows whether it lives: not for hours."""
    is_here = hold.holder.startswith(f"{this_machine()}-")
    return hold.longest_s if is_here and hold.longest_s is not None else LONGEST_REQUEST_S


@asynccontextmanager
async def open_purse(budget: Budget, *, data_dir: Path, run: str, clock: Clock, sleep: Sleep) -> AsyncIterator[Purse]:
    """The money of the run of this id, out of the ledger in `data_dir`, which is not read before it is needed."""
    purse = Purse(Ledger(data_dir / "ledger"), budget, run=run, lock_dir=data_dir / "locks", clock=clock, sleep=sleep)
    try:
        yield purse
    finally:
        await purse.aclose()


def _over(says: str, wanted_usd: Decimal) -> OverBudget:
    return OverBudget(
        f"budget: the next request may cost up to ${wanted_usd:.4f}, and {says}",
        todo="raise the budget in the config, or wait for the next month; what was done is kept, and the next run "
        "goes on from there",
    )
