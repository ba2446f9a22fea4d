"""A time that passes when somebody waits, and at no other moment.

Belongs here: clocks and their sleep, and loops whose time can be put forward. Does not: what is waited for.
"""

import asyncio
import mmap
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

__all__ = ["FakeTime", "SharedTime", "hurried"]


@dataclass
class FakeTime:
    """A clock, noon UTC at first, and a sleep that puts it forward and keeps what was waited for, in seconds."""

    moment: datetime = datetime(2024, 4, 1, 12, 0, tzinfo=UTC)
    waited_s: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.moment

    async def sleep(self, seconds: float) -> None:
        self.waited_s.append(seconds)
        self.moment += timedelta(seconds=seconds)
        await asyncio.sleep(0)


class SharedTime:
    """The same in a file, for processes that are to have one time. It begins now: Dagster's own times are real."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(struct.pack("q", round(datetime.now(UTC).timestamp()) * 1_000_000))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), struct.calcsize("q"))
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=self._read())

    def forward(self, by: timedelta) -> None:
        with self._lock:
            self._memory[:] = struct.pack("q", self._read() + round(by / timedelta(microseconds=1)))

    async def sleep(self, seconds: float) -> None:
        self.forward(timedelta(seconds=seconds))
        await asyncio.sleep(0)

    def _read(self) -> int:
        (moment,) = struct.unpack("q", self._memory[:])
        return int(moment)


class _Hurried(asyncio.SelectorEventLoop):
    """An event loop whose time can be put forward."""

    ahead_s = 0.0

    def time(self) -> float:
        return super().time() + self.ahead_s

    def hurry(self, seconds: float) -> None:
        """From any thread. It wakes the loop: what was to wait that long has waited."""
        self.ahead_s += seconds
        self.call_soon_threadsafe(lambda: None)


@contextmanager
def hurried() -> Iterator[Callable[[float], None]]:
    """Puts the time of every loop that was made inside forward, by some seconds: what they limit in time ends then."""
    loops: list[_Hurried] = []

    class Policy(asyncio.DefaultEventLoopPolicy):
        def new_event_loop(self) -> asyncio.AbstractEventLoop:
            loops.append(_Hurried())
            return loops[-1]

    def hurry(seconds: float) -> None:
        for loop in loops:
            with suppress(RuntimeError):  # it is closed
                loop.hurry(seconds)

    asyncio.set_event_loop_policy(Policy())
    try:
        yield hurry
    finally:
        asyncio.set_event_loop_policy(None)
