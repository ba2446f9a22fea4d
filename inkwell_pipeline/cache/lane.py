"""Work that waits for a disk, gathered from all tasks of a loop and done by as few threads as are of use.

Belongs here: who does what when, and in which thread. Does not: the work (`folder.py`).

A data loader for files: a call adds to the lane's queue and awaits its own result; threads take from the queue, one
piece of work at a time, for a slice of a millisecond (ten, where entries are stored), and hand all results of the slice
to the loop at once. So a thousand calls cost some twenty hops instead of a thousand, and yet none waits for a batch to
be full.

How many threads: one, where work is done in microseconds. Python's lock lets one run at a time, and two that contend
for it were two to three times as slow as one. As many as the lane allows, where work waits for the disk. The lane
measures which it is, for every piece of work (`_Pace`), so that nobody has to believe anything about a disk.
"""

import asyncio
import math
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any, TypeVar

import aiofiles.os

__all__ = ["Lane", "Steps", "StoringLane", "abreast", "given"]

T = TypeVar("T")
Steps = Generator[None, None, T]  # work that several may do abreast: all the first step, then all the second

SLICE_S = 0.001  # measured from 0.5 to 4 ms: no other is faster by more than the noise, and longer ones hold the loop
STORING_SLICE_S = 0.01  # an fsync takes most of a millisecond; to wake the loop for each cost a tenth to a half more
ABREAST = 8  # a fifth to a third faster than one; sixteen are faster by a tenth, for twice as many open files
SLOW_S = 0.00015  # work beyond this waits for a disk: an entry of 5 KB takes a third of it, an fsync four times
COMPUTES = 0.5  # of a processor, all threads together: work that takes more of it does not wait, it computes or hashes


class _Queue(ABC):
    """Synchronous work of one event loop, in a pool of threads; what is taken and done next, `_next` says."""

    def __init__(self, pool: Executor, *, widest: int, busiest: int, slice_s: float) -> None:
        """At most `widest` threads of `pool` at once; at most `busiest`, where a processor is busy with them."""
        self._pool, self._widest, self._busiest, self._slice_s = pool, widest, busiest, slice_s
        self._waiting: deque[_Piece] = deque()
        self._pace = _Pace()
        self._width = widest  # how many threads are of use; nothing known: one too many costs little
        self._workers: set[asyncio.Task[None]] = set()
        self._active = 0  # workers that have not decided to end
        self._in_thread = aiofiles.os.wrap(self._stay)

    def _ask(self, work: Callable[[], Any]) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, future, 0))
        if self._active < self._width:
            self._start(1)
        return future

    def _ask_all(self, works: Sequence[Callable[[], Any]]) -> asyncio.Future[list[Any]]:
        call = _Call(len(works), asyncio.get_running_loop().create_future())
        self._waiting.extend((work, call, index) for index, work in enumerate(works))
        if not works:
            call.future.set_result([])
        elif self._active < self._width:
            self._start(len(works))
        return call.future

    async def idle(self) -> None:
        """Waits until all that was asked for is done."""
        while self._workers:
            await asyncio.wait(self._workers)

    def _start(self, wanted: int) -> None:
        """Starts workers for `wanted` pieces of work, as far as they are of use."""
        for _ in range(min(wanted, self._width - self._active)):
            self._active += 1
            worker = asyncio.get_running_loop().create_task(self._work())
            self._workers.add(worker)  # the loop itself keeps no task alive
            worker.add_done_callback(self._workers.discard)

    async def _work(self) -> None:
        """One thread's stay in the lane: until nothing waits, or until other workers are enough."""
        try:
            while self._waiting and self._active <= self._width:
                await self._in_thread(asyncio.get_running_loop(), executor=self._pool)
        except Exception as error:  # no thread to be had; where there is no other, nobody may wait for ever
            if self._active == 1:
                self._fail(error)
        except asyncio.CancelledError:  # the loop ends
            self._fail(None)
            raise
        finally:
            self._active -= 1

    def _stay(self, loop: asyncio.AbstractEventLoop) -> None:
        """Slices, in a thread, which hands the results of each to the loop.

        None goes by way of what this returns: a worker may be cancelled meanwhile, and a pool that says it has no
        thread has put the work in its queue all the same.
        """
        while True:
            worked = self._slice()
            with suppress(RuntimeError):  # the loop has ended, and with it all that waited
                loop.call_soon_threadsafe(self._settle, worked)
            if not self._waiting or self._active > self._width:
                return

    def _slice(self) -> "list[_Outcome]":
        """Works for about a slice's time, which says how many threads are of use; gives what came of each piece."""
        worked: list[_Outcome] = []
        slice_began, computed_before = time.perf_counter(), time.thread_time()
        began, ends = slice_began, slice_began + self._slice_s
        while began < ends and (done := self._next()):
            worked += done
            ended = time.perf_counter()
            self._pace.took((ended - began) / len(done) / (self._active or 1))
            began = ended
        if worked:
            computed = (time.thread_time() - computed_before) / (began - slice_began)
            computes = computed * self._active > COMPUTES
            self._width = (self._busiest if computes else self._widest) if self._pace.is_slow() else 1
        return worked

    @abstractmethod
    def _next(self) -> "list[_Outcome]":
        """Takes some of what waits, and does it; nothing, where nothing waits any more."""

    def _fail(self, error: Exception | None) -> None:
        """Tells all that wait; without an error, that they are cancelled."""
        while self._waiting:
            _, asked, _ = self._waiting.popleft()
            future = asked.future if isinstance(asked, _Call) else asked
            if future.done():
                continue
            if error is None:
                future.cancel()
            else:
                future.set_exception(error)

    def _settle(self, worked: "Sequence[_Outcome]") -> None:
        for asked, index, outcome in worked:
            if isinstance(asked, _Call):
                asked.came(index, outcome)
            elif not asked.done():
                asked.set_result(outcome)
        self._start(len(self._waiting) - self._active)


class Lane(_Queue):
    """For reading and hashing. What nobody waits for any more is dropped."""

    def __init__(self, pool: Executor, *, widest: int) -> None:
        super().__init__(pool, widest=widest, busiest=1, slice_s=SLICE_S)

    def ask(self, work: Callable[[], T]) -> "asyncio.Future[T | Exception]":
        """What `work` gives or raises. A thousand of these in a turn cost little more than a thousand futures."""
        return self._ask(work)

    def ask_all(self, works: Sequence[Callable[[], T]]) -> "asyncio.Future[list[T | Exception]]":
        """What each of `works` gives or raises, in their order."""
        return self._ask_all(works)

    def _next(self) -> "list[_Outcome]":
        while True:
            try:
                work, asked, index = self._waiting.popleft()
            except IndexError:
                return []
            if asked.cancelled():
                continue
            try:
                return [(asked, index, work())]
            except Exception as error:
                return [(asked, index, error)]


class StoringLane(_Queue):
    """For storing, which is done though its caller left; a thread takes its share of what waits abreast."""

    def __init__(self, pool: Executor, *, widest: int, busiest: int = 1, abreast: int = ABREAST) -> None:
        """At most `abreast` at once in each thread; the others as for every lane."""
        super().__init__(pool, widest=widest, busiest=busiest, slice_s=STORING_SLICE_S)
        self._abreast = abreast

    def ask(self, work: Callable[[], Steps[T]]) -> "asyncio.Future[T | Exception]":
        """What the steps of `work` give or raise."""
        return self._ask(work)

    def ask_all(self, works: Sequence[Callable[[], Steps[T]]]) -> "asyncio.Future[list[T | Exception]]":
        """What the steps of each of `works` give or raise, in their order."""
        return self._ask_all(works)

    def _next(self) -> "list[_Outcome]":
        taken = self._taken()
        outcomes = abreast([work() for work, _, _ in taken])
        return [(asked, index, outcome) for (_, asked, index), outcome in zip(taken, outcomes, strict=True)]

    def _taken(self) -> "list[_Piece]":
        """A thread's share; not all that a few callers want, which as many threads do sooner."""
        taken: list[_Piece] = []
        share = min(self._abreast, len(self._waiting) // self._width or 1)
        with suppress(IndexError):
            while len(taken) < share:
                taken.append(self._waiting.popleft())
        return taken


def abreast(works: Sequence[Steps[T]]) -> list[T | Exception]:
    """What each gives or raises, in their order, when each has done a step before any does the next."""
    outcomes: dict[int, T | Exception] = {}
    while len(outcomes) < len(works):
        for index, work in enumerate(works):
            if index in outcomes:
                continue
            try:
                next(work)
            except StopIteration as end:
                outcomes[index] = end.value
            except Exception as error:
                outcomes[index] = error
    return [outcomes[index] for index in range(len(works))]


def given(outcome: T | Exception) -> T:
    """The outcome. Raises it, where it is an exception."""
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


class _Call:
    """One await of many pieces of work, and what has come of them."""

    __slots__ = ("_left", "_outcomes", "future")

    def __init__(self, pieces: int, future: asyncio.Future[list[Any]]) -> None:
        self.future, self._left = future, pieces
        self._outcomes: list[Any] = [None] * pieces

    def cancelled(self) -> bool:
        """Whether nobody waits for it any more."""
        return self.future.cancelled()

    def came(self, index: int, outcome: Any) -> None:
        """One piece is done; the last one ends the wait."""
        self._outcomes[index] = outcome
        self._left -= 1
        if not self._left and not self.future.done():
            self.future.set_result(self._outcomes)


_Asked = asyncio.Future[Any] | _Call
_Piece = tuple[Callable[[], Any], _Asked, int]  # its place in a call of many
_Outcome = tuple[_Asked, int, Any]


class _Pace:
    """How long the latest work took, and whether it is the disk that is waited for.

    The shortest of a few counts, since a thread that waits for Python's lock looks slow too; and it is divided by the
    number of threads at work, for eight that wait for each other are no reason for having eight.
    """

    def __init__(self) -> None:
        self._latest_s = (math.inf,) * 4

    def took(self, seconds: float) -> None:
        """May be called by many threads: one of two measurements at once is lost, which is no loss."""
        self._latest_s = (*self._latest_s[1:], seconds)

    def is_slow(self) -> bool:
        return min(self._latest_s) > SLOW_S
