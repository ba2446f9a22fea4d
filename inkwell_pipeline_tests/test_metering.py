"""What the figures of a run are made of: each asset counts its own, whoever does the work for it."""

import asyncio
import time
from contextlib import suppress
from decimal import Decimal

from inkwell_pipeline.metering import Counters, counters, counting

hold = time.sleep
MUCH_LATER_S = 5.0  # generous: the machine may be busy with other things


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


async def test_a_worker_that_serves_several_counts_for_each_of_them() -> None:
    """The cache's batches: the counters are those of the callers, taken when they asked, not of the worker's task."""
    asked: asyncio.Queue[tuple[Counters, int]] = asyncio.Queue()
    both_have_asked = asyncio.Barrier(2)

    async def worker() -> None:
        for _ in range(4):
            caller, size_bytes = await asked.get()
            caller.moved(read_bytes=size_bytes)
            asked.task_done()

    async def asset(size_bytes: int) -> Counters:
        with counting() as counted:
            for _ in range(2):
                asked.put_nowait((counters(), size_bytes))
            await both_have_asked.wait()
            await asked.join()
            return counted

    with counting() as of_nobodys_asset:
        serving = asyncio.create_task(worker())
    small, large = await asyncio.gather(asset(5), asset(700))
    await serving

    assert (small.cache_read_bytes, large.cache_read_bytes) == (10, 1400)
    assert of_nobodys_asset == Counters()


def test_bytes_read_and_written_are_apart() -> None:
    """A cold run writes, a cached one reads: a look at the two says which it was."""
    counted = Counters()

    counted.moved(read_bytes=5000)
    counted.moved(written_bytes=300)
    counted.moved(read_bytes=1, written_bytes=2)

    assert (counted.cache_read_bytes, counted.cache_written_bytes) == (5001, 302)


def test_waits_at_the_same_time_add_up() -> None:
    """Four templates that wait for 10 ms each have waited for 40: how long the body did is another figure."""
    counted = Counters()

    for _ in range(4):
        counted.waited(0.25)

    assert counted.cache_io_s == 1.0
