"""A program of the user's, run to its end: its output, its last words, and its end when ours comes first.

Belongs here: beginning, reading, bounds of time and size, ending it with all that it has begun. Does not: what it is
run for (`transcript/speech/`), the process that ends it where we cannot (`warden.py`).
"""

import asyncio
import errno
import os
import re
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from inkwell_pipeline.errors import TransientError
from inkwell_pipeline.threads import in_thread
from inkwell_pipeline.warden import CANNOT_RUN

__all__ = ["Ended", "NotBegun", "Overran", "Program", "run_program"]

WARDEN = Path(__file__).with_name("warden.py")
GRACE_S = 5.0  # from SIGTERM to SIGKILL
READ_BYTES = 1 << 16
LAST_LINES = 3
LINES_AT_ONCE = 200  # that are looked at in one turn of the loop
LINE_CHARACTERS = 300  # of a line that people are shown; a program may write megabytes without an end
LINE_END = re.compile(rb"[\r\n]+")  # bars of progress return to the line's beginning


@dataclass(frozen=True)
class Program:
    """What is run. `timeout_s`: after which it is ended; `most_bytes`: of its standard output."""

    arguments: Sequence[str]
    folder: Path
    timeout_s: float
    most_bytes: int


@dataclass(frozen=True)
class Ended:
    """It came to its end. `last_lines`: of its errors, or, where there are none, of its output."""

    status: int
    output: bytes
    last_lines: tuple[str, ...]


@dataclass(frozen=True)
class Overran:
    """It was ended: it took too long, or wrote too much."""

    why: str
    last_lines: tuple[str, ...]


@dataclass(frozen=True)
class NotBegun:
    """There is no such program, or it cannot be run."""

    why: str


async def run_program(program: Program, *, tell: Callable[[str], None] = lambda _: None) -> Ended | Overran | NotBegun:
    """Runs it; `tell` is given each line that it writes, as it comes.

    When this is cancelled, or this process dies, the program and all that it has begun are ended. Raises:
    TransientError, where this machine has no room for another process.
    """
    begun = _Begun(program, asyncio.get_running_loop())
    try:
        try:
            await begun.begin()
        except ValueError as error:  # a zero in an argument
            return NotBegun(str(error))
        except OSError as error:
            raise TransientError(f"cannot begin {program.arguments[0]}: {error.strerror}", todo="run again") from error
        try:
            async with asyncio.timeout(program.timeout_s):
                return await begun.ended(tell)
        except TimeoutError:
            return Overran(f"it was ended after {program.timeout_s:.0f} s", begun.last_lines)
        except _TooMuch:
            return Overran(f"it writes more than {program.most_bytes // 1_000_000} MB", begun.last_lines)
    finally:
        await begun.end()


class _TooMuch(Exception):
    """More output than anybody reads."""


class _Lines:
    """What comes through one pipe: whole lines are told, the last ones that differ kept."""

    def __init__(self) -> None:
        self.last: deque[str] = deque(maxlen=LAST_LINES)
        self._begun = b""

    def feed(self, data: bytes) -> list[str]:
        """What has come since; of thousands of tiny lines the last ones."""
        *whole, self._begun = LINE_END.split(self._begun + data)
        self._begun = self._begun[-READ_BYTES:]
        return self._kept(whole[-LINES_AT_ONCE:])

    def end(self) -> list[str]:
        whole, self._begun = [self._begun], b""
        return self._kept(whole)

    def _kept(self, lines: Sequence[bytes]) -> list[str]:
        said = [line.decode("utf-8", "replace").strip()[:LINE_CHARACTERS] for line in lines]
        said = ["".join(filter(str.isprintable, line)) for line in said if line]
        self.last.extend(line for nth, line in enumerate(said) if line != (said[nth - 1] if nth else self._latest))
        return said

    @property
    def _latest(self) -> str:
        return self.last[-1] if self.last else ""


class _Begun:
    """One program, its warden, and the pipes from it."""

    def __init__(self, program: Program, loop: asyncio.AbstractEventLoop) -> None:
        self._program, self._loop = program, loop
        self._process: subprocess.Popen[bytes] | None = None
        self._over: asyncio.Future[int] = loop.create_future()
        self._pipes: list[asyncio.ReadTransport] = []
        self._output, self._errors = _Lines(), _Lines()

    @property
    def last_lines(self) -> tuple[str, ...]:
        return tuple(self._errors.last or self._output.last)

    async def begin(self) -> None:
        beginning = asyncio.ensure_future(in_thread(self._begin))
        try:
            await asyncio.shield(beginning)
        except asyncio.CancelledError:
            await beginning  # so that there is something to end
            raise

    def _begin(self) -> None:
        """A thread waits for its end, since none of those that work for all can for an hour. Blocks."""
        self._process = process = subprocess.Popen(  # noqa: S603  the user's own command, without a shell
            [sys.executable, "-I", "-S", str(WARDEN), str(GRACE_S), *self._program.arguments],
            cwd=self._program.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # signals of our terminal are for us
            env=os.environ,
        )

        def wait() -> None:
            status = process.wait()
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._ended, status)

        try:
            threading.Thread(target=wait, name="inkwell-program", daemon=True).start()
        except RuntimeError as error:  # no room for one: nobody would ever learn of the end
            self._process = None
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
            process.wait()
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN)) from error

    def _ended(self, status: int) -> None:
        if not self._over.done():
            self._over.set_result(status)

    async def ended(self, tell: Callable[[str], None]) -> Ended | NotBegun:
        assert self._process is not None
        pieces: list[bytes] = []
        size = 0
        output, errors = [await self._reader(pipe) for pipe in (self._process.stdout, self._process.stderr)]

        async def read(reader: asyncio.StreamReader, lines: _Lines, *, keep: bool) -> None:
            nonlocal size
            while data := await reader.read(READ_BYTES):
                if keep:
                    size += len(data)
                    if size > self._program.most_bytes:
                        raise _TooMuch
                    pieces.append(data)
                for line in lines.feed(data):
                    tell(line)
                await asyncio.sleep(0)  # a program that writes without an end leaves others their turn
            for line in lines.end():
                tell(line)

        reading = [
            asyncio.ensure_future(read(output, self._output, keep=True)),
            asyncio.ensure_future(read(errors, self._errors, keep=False)),
        ]
        try:
            await asyncio.gather(*reading)
        finally:
            for task in reading:
                task.cancel()
            await asyncio.gather(*reading, return_exceptions=True)
        status = await asyncio.shield(self._over)
        if status == CANNOT_RUN and not pieces:
            return NotBegun("; ".join(self._errors.last) or "it cannot be run")
        return Ended(status, b"".join(pieces), self.last_lines)

    async def _reader(self, pipe: IO[bytes] | None) -> asyncio.StreamReader:
        reader = asyncio.StreamReader(limit=READ_BYTES)
        transport, _ = await self._loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        self._pipes.append(transport)
        return reader

    async def end(self) -> None:
        """Has the warden end what still runs, and waits for that, whoever cancels it meanwhile."""
        if self._process is None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        waiting = asyncio.ensure_future(asyncio.wait([self._over]))
        try:
            await asyncio.shield(waiting)
        except asyncio.CancelledError:
            await waiting
            raise
        finally:
            for transport in self._pipes:
                transport.close()
            for pipe in (self._process.stdout, self._process.stderr):
                if pipe is not None and not self._pipes:
                    pipe.close()
