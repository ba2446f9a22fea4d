"""A process of our own beside the run's, for work that would keep the run's from its GIL: SDKs, their import above all.

Belongs here: beginning it, the way there and back, its end. Does not: what it does (`extraction/asker.py`).
In a thread, an SDK's import of 2.6 s took 5.2 s, and as much longer what a run of 50 episodes did meanwhile; beside it,
on another core, neither waits for the other.

Messages are lines of JSON, through pipes. The process ignores the signals that stop a run, so that what is under way
can come to its end; it ends when its input does, which is when whoever began it ends, however that comes about.
"""

import asyncio
import json
import os
import subprocess
import sys
import threading
from asyncio import AbstractEventLoop, Future
from contextlib import suppress
from itertools import count
from typing import Any

from inkwell_pipeline.errors import TransientError
from inkwell_pipeline.threads import in_thread

__all__ = ["SideProcess"]

Message = dict[str, Any]


class SideProcess:
    """Runs a module of this package. Any number of tasks, of any event loop, may ask it at once."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._child: _Child | None = None
        self._beginning = threading.Lock()
        self._numbers = count(1)

    async def ask(self, message: Message) -> Message:
        """Its answer; it is begun where it is not at work. A cancellation is passed on.

        Raises: TransientError, where it ends before it has answered; another question begins another one.
        """
        question = _Question(next(self._numbers), asyncio.get_running_loop())
        child = await in_thread(self._begun)
        try:
            await in_thread(child.send, {"number": question.number, **message}, question)
            return await question.answer
        except asyncio.CancelledError:
            await asyncio.shield(in_thread(child.send, {"cancel": question.number}))
            raise
        finally:
            child.waiting.pop(question.number, None)

    def close(self) -> None:
        """Ends it, and waits for that. Blocks. Another question begins another one."""
        with self._beginning:
            if self._child is not None:
                self._child.close()

    def _begun(self) -> "_Child":
        with self._beginning:
            if self._child is None or self._child.has_ended:
                if self._child is not None:
                    self._child.close()
                self._child = _Child(self._module)
            return self._child


class _Question:
    """Who waits for which answer."""

    def __init__(self, number: int, loop: AbstractEventLoop) -> None:
        self.number, self._loop = number, loop
        self.answer: Future[Message] = loop.create_future()

    def settle(self, message: Message | None, error: Exception | None = None) -> None:
        """From any thread."""

        def here() -> None:
            if self.answer.done():
                return
            if error is not None:
                self.answer.set_exception(error)
            else:
                self.answer.set_result(message or {})

        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(here)


class _Child:
    """One process from its beginning to its end, and what is asked of it. All of it blocks."""

    def __init__(self, module: str) -> None:
        self.waiting: dict[int, _Question] = {}
        self._is_lost = False  # nothing comes from it any more
        self._writing = threading.Lock()
        self._process = subprocess.Popen(  # noqa: S603  our own module
            [sys.executable, "-P", "-W", "ignore", "-m", module],  # -P: nothing out of the current folder
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        threading.Thread(target=self._read, name="inkwell-side-process", daemon=True).start()

    @property
    def has_ended(self) -> bool:
        return self._is_lost or self._process.poll() is not None

    def send(self, message: Message, question: _Question | None = None) -> None:
        """Writes a message; `question` is told its answer, or that there will be none."""
        if question is not None:
            self.waiting[question.number] = question
        data = json.dumps(message).encode() + b"\n"
        try:
            with self._writing:
                assert self._process.stdin is not None
                self._process.stdin.write(data)
                self._process.stdin.flush()
        except (OSError, ValueError):  # it has ended, or is closed
            self._is_lost = True
        if self._is_lost:  # also where it was written: an ending process may close its input last
            self._lost()

    def close(self) -> None:
        with self._writing, suppress(OSError):  # what it has not read is lost on nobody
            assert self._process.stdin is not None
            self._process.stdin.close()
        self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None
        try:
            with self._process.stdout as pipe:
                for line in pipe:
                    self._deliver(line)
        finally:
            self._lost()

    def _deliver(self, line: bytes) -> None:
        try:
            message = json.loads(line)
            question = self.waiting.get(message["number"])
        except (ValueError, TypeError, KeyError):  # torn, or printed by something before we began
            return
        if question is not None:
            question.settle(message)

    def _lost(self) -> None:
        self._is_lost = True  # before it is told: who is not told here sees it after its question is among them
        for question in list(self.waiting.values()):
            question.settle(None, TransientError("the process that talks to models has ended", todo="run again"))
