"""The user's own transcript: a file that they put beside the data, and that wins over all others.

Belongs here: what such a file is called, which episode it is for, and reading its bytes. Does not: what is in it
(`forms.py`), and when it is asked for (`find.py`).
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.files import trouble
from inkwell_pipeline.models import Episode, Transcript
from inkwell_pipeline.threads import computed, in_thread
from inkwell_pipeline.transcript.forms import SUFFIXES, read_transcript
from inkwell_pipeline.transcript.reading import MAX_TRANSCRIPT_BYTES, UnreadableTranscript

__all__ = ["OWN_READER", "OwnFiles", "guid_as_name", "read_own", "read_own_bytes"]

OWN_READER = "file:1"  # in the cache's keys: raise it when the same bytes are read differently
MEND = "mend that file, or take it away"


def guid_as_name(guid: str) -> str | None:
    """A guid as the name of a file, without suffix; None where nothing of it can stand in one.

    Letters without accents, digits, `.`, `_` and `-` stay; each run of other characters becomes one `-`, and none
    stands at either end; 200 characters at most: `https://example.com/?p=12` is `https-example.com-p-12`.
    """
    name = re.sub(r"[^A-Za-z0-9._]+|-+", "-", guid)[:200]
    name = re.sub(r"-{2,}", "-", name).strip("-.")
    return name or None


class OwnFiles:
    """The files in one feed's folder, and whose they are."""

    def __init__(self, folder: Path, names: Sequence[str], episodes: Sequence[Episode]) -> None:
        self._folder = folder
        self._found: dict[str, list[Path]] = {}
        for name in sorted(names, key=_rank):
            stem, _, suffix = name.rpartition(".")
            if suffix.lower() in SUFFIXES:
                self._found.setdefault(stem, []).append(folder / name)
        # a name that two guids share is nobody's: one of the two would get the other's words
        guids = {episode.key: guid_as_name(episode.guid or "") for episode in episodes}
        shared = Counter(guids.values())
        self._by_guid = {key: name for key, name in guids.items() if name and shared[name] == 1}

    @classmethod
    async def look(cls, folder: Path, episodes: Sequence[Episode]) -> "OwnFiles":
        """What lies in `folder` now. Raises: TransientError, where the folder is there and cannot be listed."""
        return cls(folder, await in_thread(_listed, folder), episodes)

    def of(self, episode: Episode) -> list[Path]:
        """The episode's files, the best first: by key before by guid, then by what the form can tell."""
        stems = [episode.key, *filter(None, [self._by_guid.get(episode.key)])]
        return [path for stem in dict.fromkeys(stems) for path in self._found.get(stem, [])]

    def wanted(self, episode: Episode) -> Path:
        """Where a file of the user's would be found, in one of the forms."""
        return self._folder / f"{episode.key}.vtt"


def _rank(name: str) -> tuple[int, str]:
    order: Mapping[str, int] = {suffix: number for number, suffix in enumerate(SUFFIXES)}
    return order.get(name.rpartition(".")[2].lower(), len(order)), name


def _listed(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise trouble(error, folder, "list") from error


async def read_own_bytes(path: Path) -> bytes:
    """The file's content. Raises: TransientError (it cannot be read), PermanentError (too large, or no file)."""
    return await in_thread(_read_now, path)


def _read_now(path: Path) -> bytes:
    try:
        if not path.is_file():  # a folder, or a pipe that nobody writes to
            raise PermanentError(f"{path} is no file", todo=MEND)
        with path.open("rb") as file:
            data = file.read(MAX_TRANSCRIPT_BYTES + 1)
    except OSError as error:
        raise trouble(error, path, "read") from error
    if len(data) > MAX_TRANSCRIPT_BYTES:
        raise PermanentError(f"{path} is larger than {MAX_TRANSCRIPT_BYTES // 1_000_000} MB", todo=MEND)
    return data


async def read_own(path: Path, data: bytes) -> Transcript:
    """The transcript in a file's content. Raises: UnreadableTranscript, with the path."""
    try:
        reading = await computed(read_transcript, data, declared=SUFFIXES[path.suffix.removeprefix(".").lower()])
    except UnreadableTranscript as error:
        raise UnreadableTranscript(f"{path} cannot be read as a transcript: {error.text}", todo=MEND) from None
    return Transcript(source="file", remarks=reading.remarks, segments=reading.segments)
