"""Our cache, as a row beside its rivals: plain awaits gathered, and the calls that take many.

Belongs here: opening an `ExtractionCache` for a row. Does not: the rivals (`cache_rivals.py`), and measuring.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from inkwell_pipeline.cache import Digest, ExtractionCache
from inkwell_pipeline.system import System
from inkwell_pipeline_tests.benchmarks.cache_entries import Asked, Keys, Shelf
from inkwell_pipeline_tests.benchmarks.cache_rivals import Read, Storage, Write

__all__ = ["SlowSystem", "ours", "ours_at_once", "ours_writes", "ours_writes_at_once"]

Request = tuple[str, str, str | Digest]


class SlowSystem(System):
    """A system on which every file takes its time to be opened."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def open(self, path: str, flags: int, mode: int = 0o777) -> int:  # type: ignore[override]  # a static method
        self._storage.wait()
        return os.open(path, flags, mode)


@asynccontextmanager
async def ours(shelf: Shelf, keys: Keys, storage: Storage) -> AsyncIterator[Read]:
    """A plain `await cache.get(...)` for each entry."""
    async with _opened(shelf, keys, storage) as (cache, request):

        async def read(asked: Sequence[Asked]) -> Sequence[str | None]:
            return await asyncio.gather(*(cache.get(*request(one)) for one in asked))

        yield read


@asynccontextmanager
async def ours_at_once(shelf: Shelf, keys: Keys, storage: Storage) -> AsyncIterator[Read]:
    """`get_many`."""
    async with _opened(shelf, keys, storage) as (cache, request):

        async def read(asked: Sequence[Asked]) -> Sequence[str | None]:
            return await cache.get_many([request(one) for one in asked])

        yield read


@asynccontextmanager
async def ours_writes(folder: Path) -> AsyncIterator[Write]:
    """A plain `await cache.set(...)` for each entry."""
    async with ExtractionCache(folder) as cache:

        async def write(items: Sequence[Asked]) -> None:
            await asyncio.gather(*(cache.set(*one.item) for one in items))

        yield write


@asynccontextmanager
async def ours_writes_at_once(folder: Path) -> AsyncIterator[Write]:
    """`set_many`."""
    async with ExtractionCache(folder) as cache:

        async def write(items: Sequence[Asked]) -> None:
            await cache.set_many([one.item for one in items])

        yield write


@asynccontextmanager
async def _opened(
    shelf: Shelf, keys: Keys, storage: Storage
) -> AsyncIterator[tuple[ExtractionCache, Callable[[Asked], Request]]]:
    """The cache, and what it is asked for: transcripts' digests where the keys are known, else their texts."""
    async with ExtractionCache(shelf.folder, system=SlowSystem(storage) if storage.delay_s else System()) as cache:
        if not keys.known:
            yield cache, lambda asked: asked.request
            return
        texts = {one.request[2] for one in shelf.asked}
        digests = {text: await cache.digest(text) for text in texts}
        yield cache, lambda asked: (asked.request[0], asked.request[1], digests[asked.request[2]])
