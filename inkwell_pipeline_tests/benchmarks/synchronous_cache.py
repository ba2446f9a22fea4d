"""The pipeline's caches as they were in the first sketch of it: files read and written inside the coroutines.

Belongs here: a stand-in for "before", with the API, the files, the checks and the fsync of ours; only the threads are
missing, and with them the gathering and the single flight. Does not: measuring (`pipeline.py`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from inkwell_pipeline.cache import Entry, ExtractionCache, TranscriptionCache
from inkwell_pipeline.cache.folder import EntryFolder, Key
from inkwell_pipeline.cache.lane import abreast, given
from inkwell_pipeline.cache.store import Store
from inkwell_pipeline.metering import counters
from inkwell_pipeline.system import System

__all__ = ["SynchronousExtractions", "SynchronousTranscripts"]

T = TypeVar("T")


class SynchronousTranscripts(TranscriptionCache):
    """With `every`, the loop goes on after so many operations: `await asyncio.sleep(0)`."""

    def __init__(self, folder: Path, *, system: System, every: int | None = None) -> None:
        super().__init__(folder, ttl_seconds=None)
        self._store = _SynchronousStore(folder, system=system, every=every)


class SynchronousExtractions(ExtractionCache):
    """The same for extractions."""

    def __init__(self, folder: Path, *, system: System, every: int | None = None) -> None:
        super().__init__(folder, ttl_seconds=None)
        self._store = _SynchronousStore(folder, system=system, every=every)


class _SynchronousStore(Store):
    def __init__(self, folder: Path, *, system: System, every: int | None) -> None:
        super().__init__(folder, ttl_seconds=None, system=system)
        self._files = EntryFolder(folder, ttl_seconds=None, system=system)
        self._every, self._operations = every, 0

    async def lookup(self, key: Key, *, counts: bool = True) -> Entry | None:
        (entry,) = await self.lookup_many([key], counts=counts)
        return entry

    async def lookup_many(self, keys: Sequence[Key], *, counts: bool = True) -> list[Entry | None]:
        began_s, entries = perf_counter(), []
        for key in keys:
            entries.append(self._files.read(key))
            await self._breathe()
        counters().waited(perf_counter() - began_s)
        if counts:
            counters().looked_up(len(entries) - entries.count(None), len(entries))
        return entries

    async def put(self, key: Key, value: str, cost_usd: Decimal | None) -> str:
        began_s = perf_counter()
        name, _ = given(*abreast([self._files.write(key, value, cost_usd)]))
        await self._breathe()
        counters().waited(perf_counter() - began_s)
        return name

    async def put_many(self, items: Sequence[tuple[Key, str]]) -> None:
        for key, value in items:
            await self.put(key, value, None)

    async def hash(self, work: Callable[[], T], *, length: int) -> T:
        return work()

    async def once(self, name: str, work: Callable[[], Awaitable[T]], *, lock: str, grace_s: float) -> T:
        return await work()

    async def _breathe(self) -> None:
        self._operations += 1
        if self._every and self._operations % self._every == 0:
            await asyncio.sleep(0)
