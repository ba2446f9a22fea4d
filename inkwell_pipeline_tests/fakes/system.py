"""A disk that fails, or is slow, below everything of ours.

Belongs here: a `System` that remembers what it was asked, and what it does to a call. Does not: what should come of it.
"""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from inkwell_pipeline.system import System

__all__ = ["CALLS", "FaultySystem", "SlowSystem"]

CALLS = tuple(name for name in vars(System) if not name.startswith("_"))


class FaultySystem(System):
    """The real calls; the one with the number `fails_at`, counted from 0, fails with `number` (an errno)."""

    def __init__(self, *, fails_at: int | None = None, number: int = 0) -> None:
        self.calls: list[str] = []
        self._fails_at, self._number = fails_at, number
        self._lock = threading.Lock()
        for name in CALLS:
            setattr(self, name, self._faulty(name, getattr(System(), name)))

    def _faulty(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            with self._lock:
                fails = len(self.calls) == self._fails_at
                self.calls.append(name)
            if fails and name == "close":
                call(*args)  # as Linux does: the descriptor is gone, whatever close says
            if fails:
                raise OSError(self._number, os.strerror(self._number))
            return call(*args, **kwargs)

        return run


class SlowSystem(System):
    """Each `open` takes its time, as a disk of the network does; how many threads were in it at once is remembered.

    `on_open` is called in each with its number, from 1, and may let it wait.
    """

    def __init__(self, *, open_s: float = 0.01, on_open: Callable[[int], object] = lambda _number: None) -> None:
        self._open_s, self._on_open, self._lock = open_s, on_open, threading.Lock()
        self.most_at_once, self._now = 0, 0
        self.opened: Counter[str] = Counter()
        self.open = self._open  # type: ignore[assignment]

    def _open(self, path: str, flags: int, mode: int = 0o777) -> int:
        with self._lock:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
            self.opened[path] += 1
            number = self.opened.total()
        try:
            self._on_open(number)
            time.sleep(self._open_s)
            return os.open(path, flags, mode)
        finally:
            with self._lock:
                self._now -= 1
