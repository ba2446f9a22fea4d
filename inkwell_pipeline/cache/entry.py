"""An entry's bytes: a checksum, a line of JSON about the text, the text.

Belongs here: the format and what makes bytes an entry. Does not: files (`folder.py`), and what a key is made of.
Pure. Long texts are coded in pieces: a single call for 5 MB would keep the GIL, and so the loop, for milliseconds.

    <sha256 of all that follows, 64 hex digits>\\n
    {"version": 1, "key": …, "stored": <ISO 8601, UTC>, "cost_usd": <decimal as text, or null>}\\n
    <the text, in UTF-8; lone surrogates pass>
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256

__all__ = ["Entry", "decoded", "encoded", "hashed", "pieces"]

VERSION = 1
CHECKSUM_BYTES = 64
PIECE = 1 << 18  # characters or bytes; about 0.1 ms of coding


@dataclass(frozen=True, slots=True)
class Entry:
    """A result as it was stored. `cost_usd` is None where it was not known."""

    key: str
    value: str
    cost_usd: Decimal | None
    stored: datetime  # aware, UTC
    size_bytes: int  # of its file


def encoded(key: str, value: str, cost_usd: Decimal | None, *, stored: datetime) -> list[bytes]:
    """The entry's file, in pieces to be written one after the other."""
    about = {
        "version": VERSION,
        "key": key,
        "stored": stored.isoformat(),
        "cost_usd": None if cost_usd is None else str(cost_usd),
    }
    content = [json.dumps(about).encode() + b"\n", *pieces(value)]
    return [hashed(content).encode() + b"\n", *content]


def hashed(content: Iterable[bytes | memoryview]) -> str:
    """The SHA-256 of all pieces, in hexadecimal."""
    digest = sha256()
    for piece in content:
        digest.update(piece)
    return digest.hexdigest()


def pieces(text: str) -> Iterator[bytes]:
    """The text in UTF-8, at most 256 Ki characters at a time."""
    for start in range(0, len(text), PIECE):
        yield text[start : start + PIECE].encode("utf-8", "surrogatepass")


def decoded(data: bytes, key: str | None) -> Entry | None:
    """The entry, or None where the bytes are cut, changed, foreign, or another key's than `key` (None: any will do)."""
    view = memoryview(data)
    content = view[CHECKSUM_BYTES + 1 :]
    if hashed([content]).encode() + b"\n" != data[: CHECKSUM_BYTES + 1]:
        return None
    ends = data.find(b"\n", CHECKSUM_BYTES + 1)
    try:
        about = json.loads(data[CHECKSUM_BYTES + 1 : ends])
        if about["version"] != VERSION or not isinstance(about["key"], str) or key not in (None, about["key"]):
            return None
        cost = about["cost_usd"]
        return Entry(
            key=about["key"],
            value=_text(view[ends + 1 :]),
            cost_usd=None if cost is None else Decimal(cost),
            stored=datetime.fromisoformat(about["stored"]).astimezone(UTC),
            size_bytes=len(data),
        )
    except (ValueError, TypeError, KeyError, ArithmeticError, RecursionError):
        return None


def _text(data: memoryview) -> str:
    """What `pieces` made of a text. Raises: ValueError."""
    if len(data) <= PIECE:
        return str(data, "utf-8", "surrogatepass")
    parts, start = [], 0
    while start < len(data):
        end = min(start + PIECE, len(data))
        while end < len(data) and data[end] & 0b1100_0000 == 0b1000_0000:  # within a character
            end += 1
        parts.append(str(data[start:end], "utf-8", "surrogatepass"))
        start = end
    return "".join(parts)
