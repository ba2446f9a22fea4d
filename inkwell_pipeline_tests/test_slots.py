"""Slots: so many at once, the first in order next."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwell_pipeline.slots import Slots


@given(number=st.integers(1, 4), orders=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=20))
def test_never_more_at_once_and_always_the_first_in_order(number: int, orders: list[tuple[int, int]]) -> None:
    """Whoever waits when a slot comes free, the lowest order gets it; of equal ones, who came first."""

    async def main() -> None:
        slots, at_work, waiting, got = Slots(number), 0, list[tuple[int, int]](), list[tuple[int, int]]()

        async def work(order: tuple[int, int]) -> None:
            nonlocal at_work
            waiting.append(order)
            async with slots.slot(order):
                at_work += 1
                assert at_work <= number
                waiting.remove(order)
                got.append(order)
                if len(got) > number:
                    assert order <= min(waiting, default=order)
                await asyncio.sleep(0)
                at_work -= 1

        async with asyncio.TaskGroup() as group:
            for order in orders:
                group.create_task(work(order))
        assert sorted(got) == sorted(orders)

    asyncio.run(main())


async def test_who_is_cancelled_while_waiting_takes_no_slot() -> None:
    """Nor one that was given in the same turn."""
    slots = Slots(1)
    async with slots.slot((0,)):
        waiting = asyncio.create_task(slots.slot((1,)).__aenter__())
        await asyncio.sleep(0)
    waiting.cancel()  # it has been given the slot, and has not heard of it
    with pytest.raises(asyncio.CancelledError):
        await waiting

    async with asyncio.timeout(5), slots.slot((2,)):
        pass
