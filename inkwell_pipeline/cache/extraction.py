"""What an extractor made of a transcript, by all that it saw.

Belongs here: the key of an extraction, and the API over `cache.py`. Does not: files, and calling an extractor.
"""

import asyncio
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from hashlib import sha256

from inkwell_pipeline.cache.cache import Cache, Compute
from inkwell_pipeline.cache.entry import Entry, hashed, pieces
from inkwell_pipeline.cache.folder import Key

__all__ = ["Digest", "ExtractionCache"]


@dataclass(frozen=True, slots=True)
class Digest:
    """Stands for a transcript's text in a key: its SHA-256, which `ExtractionCache.digest` makes."""

    hexadecimal: str


Request = tuple[str, str, str | Digest]  # template_name, template_version, transcript


class ExtractionCache(Cache):
    """Extractions by template, transcript, extractor and context. What holds for both caches: `Cache`.

    `extractor` (name and version, or model and settings) and `context` (a hash of all else that the extractor sees)
    complete the key. A transcript is its text, or its `digest`: one that is asked for again and again is hashed once.
    """

    _turn: "dict[str, _Hashed] | None" = None

    async def digest(self, transcript: str) -> Digest:
        """What may be passed instead of the transcript; hashed off the loop."""
        return Digest(await self._store.hash(partial(_text_hash, transcript), length=len(transcript)))

    async def get(
        self,
        template_name: str,
        template_version: str,
        transcript: str | Digest,
        *,
        extractor: str = "",
        context: str = "",
    ) -> str | None:
        """The result, which may be ""; None: it has to be computed."""
        key = self._key((template_name, template_version, transcript), extractor, context)
        entry = await self._store.lookup(key)
        return None if entry is None else entry.value

    async def set(
        self,
        template_name: str,
        template_version: str,
        transcript: str | Digest,
        result: str,
        *,
        extractor: str = "",
        context: str = "",
        cost_usd: Decimal | None = None,
    ) -> str:
        """Stores a result with what it cost in USD (None: not known), and gives its key. It lasts once this returns."""
        key = self._key((template_name, template_version, transcript), extractor, context)
        return await self._store.put(key, result, cost_usd)

    async def get_or_compute(
        self,
        template_name: str,
        template_version: str,
        transcript: str | Digest,
        compute: Compute,
        *,
        extractor: str = "",
        context: str = "",
        grace_s: float = 0.0,
    ) -> str:
        """The result; where it is missing, what `compute` gives, which one task of one process calls for all.

        It is stored before anybody gets it. `compute` gives the text, or a `Computed` with its cost. Raises what it
        raises, for all that wait for it; the next to ask tries again. `grace_s`: see `once`.
        """
        key = self._key((template_name, template_version, transcript), extractor, context)
        return await self._computed(key, compute, grace_s=grace_s)

    async def get_many(
        self, requests: Sequence[Request], *, extractor: str = "", context: str = ""
    ) -> list[str | None]:
        """The results, in the order asked."""
        found = await self.lookup_many(requests, extractor=extractor, context=context)
        return [None if entry is None else entry.value for entry in found]

    async def set_many(
        self, items: Sequence[tuple[str, str, str | Digest, str]], *, extractor: str = "", context: str = ""
    ) -> None:
        """Stores (template_name, template_version, transcript, result) tuples, of unknown cost."""
        keys = _keys([item[:3] for item in items], extractor, context)
        await self._store.put_many([(key, item[3]) for key, item in zip(keys, items, strict=True)])

    async def lookup_many(
        self, requests: Sequence[Request], *, extractor: str = "", context: str = ""
    ) -> list[Entry | None]:
        """The entries with their costs, in the order asked."""
        return await self._store.lookup_many(_keys(requests, extractor, context))

    async def look_again(
        self, requests: Sequence[Request], *, extractor: str = "", context: str = ""
    ) -> list[Entry | None]:
        """As `lookup_many`, for what was looked up before: it is counted once."""
        return await self._store.lookup_many(_keys(requests, extractor, context), counts=False)

    def _key(self, request: Request, extractor: str, context: str) -> Key:
        """Transcripts asked about in one turn of the loop are hashed once: an episode's templates share theirs."""
        if self._turn is None:
            self._turn = {}
            asyncio.get_running_loop().call_soon(self._end_turn)
        return partial(_key, request, extractor, context, self._turn)

    def _end_turn(self) -> None:
        self._turn = None


def _keys(requests: Sequence[Request], extractor: str, context: str) -> list[Key]:
    texts: dict[str, _Hashed] = {}  # an episode's templates share their transcript
    return [partial(_key, request, extractor, context, texts) for request in requests]


def _key(request: Request, extractor: str, context: str, texts: "dict[str, _Hashed]") -> str:
    name, version, transcript = request
    if isinstance(transcript, Digest):
        digest = transcript.hexadecimal
    else:
        digest = (texts.get(transcript) or texts.setdefault(transcript, _Hashed(transcript))).digest()
    parts = ["extraction", name, version, digest, extractor, context]
    text = json.dumps(parts, ensure_ascii=False)  # JSON: no two lists give one text; escapes would give one
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class _Hashed:
    """A text that is hashed once, by the first thread that asks; the others wait for it."""

    __slots__ = ("_digest", "_hashing", "_text")

    def __init__(self, text: str) -> None:
        self._text, self._digest, self._hashing = text, "", threading.Lock()

    def digest(self) -> str:
        with self._hashing:
            if not self._digest:
                self._digest = _text_hash(self._text)
        return self._digest


def _text_hash(text: str) -> str:
    return hashed(pieces(text))
