"""A lock is given back, whenever its holder is cut short: a process that lives for weeks would keep it for weeks."""

import asyncio
import fcntl
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from inkwell_pipeline.locks import held

A_WHILE_S = 30.0  # nothing takes so long but a dead end


class Gated(ThreadPoolExecutor):
    """Its work with the number `at` waits for `gate` before it begins (or, with `after`, when it is done)."""

    def __init__(self, *, at: int, after: bool) -> None:
        super().__init__(max_workers=2)
        self._at, self._after = at, after
        self.submitted = 0
        self.reached, self.gate = threading.Event(), threading.Event()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        number, self.submitted = self.submitted, self.submitted + 1
        return super().submit(partial(self._run, number, fn, *args, **kwargs))

    def _run(self, number: int, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        self._come_to(number, after=False)
        try:
            return fn(*args, **kwargs)
        finally:
            self._come_to(number, after=True)

    def _come_to(self, number: int, *, after: bool) -> None:
        if (number, after) == (self._at, self._after):
            self.reached.set()
            assert self.gate.wait(A_WHILE_S)


def is_free(path: Path) -> bool:
    """Whether somebody else could have the lock, as another process sees it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


async def take(path: Path, pool: Gated) -> None:
    async with held(path, executor=pool):
        pass


async def take_and_be_stopped(path: Path, pool: Gated) -> None:
    """Where the pool is at the gate."""
    task = asyncio.create_task(take(path, pool))
    await asyncio.to_thread(lambda: pool.reached.wait(A_WHILE_S))
    task.cancel()
    await asyncio.wait([task], timeout=0.05)  # whoever waits for the thread has its chance, and not for ever


@pytest.mark.parametrize("after", [False, True])
def test_who_is_stopped_holds_no_lock(after: bool, tmp_path: Path) -> None:
    """Also where a thread is at it just then, and the loop does not live to hear of it."""
    path = tmp_path / "locks" / "one.lock"
    with Gated(at=-1, after=False) as pool:
        asyncio.run(take(path, pool))
    assert pool.submitted >= 3  # its folder, the lock, and back

    for at in range(pool.submitted):
        with Gated(at=at, after=after) as pool:
            threading.Timer(0.1, pool.gate.set).start()
            asyncio.run(take_and_be_stopped(path, pool))
        assert pool.reached.is_set()
        assert is_free(path), at
