"""What an extractor made of a transcript, by all that it saw.

Belongs here: the key of an extraction, and the API over `store.py`. Does not: files, and calling an extractor.
"""

import json
from collections.abc import Sequence
from decimal import Decimal
from hashlib import sha256

from inkwell_pipeline.cache.store import Cache, Entry
from inkwell_pipeline.threads import in_thread

__all__ = ["ExtractionCache"]

Request = tuple[str, str, str]  # template_name, template_version, transcript


class ExtractionCache(Cache):
    """Extractions by template, transcript, extractor and context. What holds for both caches: `Cache`.

    `extractor` (name and version, or model and settings) and `context` (a hash of all else that the extractor sees)
    complete the key.
    """

    async def get(
        self,
        template_name: str,
        template_version: str,
        transcript: str,
        *,
        extractor: str = "",
        context: str = "",
    ) -> str | None:
        """The result, which may be ""; None: it has to be computed."""
        request = (template_name, template_version, transcript)
        (value,) = await self.get_many([request], extractor=extractor, context=context)
        return value

    async def set(
        self,
        template_name: str,
        template_version: str,
        transcript: str,
        result: str,
        *,
        extractor: str = "",
        context: str = "",
        cost_usd: Decimal | None = None,
    ) -> str:
        """Stores a result with what it cost in USD (None: not known), and gives its key. It lasts once this returns."""
        (key,) = await self._hashed(
            [(template_name, template_version, transcript)], extractor=extractor, context=context
        )
        await self._store.put([(key, result, cost_usd)])
        return key

    async def get_many(
        self, requests: Sequence[Request], *, extractor: str = "", context: str = ""
    ) -> list[str | None]:
        """The results, in the order asked."""
        found = await self.lookup_many(requests, extractor=extractor, context=context)
        return [None if entry is None else entry.value for entry in found]

    async def set_many(
        self, items: Sequence[tuple[str, str, str, str]], *, extractor: str = "", context: str = ""
    ) -> None:
        """Stores (template_name, template_version, transcript, result) tuples, of unknown cost."""
        keys = await self._hashed([item[:3] for item in items], extractor=extractor, context=context)
        await self._store.put([(key, item[3], None) for key, item in zip(keys, items, strict=True)])

    async def lookup_many(
        self, requests: Sequence[Request], *, extractor: str = "", context: str = ""
    ) -> list[Entry | None]:
        """The entries with their costs, in the order asked."""
        return await self._looked_up(await self._hashed(requests, extractor=extractor, context=context))

    async def _hashed(self, requests: Sequence[Request], *, extractor: str = "", context: str = "") -> list[str]:
        """The entries' keys; hashed off the loop, and beside what computes: no GIL is held."""
        return await in_thread(_keys, requests, extractor, context)


def _keys(requests: Sequence[Request], extractor: str, context: str) -> list[str]:
    digests: dict[str, str] = {}  # an episode's templates share their transcript
    keys = []
    for name, version, transcript in requests:
        if transcript not in digests:
            digests[transcript] = sha256(transcript.encode("utf-8", "surrogatepass")).hexdigest()
        parts = ["extraction", name, version, digests[transcript], extractor, context]
        text = json.dumps(parts, ensure_ascii=False)  # JSON: no two lists give one text; escapes would give one
        keys.append(sha256(text.encode("utf-8", "surrogatepass")).hexdigest())
    return keys
