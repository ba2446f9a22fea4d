"""What we last wrote of each note, kept in `<data_dir>/notes/<feed>/<key>.json`. It may be lost, and is then None.

Belongs here: reading and writing it. Does not: what it means for a note (`merge.py`, `vault.py`). All of it blocks.
"""

import json
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from inkwell_pipeline.files import read_bytes_now, replace_file_now
from inkwell_pipeline.models import Frozen
from inkwell_pipeline.notes.merge import Base

__all__ = ["LastWritten", "Memory"]


class LastWritten(Frozen):
    """A note as we last left it: where (relative to the vault), made of what, with which words of ours and theirs."""

    version: Literal[2] = 2
    path: str
    inputs: str
    file_sha256: str
    edits: tuple[str, ...]
    readable: bool
    base: Base


class Memory:
    """What we last wrote, by feed and episode's key."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "notes"

    def get(self, feed: str, key: str) -> LastWritten | None:
        """None also where it is damaged: as if it were lost, all that differs is the user's. Raises: TransientError."""
        return self._read(self._path(feed, key))

    def get_anywhere(self, key: str) -> LastWritten | None:
        """That of a key whichever feed had it: a feed that the user has named anew in the config. Raises: as `get`."""
        for path in sorted(self._folder.glob(f"*/{key}.json")):
            if (found := self._read(path)) is not None:
                return found
        return None

    def knows(self, feed: str, key: str) -> bool:
        """Whether a note of this feed has had this key."""
        return self._path(feed, key).exists()

    def put(self, feed: str, key: str, last: LastWritten) -> None:
        """Raises: TransientError, with the path."""
        # not pydantic's JSON, which refuses the half characters that a title can hold
        replace_file_now(self._path(feed, key), json.dumps(last.model_dump()).encode(), durable=False)

    def _read(self, path: Path) -> LastWritten | None:
        data = read_bytes_now(path)
        try:
            return None if data is None else LastWritten.model_validate(json.loads(data))
        except (ValidationError, ValueError, RecursionError):
            return None

    def _path(self, feed: str, key: str) -> Path:
        return self._folder / feed / f"{key}.json"
