"""What one asset's body did: look-ups, costs, and how long the event loop was held. Read by `Report`.

Belongs here: the counters of the asset at work (a context variable, so that two at once do not count each other's),
and the loop's meter. Does not: the names under which the figures are published (`reports.py`).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

__all__ = ["HEARTBEAT_S", "LONG_TURN_S", "Counters", "LoopMeter", "counters", "counting", "meter_loop"]

LONG_TURN_S = 0.002  # shorter turns are the loop's ordinary work
HEARTBEAT_S = 0.005


@dataclass
class Counters:
    """What was looked up and spent. Times in seconds, money in USD; None: a price was not known."""

    cache_hits: int = 0
    cache_misses: int = 0
    cache_io_s: float = 0.0
    cost_usd: Decimal = Decimal(0)
    saved_usd: Decimal = Decimal(0)
    model_calls: int = 0
    unpriced_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0

    @contextmanager
    def cache_io(self) -> Iterator[None]:
        """Adds the time that the caller waits for the cache; waits that overlap add up."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.cache_io_s += time.perf_counter() - began

    def looked_up(self, found: int, asked: int) -> None:
        self.cache_hits += found
        self.cache_misses += asked - found


_at_work: ContextVar[Counters] = ContextVar("inkwell_counters")


def counters() -> Counters:
    """The counters of the asset at work; where none is, counters that nobody reads."""
    return _at_work.get(None) or Counters()


@contextmanager
def counting() -> Iterator[Counters]:
    """New counters for all that is awaited inside, tasks started there too."""
    token = _at_work.set(Counters())
    try:
        yield _at_work.get()
    finally:
        _at_work.reset(token)


@dataclass
class LoopMeter:
    """How long the loop's turns held it, in seconds. `method` says which way of measuring was at work."""

    method: Literal["selector", "heartbeat"] = "selector"
    blocked_s: float = 0.0  # the full lengths of all turns longer than LONG_TURN_S
    longest_block_s: float = 0.0
    longest_lag_s: float = 0.0  # what a heartbeat saw: waits for the GIL and for the machine too

    def turn(self, length_s: float) -> None:
        """Takes note of one turn of the loop."""
        if length_s > LONG_TURN_S:
            self.blocked_s += length_s
            self.longest_block_s = max(self.longest_block_s, length_s)


@asynccontextmanager
async def meter_loop() -> AsyncIterator[LoopMeter]:
    """Meters the running loop from here to the end of the block.

    A turn is what lies between the selector's return and its next call: the loop's `select` is wrapped on that one
    instance, since no public way costs less than a hundredth of a run. Where a loop has no such selector (uvloop,
    Windows' proactor), the heartbeat's lags stand in, and `method` says so.
    """
    meter = LoopMeter()
    loop = asyncio.get_running_loop()
    selector = getattr(loop, "_selector", None)
    restore = _wrap_select(selector, meter) if selector is not None else None
    if restore is None:
        meter.method = "heartbeat"
    heartbeat = loop.create_task(_beat(meter))
    try:
        await asyncio.sleep(0)  # so that the first turn metered begins here, and the heartbeat has begun
        yield meter
    finally:
        if restore is not None:
            restore()
        heartbeat.cancel()
        await asyncio.wait([heartbeat])  # unlike awaiting it, this lets a cancellation of our own through


def _wrap_select(selector: Any, meter: LoopMeter) -> Callable[[], None]:
    """Has the selector's one stopwatch time `meter` too; the result ends that, and closes the last turn."""
    stopwatch = vars(selector).get("select") or _Stopwatch(selector.select)
    selector.select = stopwatch
    stopwatch.turns.append(turn := _Turn(meter, began=time.perf_counter()))

    def restore() -> None:
        meter.turn(time.perf_counter() - turn.began)
        stopwatch.turns.remove(turn)
        if not stopwatch.turns:  # meters may end in any order: the last one takes it off
            del selector.select

    return restore


@dataclass(eq=False)
class _Turn:
    """The turn that a meter is in."""

    meter: LoopMeter
    began: float


class _Stopwatch:
    """Stands in for one selector's `select`, and tells its meters how long the turns between two calls are."""

    def __init__(self, select: Callable[[float | None], Any]) -> None:
        self._select = select
        self.turns: list[_Turn] = []

    def __call__(self, timeout: float | None = None) -> Any:
        ended = time.perf_counter()
        for turn in self.turns:
            turn.meter.turn(ended - turn.began)
        try:
            return self._select(timeout)
        finally:
            began = time.perf_counter()
            for turn in self.turns:
                turn.began = began


async def _beat(meter: LoopMeter) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(HEARTBEAT_S)
        lag = time.perf_counter() - began - HEARTBEAT_S
        meter.longest_lag_s = max(meter.longest_lag_s, lag)
        if meter.method == "heartbeat":
            meter.turn(lag)
