"""Transcripts, by where they came from.

Belongs here: the key of a transcript, and the API over `cache.py`. Does not: files, fetching, or what a transcript is.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from hashlib import sha256

from inkwell_pipeline.cache.cache import Cache, Compute
from inkwell_pipeline.cache.entry import Entry

__all__ = ["TranscriptionCache"]


class TranscriptionCache(Cache):
    """Transcripts (their canonical JSON, or any text) by URL. What holds for both caches: `Cache`."""

    async def get(self, url: str) -> str | None:
        """The transcript, which may be ""; None: it has to be fetched or made."""
        entry = await self._store.lookup(partial(self.key, url))
        return None if entry is None else entry.value

    async def set(self, url: str, transcript: str, *, cost_usd: Decimal | None = None) -> None:
        """Stores a transcript with what it cost in USD (None: not known). It lasts once this returns."""
        await self._store.put(partial(self.key, url), transcript, cost_usd)

    async def get_or_compute(self, url: str, compute: Compute, *, grace_s: float = 0.0) -> str:
        """The transcript; where it is missing, what `compute` gives, which one task of one process calls for all.

        It is stored before anybody gets it. `compute` gives the text, or a `Computed` with its cost. Raises what it
        raises, for all that wait for it; the next to ask tries again. `grace_s`: see `once`.
        """
        return await self._computed(partial(self.key, url), compute, grace_s=grace_s)

    async def get_many(self, urls: Sequence[str]) -> list[str | None]:
        """The transcripts, in the order asked."""
        return [None if entry is None else entry.value for entry in await self.lookup_many(urls)]

    async def set_many(self, items: Sequence[tuple[str, str]]) -> None:
        """Stores (url, transcript) pairs, of unknown cost."""
        await self._store.put_many([(partial(self.key, url), transcript) for url, transcript in items])

    async def lookup_many(self, urls: Sequence[str]) -> list[Entry | None]:
        """The entries with their costs, in the order asked."""
        return await self._store.lookup_many([partial(self.key, url) for url in urls])

    def key(self, url: str) -> str:
        """The entry's key: what a manifest keeps to find it again, without the secrets that a URL may hold."""
        return sha256(f"transcription\n{url}".encode("utf-8", "surrogatepass")).hexdigest()
