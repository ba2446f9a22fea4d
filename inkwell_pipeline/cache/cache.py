"""What both caches have in common, whatever their keys are made of.

Belongs here: entries by key, single flight, the cache's life. Does not: keys (`extraction.py`, `transcription.py`),
and how an entry is kept (`store.py`, which says what holds).
"""

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import NamedTuple, Self, TypeVar

from inkwell_pipeline.cache.entry import Entry
from inkwell_pipeline.cache.folder import Key
from inkwell_pipeline.cache.store import Stats, Store
from inkwell_pipeline.cache.survey import Survey, Trim
from inkwell_pipeline.files import SYSTEM
from inkwell_pipeline.system import System

__all__ = ["Cache", "Compute", "Computed"]

T = TypeVar("T")
THIRTY_DAYS_S = 2592000


class Computed(NamedTuple):
    """A result, and what it cost in USD (None: not known)."""

    value: str
    cost_usd: Decimal | None = None


Compute = Callable[[], Awaitable[str | Computed]]


class Cache:
    """A cache of texts, each in a file, in `cache_dir`.

    Every method may be awaited by many tasks at once, of any event loop; awaits of one turn of the loop are gathered.
    `ttl_seconds=None`: an entry never expires. Lock files lie in `lock_dir`, by default `<cache_dir>.locks`.
    `aclose()`, or the end of an `async with`, waits until all is stored; a cache that is just dropped loses nothing
    that was confirmed.
    Raises, from every method: TransientError, where the machine cannot read or write, with the path.
    """

    def __init__(
        self,
        cache_dir: str | Path,
        ttl_seconds: float | None = THIRTY_DAYS_S,
        *,
        lock_dir: str | Path | None = None,
        system: System = SYSTEM,
    ) -> None:
        locks = None if lock_dir is None else Path(lock_dir)
        self._store = Store(Path(cache_dir), ttl_seconds=ttl_seconds, lock_dir=locks, system=system)

    async def by_key(self, keys: Sequence[str]) -> list[Entry | None]:
        """Entries that an earlier asset named; reading an input is no look-up, and is not counted as one."""
        return await self._store.lookup_many([partial(str, key) for key in keys], counts=False)

    async def once(
        self, name: str, work: Callable[[], Awaitable[T]], *, lock: str | None = None, grace_s: float = 0.0
    ) -> T:
        """What `work` gives; tasks that ask for `name` meanwhile share it, other processes wait for `lock` (`name`).

        `work` first looks whether another process has stored what it is about to compute. When all who wait are
        cancelled, it is cancelled `grace_s` seconds later: time for an answer that is paid for already.
        """
        return await self._store.once(name, work, lock=lock or name, grace_s=grace_s)

    async def clear(self) -> None:
        """Deletes every entry of the folder."""
        await self._store.clear()

    async def get_stats(self) -> Stats:
        """Number and size of the entries."""
        return await self._store.get_stats()

    async def survey(self, trim: Trim) -> Survey:
        """What the folder holds; what `trim` says is deleted. Trouble with a file stands in what it gives."""
        return await self._store.survey(trim)

    async def aclose(self) -> None:
        """Waits for what is under way, stores included; the cache is of no use afterwards."""
        await self._store.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _computed(self, key: Key, compute: Compute, *, grace_s: float) -> str:
        """The entry's value, computed and stored by one task of one process where it is missing."""
        if (entry := await self._store.lookup(key)) is not None:
            return entry.value
        name = await self._store.hash(key, length=0)
        named = partial(str, name)  # not made anew for each step

        async def work() -> str:
            if (entry := await self._store.lookup(named, counts=False)) is not None:  # another process was faster
                return entry.value
            made = await compute()
            computed = Computed(made) if isinstance(made, str) else made
            await self._store.put(named, computed.value, computed.cost_usd)
            return computed.value

        return await self.once(name, work, grace_s=grace_s)
