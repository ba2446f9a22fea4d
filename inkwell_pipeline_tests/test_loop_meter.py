"""A held loop is seen, with its size, once a loop and in every body's figures, and nothing of ours stays behind."""

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine
from contextlib import closing
from typing import Any

import pytest
import uvloop

from inkwell_pipeline.loop_meter import HEARTBEAT_S, IDLE_HEARTBEAT_S, LONG_TURN_S, LoopMeter, meter_loop

hold = time.sleep  # what no coroutine should do: the loop stands still meanwhile
MUCH_LATER_S = 5.0  # generous: the machine may be busy with other things


def is_wrapped() -> bool:
    """Whether a stopwatch is on the running loop's selector."""
    return "select" in vars(asyncio.get_running_loop()._selector)  # type: ignore[attr-defined]


def timers() -> int:
    """How many timers the running loop has; a heartbeat is one."""
    scheduled = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
    return sum(not timer.cancelled() for timer in scheduled)


def on_uvloop(coroutine: Coroutine[Any, Any, LoopMeter]) -> LoopMeter:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(coroutine)


async def until(reached: Callable[[], bool]) -> None:
    """Gives the heartbeat its turns; it has no event to wait for."""
    async with asyncio.timeout(MUCH_LATER_S):
        while not reached():  # noqa: ASYNC110
            await asyncio.sleep(0)


@pytest.mark.parametrize("length_s", [0.003, 0.01, 0.05])
async def test_a_block_is_seen_with_its_size(length_s: float) -> None:
    """Whoever reads `longest_block_ms` finds the milliseconds that a call held the loop."""
    with meter_loop() as meter:
        await asyncio.sleep(0)
        hold(length_s)
        await asyncio.sleep(0)

    assert meter.method == "selector"
    assert length_s <= meter.longest_block_s <= meter.blocked_s < MUCH_LATER_S


async def test_blocks_add_up_and_the_longest_stands_out() -> None:
    """One block of 100 ms and ten of 10 ms are as long, but not as bad."""
    with meter_loop() as meter:
        for length_s in (0.02, 0.06, 0.02):
            hold(length_s)
            await asyncio.sleep(0)

    assert meter.blocked_s >= 0.1
    assert 0.06 <= meter.longest_block_s <= meter.blocked_s - 0.04


async def test_the_last_turn_counts() -> None:
    """A body that blocks just before it ends, without another await, does not get away with it."""
    with meter_loop() as meter:
        hold(0.05)

    assert meter.blocked_s >= 0.05
    assert meter.longest_lag_s >= 0.05 - HEARTBEAT_S


async def test_what_is_before_and_after_does_not_count() -> None:
    """Only the asset's body is metered, also where the turn began before it, and ends after it."""
    hold(0.5)
    with meter_loop() as meter:
        await asyncio.sleep(0)
    hold(0.5)
    await asyncio.sleep(0)

    assert meter.blocked_s < 0.5
    assert meter.longest_lag_s < 0.5


async def test_waiting_is_not_blocking() -> None:
    """A second that the loop sleeps in its selector is a second for everybody else."""
    with meter_loop() as meter:
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


def test_a_lag_is_no_turn_where_turns_are_timed() -> None:
    """Waits for the GIL are the lag's alone; where there is nothing but lags, they stand in for turns."""
    timed, beating = LoopMeter(method="selector"), LoopMeter(method="heartbeat")

    for meter in (timed, beating):
        meter.lag(0.25)

    assert (timed.blocked_s, timed.longest_lag_s) == (0, 0.25)
    assert (beating.blocked_s, beating.longest_block_s, beating.longest_lag_s) == (0.25, 0.25, 0.25)


async def test_a_heartbeat_sees_the_lag() -> None:
    """It includes waits for the GIL and for the machine, which no selector knows of."""
    with meter_loop() as meter:
        hold(0.05)
        await until(lambda: meter.longest_lag_s > 0)
        assert meter.longest_lag_s >= 0.05 - HEARTBEAT_S

    assert meter.longest_lag_s < MUCH_LATER_S


async def test_an_idle_loop_is_left_alone() -> None:
    """To be woken costs more than all else: a body that waits for a model is not woken 200 times a second for that."""
    selector = asyncio.get_running_loop()._selector  # type: ignore[attr-defined]
    turns, select = 0, selector.select

    def counted(timeout: float | None = None) -> Any:
        nonlocal turns
        turns += 1
        return select(timeout)

    selector.select = counted
    try:
        with meter_loop():
            await asyncio.sleep(0.5)
    finally:
        del selector.select

    assert 2 <= turns < 0.5 / HEARTBEAT_S / 4


async def test_a_loop_at_work_has_its_heartbeat_at_once_again() -> None:
    """A wait for the GIL after a rest is seen as before it."""
    with meter_loop() as meter:
        await asyncio.sleep(0.3)
        until_s = time.perf_counter() + 2 * IDLE_HEARTBEAT_S
        while time.perf_counter() < until_s:  # noqa: ASYNC110  at work: a turn now and then
            await asyncio.sleep(0.001)
        hold(0.5)
        await until(lambda: meter.longest_lag_s > 0.5 - IDLE_HEARTBEAT_S)

        assert meter.longest_lag_s >= 0.5 - HEARTBEAT_S


async def test_two_bodies_on_one_loop_share_its_stopwatch_and_heartbeat() -> None:
    """The time is the loop's: it is measured once, however many look at it, and all of them see a block."""
    before = timers()
    with meter_loop() as first:
        alone = timers()
        with meter_loop() as second:
            assert timers() == alone == before + 1
            hold(0.05)
            await asyncio.sleep(0)

    assert min(first.blocked_s, second.blocked_s) >= 0.05


async def test_each_body_has_its_own_longest() -> None:
    """A block before the second body began is no block of its; one in both is in both."""
    with meter_loop() as first:
        hold(0.5)
        with meter_loop() as second:
            await asyncio.sleep(0)
            hold(0.05)
            await asyncio.sleep(0)

    assert first.longest_block_s >= 0.5
    assert 0.05 <= second.longest_block_s < 0.5
    assert second.longest_lag_s < 0.5


async def test_nested_meters_both_see_a_block_and_leave_the_selector_as_it_was() -> None:
    """The outer one goes on when the inner one ends; after both nothing of ours is on the loop."""
    with meter_loop() as outer:
        with meter_loop() as inner:
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
        with meter_loop():
            await second_has_begun.wait()
        first_has_ended.set()

    async def second() -> LoopMeter:
        with meter_loop() as meter:
            second_has_begun.set()
            await first_has_ended.wait()
            await asyncio.sleep(0)
            hold(0.05)
            await asyncio.sleep(0)
        return meter

    _, meter = await asyncio.gather(first(), second())

    assert not is_wrapped()
    assert meter.blocked_s >= 0.05


async def test_an_error_in_the_body_takes_everything_off() -> None:
    """A failed asset leaves no stopwatch and no heartbeat on the loop that the next one runs on."""
    before = timers()
    with pytest.raises(ZeroDivisionError), meter_loop():
        raise ZeroDivisionError

    assert not is_wrapped()
    assert timers() == before


async def test_a_body_that_is_thrown_away_takes_everything_off() -> None:
    """Dagster ends a coroutine by closing it: what stands after an await in a `finally` would not be done."""

    async def body() -> None:
        with meter_loop():
            await asyncio.Event().wait()

    thrown_away = body()
    thrown_away.send(None)
    assert is_wrapped()
    thrown_away.close()

    assert not is_wrapped()


def test_another_stopwatch_on_the_selector_is_put_back() -> None:
    """A profiler may have wrapped `select` in the same way: it goes on during our time, and after it."""
    turns: list[float | None] = []
    with closing(selectors.DefaultSelector()) as selector, closing(asyncio.SelectorEventLoop(selector)) as loop:
        select = selector.select

        def counted(timeout: float | None = None) -> Any:
            turns.append(timeout)
            return select(timeout)

        selector.select = counted  # type: ignore[method-assign]

        async def metered() -> None:
            with meter_loop():
                seen = len(turns)
                await asyncio.sleep(0)
                assert len(turns) == seen + 1

        loop.run_until_complete(metered())
        assert vars(selector)["select"] is counted


def test_a_loop_without_a_selector_has_its_heartbeat() -> None:
    """uvloop has no selector to time: the lags stand in, and the figures say how they were had."""

    async def metered() -> LoopMeter:
        with meter_loop() as meter:
            await asyncio.sleep(0)
            hold(0.05)
            await until(lambda: meter.blocked_s > 0)
        return meter

    meter = on_uvloop(metered())

    assert meter.method == "heartbeat"
    assert 0.05 - HEARTBEAT_S <= meter.longest_block_s <= meter.blocked_s < MUCH_LATER_S
    assert meter.longest_lag_s == meter.longest_block_s


def test_a_heartbeat_that_is_overdue_at_the_end_counts() -> None:
    """A body that blocks just before it ends is late, though the timer has had no chance to say so."""

    async def metered() -> LoopMeter:
        with meter_loop() as meter:
            hold(0.05)
        return meter

    assert on_uvloop(metered()).longest_block_s >= 0.05 - HEARTBEAT_S
