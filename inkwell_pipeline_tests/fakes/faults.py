"""Faults inside this process, one at a time: a disk that refuses the n-th change, a stop at the n-th await.

Belongs here: counting, and the one fault. Does not: what is done meanwhile, and what should come of it.
Neither touches code of ours: Python's audit hooks see every change of a file, a loop's task factory every step of a
coroutine.
"""

import asyncio
import errno
import os
import sys
import threading
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

__all__ = ["Fault", "await_that_is_stopped", "change_that_fails"]

Work: TypeAlias = "types.CoroutineType[Any, Any, Any]"
CHANGES = {"os.rename", "os.link", "os.mkdir"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Fault:
    """Happens at one point of those that come while it is at work. `hit` says what it was."""

    def __init__(self) -> None:
        self._lock, self._is_at_work = threading.Lock(), False
        self._left = 0
        self.hit: str | None = None

    def is_to_come(self, at: int) -> None:
        """At the point `at`, counted from 0."""
        self._left, self.hit = at, None

    @contextmanager
    def at_work(self) -> Iterator[None]:
        self._is_at_work = True
        try:
            yield
        finally:
            self._is_at_work = False

    def comes(self, what: str) -> bool:
        """Counts a point; whether it is the one."""
        with self._lock:
            if not self._is_at_work:
                return False
            self._left -= 1
            if self._left == -1:
                self.hit = what
                return True
        return False


_refuse: Callable[[str, tuple[Any, ...]], None] | None = None


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _refuse is not None and (event == "open" or event in CHANGES):
        _refuse(event, arguments)


_is_listening = False


@contextmanager
def change_that_fails(folder: Path) -> Iterator[Fault]:
    """A change of what is in the folder, but for Dagster's, fails as on a full disk.

    Changes are: making, renaming, linking, opening to write or, a folder, to sync.
    """
    global _refuse, _is_listening
    fault, ours, dagsters = Fault(), f"{folder}{os.sep}", f"{folder / 'dagster'}{os.sep}"

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        path = f"{arguments[0]}{os.sep}"
        if not path.startswith(ours) or path.startswith(dagsters) or ".lock" in path:
            return
        # a folder is opened to be synced
        if event == "open" and not arguments[2] & WRITING and not os.path.isdir(path):  # noqa: PTH112
            return
        if fault.comes(f"{event} {path.removeprefix(ours)}"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if not _is_listening:  # it cannot be taken away again
        sys.addaudithook(_audit)
        _is_listening = True
    _refuse = refuse
    try:
        yield fault
    finally:
        _refuse = None


@contextmanager
def await_that_is_stopped(_folder: Path) -> Iterator[Fault]:
    """Work of ours is cancelled at one of its steps, on loops that are made inside.

    A step is what a coroutine does from one await to the next. What is cancelled is the work that somebody outside has
    begun last, as by a signal: an asset's body, or a sensor's question, with all that it has begun itself.
    """
    fault, roots = Fault(), list[asyncio.Task[Any]]()

    def make(
        loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any] | Generator[Any, None, Any], **more: Any
    ) -> "asyncio.Task[Any]":
        if not isinstance(work, types.CoroutineType) or f"{os.sep}inkwell_pipeline{os.sep}" not in _file(work):
            return asyncio.Task(work, loop=loop, **more)
        is_begun_by_ours = _is_inside.get()
        task: asyncio.Task[Any] = asyncio.Task(_counted(work, step), loop=loop, **more)
        if not is_begun_by_ours:
            roots.append(task)
        return task

    def step(work: str) -> None:
        if fault.comes(work):
            roots[-1].cancel()

    class Policy(asyncio.DefaultEventLoopPolicy):
        def new_event_loop(self) -> asyncio.AbstractEventLoop:
            loop = super().new_event_loop()
            loop.set_task_factory(make)
            return loop

    asyncio.set_event_loop_policy(Policy())
    try:
        yield fault
    finally:
        asyncio.set_event_loop_policy(None)


def _file(work: Work) -> str:
    return str(work.cr_code.co_filename)


_is_inside: ContextVar[bool] = ContextVar("is_inside", default=False)


async def _counted(work: Work, step: Callable[[str], None]) -> object:
    """The same work, with `step` called before each of its steps."""
    _is_inside.set(True)  # in this task, and in those that it begins
    return await _Steps(work, step)


@dataclass
class _Steps(Awaitable[object]):
    work: Work
    step: Callable[[str], None]

    def __await__(self) -> Generator[Any, Any, object]:
        error: BaseException | None = None
        while True:
            self.step(self.work.__qualname__)
            try:
                awaited = self.work.send(None) if error is None else self.work.throw(error)
            except StopIteration as done:
                return done.value
            try:
                yield awaited
                error = None
            except BaseException as thrown:
                error = thrown
