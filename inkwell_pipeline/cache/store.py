"""Entries on disk by key: read and written by many tasks, loops and processes at once, none of which waits for a file.

Belongs here: which lane an operation takes, the pool of threads, what belongs to which loop. Does not: an entry's
bytes (`entry.py`), its file (`folder.py`, `places.py`), gathering and threads (`lane.py`), who computes what is missing
(`flights.py`), what a key is made of (`extraction.py`, `transcription.py`).

What holds, for any number of tasks, loops, processes:
- After `put` returns, the value survives `kill -9` and a power cut: file and folder are fsynced (F_FULLFSYNC on macOS).
  A reader sees the whole old or the whole new value.
- A damaged entry (cut, flipped bits, foreign, another key's) is found by its checksum, a miss, and deleted; so is an
  expired one; but never the fresh one that another has put in its place meanwhile.
- Trouble of the machine (EMFILE, ENOSPC, EACCES, EIO) is a TransientError with the path, of that entry alone: no miss,
  and nothing is deleted for it.
- One computation at a time a key (`once`); a holder that dies, fails or is cancelled frees it.
- What dead writers left is swept when a folder is first opened; of it, what is a whole entry goes to its place.
- Entries are their owner's alone (0600, folders 0700).
- No call blocks the loop: files, checksums, coding and hashing are done in threads of the cache's own. Bytes in flight
  are bounded: of texts beyond 256 KiB two at a time are read, and two written, in lanes of their own, so that they and
  the small ones do not wait for each other.
- A caller that is cancelled takes nothing from the others; what it wanted to store is stored.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Self, TypedDict, TypeVar
from weakref import WeakKeyDictionary, ref

import aiofiles.os

from inkwell_pipeline.cache.entry import Entry
from inkwell_pipeline.cache.flights import Flights
from inkwell_pipeline.cache.folder import LARGE, LARGE_BYTES, EntryFolder, Key
from inkwell_pipeline.cache.lane import Lane, Steps, StoringLane, given
from inkwell_pipeline.cache.survey import Survey, Trim, surveyed
from inkwell_pipeline.files import SYSTEM
from inkwell_pipeline.metering import counters
from inkwell_pipeline.system import System

__all__ = ["Stats", "Store"]

T = TypeVar("T")

# Measured, 2 cores, on ext4 with and without a journal and on XFS: where a processor is busy with the fsyncs, four
# writers store as many entries a second as any number of them; those that wait 10 ms each, readers too, are as many
# times faster as there are of them.
READERS, WRITERS, BUSY_WRITERS, LARGE_AT_ONCE = 16, 8, 4, 2
OTHERS = 2  # walks and lock files, which must not wait for entries


class Stats(TypedDict):
    """What a cache holds; MB are 2**20 bytes."""

    file_count: int
    total_size_bytes: int
    total_size_mb: float


@dataclass(frozen=True)
class _OfLoop:
    """What one event loop has of its own."""

    loop: "ref[asyncio.AbstractEventLoop]"
    reads: Lane
    large_reads: Lane
    writes: StoringLane
    large_writes: StoringLane
    flights: Flights

    async def aclose(self) -> None:
        await self.flights.aclose()
        for lane in (self.reads, self.large_reads, self.writes, self.large_writes):
            await lane.idle()


class Store:
    """Texts by key, a file each. For any number of event loops, also at once."""

    def __init__(
        self, folder: Path, *, ttl_seconds: float | None, lock_dir: Path | None = None, system: System = SYSTEM
    ) -> None:
        """`lock_dir` is by default beside the folder: `<folder>.locks`. `ttl_seconds=None`: nothing expires."""
        self._folder = EntryFolder(folder, ttl_seconds=ttl_seconds, system=system)
        self._lock_dir = lock_dir or folder.with_name(f"{folder.name}.locks")
        self._pool = ThreadPoolExecutor(
            READERS + WRITERS + 2 * LARGE_AT_ONCE + OTHERS, thread_name_prefix="inkwell-cache"
        )
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _OfLoop] = WeakKeyDictionary()
        self._latest: _OfLoop | None = None  # the one that was asked for last
        self._closed = False

    async def lookup(self, key: Key, *, counts: bool = True) -> Entry | None:
        """The entry; None where it is missing, expired or damaged. A hit or a miss, where it `counts`."""
        counted, began_s, mine = counters(), perf_counter(), self._mine()
        try:
            found = given(await mine.reads.ask(partial(self._folder.read_small, key)))
            entry = given(await mine.large_reads.ask(partial(self._folder.read, key))) if found is LARGE else found
        finally:  # `cache_io` at a third of its price: a thousand of these may be one turn
            counted.waited(perf_counter() - began_s)
        if counts:
            counted.looked_up(entry is not None, 1)
        if entry is not None:
            counted.moved(read_bytes=entry.size_bytes)
        return entry

    async def lookup_many(self, keys: Sequence[Key], *, counts: bool = True) -> list[Entry | None]:
        """`lookup` of each, in the order asked. An error of any is raised when all have been looked up."""
        counted, mine = counters(), self._mine()
        with counted.cache_io():
            outcomes = await mine.reads.ask_all([partial(self._folder.read_small, key) for key in keys])
            large = [key for key, outcome in zip(keys, outcomes, strict=True) if outcome is LARGE]
            whole = iter(await mine.large_reads.ask_all([partial(self._folder.read, key) for key in large]))
            entries = [given(next(whole) if outcome is LARGE else outcome) for outcome in outcomes]
        found = [entry for entry in entries if entry is not None]
        if counts:
            counted.looked_up(len(found), len(entries))
        counted.moved(read_bytes=sum(entry.size_bytes for entry in found))
        return entries

    async def put(self, key: Key, value: str, cost_usd: Decimal | None) -> str:
        """Stores a value, and gives its key; when it returns, it lasts. It is stored though the caller be cancelled."""
        counted, mine = counters(), self._mine()
        lane = mine.large_writes if len(value) > LARGE_BYTES else mine.writes
        with counted.cache_io():
            name, size = given(await lane.ask(partial(self._folder.write, key, value, cost_usd)))
        counted.moved(written_bytes=size)
        return name

    async def put_many(self, items: Sequence[tuple[Key, str]]) -> None:
        """Stores values of unknown cost; of two with one key the last. An error is raised when all else is stored."""
        counted, mine = counters(), self._mine()
        with counted.cache_io():
            names = [given(name) for name in await mine.reads.ask_all([key for key, _ in items])]
            last = {name: value for name, (_, value) in zip(names, items, strict=True)}
            both = (
                mine.writes.ask_all(self._writes(last, large=False)),
                mine.large_writes.ask_all(self._writes(last, large=True)),
            )
            outcomes = [outcome for asked in both for outcome in await asked]
            stored = [given(outcome) for outcome in outcomes]
        counted.moved(written_bytes=sum(size for _, size in stored))

    def _writes(self, values: dict[str, str], *, large: bool) -> list[Callable[[], Steps[tuple[str, int]]]]:
        return [
            partial(self._folder.write, partial(str, name), value, None)
            for name, value in values.items()
            if (len(value) > LARGE_BYTES) is large
        ]

    async def hash(self, work: Callable[[], T], *, length: int) -> T:
        """What `work`, a pure function over a text of `length` characters, gives; off the loop."""
        mine = self._mine()
        return given(await (mine.large_reads if length > LARGE_BYTES else mine.reads).ask(work))

    async def once(self, name: str, work: Callable[[], Awaitable[T]], *, lock: str, grace_s: float) -> T:
        """See `Flights.share`."""
        return await self._mine().flights.share(name, work, lock=lock, grace_s=grace_s)

    async def clear(self) -> None:
        """Deletes all entries, and the temporary files of dead writers."""
        async for _ in self.walk(self._folder.clear()):
            pass  # the folders stay: another process may be about to write in one

    async def get_stats(self) -> Stats:
        """Counts a batch of files at a time."""
        count = size = 0
        async for sizes in self.walk(self._folder.sizes()):
            count, size = count + len(sizes), size + sum(sizes)
        return {"file_count": count, "total_size_bytes": size, "total_size_mb": size / 2**20}

    async def survey(self, trim: Trim) -> Survey:
        """What the folder holds; what `trim` says is deleted."""
        found = Survey()
        async for part in self.walk(surveyed(self._folder, trim)):
            found += part
        return found

    async def walk(self, steps: Iterator[T]) -> AsyncIterator[T]:
        """What a walk over the folder yields, each step in a thread."""
        self._mine()  # closed or not
        step = aiofiles.os.wrap(next)
        while (part := await step(steps, None, executor=self._pool)) is not None:
            yield part

    async def aclose(self) -> None:
        """Ends what is under way on the running loop (what is stored lasts then), and the threads."""
        loop = asyncio.get_running_loop()
        self._closed = True
        if (mine := self._loops.get(loop)) is not None:  # not taken out before: what is under way still stores
            await mine.aclose()
            self._loops.pop(loop, None)  # two may close it
            self._latest = None
        self._pool.shutdown(wait=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def _mine(self) -> _OfLoop:
        """The running loop's. Raises: RuntimeError, where the cache is closed."""
        loop = asyncio.get_running_loop()
        if (latest := self._latest) is not None and latest.loop() is loop:  # a fifth of what the look-up takes
            return latest
        mine = self._loops.get(loop)
        if mine is None:
            if self._closed:
                raise RuntimeError("the cache is closed")
            pool = self._pool
            mine = self._loops[loop] = _OfLoop(
                loop=ref(loop),
                reads=Lane(pool, widest=READERS),
                large_reads=Lane(pool, widest=LARGE_AT_ONCE),
                writes=StoringLane(pool, widest=WRITERS, busiest=BUSY_WRITERS),
                large_writes=StoringLane(pool, widest=LARGE_AT_ONCE, busiest=LARGE_AT_ONCE, abreast=1),
                flights=Flights(self._lock_dir, pool),
            )
        self._latest = mine
        return mine
