"""Where an episode's note is, or would be made, without touching anything: for `inkwell-pipeline feeds check`.

Belongs here: looking. Does not: finding a note that is to be written, and taking a name (`vault.py`).
All of it blocks, and is called in a thread.
"""

import os
import re
import threading
from pathlib import Path

from inkwell_pipeline.models import Episode
from inkwell_pipeline.notes.names import note_name, safe_name

__all__ = ["Look"]

HEAD_BYTES = 16_384  # properties lie at the top of a note
ID_LINE = re.compile(rb"^inkwell_id:[ \t]*[\"']?([0-9a-f]{16})[\"']?[ \t]*\r?$", re.MULTILINE)


class Look:
    """The notes of a vault by episode, looked up once, when first asked for."""

    def __init__(self, root: Path, *, folder: str) -> None:
        self._root, self._folder = root, folder
        self._scanning = threading.Lock()
        self._by_key: dict[str, str] | None = None
        self._promised: set[Path] = set()

    def note_of(self, episode: Episode) -> tuple[str, bool]:
        """The note's path, relative to the vault, and whether it is there."""
        with self._scanning:
            if self._by_key is None:
                self._by_key = self._scan()
            if (path := self._by_key.get(episode.key)) is not None:
                return path, True
            return self._new(episode).as_posix(), False

    def _new(self, episode: Episode) -> Path:
        """As the vault does it: a name that is taken is another note's."""
        folder = Path(self._folder) / safe_name(episode.show)
        name = note_name(episode.title, episode.published)
        names = (name, f"{name} ({episode.key[:6]})", f"{name} ({episode.key})")
        paths = [folder / f"{one}.md" for one in names]
        path = next((one for one in paths if one not in self._promised and not (self._root / one).exists()), paths[-1])
        self._promised.add(path)
        return path

    def _scan(self) -> dict[str, str]:
        """Without hidden folders (`.obsidian`, `.trash`); a note that cannot be read has no id."""
        found: dict[str, str] = {}
        for folder, folders, names in os.walk(self._root):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for path in (Path(folder, name) for name in sorted(names) if name.endswith(".md")):
                if key := _id_in(path):
                    found.setdefault(key, path.relative_to(self._root).as_posix())
        return found


def _id_in(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return None
    found = ID_LINE.search(head)
    return found[1].decode() if found else None
