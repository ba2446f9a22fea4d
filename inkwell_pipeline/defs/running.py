"""How a body runs inside Dagster: stoppable, metered, logged off the loop, its errors in one line.

Belongs here: what every asset's body has around it. Does not: what a body does (`assets.py`).
The ways here are those that measurement left: see the comments.
"""

import asyncio
import functools
import gc
import logging
import queue
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from types import FrameType
from typing import Any, ParamSpec, TypeAlias, TypeVar, cast, get_args

import dagster as dg
from dagster._core.errors import DagsterExecutionInterruptedError

from inkwell_pipeline.errors import InkwellError, TransientError
from inkwell_pipeline.loop_meter import LoopMeter, meter_loop
from inkwell_pipeline.metering import Counters, counting
from inkwell_pipeline.models import AssetName
from inkwell_pipeline.tasks import advice

__all__ = ["WHAT_TO_DO", "Measured", "as_failure", "hang_up_interrupts", "measured", "responsive", "stoppable"]

P = ParamSpec("P")
T = TypeVar("T")
Context: TypeAlias = dg.AssetExecutionContext | dg.OpExecutionContext

WHAT_TO_DO = "what to do"  # beside an error, in metadata and tables
PACKAGE_LOG = logging.getLogger("inkwell_pipeline")


def stoppable(body: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Runs the body as a task that signals cancel, and makes Dagster's failure of an InkwellError.

    The signals are SIGINT, SIGTERM and SIGHUP, which a closed terminal sends.

    Left alone, Dagster ends a native async body with GeneratorExit: what follows an await in a `finally` never runs.
    """

    @functools.wraps(body)
    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        task = asyncio.ensure_future(body(*args, **kwargs))
        with _cancelled_by_signals(task) as stop:
            try:
                made = await task
            except asyncio.CancelledError:
                if task.cancelled():
                    raise DagsterExecutionInterruptedError from None
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
                raise
            except InkwellError as error:
                raise as_failure(error, asset=_asset(body.__name__)) from None
        if stop.asked:  # too late to cancel it, and not to be forgotten
            raise DagsterExecutionInterruptedError
        return made

    return run


def _asset(name: str) -> AssetName | None:
    """The asset whose body has this name; None: it is a job's."""
    return cast("AssetName", name) if name in get_args(AssetName) else None


def as_failure(error: InkwellError, *, asset: AssetName | None) -> dg.Failure:
    """Dagster's failure of a step, in our line, with what to do beside it."""
    todo = advice(error, asset=asset)
    return dg.Failure(str(error), metadata={WHAT_TO_DO: todo}, allow_retries=isinstance(error, TransientError))


@dataclass
class _Stop:
    """Whether a signal has come."""

    asked: bool = False


@contextmanager
def _cancelled_by_signals(task: "asyncio.Future[Any]") -> Iterator[_Stop]:
    """The first signal cancels the task; a second one must not cut its cleaning up short."""
    loop, stop = asyncio.get_running_loop(), _Stop()
    signals = _stopping_signals()
    before = {number: signal.getsignal(number) for number in signals}

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if not stop.asked:
            stop.asked = True
            loop.call_soon_threadsafe(task.cancel)

    with _held_back(signals):
        for number in signals:
            # asyncio's for what wakes the loop; ours since its own forgets a signal that comes as the body ends
            loop.add_signal_handler(number, _nothing)
            signal.signal(number, on_signal)
    try:
        yield stop
    finally:
        with _held_back(signals):
            for number, handler in before.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler)


def _nothing() -> None:
    """The loop is awake; the signal's own handler has done the rest."""


@contextmanager
def _held_back(signals: Sequence[signal.Signals]) -> Iterator[None]:
    """Signals that come meanwhile come at the end: none meets a handler that is half exchanged."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _stopping_signals() -> tuple[signal.Signals, ...]:
    """Those that stop a run, where this thread may handle signals. `nohup` means what it says."""
    if threading.current_thread() is not threading.main_thread():
        return ()
    hang_up = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)
    return (signal.SIGINT, signal.SIGTERM, *hang_up)


@contextmanager
def hang_up_interrupts() -> Iterator[None]:
    """Between the bodies, too, SIGHUP is as SIGINT; Dagster knows the latter and SIGTERM alone."""
    if signal.SIGHUP not in _stopping_signals():
        yield
        return
    before = signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


@contextmanager
def responsive() -> Iterator[None]:
    """The process set for a loop that is not kept waiting, for as long as a run has its resources open.

    Dagster's half a million objects live to the end: a collection that looks at all of them takes 0.14 s. And a
    thread that computes gives the GIL away after 1 ms, not 5: of 50 episodes, extracted anew, the loop's longest
    turn went from 0.28 s to 0.02 s with both, and with one thread that computes.
    """
    interval_s = sys.getswitchinterval()
    gc.freeze()
    sys.setswitchinterval(0.001)
    try:
        yield
    finally:
        sys.setswitchinterval(interval_s)
        gc.unfreeze()


@dataclass(frozen=True)
class Measured:
    """The counters and the loop's meter of one body."""

    counters: Counters
    meter: LoopMeter


@asynccontextmanager
async def measured(context: Context) -> AsyncIterator[Measured]:
    """Counts and meters all that is awaited inside, and passes the package's log lines on to Dagster."""
    async with _logged(context):
        with meter_loop() as meter, counting() as counters:
            yield Measured(counters, meter)


_lines: ContextVar["queue.SimpleQueue[logging.LogRecord | None] | None"] = ContextVar("inkwell_log", default=None)


class _Enqueue(logging.Handler):
    """Takes the lines of one body; those of other runs in this process are theirs."""

    def __init__(self, lines: "queue.SimpleQueue[logging.LogRecord | None]") -> None:
        super().__init__(level=logging.INFO)
        self._own = lines

    def emit(self, record: logging.LogRecord) -> None:
        if _lines.get() is self._own:
            self._own.put(record)


@asynccontextmanager
async def _logged(context: Context) -> AsyncIterator[None]:
    """One queue, and one thread that drains it into `context.log`: each line there is a write to SQLite.

    200 lines on the loop held it for 250 to 980 ms; this way 1.4 to 4.1 ms. `kill -9` loses what is queued.
    """
    lines: queue.SimpleQueue[logging.LogRecord | None] = queue.SimpleQueue()

    def drain() -> None:
        while (record := lines.get()) is not None:
            with suppress(Exception):  # one line that cannot be written must not cost the others
                context.log.log(record.levelno, record.getMessage())

    thread = threading.Thread(target=drain, name="inkwell-log", daemon=True)
    handler = _Enqueue(lines)
    token = _lines.set(lines)
    thread.start()
    PACKAGE_LOG.addHandler(handler)
    # From now on, in this process, the lines are Dagster's alone: a handler of the root logger writes on the loop.
    PACKAGE_LOG.setLevel(logging.INFO)
    PACKAGE_LOG.propagate = False
    try:
        yield
    finally:
        PACKAGE_LOG.removeHandler(handler)
        _lines.reset(token)
        lines.put(None)
        await asyncio.to_thread(thread.join)
