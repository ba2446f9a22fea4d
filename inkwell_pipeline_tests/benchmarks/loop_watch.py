"""Where a loop's time goes while it is held: every turn timed, a thread that looks what the long ones are at.

Belongs here: the instrument. Does not: how time goes to causes (`attribution.py`), the runs (`blocked.py`).

A `WatchedLoop` has a selector of ours, which is told of every turn by being asked for the next one, and of every
metered body by the stopwatch that `loop_meter` puts on it. So it cuts turns where the package's meter does, and counts
those that the package's meter counts: the two have to agree.

The samples are about a millisecond apart. The sampler itself takes the GIL for 0.05 to 0.1 ms each time: that is in the
waits.
"""

import asyncio
import gc
import selectors
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import Context
from functools import cache
from itertools import accumulate, chain, repeat, starmap
from operator import itemgetter
from types import CodeType, FrameType
from typing import Any, TypeVarTuple

from inkwell_pipeline.loop_meter import LONG_TURN_S
from inkwell_pipeline_tests.benchmarks.attribution import DAGSTER, IMPORTS, LOOP, OURS, WRITES, Mark, Piece

__all__ = ["CountingLoop", "LoopWatch", "WatchedLoop", "collections_timed", "sampled", "watched"]

Ts = TypeVarTuple("Ts")

SAMPLE_EVERY_S = 0.001
OUR_FILES = ("/inkwell_pipeline/files.py", "/inkwell_pipeline/system.py")  # what waits for the disk


class LoopWatch(selectors.DefaultSelector):
    """A loop's selector, which keeps the turns that are longer than 2 ms, and counts all."""

    def __init__(self) -> None:
        super().__init__()
        self.turns, self.bodies, self.body_s = 0, 0, 0.0  # turns and seconds: those in bodies
        self.pieces: list[Piece] = []
        self.thread = threading.get_ident()
        self._body: int | None = None
        self.began: Mark | None = self._now()  # None while the loop waits

    def select(self, timeout: float | None = None) -> Any:
        self._cut()
        self.began = None
        try:
            return super().select(timeout)
        finally:
            self.turns += self._body is not None
            self.began = self._now()

    def __setattr__(self, name: str, value: object) -> None:
        """A body begins when its stopwatch takes the place of `select`."""
        super().__setattr__(name, value)
        if name == "select":
            self._cut()
            self._body, self.bodies = self.bodies, self.bodies + 1
            self.body_s -= time.perf_counter()

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        if name == "select":
            self._cut()
            self._body = None
            self.body_s += time.perf_counter()

    def close(self) -> None:
        self._cut()
        self.began = None
        super().close()

    def _cut(self) -> None:
        """What of the turn is over is a piece."""
        ended = self._now()
        if self.began is not None and ended.at_s - self.began.at_s > LONG_TURN_S:
            self.pieces.append(Piece(self._body, self.began, ended))
        self.began = ended

    @staticmethod
    def _now() -> Mark:
        return Mark(time.perf_counter(), time.thread_time())


class CountingLoop(asyncio.SelectorEventLoop):
    """An event loop that counts how often the meter's heartbeat is set."""

    beats = 0

    def call_later(
        self, delay: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        self.beats += getattr(callback, "__qualname__", "") == "_Heartbeat._beat"
        return super().call_later(delay, callback, *args, context=context)


class WatchedLoop(CountingLoop):
    """An event loop whose turns are kept."""

    def __init__(self) -> None:
        self.watch = LoopWatch()
        super().__init__(self.watch)


@contextmanager
def watched() -> Iterator[list[WatchedLoop]]:
    """Every loop that this thread makes inside is a watched one; they are in the list in the order of their making."""
    made, thread = list[WatchedLoop](), threading.get_ident()

    class Policy(asyncio.DefaultEventLoopPolicy):
        def new_event_loop(self) -> asyncio.AbstractEventLoop:
            if threading.get_ident() != thread:
                return super().new_event_loop()
            made.append(WatchedLoop())
            return made[-1]

    asyncio.set_event_loop_policy(Policy())
    try:
        yield made
    finally:
        asyncio.set_event_loop_policy(None)


@contextmanager
def sampled(loops: Sequence[WatchedLoop]) -> Iterator[list[Mark]]:
    """Samples the newest of the loops whenever it is in a turn; the samples, in order."""
    samples: list[Mark] = []
    ends = threading.Event()

    def look() -> None:
        while not ends.wait(SAMPLE_EVERY_S):
            if loops and loops[-1].watch.began is not None:
                samples.append(_sample(loops[-1].watch.thread))

    thread = threading.Thread(target=look, name="sampler", daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        ends.set()
        thread.join()


@contextmanager
def collections_timed() -> Iterator[list[tuple[float, float, int]]]:
    """When garbage was collected: from, to, and in which thread."""
    collections: list[tuple[float, float, int]] = []
    began_s = 0.0

    def note(phase: str, _info: dict[str, int]) -> None:
        nonlocal began_s
        if phase == "start":
            began_s = time.perf_counter()
        else:
            collections.append((began_s, time.perf_counter(), threading.get_ident()))

    gc.callbacks.append(note)
    try:
        yield collections
    finally:
        gc.callbacks.remove(note)


def _sample(thread: int) -> Mark:
    """What the thread is at."""
    cpu_s = time.clock_gettime(time.pthread_getcpuclockid(thread))
    at_s = time.perf_counter()
    return Mark(at_s, cpu_s, *_seen(_stack(thread)))


def _stack(thread: int) -> list[FrameType]:
    """The thread's frames, from the innermost out.

    It is one call of C, for as long as which the GIL is kept: to go from a frame to the next one in Python, while the
    thread may run on, finds frames that are no more.
    """
    innermost = map(itemgetter(thread), starmap(sys._current_frames, [()]))
    frames: list[FrameType] = []
    gc.disable()  # a collection lets the thread run on
    with suppress(AttributeError, KeyError):  # None, behind the outermost, has no f_back; a thread may have ended
        frames.extend(accumulate(chain(innermost, repeat("f_back")), getattr))
    gc.enable()
    return [frame for frame in frames if frame]


def _seen(stack: Sequence[FrameType]) -> tuple[str, str, bool]:
    """The cause, where it is, and whether it waits by its nature: an import or a write, or else whose frame is the
    innermost that is ours or Dagster's.
    """
    whose = [_whose(frame.f_code) for frame in stack]
    if LOOP in whose:  # what is further out has started the loop, and knows nothing of what runs on it
        whose = whose[: whose.index(LOOP)]
    if IMPORTS in whose:
        importer = len(whose) - whose[::-1].index(IMPORTS)
        return IMPORTS, _place(stack[importer]), True
    for number, owner in enumerate(whose):
        if owner == DAGSTER:
            return WRITES if WRITES in whose[:number] else DAGSTER, _place(stack[number]), True
        if owner == OURS:
            return OURS, _place(stack[number]), stack[0].f_code.co_filename.endswith(OUR_FILES)
    return LOOP, _place(stack[0]) if stack else "", False


@cache
def _whose(code: CodeType) -> str:
    name = code.co_filename
    if name.startswith("<frozen importlib"):
        return IMPORTS
    if "/sqlalchemy/" in name or "/sqlite3/" in name:
        return WRITES
    if "/inkwell_pipeline/" in name:
        return OURS
    if name.endswith("/asyncio/base_events.py") and code.co_name == "run_forever":
        return LOOP
    return DAGSTER if "/dagster/" in name or "/dagster_shared/" in name else ""


def _place(frame: FrameType) -> str:
    code = frame.f_code
    return f"{'/'.join(code.co_filename.split('/')[-2:])}:{frame.f_lineno} {code.co_qualname}"
