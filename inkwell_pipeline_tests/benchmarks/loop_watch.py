"""Where a loop's time goes while it is held: every turn timed, a thread that looks what the long ones are at.

Belongs here: the instrument and its rules. Does not: the run that it watches, and the table (`blocked.py`).

A `WatchedLoop` has a selector of ours, which is told of every turn by being asked for the next one, and of every
metered body by the stopwatch that `loop_meter` puts on it. So it cuts turns where the package's meter does, and counts
those that the package's meter counts: the two have to agree.

A turn is attributed by samples of the loop's thread, about a millisecond apart, each for the time since the one before.
The samples come with the thread's CPU time: time off the CPU is a wait for the GIL or the machine, unless what was
seen waits by its nature (a write to SQLite, a file, an import). Collections of garbage are timed, not sampled; they
hold the GIL, so that one in any thread counts. What no sample fell into is `not sampled`. The parts add up to the
whole. The sampler itself takes the GIL for 0.05 to 0.1 ms a sample: that is in the waits.
"""

import asyncio
import gc
import selectors
import sys
import threading
import time
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import Context
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate, chain, repeat, starmap
from operator import itemgetter
from types import CodeType, FrameType
from typing import Any, TypeVarTuple

from inkwell_pipeline.loop_meter import LONG_TURN_S

__all__ = [
    "CAUSES",
    "Attributed",
    "CountingLoop",
    "LoopWatch",
    "WatchedLoop",
    "attributed",
    "collections_timed",
    "sampled",
    "watched",
]

Ts = TypeVarTuple("Ts")

SAMPLE_EVERY_S = 0.001
OUR_FILES = ("/inkwell_pipeline/files.py", "/inkwell_pipeline/system.py")  # what waits for the disk
OURS, WRITES, COLLECTED, IMPORTS, DAGSTER, LOOP, WAITS, UNKNOWN = CAUSES = (
    "ours",
    "Dagster's writes",
    "garbage collection",
    "imports",
    "Dagster, the rest",
    "asyncio and libraries",
    "waits for GIL or machine",
    "not sampled",
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment of a turn: when, and how much CPU time the loop's thread had had. A sample has a cause and a place."""

    at_s: float
    cpu_s: float
    cause: str = ""
    place: str = ""
    waits_by_nature: bool = False


@dataclass(frozen=True)
class Piece:
    """A turn, or what of it is in one body or between two: `body` counts from 0; None is between."""

    body: int | None
    began: Mark
    ended: Mark

    @property
    def length_s(self) -> float:
        return self.ended.at_s - self.began.at_s


@dataclass
class Attributed:
    """Seconds by cause, turns longer than 2 ms alone; and by place, for whoever wants to mend it."""

    causes: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    places: defaultdict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))  # cause and place

    @property
    def blocked_s(self) -> float:
        return sum(self.causes.values())

    def add(self, cause: str, place: str, length_s: float) -> None:
        self.causes[cause] += length_s
        self.places[cause, place] += length_s


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
    """Every loop that is made inside is a watched one; they are in the list in the order of their making."""
    made: list[WatchedLoop] = []

    class Policy(asyncio.DefaultEventLoopPolicy):
        def new_event_loop(self) -> asyncio.AbstractEventLoop:
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


def attributed(
    pieces: Sequence[Piece], samples: Sequence[Mark], collections: Sequence[tuple[float, float, int]], *, thread: int
) -> Attributed:
    """The pieces' time by cause; it adds up to their lengths. Pure."""
    total, times_s = Attributed(), [sample.at_s for sample in samples]
    for piece in pieces:
        inside = samples[bisect_left(times_s, piece.began.at_s) : bisect_right(times_s, piece.ended.at_s)]
        before = piece.began
        for mark in (*inside, piece.ended):
            seen = mark if mark.cause else inside[-1] if inside else Mark(0, 0, UNKNOWN, waits_by_nature=True)
            _attribute(total, before, mark, seen, collections, thread=thread)
            before = mark
    return total


def _attribute(
    total: Attributed,
    began: Mark,
    ended: Mark,
    seen: Mark,
    collections: Sequence[tuple[float, float, int]],
    *,
    thread: int,
) -> None:
    """The time between two marks of a turn: collections, then what was seen, on the CPU and off it."""
    length_s, cpu_s = ended.at_s - began.at_s, ended.cpu_s - began.cpu_s
    for from_s, to_s, collecting in collections:
        collected_s = min(to_s, ended.at_s) - max(from_s, began.at_s)
        if collected_s > 0:
            total.add(COLLECTED, "in the loop's thread" if collecting == thread else "in another", collected_s)
            length_s -= collected_s
            cpu_s -= collected_s if collecting == thread else 0
    on_cpu_s = length_s if seen.waits_by_nature else min(max(cpu_s, 0), length_s)
    total.add(seen.cause, seen.place, on_cpu_s)
    total.add(WAITS, seen.place, length_s - on_cpu_s)
