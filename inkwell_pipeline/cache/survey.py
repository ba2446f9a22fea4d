"""What a cache's folder holds, and what of it is of no use any more.

Belongs here: telling the files apart, which of them a trim deletes, and the sums. Does not: how a file is read and
deleted (`folder.py`; as a read does it, so that no entry goes which another process has just put there), and which
entries are still named (`defs/manifests.py`).
One batch of files at a time, each read whole: damage shows in the checksum alone.
"""

import time
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field, fields
from enum import Enum
from itertools import islice
from typing import assert_never

from inkwell_pipeline.cache.entry import Entry
from inkwell_pipeline.cache.folder import EntryFolder
from inkwell_pipeline.cache.places import KEY, SUFFIX
from inkwell_pipeline.errors import InkwellError
from inkwell_pipeline.files import OUR_TEMPORARY

__all__ = ["Amount", "Survey", "Trim", "surveyed"]

BATCH = 64  # files between two hops: 3 ms of reading for entries of 5 KB
FEW = 20  # paths that are told


@dataclass(frozen=True, slots=True)
class Amount:
    """So many files, and their size."""

    files: int = 0
    size_bytes: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.files + other.files, self.size_bytes + other.size_bytes)


@dataclass(frozen=True)
class Trim:
    """What a survey deletes, ages in seconds. As it stands: expired and damaged entries, and what is of no use."""

    deletes: bool = True  # False: it only reports
    older_than_s: float | None = None  # entries of this age count as expired, besides those that the cache's TTL ends
    named: Container[str] | None = None  # keys that are of use; an entry without is an orphan. None: not known
    orphans_older_than_s: float | None = None  # None: orphans stay; they may have been paid for


@dataclass(frozen=True)
class Survey:
    """What was found, and what of it was deleted."""

    entries: Amount = Amount()  # whole, and there to stay
    orphans: Amount = Amount()  # whole entries that nothing names; of `entries`, where they stay
    expired: Amount = Amount()
    damaged: Amount = Amount()
    left_behind: Amount = Amount()  # temporary files of dead writers; a whole entry in one goes to its place first
    copies: Amount = Amount()  # entries under another name, while the one in its place is whole: of no use
    foreign: Amount = Amount()  # whatever else there is; never deleted
    unreadable: Amount = Amount()  # the machine's trouble, and no damage
    deleted: Amount = Amount()  # of all these
    foreign_paths: tuple[str, ...] = ()  # the first few
    troubles: tuple[InkwellError, ...] = ()  # the first few

    def __add__(self, other: "Survey") -> "Survey":
        amounts = {
            one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self) if one.type is Amount
        }
        return Survey(
            **amounts,
            foreign_paths=(self.foreign_paths + other.foreign_paths)[:FEW],
            troubles=(self.troubles + other.troubles)[:FEW],
        )


class _Kind(Enum):
    WANTED = "entries"
    ORPHAN = "orphans"
    EXPIRED = "expired"
    DAMAGED = "damaged"
    LEFT_BEHIND = "left_behind"
    COPY = "copies"
    FOREIGN = "foreign"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class _Found:
    kind: _Kind
    path: str
    size_bytes: int = 0
    is_deleted: bool = False
    trouble: InkwellError | None = field(default=None, compare=False)


def surveyed(folder: EntryFolder, trim: Trim) -> Iterator[Survey]:
    """What each batch of files comes to, `trim` carried out. Blocks. Raises: TransientError (a folder's list)."""
    paths = folder.paths()
    while batch := list(islice(paths, BATCH)):
        yield _summed([found for path in batch if (found := _look(folder, path, trim)) is not None])


def _summed(found: Sequence[_Found]) -> Survey:
    amounts = {kind.value: Amount() for kind in _Kind} | {"deleted": Amount()}
    for one in found:
        amount = Amount(1, one.size_bytes)
        amounts[one.kind.value] += amount
        if one.is_deleted:
            amounts["deleted"] += amount
        elif one.kind is _Kind.ORPHAN:
            amounts["entries"] += amount
    return Survey(
        **amounts,
        foreign_paths=tuple(one.path for one in found if one.kind is _Kind.FOREIGN),
        troubles=tuple(one.trouble for one in found if one.trouble is not None),
    )


def _look(folder: EntryFolder, path: str, trim: Trim) -> _Found | None:
    """What a file is, after it was trimmed; None where it is gone, or being written."""
    name = path.rpartition("/")[2]
    try:
        if OUR_TEMPORARY.fullmatch(name):
            return _temporary(folder, path, trim)
        if not name.endswith(SUFFIX):
            return _foreign(folder, path)
        key = name.removesuffix(SUFFIX)
        if KEY.fullmatch(key) and path == folder.place(key):
            return _in_place(folder, path, key, trim)
        return _out_of_place(folder, path, trim)
    except InkwellError as error:
        return _Found(_Kind.UNREADABLE, path, trouble=error)


def _temporary(folder: EntryFolder, path: str, trim: Trim) -> _Found | None:
    if not folder.is_left_behind(path) or (size := folder.size(path)) is None:
        return None
    if trim.deletes:
        folder.sweep(path)
    return _Found(_Kind.LEFT_BEHIND, path, size, trim.deletes)


def _foreign(folder: EntryFolder, path: str) -> _Found | None:
    size = folder.size(path)
    return None if size is None else _Found(_Kind.FOREIGN, path, size)


def _in_place(folder: EntryFolder, path: str, key: str, trim: Trim) -> _Found | None:
    now_s = time.time()

    def kind_of(entry: Entry | None) -> _Kind:
        if entry is None:
            return _Kind.DAMAGED
        if folder.is_expired(entry) or _is_older(entry, trim.older_than_s, now_s=now_s):
            return _Kind.EXPIRED
        return _Kind.WANTED if trim.named is None or key in trim.named else _Kind.ORPHAN

    def unwanted(entry: Entry | None) -> bool:
        return trim.deletes and _is_unwanted(kind_of(entry), entry, trim, now_s=now_s)

    examined = folder.examine(path, key, unwanted=unwanted)
    if examined is None:
        return _foreign(folder, path)
    return _Found(kind_of(examined.entry), path, examined.size_bytes, examined.is_deleted)


def _is_unwanted(kind: _Kind, entry: Entry | None, trim: Trim, *, now_s: float) -> bool:
    match kind:
        case _Kind.EXPIRED | _Kind.DAMAGED | _Kind.LEFT_BEHIND | _Kind.COPY:
            return True
        case _Kind.ORPHAN:
            return entry is not None and _is_older(entry, trim.orphans_older_than_s, now_s=now_s)
        case _Kind.WANTED | _Kind.FOREIGN | _Kind.UNREADABLE:
            return False
        case _:
            assert_never(kind)


def _is_older(entry: Entry, age_s: float | None, *, now_s: float) -> bool:
    return age_s is not None and now_s - entry.stored.timestamp() >= age_s


def _out_of_place(folder: EntryFolder, path: str, trim: Trim) -> _Found | None:
    """An entry that a tool has copied or moved. What is no entry, or perhaps the only one of its key, is left alone."""
    copy = folder.examine(path, None, unwanted=_never)
    if copy is None or copy.entry is None or not KEY.fullmatch(copy.entry.key):
        return _foreign(folder, path)
    key = copy.entry.key
    original = folder.examine(folder.place(key), key, unwanted=_never)
    if original is None or original.entry is None or original.identity == copy.identity:  # by a link, or a file system
        return _foreign(folder, path)  # that takes ab and AB for one
    if trim.deletes:
        folder.examine(path, key, unwanted=_whole)
    return _Found(_Kind.COPY, path, copy.size_bytes, trim.deletes)


def _never(_: Entry | None) -> bool:
    return False


def _whole(entry: Entry | None) -> bool:
    return entry is not None
