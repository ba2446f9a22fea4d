"""Work off the loop: whose thread it is, and that computing waits in one line."""

import asyncio
import threading

import pytest

from inkwell_pipeline.threads import computed, in_thread


async def test_a_function_in_a_thread_gives_its_result_and_its_error() -> None:
    """Threads of our own, since the loop's default ones may all be waiting for a name server."""
    assert (await in_thread(lambda: threading.current_thread().name)).startswith("inkwell-io")
    assert (await computed(lambda: threading.current_thread().name)).startswith("inkwell-computing")
    for hop in (in_thread, computed):
        with pytest.raises(ZeroDivisionError):
            await hop(lambda: 1 // 0)


async def test_only_one_function_computes_at_a_time() -> None:
    """The loop waits for the GIL behind every thread that computes; more than one would be no faster."""
    names = await asyncio.gather(*(computed(lambda: threading.current_thread().name) for _ in range(20)))

    assert len(set(names)) == 1
