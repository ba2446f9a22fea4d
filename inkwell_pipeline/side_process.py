"""A process of our own beside the run's, for work that would keep the run's from its GIL: SDKs, their import above all.

Belongs here: beginning it, the way there and back, its end. Does not: what it does (a module that calls `serve`).
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
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from typing import IO, Any

from inkwell_pipeline.errors import TransientError
from inkwell_pipeline.threads import in_thread

__all__ = ["SideProcess"]

Message = dict[str, Any]


class SideProcess:
    """Runs a module of this package. Any number of tasks, of any event loop, may ask it at once."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None
        self._beginning, self._writing = threading.Lock(), threading.Lock()
        self._waiting: dict[int, tuple[AbstractEventLoop, Future[Message]]] = {}
        self._numbers = count(1)

    async def begin(self) -> None:
        """Starts it, if it is not at work; what it has to import it imports without being waited for."""
        await in_thread(self._begin)

    async def ask(self, message: Message) -> Message:
        """Its answer. Raises: TransientError, where the process ends before that. A cancellation is passed on."""
        number, loop = next(self._numbers), asyncio.get_running_loop()
        answer: Future[Message] = loop.create_future()
        self._waiting[number] = loop, answer
        try:
            await in_thread(self._send, {"number": number, **message})
            return await answer
        except asyncio.CancelledError:
            await asyncio.shield(in_thread(self._send, {"cancel": number}))
            raise
        finally:
            self._waiting.pop(number, None)

    def _begin(self) -> IO[bytes]:
        """Its input."""
        with self._beginning:
            if self._process is None or self._process.poll() is not None:
                self._end()
                self._process = subprocess.Popen(  # noqa: S603  our own module
                    [sys.executable, "-W", "ignore", "-m", self._module],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                )
                assert self._process.stdout is not None
                reader = threading.Thread(
                    target=self._read, args=(self._process.stdout,), name="inkwell-side-process", daemon=True
                )
                reader.start()
            assert self._process.stdin is not None
            return self._process.stdin

    def _send(self, message: Message) -> None:
        data = json.dumps(message).encode() + b"\n"
        try:
            with self._writing:
                pipe = self._begin()
                pipe.write(data)
                pipe.flush()
        except OSError:  # it has just ended; whoever reads its output tells those that wait
            self._lost()

    def _read(self, pipe: IO[bytes]) -> None:
        with pipe:
            for line in pipe:
                self._deliver(json.loads(line))
        self._lost()

    def close(self) -> None:
        """Ends it, and waits for that. Blocks. Another question begins another one."""
        with self._writing, self._beginning:
            self._end()

    def _end(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError):  # what it has not read is lost on nobody
                self._process.stdin.close()
            self._process.wait()

    def _deliver(self, message: Mapping[str, Any]) -> None:
        loop, answer = self._waiting.get(message["number"], (None, None))
        if loop is not None and answer is not None:
            _soon(loop, answer, message, None)

    def _lost(self) -> None:
        for loop, answer in list(self._waiting.values()):
            _soon(loop, answer, None, TransientError("the process that talks to models has ended", todo="run again"))


def _soon(
    loop: AbstractEventLoop, answer: "Future[Message]", message: Mapping[str, Any] | None, error: Exception | None
) -> None:
    def settle() -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(dict(message or {}))

    try:
        loop.call_soon_threadsafe(settle)
    except RuntimeError:  # the loop is closed: nobody waits any more
        return
