"""Budgets: nothing is sent that could break one, in order, among tasks, runs and processes."""

import asyncio
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwell_pipeline.costs import Budget, Hold, Ledger, Purse, Turns
from inkwell_pipeline.costs.budget import shortfall
from inkwell_pipeline.costs.tally import Tally
from inkwell_pipeline.errors import OverBudget, TransientError
from inkwell_pipeline_tests.costs.rows import NOON, row
from inkwell_pipeline_tests.fakes.time import FakeTime

TEN = Decimal(10)


def purse(folder: Path, *, run: str = "run-1", monthly: int | None = 10, per_run: int | None = None) -> Purse:
    budget = Budget(None if monthly is None else Decimal(monthly), None if per_run is None else Decimal(per_run))
    time = FakeTime()
    return Purse(Ledger(folder), budget, run=run, lock_dir=folder / "locks", clock=time.now, sleep=time.sleep)


async def spend(purse: Purse, held: int, cost: int | None, *, order: tuple[int, int] = (0, 0)) -> None:
    """Holds so much, and comes to so much."""
    hold = await purse.hold(Decimal(held), order=order)
    await purse.settle(settled(hold, cost, run=purse.run))


def settled(hold: Hold, cost: int | None, *, run: str = "run-1"):  # type: ignore[no-untyped-def]
    usd = None if cost is None else Decimal(cost)
    return row(hold.id, time=hold.time, run=run, cost_usd=usd, held_usd=hold.usd)


@given(
    monthly=st.none() | st.integers(0, 20),
    per_run=st.none() | st.integers(0, 20),
    spent=st.integers(0, 20),
    elsewhere=st.integers(0, 20),
    held=st.integers(0, 20),
    wanted=st.integers(0, 20),
)
def test_what_is_spent_held_and_wanted_stays_within_both_limits(
    monthly: int | None, per_run: int | None, spent: int, elsewhere: int, held: int, wanted: int
) -> None:
    """The month's counts all runs, the run's its own; to the last cent, and not beyond."""
    tally = Tally(Path("2024-04.jsonl"))
    tally.add([row("1", cost_usd=Decimal(spent)), row("2", run="run-2", cost_usd=Decimal(elsewhere))])
    tally.add([Hold("3", NOON, "run-1", Decimal(held), "here-1")] if held else [])
    budget = Budget(None if monthly is None else Decimal(monthly), None if per_run is None else Decimal(per_run))

    says = shortfall(budget, tally, run="run-1", wanted_usd=Decimal(wanted))

    within_month = monthly is None or spent + elsewhere + held + wanted <= monthly
    within_run = per_run is None or spent + held + wanted <= per_run
    assert (says is None) == (within_month and within_run)


async def test_a_request_that_could_break_the_budget_is_not_sent(tmp_path: Path) -> None:
    """Though it may have cost less: nobody knows before. The error says which limit, and what to do."""
    mine = purse(tmp_path)
    await spend(mine, 8, 7)

    with pytest.raises(OverBudget, match=r"up to \$4.0000, and \$7.0000 of this month's \$10 .*monthly_usd") as caught:
        await mine.hold(Decimal(4), order=(0, 0))

    assert "raise the budget" in str(caught.value.todo)
    await spend(mine, 3, 3)


async def test_a_request_that_is_settled_at_any_moment_makes_room(tmp_path: Path) -> None:
    """Also just when another was refused for its sake, and before that one has looked who is under way."""
    mine, chance = purse(tmp_path), Random(1)

    async def spend_nothing(nth: int) -> None:
        hold = await mine.hold(Decimal(8), order=(nth, 0))
        for _ in range(chance.randrange(200)):  # as long as a look at the ledger takes
            await asyncio.sleep(0)
        await mine.settle(settled(hold, 0))

    await asyncio.gather(*(spend_nothing(nth) for nth in range(200)))


async def test_what_a_request_does_not_cost_is_free_again(tmp_path: Path) -> None:
    """One that waits gets its turn when another settles below what was held for it."""
    mine = purse(tmp_path)
    first = await mine.hold(Decimal(8), order=(0, 0))
    second = asyncio.create_task(mine.hold(Decimal(5), order=(0, 1)))
    await asyncio.sleep(0.05)
    assert not second.done()

    await mine.settle(settled(first, 5))

    assert (await second).usd == 5


async def test_the_first_in_order_comes_first(tmp_path: Path) -> None:
    """Not the first to ask: an earlier episode is to be whole before a later one takes its money."""
    mine = purse(tmp_path)
    first = await mine.hold(TEN, order=(0, 0))
    late = asyncio.create_task(mine.hold(Decimal(6), order=(2, 0)))
    early = asyncio.create_task(mine.hold(Decimal(6), order=(0, 1)))
    await asyncio.sleep(0.05)
    await mine.settle(settled(first, 2))

    assert (await early).usd == 6
    assert not late.done()
    late.cancel()


async def test_a_cost_that_nobody_knows_counts_as_what_was_held(tmp_path: Path) -> None:
    """A connection that broke may have been paid for."""
    mine = purse(tmp_path)
    await spend(mine, 8, None)

    with pytest.raises(OverBudget):
        await mine.hold(Decimal(3), order=(0, 0))


async def test_a_run_has_its_own_limit_beside_the_month_s(tmp_path: Path) -> None:
    """Another run begins with all of its own."""
    await spend(purse(tmp_path, per_run=4), 4, 4)
    with pytest.raises(OverBudget, match="per_run_usd"):
        await purse(tmp_path, per_run=4).hold(Decimal(1), order=(0, 0))

    await spend(purse(tmp_path, run="run-2", per_run=4), 4, 4)


async def test_another_month_has_the_whole_budget(tmp_path: Path) -> None:
    """The file of a month is its tally."""
    await spend(purse(tmp_path), 10, 10)
    time = FakeTime(NOON.replace(month=5))
    later = Purse(
        Ledger(tmp_path), Budget(TEN), run="run-2", lock_dir=tmp_path / "locks", clock=time.now, sleep=time.sleep
    )

    assert (await later.hold(TEN, order=(0, 0))).usd == 10


async def test_a_run_s_limit_goes_on_when_the_month_ends(tmp_path: Path) -> None:
    """The file is another, the run is not."""
    time = FakeTime(NOON.replace(month=4, day=30, hour=23))
    mine = Purse(
        Ledger(tmp_path),
        Budget(per_run_usd=Decimal(4)),
        run="run-1",
        lock_dir=tmp_path / "locks",
        clock=time.now,
        sleep=time.sleep,
    )
    await spend(mine, 3, 3)
    time.moment = time.moment.replace(month=5, day=1)

    with pytest.raises(OverBudget, match="per_run_usd"):
        await mine.hold(Decimal(2), order=(0, 0))
    await spend(mine, 1, 1)


async def test_a_row_that_cannot_be_written_keeps_nobody_waiting(tmp_path: Path) -> None:
    """What was held stays held; whoever finds no room for it is told so at once."""
    mine = purse(tmp_path)
    hold = await mine.hold(Decimal(8), order=(0, 0))
    kept = tmp_path / "2024-04.jsonl"
    kept.rename(tmp_path / "away")
    kept.mkdir()
    with pytest.raises(TransientError):
        await mine.settle(settled(hold, 1))
    kept.rmdir()
    (tmp_path / "away").rename(kept)

    with pytest.raises(OverBudget):
        await asyncio.wait_for(mine.hold(Decimal(5), order=(0, 1)), 10)


async def test_what_a_dead_process_held_stays_spent_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    """Its requests may have been answered, and paid for; nobody will ever settle them."""
    dead = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await dead.wait()
    mine = purse(tmp_path)
    hold = await mine.hold(Decimal(1), order=(0, 0))
    await mine.settle(settled(hold, 1))  # else it is this hold, of a living process, that is waited for
    host = hold.holder.partition("-")[0]
    await Ledger(tmp_path).add(Hold("of the dead", NOON, "run-0", Decimal(8), f"{host}-{dead.pid}"))

    fresh = purse(tmp_path, run="run-2")
    with pytest.raises(OverBudget):
        await asyncio.wait_for(fresh.hold(Decimal(2), order=(0, 0)), 10)


async def test_another_living_run_is_waited_for(tmp_path: Path) -> None:
    """What it holds may be free in a moment."""
    one, other = purse(tmp_path), purse(tmp_path, run="run-2")
    hold = await one.hold(Decimal(8), order=(0, 0))
    waiting = asyncio.create_task(other.hold(Decimal(5), order=(0, 0)))
    await asyncio.sleep(0.1)
    assert not waiting.done()

    await one.settle(settled(hold, 1))

    assert (await asyncio.wait_for(waiting, 10)).usd == 5


async def test_a_wait_that_is_cancelled_leaves_nothing_held(tmp_path: Path) -> None:
    """Neither where it waits, nor where the hold has just come."""
    mine = purse(tmp_path)
    first = await mine.hold(TEN, order=(0, 0))
    waiting = asyncio.create_task(mine.hold(Decimal(5), order=(0, 1)))
    await asyncio.sleep(0.05)
    waiting.cancel()
    await mine.settle(settled(first, 0))

    assert (await mine.hold(TEN, order=(0, 2))).usd == 10


async def test_many_runs_at_once_never_hold_more_than_there_is(tmp_path: Path) -> None:
    """Whatever comes first: the sum of what is spent and held is within the budget at every moment."""
    purses = [purse(tmp_path, run=f"run-{number}") for number in range(3)]

    async def work(mine: Purse, place: int) -> int:
        try:
            await spend(mine, 3, 1 + place % 3, order=(place, 0))
        except OverBudget:
            return 0
        return 1 + place % 3

    spent = await asyncio.gather(*(work(mine, place) for mine in purses for place in range(4)))

    assert 8 <= sum(spent) <= 10


async def test_episodes_go_one_by_one_where_the_money_would_not_do_for_all(tmp_path: Path) -> None:
    """The first alone; the second when it is over. With money enough, both at once."""
    for monthly, at_once in ((10, 1), (100, 2)):
        turns, working, most = Turns(purse(tmp_path / str(monthly), monthly=monthly), lock_dir=tmp_path / "locks"), 0, 0

        async def work(place: int, turns: Turns = turns) -> None:
            nonlocal working, most
            async with turns.episode(place, Decimal(8)):
                working += 1
                most = max(most, working)
                await asyncio.sleep(0.02)
                working -= 1

        await asyncio.gather(work(0), work(1))
        assert most == at_once


def test_a_hold_is_not_settled_by_another_s_row() -> None:
    """Ids tell them apart."""
    tally = Tally(Path("2024-04.jsonl"))
    tally.add([Hold("1", NOON, "run-1", Decimal(3), "here-1"), replace(row("2"), cost_usd=Decimal(1))])

    assert tally.committed_usd() == 4
