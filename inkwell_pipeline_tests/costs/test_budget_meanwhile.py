"""Budgets: what others do between a look at the ledger and what follows from it."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from inkwell_pipeline.costs import Budget, Hold, Ledger, Purse, Turns
from inkwell_pipeline.costs.ledger import Release
from inkwell_pipeline.costs.tally import Tally
from inkwell_pipeline.errors import TransientError
from inkwell_pipeline.locks import held
from inkwell_pipeline_tests.costs.rows import NOON
from inkwell_pipeline_tests.fakes.time import FakeTime

TEN = Decimal(10)


class EventfulLedger(Ledger):
    """Something happens when it has been read, once; or it can be neither read nor written for a while."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.then: Callable[[], Awaitable[Any]] | None = None
        self.before_adding: Callable[[object], Awaitable[Any]] | None = None
        self.in_trouble = False

    async def tail(self, *of: Any, **more: Any) -> Any:
        if self.in_trouble:
            raise TransientError("too many open files")
        found = await super().tail(*of, **more)
        if (then := self.then) is not None:
            self.then = None
            await then()
        return found

    async def add(self, row: Any) -> None:
        if self.before_adding is not None:
            await self.before_adding(row)
        await super().add(row)


@pytest.fixture
def ledger(tmp_path: Path) -> EventfulLedger:
    return EventfulLedger(tmp_path)


def purse(ledger: Ledger) -> Purse:
    time, locks = FakeTime(), ledger.folder / "locks"
    return Purse(ledger, Budget(TEN), run="run-1", lock_dir=locks, clock=time.now, sleep=time.sleep)


async def held_in(ledger: Ledger) -> int:
    tally = Tally(ledger.month_file(FakeTime().now()))
    await tally.catch_up(ledger)
    return len(tally.held)


async def test_a_process_that_settles_and_ends_makes_room(ledger: EventfulLedger) -> None:
    """Though it was read as not settled, and no process of that number lives by now."""
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=asyncio.subprocess.PIPE)
    mine = purse(ledger)
    hold = await mine.hold(Decimal(1), order=(0, 0))
    await mine.release(hold)
    host = hold.holder.partition("-")[0]
    theirs = Hold("theirs", NOON, "run-2", Decimal(8), f"{host}-{other.pid}")
    await Ledger(ledger.folder).add(theirs)

    async def settle_and_end() -> None:
        await Ledger(ledger.folder).add(Release("theirs", NOON))
        await other.communicate(b"\n")

    ledger.then = settle_and_end

    assert (await asyncio.wait_for(mine.hold(Decimal(5), order=(0, 1)), 10)).usd == 5


async def test_a_hold_that_is_being_written_when_its_run_ends_is_set_free(ledger: EventfulLedger) -> None:
    """Else what nobody asked for would count as spent for the rest of the month."""
    mine, writing = purse(ledger), asyncio.Event()

    async def tell(_: object) -> None:
        writing.set()

    ledger.before_adding = tell
    waiting = asyncio.create_task(mine.hold(Decimal(8), order=(0, 0)))
    await writing.wait()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await mine.aclose()

    assert await held_in(ledger) == 0


async def test_a_cancellation_is_no_trouble_of_the_ledger_s(ledger: EventfulLedger) -> None:
    """Though it comes in the very turn of the hold, and that cannot be set free: nobody asks again for that."""

    async def refuse_releases(row: object) -> None:
        if isinstance(row, Release):
            raise TransientError("no space left")

    ledger.before_adding = refuse_releases
    mine = purse(ledger)
    waiting = asyncio.create_task(mine.hold(Decimal(1), order=(0, 0)))
    await asyncio.sleep(0)
    (waiter,) = mine._waiting  # nothing else tells of that turn
    while not waiter.got.done():  # noqa: ASYNC110  an event would come a turn later
        await asyncio.sleep(0)
    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_reader_that_is_cut_short_loses_no_rows(ledger: EventfulLedger) -> None:
    """Of rows that nobody counts, more could be spent than there is."""
    mine = purse(ledger)
    await Ledger(ledger.folder).add(Hold("theirs", NOON, "run-2", Decimal(8), "00000000-1"))

    async def cut_short() -> None:
        looking.cancel()

    ledger.then = cut_short
    looking = asyncio.create_task(mine.room_for(Decimal(5)))
    await asyncio.gather(looking, return_exceptions=True)

    assert not await mine.room_for(Decimal(5))


async def test_episodes_that_wait_begin_though_the_ledger_could_not_be_read(ledger: EventfulLedger) -> None:
    """When the one before them ends: nobody else would ever begin them."""
    turns = Turns(purse(ledger), lock_dir=ledger.folder / "locks")
    first_began, first_ends = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with turns.episode(0, Decimal(8)):
            first_began.set()
            await first_ends.wait()
            ledger.in_trouble = True

    async def second() -> None:
        async with turns.episode(1, Decimal(8)):
            ledger.in_trouble = False

    one = asyncio.create_task(first())
    await first_began.wait()
    other = asyncio.create_task(second())
    await asyncio.sleep(0.1)
    assert not other.done()
    first_ends.set()

    await asyncio.wait_for(asyncio.gather(one, other), 10)


async def test_an_episode_is_short_by_what_is_begun_now(ledger: EventfulLedger) -> None:
    """One that has ended since the ledger was read wants no money any more: nobody need wait for another process."""
    turns, first_ends = Turns(purse(ledger), lock_dir=ledger.folder / "locks"), asyncio.Event()

    async def first() -> None:
        async with turns.episode(0, Decimal(8)):
            await first_ends.wait()

    async def second() -> None:
        async with turns.episode(1, Decimal(8)):
            pass

    async def end_the_first() -> None:
        first_ends.set()
        await asyncio.sleep(0.05)

    async with held(ledger.folder / "locks" / "budget.lock"):  # as an episode of another process that is short
        one = asyncio.create_task(first())
        await asyncio.sleep(0.1)
        ledger.then = end_the_first
        await asyncio.wait_for(asyncio.gather(one, second()), 10)
