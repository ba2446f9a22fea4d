"""A loop in a thread of its own: work goes there, results and errors come back, its own stalls are metered."""

import asyncio
import threading
import time

import pytest

from inkwell_pipeline.loop_meter import meter_loop
from inkwell_pipeline.side_loop import SideLoop


class House:
    """What lives on the side loop: it knows where it was made, and whether it was closed."""

    def __init__(self) -> None:
        self.thread, self.closed = threading.get_ident(), False

    async def where(self) -> int:
        return threading.get_ident()

    async def hold(self, length_s: float) -> None:
        until_s = time.perf_counter() + length_s
        while time.perf_counter() < until_s:
            pass

    async def fail(self) -> None:
        raise ValueError("as expected")


async def close(house: House) -> None:
    house.closed = True


async def test_work_is_done_where_the_house_was_made() -> None:
    """In one thread, which is not ours."""
    side = SideLoop(House, close)
    assert not side.is_begun

    places = [await side.run(House.where), await side.run(House.where)]
    house_s = await side.run(lambda house: asyncio.sleep(0, house.thread))

    assert {*places, house_s} == {house_s}
    assert house_s != threading.get_ident()
    await side.aclose()


async def test_what_holds_it_does_not_hold_ours_and_is_metered() -> None:
    """That is what it is for."""
    side = SideLoop(House, close)
    await side.run(House.where)

    with meter_loop() as ours:
        await side.run(lambda house: house.hold(0.2))

    assert side.meter.longest_block_s >= 0.2
    assert ours.longest_block_s < 0.1
    await side.aclose()


async def test_errors_come_back() -> None:
    """Of the work; and of the setting up, to everybody who asks."""
    side = SideLoop(House, close)
    with pytest.raises(ValueError, match="as expected"):
        await side.run(House.fail)
    await side.aclose()

    def broken() -> House:
        raise ImportError("no such SDK")

    side = SideLoop(broken, close)
    for _ in range(2):
        with pytest.raises(ImportError, match="no such SDK"):
            await side.run(House.where)
    await side.aclose()


async def test_a_cancellation_goes_with_the_work() -> None:
    """What nobody waits for any more ends there."""
    side, ended = SideLoop(House, close), threading.Event()

    async def wait(_: House) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    waiting = asyncio.create_task(side.run(wait))
    await side.run(House.where)
    waiting.cancel()

    assert await asyncio.to_thread(ended.wait, 10)
    await side.aclose()


async def test_closing_closes_the_house_and_what_is_not_begun_needs_none() -> None:
    """Nor does one whose setting up takes its time keep anybody waiting."""
    made: list[House] = []

    def make() -> House:
        made.append(House())
        return made[-1]

    side = SideLoop(make, close)
    await side.aclose()
    assert not made

    side = SideLoop(make, close)
    await side.run(House.where)
    await side.aclose()
    assert made[0].closed

    go_on = threading.Event()

    def make_slowly() -> House:
        go_on.wait(30)
        return House()

    slow = SideLoop(make_slowly, close)
    slow.begin()
    async with asyncio.timeout(10):
        await slow.aclose()
    go_on.set()
