"""How long a loop was held while something was awaited: by a heartbeat of 1 ms, and by the lengths of its turns.

Belongs here: the watch that every row of `make bench` about the loop is measured with. Does not: what is awaited. It
is not the meter of the package (`metering.py`), so that the one can be held against the other; a loop's selector may
be chosen by anyone, which is all that it needs.
"""

import asyncio
import gc
import selectors
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

__all__ = ["Watch", "run", "watching"]

HEARTBEAT_S = 0.001
LONG_TURN_S = 0.002  # shorter turns are a loop's ordinary work
BEATS_BEFORE = 5

T = TypeVar("T")


@dataclass
class Watch:
    """What came of a watch, in seconds. `blocked_s`: the whole lengths of the turns longer than 2 ms."""

    took_s: float = 0.0
    longest_stall_s: float = 0.0
    blocked_s: float = 0.0

    @property
    def blocked_share(self) -> float:
        """Of the time that it took."""
        return self.blocked_s / self.took_s


def run(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, on a new loop that can be watched."""
    with asyncio.Runner(loop_factory=_TimedLoop) as runner:
        return runner.run(work)


@asynccontextmanager
async def watching() -> AsyncIterator[Watch]:
    """Watches the running loop, which must be `run`'s, from here to the end of the block."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, _TimedLoop)
    watch = Watch()
    gc.collect()  # what an earlier row has left is not this one's
    heart = loop.create_task(_beat(watch))
    await asyncio.sleep(BEATS_BEFORE * HEARTBEAT_S)
    watch.longest_stall_s = 0.0
    loop.turns_s.clear()
    began = time.perf_counter()
    try:
        yield watch
    finally:
        watch.took_s = time.perf_counter() - began
        await asyncio.sleep(2 * HEARTBEAT_S)  # a beat that is late comes now, and the last turn ends
        heart.cancel()
        watch.blocked_s = sum(length_s for length_s in loop.turns_s if length_s > LONG_TURN_S)


class _TimedLoop(asyncio.SelectorEventLoop):
    """A loop that keeps the lengths of its turns."""

    def __init__(self) -> None:
        self.turns_s: list[float] = []
        super().__init__(_TimedSelector(self.turns_s))


class _TimedSelector(selectors.DefaultSelector):
    """A turn lies between the selector's return and its next call."""

    def __init__(self, turns_s: list[float]) -> None:
        super().__init__()
        self._turns_s, self._began = turns_s, time.perf_counter()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._turns_s.append(time.perf_counter() - self._began)
        ready = super().select(timeout)
        self._began = time.perf_counter()
        return ready


async def _beat(watch: Watch) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(HEARTBEAT_S)
        watch.longest_stall_s = max(watch.longest_stall_s, time.perf_counter() - began - HEARTBEAT_S)
