"""Entries to measure with: of any size, keys from transcripts of 60 KB, four templates a transcript.

Belongs here: making them in a cache of ours, where each one's file lies, and the checks that a reader of such a file
has to do. Does not: ways of reading.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from inkwell_pipeline.cache import ExtractionCache

__all__ = [
    "TEMPLATES",
    "Asked",
    "Keys",
    "Shelf",
    "checked",
    "content",
    "make_items",
    "make_places",
    "make_shelf",
    "open_shelf",
    "place",
    "wrong",
]

TEMPLATES, VERSION, TRANSCRIPT_BYTES = ("summary", "key-ideas", "quotes", "links"), "1", 60_000


@dataclass(frozen=True)
class Asked:
    """One entry: the arguments of `ExtractionCache.get`, what it should give, its key and its file."""

    request: tuple[str, str, str]
    value: str
    key: str = ""
    path: Path = Path()

    @property
    def item(self) -> tuple[str, str, str, str]:
        """The arguments of `ExtractionCache.set`."""
        return (*self.request, self.value)


@dataclass(frozen=True)
class Shelf:
    """The entries of a cache of ours."""

    folder: Path
    asked: list[Asked]


class Keys:
    """Keys as somebody computes them who computes each transcript's digest once; or as somebody knows them."""

    def __init__(self, *, known: bool) -> None:
        self.known = known
        self._digests: dict[str, str] = {}

    def of(self, asked: Asked) -> str:
        """The key of the entry."""
        if self.known:
            return asked.key
        name, version, transcript = asked.request
        digest = self._digests.get(transcript)
        if digest is None:
            digest = self._digests[transcript] = sha256(transcript.encode()).hexdigest()
        return sha256(json.dumps(["extraction", name, version, digest, "", ""]).encode()).hexdigest()


def make_items(count: int, value_bytes: int, *, seed: int = 0) -> list[Asked]:
    """Entries that are nowhere yet; the same arguments give the same ones."""
    chance = random.Random(seed)
    asked: list[Asked] = []
    while len(asked) < count:
        transcript = chance.randbytes(TRANSCRIPT_BYTES // 2).hex()
        asked += [
            Asked((template, VERSION, transcript), chance.randbytes(value_bytes // 2).hex()) for template in TEMPLATES
        ]
    return asked[:count]


async def make_shelf(root: Path, count: int, value_bytes: int, *, seed: int = 0) -> Shelf:
    """So many entries in a cache of ours in `root`."""
    items = make_items(count, value_bytes, seed=seed)
    async with ExtractionCache(root / "entries") as cache:
        await cache.set_many([one.item for one in items])
    return open_shelf(root, count, value_bytes, seed=seed)


def open_shelf(root: Path, count: int, value_bytes: int, *, seed: int = 0) -> Shelf:
    """What `make_shelf` has made, also in another process."""
    folder, keys = root / "entries", Keys(known=False)
    asked = []
    for one in make_items(count, value_bytes, seed=seed):
        key = keys.of(one)
        asked.append(Asked(one.request, one.value, key, place(folder, key)))
    return Shelf(folder, asked)


def place(folder: Path, key: str) -> Path:
    """Where an entry lies: the layout of our cache, which the rivals' files have too."""
    return folder / key[:2] / f"{key}.entry"


def make_places(folder: Path) -> None:
    """All folders that entries may lie in."""
    for number in range(256):
        (folder / f"{number:02x}").mkdir(parents=True, exist_ok=True)


def checked(content: bytes, key: str) -> str:
    """The text of an entry's file, after the checks that our cache does: checksum, head, key."""
    checksum, _, content = content.partition(b"\n")
    if checksum != sha256(content).hexdigest().encode():
        raise ValueError("damaged")
    line, _, text = content.partition(b"\n")
    if json.loads(line)["key"] != key:
        raise ValueError("another key's")
    return text.decode("utf-8", "surrogatepass")


def content(key: str, value: str) -> bytes:
    """An entry's file, with what `checked` checks."""
    head = {"version": 1, "key": key, "stored": datetime.now(UTC).isoformat(), "cost_usd": None}
    rest = json.dumps(head).encode() + b"\n" + value.encode("utf-8", "surrogatepass")
    return sha256(rest).hexdigest().encode() + b"\n" + rest


def wrong(asked: Sequence[Asked], values: Sequence[str | None]) -> bool:
    """Whether a way of reading gave anything but what was stored."""
    return [one.value for one in asked] != list(values)
