"""The user's vault: where a note is, and how a new text gets to its place without losing one of theirs.

Belongs here: finding a note wherever it was moved, names that are free, and what we last wrote (kept in
`<data_dir>/notes`). Does not: what a note says (`render.py`), whose words win (`merge.py`).
All of it blocks, and is called in a thread, an operation a hop.
"""

import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from inkwell_pipeline.errors import PermanentError, TransientError
from inkwell_pipeline.files import create_file_now, read_bytes_now, replace_file_now, sweep_now
from inkwell_pipeline.models import Episode, Frozen
from inkwell_pipeline.notes.merge import BEGIN, Merged, merge, plain_properties
from inkwell_pipeline.notes.names import note_name, safe_name
from inkwell_pipeline.notes.render import Rendered

__all__ = ["Placed", "Vault"]

HEAD_BYTES = 16_384  # properties lie at the top of a note
PROPERTIES = re.compile(rb"(?:\xef\xbb\xbf)?---[ \t]*\r?\n(.*?)(?:^---[ \t]*\r?$|\Z)", re.MULTILINE | re.DOTALL)
ID_LINE = re.compile(rb"^inkwell_id:[ \t]*[\"']?([0-9a-f]{16})[\"']?[ \t]*\r?$", re.MULTILINE)


class _LastWritten(Frozen):
    """What we last wrote for an episode: where, out of what, and which properties."""

    version: Literal[1] = 1
    path: str
    inputs: str
    file_sha256: str
    edit_kept: bool
    readable: bool
    properties: dict[str, Any]


@dataclass(frozen=True)
class Placed:
    """A note after the work: its path relative to the vault, and what happened to it."""

    path: str
    written: bool
    edit_kept: bool
    readable: bool


class Vault:
    """Notes by episode, in one folder of one vault."""

    def __init__(self, root: Path, *, folder: str, data_dir: Path) -> None:
        self._root, self._folder, self._data = root, folder, data_dir / "notes"
        self._scanning = threading.Lock()
        self._scanned: dict[str, Path] | None = None
        self._swept: set[Path] = set()

    def unchanged(self, episode: Episode, inputs: str) -> Placed | None:
        """The note, where it is as we last left it and `inputs` are those of then; else None."""
        last = self._last_written(episode)
        if last is None or last.inputs != inputs:
            return None
        data = read_bytes_now(self._root / last.path)
        if data is None or sha256(data).hexdigest() != last.file_sha256:
            return None
        return Placed(last.path, written=False, edit_kept=last.edit_kept, readable=last.readable)

    def write(self, episode: Episode, rendered: Rendered, inputs: str) -> Placed:
        """Brings the episode's note up to date, or makes it. Raises: TransientError, PermanentError, with the path."""
        last = self._last_written(episode)
        path, made = self._find(episode, last), None
        if path is None:
            whole = merge(None, rendered, last_written=None)
            path, is_new = self._create(episode, whole.text.encode())
            made = whole if is_new else None
        merged, written = (made, True) if made is not None else self._update(path, rendered, last)
        if written and path.parent not in self._swept:
            self._swept.add(path.parent)
            sweep_now(path.parent)
        now = _LastWritten(
            path=path.relative_to(self._root).as_posix(),
            inputs=inputs,
            file_sha256=sha256(merged.text.encode()).hexdigest(),
            edit_kept=merged.edit_kept,
            readable=merged.readable,
            properties=plain_properties(rendered.properties),
        )
        if now != last:
            replace_file_now(self._memory(episode), now.model_dump_json().encode(), durable=False)
        return Placed(now.path, written=written, edit_kept=now.edit_kept, readable=now.readable)

    def _update(self, path: Path, rendered: Rendered, last: _LastWritten | None) -> tuple[Merged, bool]:
        """What stands in the file now, and whether that was written."""
        while (data := read_bytes_now(path)) is not None:
            try:
                existing = data.decode()
            except UnicodeDecodeError:
                raise PermanentError(f"{path} is not UTF-8 text; it is left as it is") from None
            merged = merge(existing, rendered, last_written=last.properties if last else None)
            if merged.text == existing:
                return merged, False
            if replace_file_now(path.resolve(), merged.text.encode(), only_if=data):
                return merged, True
            # else the user has saved meanwhile: once more, with their text
        raise TransientError(f"{path} was moved while it was to be written; the next run finds it")

    def _find(self, episode: Episode, last: _LastWritten | None) -> Path | None:
        if last is not None:
            path = self._root / last.path
            found = _id_in(path)
            # where we left it, ours by its mark alone: the user may have taken the id away
            if found == episode.key or (found is None and BEGIN.encode() in (read_bytes_now(path) or b"")):
                return path
        with self._scanning:
            if self._scanned is None:
                self._scanned = {key: path for path in self._notes() if (key := _id_in(path))}
            return self._scanned.get(episode.key)

    def _notes(self) -> Iterator[Path]:
        """All notes of the vault, without hidden folders (`.obsidian`, `.trash`)."""
        for folder, folders, names in os.walk(self._root):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (Path(folder, name) for name in sorted(names) if name.endswith(".md"))

    def _create(self, episode: Episode, data: bytes) -> tuple[Path, bool]:
        """The note at the first of its names that is free, or that has it: a run beside this one may have been faster.

        Says whether it is new. A name that is taken otherwise is another's.
        """
        folder = self._root / self._folder / safe_name(episode.show)
        name = note_name(episode.title, episode.published)
        for candidate in (name, f"{name} ({episode.key[:6]})", f"{name} ({episode.key})"):
            path = folder / f"{candidate}.md"
            if create_file_now(path, data):
                return path, True
            if _id_in(path) == episode.key:
                return path, False
        raise PermanentError(f"{path} belongs to something else", feed=episode.feed, episode=episode.title)

    def _last_written(self, episode: Episode) -> _LastWritten | None:
        data = read_bytes_now(self._memory(episode))
        try:
            return None if data is None else _LastWritten.model_validate_json(data)
        except ValidationError:  # as if it were lost: all that differs is the user's
            return None

    def _memory(self, episode: Episode) -> Path:
        return self._data / episode.feed / f"{episode.key}.json"


def _id_in(path: Path) -> str | None:
    """The `inkwell_id` among the properties of a note; None where it has none, or is no longer there."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:  # an unreadable note of the user's is no note of ours
        return None
    properties = PROPERTIES.match(head)
    found = ID_LINE.search(properties[1]) if properties else None
    return found[1].decode() if found else None
