"""Entries as files: each operation on them, whole.

Belongs here: reading, writing, deleting a file, so that what the store promises holds. Does not: an entry's bytes
(`entry.py`), where files lie (`places.py`), in which thread an operation is done (`lane.py`; each of them blocks), and
what a key is made of.

A write goes to a file of its own, and from there to its place. A new key's file is linked to its place before it is
fsynced, so that file and name last by one commit of the file system instead of two: one `set` after the other took a
quarter less time, on ext4 with a journal and on XFS. A power cut before that leaves at worst a damaged entry where
there was none. Where an entry stands already, it stands until the new one lasts.
"""

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeVar

from inkwell_pipeline.cache.entry import Entry, decoded, encoded
from inkwell_pipeline.cache.lane import Steps
from inkwell_pipeline.cache.places import KEY, SUFFIX, Places
from inkwell_pipeline.errors import InkwellError
from inkwell_pipeline.files import SYSTEM, TEMPORARY_SUFFIX, is_left_behind, sync_folder, temporary_name, trouble
from inkwell_pipeline.system import System

__all__ = ["LARGE", "LARGE_BYTES", "EntryFolder", "Examined", "Key"]

T = TypeVar("T")

FEW = 3  # pieces that are joined, so as to be written by one call
LARGE_BYTES = 1 << 18
BATCH = 256  # files between two hops of a walk: half a millisecond to ask for their sizes


class _Large(Enum):
    LARGE = "larger than asked for"


LARGE: Final = _Large.LARGE
Key = Callable[[], str]  # called in a thread: it may hash a transcript
Read = Entry | Literal[_Large.LARGE] | None


class Examined(NamedTuple):
    """A file that was read whole: the entry in it (None: damaged), which file it is, and whether it is deleted now."""

    entry: Entry | None
    size_bytes: int
    identity: tuple[int, int]  # device, inode
    is_deleted: bool


class EntryFolder:
    """The files of one cache. Raises, from every method: TransientError, with the path."""

    def __init__(self, folder: Path, *, ttl_seconds: float | None, system: System = SYSTEM) -> None:
        self._places = Places(str(folder.absolute()), system)
        self._ttl_seconds, self._os = ttl_seconds, system
        self._swept = False

    def read(self, key: Key) -> Entry | None:
        """The entry; None where it is missing, or was expired or damaged and is deleted now."""
        entry = self._read(key(), at_most=None)
        assert entry is not LARGE
        return entry

    def read_small(self, key: Key) -> Read:
        """The entry, as `read` gives it; LARGE, and nothing read, where its file has more than LARGE_BYTES."""
        return self._read(key(), at_most=LARGE_BYTES)

    def write(self, key: Key, value: str, cost_usd: Decimal | None) -> Steps[tuple[str, int]]:
        """Stores an entry, which lasts when the last step is done; gives its key, and its file's size in bytes.

        The steps: it is written, its file is fsynced, its folder is fsynced. Of several that go abreast the first fsync
        does most of the others' work.
        """
        self._sweep_once()
        name = key()
        content = encoded(name, value, cost_usd, stored=datetime.now(UTC))
        try:
            try:
                yield from self._write(name, content)
            except FileNotFoundError:  # somebody has deleted the folders since we made them
                self._places.forget()
                yield from self._write(name, content)
        except OSError as error:
            raise trouble(error, Path(self.place(name)), "write the cache entry") from error
        return name, sum(map(len, content))

    def is_expired(self, entry: Entry) -> bool:
        return self._ttl_seconds is not None and time.time() - entry.stored.timestamp() >= self._ttl_seconds

    def clear(self) -> Iterator[int]:
        """Deletes all entries and what dead writers left, some at a time; yields how many files it has looked at."""
        for batch in self.batches():
            for path in batch:
                if path.endswith(SUFFIX) or self.is_left_behind(path):
                    self.remove(path)
            yield len(batch)

    def sizes(self) -> Iterator[list[int]]:
        """The entries' sizes in bytes, some at a time."""
        for batch in self.batches():
            yield [size for path in batch if path.endswith(SUFFIX) and (size := self.size(path)) is not None]

    def batches(self) -> Iterator[list[str]]:
        """The paths of all files, some at a time: never all of them at once."""
        files = self.paths()
        while batch := list(islice(files, BATCH)):
            yield batch

    def paths(self) -> Iterator[str]:
        """Whatever lies where entries and their writers' files do, as it is found, and what lies beside that."""
        return self._places.all()

    def examine(self, path: str, key: str | None, *, unwanted: Callable[[Entry | None], bool]) -> Examined | None:
        """What the file holds; deleted, as a read deletes, where what was read (None: damaged) is `unwanted`.

        `key` None: any key's entry will do. Gives None where it is gone, or no file.
        """

        def examined(descriptor: int) -> Examined | None:
            about = self._os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode):
                return None
            entry = decoded(self._content(descriptor, about.st_size), key)
            if deletes := unwanted(entry):
                self._discard(path, descriptor)
            return Examined(entry, about.st_size, (about.st_dev, about.st_ino), deletes)

        return self._opened(path, os.O_RDONLY | os.O_NONBLOCK, examined)  # whatever it is: a pipe would wait

    def size(self, path: str) -> int | None:
        """In bytes; None where the file is gone."""
        return self._unless_gone(path, "ask for the size of", lambda: self._os.stat(path).st_size)

    def remove(self, path: str) -> None:
        """Deletes a file, if it is not gone already."""
        self._unless_gone(path, "delete", lambda: self._os.unlink(path))

    def is_left_behind(self, path: str) -> bool:
        """Whether it is a temporary file whose writer is dead."""
        return path.endswith(TEMPORARY_SUFFIX) and is_left_behind(Path(path), now_s=time.time())

    def sweep(self, temporary: str) -> None:
        """Deletes what a dead writer left; a whole entry goes to its place before."""
        examined = self.examine(temporary, None, unwanted=lambda _: False)
        if examined is not None and examined.entry is not None and KEY.fullmatch(key := examined.entry.key):
            self._unless_gone(temporary, "sweep", lambda: self._rescue(temporary, key))
        self.remove(temporary)

    def place(self, key: str) -> str:
        """Where an entry belongs."""
        return self._places.entry(key)

    def _read(self, key: str, *, at_most: int | None) -> Read:
        self._sweep_once()
        path = self._places.entry(key)

        def read(descriptor: int) -> Read:
            size = self._os.fstat(descriptor).st_size
            if at_most is not None and size > at_most:
                return LARGE
            entry = decoded(self._content(descriptor, size), key)
            if entry is None or self.is_expired(entry):
                self._discard(path, descriptor)
                return None
            return entry

        return self._opened(path, os.O_RDONLY, read)

    def _opened(self, path: str, flags: int, read: Callable[[int], T]) -> T | None:
        """What `read` makes of the open file; None where it is gone."""
        try:
            descriptor = self._os.open(path, flags)
            try:
                return read(descriptor)
            finally:
                self._os.close(descriptor)
        except FileNotFoundError:
            return None
        except OSError as error:  # not damage: the entry may be whole, and somebody paid for it
            raise trouble(error, Path(path), "read the cache entry") from error

    def _unless_gone(self, path: str, doing: str, call: Callable[[], T]) -> T | None:
        """What `call` gives; None where the file is gone."""
        try:
            return call()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise trouble(error, Path(path), doing) from error

    def _content(self, descriptor: int, size: int) -> bytes:
        data = self._os.read(descriptor, size)
        while len(data) < size and (more := self._os.read(descriptor, size - len(data))):
            data += more
        return data

    def _write(self, key: str, content: list[bytes]) -> Steps[None]:
        self._places.make_shard(key)
        temporary = f"{self._places.desk()}/{temporary_name()}"
        try:
            yield from self._put(temporary, content, self.place(key))
        except OSError:
            with suppress(OSError):  # the first trouble is the one to tell; what is left is swept another day
                self._os.unlink(temporary)
            raise
        yield
        sync_folder(self._places.shard(key), system=self._os)

    def _put(self, temporary: str, content: list[bytes], path: str) -> Steps[None]:
        descriptor = self._os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            self._fill(descriptor, content)
            with suppress(OSError):  # it is but an advice
                self._os.start_writing(descriptor)
            is_new = self._links(temporary, path)
            if is_new:
                self._os.unlink(temporary)
            yield
            self._os.fsync(descriptor)
        finally:
            self._os.close(descriptor)
        if not is_new:
            self._os.replace(temporary, path)

    def _links(self, temporary: str, path: str) -> bool:
        """Gives the file its place, if nothing is there. Not every file system has links."""
        try:
            self._os.link(temporary, path)
        except FileNotFoundError:
            raise
        except OSError:
            return False
        return True

    def _fill(self, descriptor: int, content: list[bytes]) -> None:
        for piece in content if len(content) > FEW else [b"".join(content)]:
            rest = memoryview(piece)
            while rest:
                rest = rest[self._os.write(descriptor, rest) :]

    def _discard(self, path: str, descriptor: int) -> None:
        """Deletes the entry that was read, and no other that has come to its place since.

        `descriptor` is still open: a closed file's number could be given to the very entry that took its place. The
        name is taken away first, then looked at: between a look and an unlink another process could put a paid
        result there. What was taken by mistake goes back, unless a still newer one stands there.
        """
        read = self._os.fstat(descriptor)
        for _ in range(2):
            taken = f"{self._places.desk()}/{temporary_name()}"
            try:
                self._os.replace(path, taken)
            except FileNotFoundError:  # another has deleted it; or, since we made it, the folder
                self._places.forget()
            else:
                break
        else:
            return
        try:
            is_another = not os.path.samestat(self._os.stat(taken), read)
        except OSError:  # not known: it may be another, and whole
            self._put_back(taken, path)
            raise
        with suppress(FileNotFoundError):
            if is_another:
                self._put_back(taken, path)
            self._os.unlink(taken)

    def _put_back(self, taken: str, path: str) -> None:
        try:
            self._os.link(taken, path)  # unlike a rename, it never replaces
        except FileExistsError:
            return
        except OSError:  # not every file system has links
            if self.size(path) is None:
                self._os.replace(taken, path)

    def _sweep_once(self) -> None:
        if self._swept:
            return
        self._swept = True
        with suppress(OSError, InkwellError):  # what cannot be swept is in nobody's way; `clear` says so
            for temporary in self._places.written():
                with suppress(OSError, InkwellError):  # nor in that of its neighbours
                    if self.is_left_behind(temporary):
                        self.sweep(temporary)

    def _rescue(self, temporary: str, key: str) -> None:
        """A whole entry of a writer that died before the last step goes to its place: somebody paid for it.

        Unless one stands there: a later one, since its own writer would have replaced it.
        """
        self._places.make_shard(key)
        self._put_back(temporary, self.place(key))
        sync_folder(self._places.shard(key), system=self._os)
