"""Folders and names in the vault: two that differ in case or Unicode form alone are one on macOS and Windows.

Belongs here: which folder a show has, which names are taken. Does not: what a name may be made of (`names.py`). All of
it blocks.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from inkwell_pipeline.notes.names import folded

__all__ = ["Places"]


class Places:
    """What lies in the folders that notes are made in: each is listed once, then kept up to date by what we make."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: dict[Path, dict[str, set[str]]] = {}

    def folder(self, parent: Path, names: Sequence[str]) -> Path:
        """The folder at `names` below `parent`: one that is there, where it is spelled almost so, else a new one."""
        with self._lock:
            for name in names:
                there = self._names_in(parent).setdefault(folded(name), {name})
                parent /= name if name in there else min(there)
            return parent

    @contextmanager
    def claimed(self, path: Path) -> Iterator[bool]:
        """Whether the name was free; from then on it is taken, unless making the file fails."""
        with self._lock:
            names, name = self._names_in(path.parent), folded(path.name)
            is_free = name not in names
            names.setdefault(name, {path.name})
        try:
            yield is_free
        except BaseException:
            if is_free:
                with self._lock:
                    names.pop(name, None)
            raise

    def _names_in(self, folder: Path) -> dict[str, set[str]]:
        if folder not in self._names:
            names = self._names[folder] = {}
            with suppress(OSError):  # not there yet; or what writing to it will say
                for path in folder.iterdir():
                    names.setdefault(folded(path.name), set()).add(path.name)
        return self._names[folder]
