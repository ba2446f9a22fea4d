"""Other ways to read and write the same entries, with the same checks and the same fsync, and the limit of them all.

Belongs here: what a cache could have been instead. Does not: ours, and measuring. A way is opened on a shelf and
gives a function that reads (or writes) many entries, each awaited as somebody would write it down.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import aiofiles
import aiofiles.os

from inkwell_pipeline_tests.benchmarks.cache_entries import Asked, Keys, Shelf, checked, content, make_places, place

__all__ = [
    "EVERY",
    "Read",
    "ReadWay",
    "Storage",
    "Write",
    "WriteWay",
    "raw_read",
    "raw_write",
    "synchronous",
    "synchronous_writes",
    "textbook",
    "textbook_writes",
    "yielding",
]

EVERY = 25  # reads without letting the loop go on
Read = Callable[[Sequence[Asked]], Awaitable[Sequence[str | None]]]
Write = Callable[[Sequence[Asked]], Awaitable[None]]
ReadWay = Callable[[Shelf, Keys, "Storage"], AbstractAsyncContextManager[Read]]
WriteWay = Callable[[Path], AbstractAsyncContextManager[Write]]


@dataclass(frozen=True)
class Storage:
    """The disk as it is, or one that takes so long for each file that is opened."""

    delay_s: float = 0.0

    def open(self, path: str | os.PathLike[str], flags: int) -> int:
        """`os.open`, also as the `opener` of Python's `open`."""
        self.wait()
        return os.open(path, flags, 0o600)

    def wait(self) -> None:
        """What an operation takes on top."""
        if self.delay_s:
            time.sleep(self.delay_s)


def raw_read(asked: Sequence[Asked], keys: Keys, storage: Storage = Storage()) -> list[str | None]:
    """The limit: a loop without any await."""
    values: list[str | None] = []
    for one in asked:
        key = keys.of(one)
        with open(one.path, "rb", opener=storage.open if storage.delay_s else None) as file:
            values.append(checked(file.read(), key))
    return values


def raw_write(path: Path, entry: bytes) -> None:
    """The limit of writing: a temporary file, fsync, the name, fsync of the folder."""
    temporary = path.with_name(f".{uuid4().hex}.tmp")
    with temporary.open("xb") as file:
        file.write(entry)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    _sync(path.parent)


@asynccontextmanager
async def synchronous(shelf: Shelf, keys: Keys, storage: Storage) -> AsyncIterator[Read]:
    """Coroutines that read synchronously: what looks asynchronous, and is not."""

    async def get(one: Asked) -> str | None:
        return raw_read([one], keys, storage)[0]

    async def read(asked: Sequence[Asked]) -> Sequence[str | None]:
        return await asyncio.gather(*map(get, asked))

    yield read


@asynccontextmanager
async def yielding(shelf: Shelf, keys: Keys, storage: Storage) -> AsyncIterator[Read]:
    """The same, but that every 25th read lets the loop go on: what a sceptic of threads would do."""
    reads = 0

    async def get(one: Asked) -> str | None:
        nonlocal reads
        reads += 1
        if reads % EVERY == 0:
            await asyncio.sleep(0)
        return raw_read([one], keys, storage)[0]

    async def read(asked: Sequence[Asked]) -> Sequence[str | None]:
        # gathered, all tasks would stand in the loop's queue at once, and each `sleep(0)` would wait for all of them
        return [await get(one) for one in asked]

    yield read


@asynccontextmanager
async def textbook(shelf: Shelf, keys: Keys, storage: Storage) -> AsyncIterator[Read]:
    """`async with aiofiles.open(...)` a file, as every introduction has it."""
    opener = storage.open if storage.delay_s else None

    async def get(one: Asked) -> str | None:
        key = keys.of(one)
        async with aiofiles.open(one.path, "rb", opener=opener) as file:
            found = await file.read()
        return checked(found, key)

    async def read(asked: Sequence[Asked]) -> Sequence[str | None]:
        return await asyncio.gather(*map(get, asked))

    yield read


@asynccontextmanager
async def synchronous_writes(folder: Path) -> AsyncIterator[Write]:
    """Coroutines that write synchronously."""
    keys = Keys(known=False)
    make_places(folder)

    async def put(one: Asked) -> None:
        key = keys.of(one)
        raw_write(place(folder, key), content(key, one.value))

    async def write(items: Sequence[Asked]) -> None:
        await asyncio.gather(*map(put, items))

    yield write


@asynccontextmanager
async def textbook_writes(folder: Path) -> AsyncIterator[Write]:
    """A temporary file by aiofiles, and each further step in a thread, with the same two fsyncs as ours."""
    keys = Keys(known=False)
    make_places(folder)

    async def put(one: Asked) -> None:
        key = keys.of(one)
        path = place(folder, key)
        temporary = path.with_name(f".{uuid4().hex}.tmp")
        async with aiofiles.open(temporary, "xb") as file:
            await file.write(content(key, one.value))
            await file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())
        await aiofiles.os.replace(temporary, path)
        await asyncio.to_thread(_sync, path.parent)

    async def write(items: Sequence[Asked]) -> None:
        await asyncio.gather(*map(put, items))

    yield write


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
