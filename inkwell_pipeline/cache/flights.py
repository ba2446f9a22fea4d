"""One computation at a time for a name, however many tasks and processes ask: single flight.

Belongs here: who computes, who waits, and when a computation that nobody waits for any more ends. Does not: what is
computed, and where the result is kept (`store.py`; it is there before the lock is given back).

Among the tasks of a loop: one shared task does the work, and ends early only when its last waiter has left. Among
processes (and other loops of this one): a lock file (`locks.py`). There are at most 4,096 of them, shared by all names,
so that none ever has to be deleted.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

from inkwell_pipeline.locks import held

__all__ = ["Flights"]

T = TypeVar("T")

Within = tuple[Path | None, "asyncio.Task[Any] | None"]
_within: ContextVar[Within] = ContextVar("inkwell_computation", default=(None, None))
log = logging.getLogger(__name__)


class Flights:
    """The computations of one loop. Lock files lie in `lock_dir`; threads of `pool` ask for them."""

    def __init__(self, lock_dir: Path, pool: Executor) -> None:
        self._lock_dir, self._pool = lock_dir, pool
        self._under_way: dict[str, _Flight] = {}
        self._tasks: set[asyncio.Task[Any]] = set()  # those and the cancelled ones
        self._closed = False

    async def share(self, name: str, work: Callable[[], Awaitable[T]], *, lock: str, grace_s: float) -> T:
        """What `work` gives, or gave another task that asked for `name` while it was under way.

        Only one holder of `lock` works at a time, among all processes. When the last that waits for it is cancelled,
        the work goes on for at most `grace_s`, and is then cancelled too. Whoever asks after a failure or a
        cancellation tries anew, and so do those that wait, each with its own `work`, where it cancels itself.
        Raises: what `work` raises, for all that wait; TransientError, where the lock file cannot be had; RuntimeError,
        where the cache is closed, and where `work` shares in its turn: two names may have one lock file.
        """
        self._refuse_to_nest()
        while not self._closed:
            flight = self._under_way.get(name)
            departs = flight is None or flight.task.done()  # done, and its callback has not been called yet
            if flight is None or departs:
                flight = self._depart(name, work, lock, grace_s)
            flight.join()
            try:
                return cast("T", await asyncio.shield(flight.task))
            except asyncio.CancelledError:
                if not flight.task.cancelled() or _is_cancelled() or (departs and not self._closed):
                    raise
            finally:
                flight.leave()
        raise RuntimeError("the cache is closed")

    async def aclose(self) -> None:
        """Waits for what is under way, for each as long as its grace says, and then cancels it."""
        self._closed = True
        for flight in list(self._under_way.values()):
            flight.end_soon()
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _refuse_to_nest(self) -> None:
        lock_dir, task = _within.get()
        if lock_dir == self._lock_dir and task is not None and not task.done():  # what it has begun may outlive it
            raise RuntimeError("a computation of a cache waits for another of the same: they may share a lock")

    def _depart(self, name: str, work: Callable[[], Awaitable[Any]], lock: str, grace_s: float) -> "_Flight":
        within = copy_context()
        task = asyncio.get_running_loop().create_task(self._fly(work, lock), context=within)
        within.run(_within.set, (self._lock_dir, task))
        self._tasks.add(task)
        flight = _Flight(name, task, grace_s, self._under_way)
        self._under_way[name] = flight
        task.add_done_callback(lambda task: self._arrived(flight, task))
        return flight

    def _arrived(self, flight: "_Flight", task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        flight.gone()
        if not task.cancelled() and (error := task.exception()) is not None and not flight.waiters:
            log.warning("nobody waits any more for what failed: %s", error)

    async def _fly(self, work: Callable[[], Awaitable[T]], lock: str) -> T:
        path = self._lock_dir / f"{sha256(lock.encode()).hexdigest()[:3]}.lock"
        async with held(path, executor=self._pool):
            return await work()


@dataclass(eq=False)
class _Flight:
    """A computation under way, and how many wait for it."""

    name: str
    task: "asyncio.Task[Any]"
    grace_s: float
    under_way: "dict[str, _Flight]"  # those that one may join
    waiters: int = 0
    ends: asyncio.TimerHandle | None = None

    def join(self) -> None:
        self.waiters += 1
        if self.ends is not None:
            self.ends.cancel()
            self.ends = None

    def leave(self) -> None:
        self.waiters -= 1
        if not self.waiters and not self.task.done():
            self.end_soon()

    def end_soon(self) -> None:
        if self.ends is not None:
            return
        if self.grace_s > 0:
            log.info("waiting up to %g s for what is under way and paid for", self.grace_s)
            self.ends = self.task.get_loop().call_later(self.grace_s, self._end)
        else:
            self._end()

    def _end(self) -> None:
        self.gone()  # whoever asks from now on must not join what is being cancelled
        self.task.cancel()

    def gone(self) -> None:
        if self.ends is not None:
            self.ends.cancel()
        if self.under_way.get(self.name) is self:
            del self.under_way[self.name]


def _is_cancelled() -> bool:
    """Whether it is the running task that is cancelled, and not what it waits for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
