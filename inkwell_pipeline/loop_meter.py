"""How long the event loop is held: one stopwatch and one heartbeat a loop, a meter for each body that runs on it.

Belongs here: measuring. Does not: what a body counts (`metering.py`), and whose code it was that held the loop (the
benchmark `blocked`, which samples it).

The time belongs to the loop. Of two bodies metered on one loop at once, both have a long turn in their figures, whoever
held it, each from its own beginning to its own end: the two do not add up to what the loop was held.

The stopwatch times a loop's turns, each from the selector's return to its next call: `select` is wrapped on that one
instance, since no public way costs less than a hundredth of a run. It gives a block its full length, with what else
was in the same turn, and with the time that the turn waited for the GIL or the machine. Waits before the selector
returns are not in it.

The heartbeat is a timer that should go off after 5 ms; how much later it does is a lag, which has all waits in it.
While the loop has nothing else to do, it is set to 50 ms: to be woken costs a loop 0.1 to 0.2 ms, which at 5 ms was two
hundredths of a run.
Where a loop has no selector of Python's (uvloop), lags stand in for turns, always of 5 ms, whatever that costs. Then a
block counts only from when the timer was due: up to 5 ms of it are missing, several between two beats are one, and one
that is shorter than 5 ms is mostly not seen at all. What was blocked is then a lower bound, with foreign waits in it.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["HEARTBEAT_S", "IDLE_HEARTBEAT_S", "LONG_TURN_S", "LoopMeter", "meter_loop"]

LONG_TURN_S = 0.002  # shorter turns are the loop's ordinary work
HEARTBEAT_S = 0.005
IDLE_HEARTBEAT_S = 0.05


@dataclass
class LoopMeter:
    """How long the loop was held while a body ran, in seconds. `method` says which way of measuring was at work."""

    method: Literal["selector", "heartbeat"] = "selector"
    blocked_s: float = 0.0  # the full lengths of all turns longer than LONG_TURN_S
    longest_block_s: float = 0.0
    longest_lag_s: float = 0.0  # what the heartbeat saw: waits for the GIL and for the machine too

    def turn(self, length_s: float) -> None:
        """Takes note of one turn of the loop."""
        if length_s > LONG_TURN_S:
            self.blocked_s += length_s
            self.longest_block_s = max(self.longest_block_s, length_s)

    def lag(self, length_s: float) -> None:
        """Takes note of how late one heartbeat came."""
        self.longest_lag_s = max(self.longest_lag_s, length_s)
        if self.method == "heartbeat":
            self.turn(length_s)


@contextmanager
def meter_loop() -> Iterator[LoopMeter]:
    """Meters the running loop from here to the end of the block, also where both are in the midst of a turn."""
    loop = asyncio.get_running_loop()
    if (watch := _watches.get(loop)) is None:
        watch = _watches[loop] = _Watch(loop)
    body = _Body(LoopMeter(watch.method), began_s=time.perf_counter())
    watch.bodies.append(body)
    try:
        yield body.meter
    finally:
        watch.bodies.remove(body)
        watch.close(body)
        if not watch.bodies:
            del _watches[loop]
            watch.end()


@dataclass(eq=False, slots=True)
class _Body:
    """What is metered on a loop."""

    meter: LoopMeter
    began_s: float


class _Watch:
    """What measures one loop, for as long as anybody wants to know."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.bodies: list[_Body] = []
        selector = getattr(loop, "_selector", None)
        self._stopwatch = _Stopwatch(selector, self.bodies) if hasattr(selector, "__dict__") else None
        self._heartbeat = _Heartbeat(loop, self.bodies, self._stopwatch)

    @property
    def method(self) -> Literal["selector", "heartbeat"]:
        return "heartbeat" if self._stopwatch is None else "selector"

    def close(self, body: _Body) -> None:
        """The turn that a body ends in is the body's up to here, and a heartbeat that is overdue is late already."""
        now_s = time.perf_counter()
        self._heartbeat.tell(body, now_s)
        if self._stopwatch is not None:
            self._stopwatch.tell(body, now_s)

    def end(self) -> None:
        self._heartbeat.end()
        if self._stopwatch is not None:
            self._stopwatch.end()


_watches: dict[asyncio.AbstractEventLoop, _Watch] = {}  # of the loops that are metered now


class _Stopwatch:
    """Stands in for one selector's `select`, and tells all bodies how long a turn between two calls was."""

    def __init__(self, selector: Any, bodies: list[_Body]) -> None:
        self._selector, self._bodies = selector, bodies
        self._select, self._before = selector.select, vars(selector).get("select")
        self.turns, self._began_s = 0, time.perf_counter()
        selector.select = self._timed_select

    def _timed_select(self, timeout: float | None = None) -> Any:
        ended_s = time.perf_counter()
        self.turns += 1
        if ended_s - self._began_s > LONG_TURN_S:  # the only one that a meter takes note of
            for body in self._bodies:
                self.tell(body, ended_s)
        try:
            return self._select(timeout)
        finally:
            self._began_s = time.perf_counter()

    def tell(self, body: _Body, ended_s: float) -> None:
        body.meter.turn(ended_s - max(self._began_s, body.began_s))

    def end(self) -> None:
        if self._before is None:
            del self._selector.select
        else:
            self._selector.select = self._before


class _Heartbeat:
    """A timer that sets itself anew, and tells all bodies how late it was."""

    def __init__(self, loop: asyncio.AbstractEventLoop, bodies: list[_Body], stopwatch: _Stopwatch | None) -> None:
        self._loop, self._bodies, self._stopwatch = loop, bodies, stopwatch
        self._turns = 0
        self._set(HEARTBEAT_S)

    def _set(self, pause_s: float) -> None:
        self._due_s = time.perf_counter() + pause_s
        self._timer = self._loop.call_later(pause_s, self._beat)

    def _beat(self) -> None:
        now_s = time.perf_counter()
        for body in self._bodies:
            self.tell(body, now_s)
        self._set(IDLE_HEARTBEAT_S if self._is_idle() else HEARTBEAT_S)

    def _is_idle(self) -> bool:
        """Whether all that the loop has done since the last beat was to wake for this one, as far as anybody knows."""
        if self._stopwatch is None:
            return False
        before, self._turns = self._turns, self._stopwatch.turns
        return self._turns - before <= 1

    def tell(self, body: _Body, now_s: float) -> None:
        body.meter.lag(now_s - max(self._due_s, body.began_s))

    def end(self) -> None:
        self._timer.cancel()
