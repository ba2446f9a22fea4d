"""Finding notes in a vault: every note of ours by its `inkwell_id`, or by guid and podcast, wherever it lies.

Belongs here: looking through the vault, once, and again where something has moved since; which of several files is the
note. Does not: what is written to it (`vault.py`). All of it blocks; one thread at a time looks.
"""

import logging
import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkwell_pipeline.notes.names import is_conflict_copy
from inkwell_pipeline.notes.yaml_text import entries_of

__all__ = ["VaultIndex", "id_in"]

log = logging.getLogger(__name__)

HEAD_BYTES, MOST_BYTES = 16_384, 1_048_576  # properties lie at the top of a note, and rarely are longer
A_TICK_NS = 2_000_000_000  # FAT, the slowest
PROPERTIES = re.compile(rb"(?:\xef\xbb\xbf)?---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.MULTILINE | re.DOTALL)
ID_LINE = re.compile(rb"^[\"']?inkwell_id[\"']?:[ \t]*[\"']?([0-9a-f]{16})[\"']?[ \t]*(?:#.*)?\r?$", re.MULTILINE)
GUID_LINE = re.compile(rb"^[\"']?guid[\"']?:[ \t]*(\S.*)$", re.MULTILINE)


@dataclass(frozen=True)
class _Seen:
    """A note as the last look saw it. `key` None: it is none of ours; `guid` as it is written, quotes and all."""

    identity: tuple[int, int]  # of the file, whatever its name is
    is_link: bool
    mtime_ns: int
    size_bytes: int
    key: str | None
    guid: bytes


@dataclass(frozen=True)
class _Folder:
    """A folder as the last look saw it: while nothing is made, moved or deleted in it, its `mtime_ns` stays."""

    mtime_ns: int
    seen_ns: int
    notes: dict[str, _Seen]
    folders: list[tuple[str, bool]]  # with whether it is a link

    def is_as(self, mtime_ns: int) -> bool:
        """A clock that ticks slowly gives what happened just after a look the time of what was just before it."""
        return mtime_ns == self.mtime_ns < self.seen_ns - A_TICK_NS


class VaultIndex:
    """All notes of ours in a vault, in memory, from the first look on."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._lock = threading.Lock()
        self._has_looked = False
        self._folders: dict[str, _Folder] = {}
        self._by_key: dict[str, list[str]] = {}
        self._guids: dict[str, bytes] = {}

    def by_key(self, key: str) -> list[Path]:
        """The files with this `inkwell_id`: first that which is the note, as far as names tell, then copies of it."""
        with self._lock:
            there = self._with_key(key)
            if not self._has_looked or len(there) < len(self._by_key.get(key, ())):  # moved, or changed, since
                self._look()
                there = self._with_key(key)
            return sorted(there, key=_likelihood)

    def _with_key(self, key: str) -> list[Path]:
        return [Path(name) for name in self._by_key.get(key, ()) if id_in(name) == key]

    def adopt(
        self,
        key: str,
        says: Mapping[str, str],
        *,
        rather: Mapping[str, str | None],
        is_free: Callable[[str, dict[str, Any]], bool],
    ) -> tuple[Path, str] | None:
        """A note whose properties say all of `says`, with `guid`, and the key it has had; from now on it is `key`'s.

        `is_free` gets a note's key and properties, and says whether it may be taken; of several it is one that says
        `rather`, too. None: there is no such note.
        """
        raw = says["guid"].encode("utf-8", "surrogatepass")
        with self._lock:
            if not self._has_looked:
                self._look()
            found = []
            for before, names in self._by_key.items():
                for name in names:
                    guid = self._guids[name]
                    if not (raw in guid or b"\\" in guid or b"''" in guid):
                        continue
                    values = _values(name)
                    if _says(values, says) and is_free(before, values):
                        found.append((not _says(values, rather), _likelihood(Path(name)), name, before))
            if not found:
                return None
            _, _, name, before = min(found)
            self._by_key[before].remove(name)
            self._by_key.setdefault(key, []).append(name)
            return Path(name), before

    def made(self, path: Path, key: str) -> None:
        """There is a new note."""
        with self._lock:
            self._by_key.setdefault(key, []).append(str(path))
            self._guids[str(path)] = b""  # its feed is configured: nobody is to adopt it

    def _look(self) -> None:
        """Looks through the vault, and reads what is new or has changed since the last look."""
        self._folders = _looked_through(self._root, self._folders)
        self._has_looked, self._by_key, self._guids = True, {}, {}
        files: set[tuple[int, int]] = set()
        for is_link in (False, True):  # a link to a note is no second one
            for folder, seen in self._folders.items():
                for name, note in seen.notes.items():
                    if note.key is None or note.is_link != is_link or note.identity in files:
                        continue
                    files.add(note.identity)
                    path = f"{folder}{os.sep}{name}"
                    self._by_key.setdefault(note.key, []).append(path)
                    self._guids[path] = note.guid


def id_in(path: str | Path) -> str | None:
    """The `inkwell_id` among the properties of a note; None where it has none, or is no longer there."""
    found = ID_LINE.search(_properties(path))
    return found[1].decode() if found else None


def _properties(path: str | Path) -> bytes:
    """The YAML on top of a note; b"" where it has none, or cannot be read: then it is no note of ours."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as above
            head = file.read(HEAD_BYTES)
            found = PROPERTIES.match(head)
            if found is None and len(head) == HEAD_BYTES and head.removeprefix(b"\xef\xbb\xbf").startswith(b"---"):
                found = PROPERTIES.match(head + file.read(MOST_BYTES))
    except OSError:
        return b""
    return found[1] if found else b""


def _values(path: str) -> dict[str, Any]:
    text = _properties(path).decode(errors="replace")
    return {name: entry.value for name, entry in (entries_of(text) or {}).items()}


def _says(values: Mapping[str, Any], expected: Mapping[str, str | None]) -> bool:
    return all(values.get(name) == value for name, value in expected.items())


def _looked_through(root: str, before: Mapping[str, _Folder]) -> dict[str, _Folder]:
    """All folders, also behind links, each once; none that are hidden (`.obsidian`, `.trash`)."""
    waiting, linked = [root], list[str]()
    found, been = dict[str, _Folder](), set[tuple[int, int]]()
    while waiting or linked:
        name = waiting.pop() if waiting else linked.pop(0)  # links last, for what they lead to may lie here
        try:
            stat = os.stat(name)  # noqa: PTH116
            if (stat.st_dev, stat.st_ino) in been:
                continue
            been.add((stat.st_dev, stat.st_ino))
            last = before.get(name)
            folder = (
                last if last is not None and last.is_as(stat.st_mtime_ns) else _folder(name, stat.st_mtime_ns, last)
            )
        except FileNotFoundError:
            continue
        except OSError as error:
            log.warning("%s cannot be looked through for notes: %s", name, error.strerror)
            continue
        found[name] = folder
        for below, is_link in folder.folders:
            (linked if is_link else waiting).append(below)
    return found


def _folder(name: str, mtime_ns: int, last: _Folder | None) -> _Folder:
    folder = _Folder(mtime_ns, time.time_ns(), {}, [])
    with os.scandir(name) as entries:
        for entry in entries:
            if entry.name.startswith(".") or not _is_text(entry.name):
                continue
            try:
                if entry.is_dir():
                    folder.folders.append((entry.path, entry.is_symlink()))
                elif entry.name.endswith(".md"):
                    folder.notes[entry.name] = _note(entry, last.notes.get(entry.name) if last else None)
            except OSError:  # a link to nowhere, or gone since
                continue
    return folder


def _note(entry: "os.DirEntry[str]", last: _Seen | None) -> _Seen:
    stat = entry.stat()
    if last is not None and (last.mtime_ns, last.size_bytes) == (stat.st_mtime_ns, stat.st_size):
        return last
    properties = _properties(entry.path)
    key, guid = ID_LINE.search(properties), GUID_LINE.search(properties)
    return _Seen(
        identity=(stat.st_dev, stat.st_ino),
        is_link=entry.is_symlink(),
        mtime_ns=stat.st_mtime_ns,
        size_bytes=stat.st_size,
        key=key[1].decode() if key else None,
        guid=guid[1] if guid else b"",
    )


def _is_text(name: str) -> bool:
    """No name of bytes that are no UTF-8: Obsidian cannot show it, and we could not tell where the note is."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _likelihood(path: Path) -> tuple[bool, int, str]:
    return is_conflict_copy(path.stem), len(path.name), str(path)
