"""Entries on disk: a key, a text, what it cost; whole or not there.

Belongs here: an entry's file, its checksum, its age, and the folder it lies in. Does not: what a key is made of
(`extraction.py`, `transcription.py`), and who computes what is missing.

What holds, also for several tasks and processes on one folder:
- After `put` returns, the value is on disk (file and folder fsynced); a reader sees the whole old or whole new value.
- A damaged or expired entry is a miss, and is deleted, but never the fresh one that another has put in its place.
- Trouble of the machine (too many open files, no permission, no space) is a TransientError with the path, no miss.
No call blocks the event loop: reading, hashing and writing are done in threads, a batch of entries a hop.
"""

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from pathlib import Path
from typing import IO, TypedDict

from inkwell_pipeline.files import (
    TEMPORARY_SUFFIX,
    is_left_behind,
    replace_file_now,
    sync_folder,
    temporary_name,
    trouble,
)
from inkwell_pipeline.metering import counters
from inkwell_pipeline.threads import in_thread

__all__ = ["Cache", "Entry", "Stats", "Store"]

SUFFIX = ".entry"
THIRTY_DAYS_S = 2592000
BATCH = 32  # entries a thread hop: fewer hops cost less, longer ones make others wait


@dataclass(frozen=True)
class Entry:
    """A result as it was stored. `cost_usd` is None where it was not known."""

    key: str
    value: str
    cost_usd: Decimal | None
    stored: datetime  # aware, UTC


class Stats(TypedDict):
    """What a cache holds; MB are 2**20 bytes."""

    file_count: int
    total_size_bytes: int
    total_size_mb: float


class Store:
    """Texts by key, a file each, in `folder`/<first two digits of the key>/."""

    def __init__(self, folder: Path, *, ttl_seconds: float | None) -> None:
        self._folder, self._ttl_seconds = folder, ttl_seconds
        self._swept = False

    async def lookup(self, keys: Sequence[str]) -> list[Entry | None]:
        """The entries in the order asked; None for what is missing, expired or damaged."""
        with counters().cache_io():
            found: list[Entry | None] = []
            for start in range(0, len(keys), BATCH):
                found += await in_thread(self._read_batch, keys[start : start + BATCH])
            return found

    async def put(self, items: Sequence[tuple[str, str, Decimal | None]]) -> None:
        """Stores (key, value, cost in USD) triples; when it returns, all of them last."""
        with counters().cache_io():
            await in_thread(self._write_batch, items)

    async def clear(self) -> None:
        """Deletes all entries, and the temporary files of dead writers."""
        await in_thread(self._clear)

    async def get_stats(self) -> Stats:
        return await in_thread(self._stats)

    def _read_batch(self, keys: Sequence[str]) -> list[Entry | None]:
        self._sweep_once()
        return [self._read(key) for key in keys]

    def _read(self, key: str) -> Entry | None:
        path = self._path(key)
        try:
            with path.open("rb") as file:
                entry = _decode(file.read(), key)
                if entry is None or self._is_expired(entry):
                    _discard(path, file)
                    return None
                return entry
        except FileNotFoundError:
            return None
        except OSError as error:  # not damage: the entry may be whole, and somebody paid for it
            raise trouble(error, path, "read the cache entry") from error

    def _is_expired(self, entry: Entry) -> bool:
        return self._ttl_seconds is not None and time.time() - entry.stored.timestamp() >= self._ttl_seconds

    def _write_batch(self, items: Sequence[tuple[str, str, Decimal | None]]) -> None:
        self._sweep_once()
        for key, value, cost_usd in items:
            path = self._path(key)
            self._make_shard(path.parent)
            replace_file_now(path, _encode(key, value, cost_usd), mode=0o600)

    def _make_shard(self, shard: Path) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            shard.mkdir(mode=0o700)
            sync_folder(self._folder)
        except FileExistsError:
            pass
        except OSError as error:
            raise trouble(error, shard, "make the cache folder") from error

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}{SUFFIX}"

    def _files(self, suffix: str) -> Iterator[Path]:
        for shard in _listed(self._folder):
            yield from (path for path in _listed(shard) if path.name.endswith(suffix))

    def _sweep_once(self) -> None:
        if not self._swept:
            self._swept = True
            with suppress(OSError):  # what cannot be swept is in nobody's way; `clear` says so
                self._sweep()

    def _sweep(self) -> None:
        now_s = time.time()
        for temporary in self._files(TEMPORARY_SUFFIX):
            if is_left_behind(temporary, now_s=now_s):
                temporary.unlink(missing_ok=True)

    def _clear(self) -> None:
        try:
            for path in self._files(SUFFIX):
                path.unlink(missing_ok=True)
            self._sweep()  # the folders stay: another process may be about to write in one
        except OSError as error:
            raise trouble(error, self._folder, "clear the cache") from error

    def _stats(self) -> Stats:
        count, size = 0, 0
        try:
            for path in self._files(SUFFIX):
                with suppress(FileNotFoundError):
                    size += path.stat().st_size
                    count += 1
        except OSError as error:
            raise trouble(error, self._folder, "count the cache entries in") from error
        return {"file_count": count, "total_size_bytes": size, "total_size_mb": size / 2**20}


class Cache:
    """What both caches have in common: a store, and what is done with entries whatever their key is made of.

    Every method may be awaited by many at once. `ttl_seconds=None`: an entry never expires.
    Raises, from every method: TransientError, where the machine cannot read or write, with the path.
    """

    def __init__(self, cache_dir: str | Path, ttl_seconds: float | None = THIRTY_DAYS_S) -> None:
        self._store = Store(Path(cache_dir), ttl_seconds=ttl_seconds)

    async def by_key(self, keys: Sequence[str]) -> list[Entry | None]:
        """Entries that an earlier asset named; reading an input is no look-up, and is not counted as one."""
        return await self._store.lookup(keys)

    async def clear(self) -> None:
        """Deletes every entry of the folder."""
        await self._store.clear()

    async def get_stats(self) -> Stats:
        """Number and size of the entries."""
        return await self._store.get_stats()

    async def _looked_up(self, keys: Sequence[str]) -> list[Entry | None]:
        """The entries, counted as hits and misses."""
        found = await self._store.lookup(keys)
        counters().looked_up(sum(entry is not None for entry in found), len(found))
        return found


def _listed(folder: Path) -> list[Path]:
    """What lies in `folder`; unlike `glob`, an error of the machine is no empty folder."""
    try:
        return list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _encode(key: str, value: str, cost_usd: Decimal | None) -> bytes:
    """An entry's file: a checksum of the rest, a line of JSON about the text, then the text: reading parses little."""
    head = {
        "version": 1,
        "key": key,
        "stored": datetime.now(UTC).isoformat(),
        "cost_usd": None if cost_usd is None else str(cost_usd),
    }
    content = json.dumps(head).encode() + b"\n" + value.encode("utf-8", "surrogatepass")
    return sha256(content).hexdigest().encode() + b"\n" + content


def _decode(content: bytes, key: str) -> Entry | None:
    """The entry, or None where the file is cut, changed, foreign, or another key's."""
    checksum, _, content = content.partition(b"\n")
    if checksum != sha256(content).hexdigest().encode():
        return None
    line, _, text = content.partition(b"\n")
    try:
        head = json.loads(line)
        if head["version"] != 1 or head["key"] != key:
            return None
        cost = head["cost_usd"]
        return Entry(
            key=key,
            value=text.decode("utf-8", "surrogatepass"),
            cost_usd=None if cost is None else Decimal(cost),
            stored=datetime.fromisoformat(head["stored"]).astimezone(UTC),
        )
    except (ValueError, TypeError, KeyError, InvalidOperation):
        return None


def _discard(path: Path, read: IO[bytes]) -> None:
    """Deletes the entry that was read, and no other that has come to its place since.

    `read` is still open: a closed file's number could be given to the very entry that took its place. The name is
    taken away first, then looked at: between a look and an unlink another process could put a paid result there.
    What was taken by mistake goes back, unless a still newer one stands there.
    """
    taken = path.with_name(temporary_name())
    with suppress(FileNotFoundError):
        path.rename(taken)
        try:
            if not os.path.samestat(taken.stat(), os.fstat(read.fileno())):
                _put_back(taken, path)
        finally:
            taken.unlink(missing_ok=True)


def _put_back(taken: Path, path: Path) -> None:
    try:
        os.link(taken, path)  # unlike a rename, it never replaces
    except FileExistsError:
        return
    except OSError:  # not every file system has links
        taken.rename(path)
