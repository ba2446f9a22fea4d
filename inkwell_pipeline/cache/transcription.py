"""Transcripts, by where they came from.

Belongs here: the key of a transcript, and the API over `store.py`. Does not: files, fetching, or what a transcript is.
"""

from collections.abc import Sequence
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

from inkwell_pipeline.cache.store import Entry, Stats, Store
from inkwell_pipeline.metering import counters

__all__ = ["TranscriptionCache"]

THIRTY_DAYS_S = 2592000


class TranscriptionCache:
    """Transcripts (their canonical JSON, or any text) by URL. Every method may be awaited by many at once.

    `ttl_seconds=None`: an entry never expires. Raises, from every method: TransientError, where the machine cannot
    read or write, with the path.
    """

    def __init__(self, cache_dir: str | Path, ttl_seconds: float | None = THIRTY_DAYS_S) -> None:
        self._store = Store(Path(cache_dir), ttl_seconds=ttl_seconds)

    async def get(self, url: str) -> str | None:
        """The transcript, which may be ""; None: it has to be fetched or made."""
        (value,) = await self.get_many([url])
        return value

    async def set(self, url: str, transcript: str, *, cost_usd: Decimal | None = None) -> None:
        """Stores a transcript with what it cost in USD (None: not known). It lasts once this returns."""
        await self._store.put([(self.key(url), transcript, cost_usd)])

    async def get_many(self, urls: Sequence[str]) -> list[str | None]:
        """The transcripts, in the order asked."""
        return [None if entry is None else entry.value for entry in await self.lookup_many(urls)]

    async def set_many(self, items: Sequence[tuple[str, str]]) -> None:
        """Stores (url, transcript) pairs, of unknown cost."""
        await self._store.put([(self.key(url), transcript, None) for url, transcript in items])

    async def lookup_many(self, urls: Sequence[str]) -> list[Entry | None]:
        """The entries with their costs, in the order asked."""
        found = await self._store.lookup([self.key(url) for url in urls])
        counters().looked_up(sum(entry is not None for entry in found), len(found))
        return found

    def key(self, url: str) -> str:
        """The entry's key: what a manifest keeps to find it again, without the secrets that a URL may hold."""
        return sha256(f"transcription\n{url}".encode("utf-8", "surrogatepass")).hexdigest()

    async def by_key(self, keys: Sequence[str]) -> list[Entry | None]:
        """Entries that an earlier asset named; reading an input is no look-up, and is not counted as one."""
        return await self._store.lookup(keys)

    async def clear(self) -> None:
        """Deletes every entry of the folder."""
        await self._store.clear()

    async def get_stats(self) -> Stats:
        """Number and size of the entries."""
        return await self._store.get_stats()
