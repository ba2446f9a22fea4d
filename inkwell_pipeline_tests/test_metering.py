"""What the figures of a run are made of: each asset counts its own, and a held loop is seen, with its size."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal

import pytest
import uvloop

from inkwell_pipeline.metering import LONG_TURN_S, LoopMeter, counters, counting, meter_loop

hold = time.sleep  # what no coroutine should do: the loop stands still meanwhile
MUCH_LATER_S = 5.0  # generous: the machine may be busy with other things


def is_wrapped() -> bool:
    """Whether a stopwatch is on the running loop's selector."""
    return "select" in vars(asyncio.get_running_loop()._selector)  # type: ignore[attr-defined]


async def until(reached: Callable[[], bool]) -> None:
    """Gives the heartbeat its turns; it has no event to wait for."""
    async with asyncio.timeout(MUCH_LATER_S):
        while not reached():  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_a_block_is_seen_with_its_size() -> None:
    """Whoever reads `longest_block_ms` finds the 50 ms that a call held the loop."""
    async with meter_loop() as meter:
        await asyncio.sleep(0)
        hold(0.05)
        await asyncio.sleep(0)

    assert meter.method == "selector"
    assert 0.05 <= meter.longest_block_s <= meter.blocked_s < MUCH_LATER_S


async def test_blocks_add_up_and_the_longest_stands_out() -> None:
    """One block of 100 ms and ten of 10 ms are as long, but not as bad."""
    async with meter_loop() as meter:
        for length_s in (0.02, 0.06, 0.02):
            hold(length_s)
            await asyncio.sleep(0)

    assert meter.blocked_s >= 0.1
    assert 0.06 <= meter.longest_block_s <= meter.blocked_s - 0.04


async def test_the_last_turn_counts() -> None:
    """A body that blocks just before it ends, without another await, does not get away with it."""
    async with meter_loop() as meter:
        hold(0.05)

    assert meter.blocked_s >= 0.05


async def test_what_is_before_and_after_does_not_count() -> None:
    """Only the asset's body is metered, also where the turn began before it."""
    hold(0.5)
    async with meter_loop() as meter:
        await asyncio.sleep(0)
    hold(0.5)

    assert meter.blocked_s < 0.5


async def test_waiting_is_not_blocking() -> None:
    """A second that the loop sleeps in its selector is a second for everybody else."""
    async with meter_loop() as meter:
        await asyncio.sleep(0.5)

    assert meter.blocked_s < 0.5


def test_short_turns_are_the_loops_ordinary_work() -> None:
    """Up to 2 ms a turn is not counted; a longer one is, in full."""
    meter = LoopMeter()
    meter.turn(LONG_TURN_S)
    assert (meter.blocked_s, meter.longest_block_s) == (0, 0)

    meter.turn(0.003)
    meter.turn(0.25)

    assert (meter.blocked_s, meter.longest_block_s) == (0.253, 0.25)


async def test_a_heartbeat_sees_the_lag() -> None:
    """It includes waits for the GIL and for the machine, which no selector knows of."""
    async with meter_loop() as meter:
        hold(0.05)
        await until(lambda: meter.longest_lag_s > 0)
        await until(lambda: meter.longest_lag_s >= 0.04)

    assert meter.longest_lag_s < MUCH_LATER_S


async def test_nested_meters_both_see_a_block_and_leave_the_selector_as_it_was() -> None:
    """The outer one goes on when the inner one ends; after both nothing of ours is on the loop."""
    async with meter_loop() as outer:
        async with meter_loop() as inner:
            hold(0.05)
        assert is_wrapped()
        await asyncio.sleep(0)
        hold(0.03)

    assert not is_wrapped()
    assert inner.blocked_s >= 0.05
    assert outer.blocked_s >= 0.08


async def test_meters_may_end_in_any_order() -> None:
    """Two assets on one loop: the first to begin ends first, the other one's meter goes on and then comes off."""
    second_has_begun, first_has_ended = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with meter_loop():
            await second_has_begun.wait()
        first_has_ended.set()

    async def second() -> LoopMeter:
        async with meter_loop() as meter:
            second_has_begun.set()
            await first_has_ended.wait()
            await asyncio.sleep(0)
            hold(0.05)
            await asyncio.sleep(0)
        return meter

    _, meter = await asyncio.gather(first(), second())

    assert not is_wrapped()
    assert meter.blocked_s >= 0.05


async def test_an_error_in_the_body_takes_the_stopwatch_off() -> None:
    """A failed asset leaves no meter and no heartbeat on the loop that the next one runs on."""
    with pytest.raises(ZeroDivisionError):
        async with meter_loop():
            raise ZeroDivisionError

    assert not is_wrapped()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_cancellation_while_the_meter_ends_is_not_lost() -> None:
    """Ctrl-C may come at that moment, too: the task must not go on to its next step."""
    ends = asyncio.Event()

    async def body() -> None:
        async with meter_loop():
            ends.set()
        raise AssertionError("went on")

    task = asyncio.create_task(body())
    await ends.wait()  # body has run on, to where it waits for the heartbeat's end
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_loop_without_a_selector_has_its_heartbeat() -> None:
    """uvloop has no selector to time: the lags stand in, and the figures say how they were had."""

    async def metered() -> LoopMeter:
        async with meter_loop() as meter:
            await asyncio.sleep(0)
            hold(0.05)
            await until(lambda: meter.blocked_s >= 0.04)
        return meter

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        meter = runner.run(metered())

    assert meter.method == "heartbeat"
    assert 0.04 <= meter.longest_block_s <= meter.blocked_s < MUCH_LATER_S
    assert meter.longest_lag_s == meter.longest_block_s


async def test_what_is_awaited_inside_is_counted_tasks_too() -> None:
    """An asset's work is spread over a task group; all of it is the asset's."""

    async def work() -> None:
        counters().looked_up(1, 3)

    with counting() as counted:
        await work()
        async with asyncio.TaskGroup() as group:
            group.create_task(work())

    assert (counted.cache_hits, counted.cache_misses) == (2, 4)


async def test_two_tasks_count_for_themselves() -> None:
    """Two assets at work at once on one loop: neither one's costs are the other's."""
    both_are_in = asyncio.Barrier(2)

    async def asset(cost_usd: Decimal) -> Decimal:
        with counting() as counted:
            await both_are_in.wait()
            counters().cost_usd += cost_usd
            await both_are_in.wait()
            return counted.cost_usd

    costs = await asyncio.gather(asset(Decimal("0.01")), asset(Decimal("0.25")))

    assert list(costs) == [Decimal("0.01"), Decimal("0.25")]


def test_counting_inside_counting_is_its_own_and_ends() -> None:
    """After the inner block, also one that failed, the outer one's counters are back."""
    with counting() as outer:
        with suppress(ZeroDivisionError), counting() as inner:
            counters().looked_up(1, 1)
            raise ZeroDivisionError
        counters().looked_up(0, 1)

    assert (inner.cache_hits, inner.cache_misses) == (1, 0)
    assert (outer.cache_hits, outer.cache_misses) == (0, 1)


def test_where_nobody_counts_counting_is_no_error() -> None:
    """A notebook uses a cache without any asset; what one look-up counts, another does not see."""
    counters().looked_up(1, 1)

    assert counters().cache_hits == 0


def test_waits_for_the_cache_add_up_also_those_that_fail() -> None:
    """`cache_io_ms` is what the asset waited, whatever came of it."""
    with counting() as counted:
        with counters().cache_io():
            hold(0.02)
        with suppress(ZeroDivisionError), counters().cache_io():
            hold(0.02)
            raise ZeroDivisionError

    assert 0.04 <= counted.cache_io_s < MUCH_LATER_S
