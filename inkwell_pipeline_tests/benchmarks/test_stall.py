"""The watch that tables are measured with: it sees what holds the loop, and no more."""

import asyncio
import time

from inkwell_pipeline_tests.benchmarks.stall import Watch, run, watching


async def _held(length_s: float) -> Watch:
    async with watching() as watch:
        await asyncio.sleep(0.02)
        time.sleep(length_s)  # noqa: ASYNC251  # this is what is to be seen
        await asyncio.sleep(0.02)
    return watch


def test_a_block_is_found_with_its_size() -> None:
    """By the heartbeat and by the length of the turn, which may be longer on a busy machine, never shorter."""
    watch = run(_held(0.05))

    assert watch.longest_stall_s >= 0.048  # a beat was due up to a heartbeat after it began
    assert watch.blocked_s >= 0.05
    assert watch.took_s >= 0.09


def test_a_block_at_the_end_counts() -> None:
    """The last beat is late, and is waited for."""

    async def held() -> Watch:
        async with watching() as watch:
            time.sleep(0.05)  # noqa: ASYNC251
        return watch

    assert run(held()).longest_stall_s >= 0.048
