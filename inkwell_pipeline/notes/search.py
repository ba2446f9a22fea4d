"""Finding notes in a vault: every note of ours by its `inkwell_id`, or by guid and podcast, wherever it lies.

Belongs here: looking through the vault, once, and again where something has moved since; which of several files is the
note. Does not: what is written to it (`vault.py`). All of it blocks; one thread at a time looks.
"""

import logging
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkwell_pipeline.notes.names import is_conflict_copy
from inkwell_pipeline.notes.yaml_text import entries_of

__all__ = ["VaultIndex", "id_in"]

log = logging.getLogger(__name__)

HEAD_BYTES, MOST_BYTES = 16_384, 1_048_576  # properties lie at the top of a note, and rarely are longer
PROPERTIES = re.compile(rb"(?:\xef\xbb\xbf)?---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.MULTILINE | re.DOTALL)
ID_LINE = re.compile(rb"^[\"']?inkwell_id[\"']?:[ \t]*[\"']?([0-9a-f]{16})[\"']?[ \t]*(?:#.*)?\r?$", re.MULTILINE)
GUID_LINE = re.compile(rb"^[\"']?guid[\"']?:[ \t]*(\S.*)$", re.MULTILINE)


@dataclass(frozen=True)
class _Seen:
    """A note as the last look saw it. `key` None: it is none of ours; `guid` as it is written, quotes and all."""

    mtime_ns: int
    size_bytes: int
    key: str | None = None
    guid: bytes = b""


class VaultIndex:
    """All notes of ours in a vault, in memory, from the first look on."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._seen: dict[Path, _Seen] | None = None
        self._by_key: dict[str, list[Path]] = {}

    def by_key(self, key: str) -> list[Path]:
        """The files with this `inkwell_id`: first that which is the note, as far as names tell, then copies of it."""
        with self._lock:
            seen = self._looked()
            if not all(id_in(path) == key for path in self._by_key.get(key, ())):  # moved, or changed, since
                seen = self._look(seen)
            return sorted(self._by_key.get(key, ()), key=_likelihood)

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
            seen = self._looked()
            found = []
            for path, one in seen.items():
                if one.key is None or not (raw in one.guid or b"\\" in one.guid or b"''" in one.guid):
                    continue
                values = _values(path)
                if _says(values, says) and is_free(one.key, values):
                    found.append((not _says(values, rather), _likelihood(path), path, one.key))
            if not found:
                return None
            _, _, path, before = min(found)
            self._put(path, key, seen)
            return path, before

    def made(self, path: Path, key: str) -> None:
        """There is a new note."""
        with self._lock:
            if self._seen is not None:
                self._put(path, key, self._seen)

    def _put(self, path: Path, key: str, seen: dict[Path, _Seen]) -> None:
        if path in seen and (before := seen[path].key) is not None:
            self._by_key[before].remove(path)
        seen[path] = _Seen(0, 0, key)
        self._by_key.setdefault(key, []).append(path)

    def _looked(self) -> dict[Path, _Seen]:
        return self._look({}) if self._seen is None else self._seen

    def _look(self, before: dict[Path, _Seen]) -> dict[Path, _Seen]:
        """Looks through the vault, and reads what has changed since `before`."""
        seen: dict[Path, _Seen] = {}
        files: set[tuple[int, int]] = set()
        # those that lie here first: a link to one of them is no second note
        for path, entry in sorted(_notes(self._root), key=lambda found: (found[1].is_symlink(), found[0])):
            try:
                stat = entry.stat()
            except OSError:  # a link to nowhere, or gone since
                continue
            if (stat.st_dev, stat.st_ino) in files:
                continue
            files.add((stat.st_dev, stat.st_ino))
            last = before.get(path)
            is_same = last is not None and (last.mtime_ns, last.size_bytes) == (stat.st_mtime_ns, stat.st_size)
            seen[path] = last if last is not None and is_same else _read(path, stat)
        self._seen, self._by_key = seen, {}
        for path, one in seen.items():
            if one.key is not None:
                self._by_key.setdefault(one.key, []).append(path)
        return seen


def id_in(path: Path) -> str | None:
    """The `inkwell_id` among the properties of a note; None where it has none, or is no longer there."""
    found = ID_LINE.search(_properties(path))
    return found[1].decode() if found else None


def _read(path: Path, stat: os.stat_result) -> _Seen:
    properties = _properties(path)
    key, guid = ID_LINE.search(properties), GUID_LINE.search(properties)
    return _Seen(stat.st_mtime_ns, stat.st_size, key[1].decode() if key else None, guid[1] if guid else b"")


def _properties(path: Path) -> bytes:
    """The YAML on top of a note; b"" where it has none, or cannot be read: then it is no note of ours."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            found = PROPERTIES.match(head)
            if found is None and len(head) == HEAD_BYTES and head.removeprefix(b"\xef\xbb\xbf").startswith(b"---"):
                found = PROPERTIES.match(head + file.read(MOST_BYTES))
    except OSError:
        return b""
    return found[1] if found else b""


def _values(path: Path) -> dict[str, Any]:
    text = _properties(path).decode(errors="replace")
    return {name: entry.value for name, entry in (entries_of(text) or {}).items()}


def _says(values: Mapping[str, Any], expected: Mapping[str, str | None]) -> bool:
    return all(values.get(name) == value for name, value in expected.items())


def _notes(root: Path) -> Iterator[tuple[Path, "os.DirEntry[str]"]]:
    """All notes, also behind linked folders, each folder once; none of hidden folders (`.obsidian`, `.trash`)."""
    waiting, linked, been = [root], list[Path](), set[tuple[int, int]]()
    while waiting or linked:
        folder = waiting.pop() if waiting else linked.pop(0)
        try:
            stat = folder.stat()
            if (stat.st_dev, stat.st_ino) in been:
                continue
            been.add((stat.st_dev, stat.st_ino))
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith(".") or not _is_text(entry.name):
                        continue
                    if entry.is_dir():
                        (linked if entry.is_symlink() else waiting).append(folder / entry.name)
                    elif entry.name.endswith(".md"):
                        yield folder / entry.name, entry
        except FileNotFoundError:
            continue
        except OSError as error:
            log.warning("%s cannot be looked through for notes: %s", folder, error.strerror)


def _is_text(name: str) -> bool:
    """No name of bytes that are no UTF-8: Obsidian cannot show it, and we could not tell where the note is."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _likelihood(path: Path) -> tuple[bool, int, str]:
    return is_conflict_copy(path.stem), len(path.name), str(path)
