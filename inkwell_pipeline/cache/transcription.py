"""Transcripts, by where they came from.

Belongs here: the key of a transcript, and the API over `store.py`. Does not: files, fetching, or what a transcript is.
"""

from collections.abc import Sequence
from decimal import Decimal
from hashlib import sha256

from inkwell_pipeline.cache.store import Cache, Entry

__all__ = ["TranscriptionCache"]


class TranscriptionCache(Cache):
    """Transcripts (their canonical JSON, or any text) by URL. What holds for both caches: `Cache`."""

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
        return await self._looked_up([self.key(url) for url in urls])

    def key(self, url: str) -> str:
        """The entry's key: what a manifest keeps to find it again, without the secrets that a URL may hold."""
        return sha256(f"transcription\n{url}".encode("utf-8", "surrogatepass")).hexdigest()
