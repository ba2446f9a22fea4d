"""The user's vault: where a note is, and how a new text gets to its place without losing one of theirs.

Belongs here: which file is an episode's, names that are free, writing. Does not: what a note says (`render.py`), whose
words win (`merge.py`), looking through the vault (`search.py`), what we last wrote (`memory.py`).
All of it blocks, and is called in a thread, an operation a hop.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from inkwell_pipeline.addresses import without_query
from inkwell_pipeline.errors import ConfigError, PermanentError, TransientError
from inkwell_pipeline.files import create_file_now, read_bytes_now, replace_file_now, sweep_now
from inkwell_pipeline.models import Episode, episode_key
from inkwell_pipeline.notes.memory import LastWritten, Memory
from inkwell_pipeline.notes.merge import BEGIN, Base, Merged, merge
from inkwell_pipeline.notes.names import note_name, show_name
from inkwell_pipeline.notes.places import Places
from inkwell_pipeline.notes.property_types import obsidian_folder, type_clashes
from inkwell_pipeline.notes.render import Rendered
from inkwell_pipeline.notes.search import VaultIndex, id_in
from inkwell_pipeline.notes.trouble import told_by_key

__all__ = ["Placed", "Vault"]


@dataclass(frozen=True)
class Placed:
    """A note after the work: its path relative to the vault, and what happened to it.

    `edits`: what of it stands as the user left it, by name; `readable`: whether its properties are YAML;
    `copies`: other files that say they are this note, relative to the vault.
    """

    path: str
    written: bool
    edits: tuple[str, ...] = ()
    readable: bool = True
    copies: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Found:
    path: Path
    base: Base
    copies: tuple[Path, ...] = ()


class Vault:
    """Notes by episode, in one folder of one vault. `feeds` are the names of all configured feeds."""

    def __init__(self, root: Path, *, folder: str, data_dir: Path, feeds: Sequence[str]) -> None:
        self._root, self._folder, self._data_dir, self._feeds = root, folder, data_dir, tuple(feeds)
        self._memory, self._index, self._places = Memory(data_dir), VaultIndex(root), Places()
        self._swept: set[Path] = set()

    def opening_remarks(self) -> list[str]:
        """What the user should know before the first note is written, a line each.

        Raises: ConfigError, where the vault is no folder, or cannot be looked into.
        """
        try:
            is_there = self._root.exists()
        except OSError as error:
            todo = "`vault` in the config must name a folder that you may look into"
            raise ConfigError(f"cannot look into {self._root}: {error.strerror}", todo=todo) from None
        if is_there and not self._root.is_dir():
            raise ConfigError(f"{self._root} is a file", todo="`vault` in the config must name a folder")
        remarks = type_clashes(self._root)
        if not is_there and obsidian_folder(self._root) is None:
            says = "is a new folder, made for the notes; if you have a vault already, check `vault` in the config"
            remarks.append(f"{self._root} {says}")
        return remarks

    def unchanged(self, episode: Episode, inputs: str) -> Placed | None:
        """The note, where it is as we last left it and `inputs` are those of then; else None.

        Raises: TransientError, PermanentError, with the path.
        """
        with told_by_key(self._data_dir, "data_dir"):
            last = self._memory.get(episode.feed, episode.key)
        if last is None or last.inputs != inputs:
            return None
        with told_by_key(self._root, "vault"):
            data = read_bytes_now(self._root / last.path)
        if data is None or sha256(data).hexdigest() != last.file_sha256:
            return None
        return Placed(last.path, written=False, edits=last.edits, readable=last.readable)

    def write(self, episode: Episode, rendered: Rendered, inputs: str) -> Placed:
        """Brings the episode's note up to date, or makes it. Raises: TransientError, PermanentError, with the path."""
        with told_by_key(self._data_dir, "data_dir"):
            last = self._memory.get(episode.feed, episode.key)
        with told_by_key(self._root, "vault"):
            found = self._find(episode, last)
            made = None
            if found is None:
                whole = merge(None, rendered, Base())
                path, is_new = self._create(episode, whole.text.encode())
                found, made = _Found(path, Base()), whole if is_new else None
            merged, written = (made, True) if made is not None else self._update(found, rendered)
            if written and found.path.parent not in self._swept:
                self._swept.add(found.path.parent)
                sweep_now(found.path.parent)
        now = LastWritten(
            path=self._relative(found.path),
            inputs=inputs,
            file_sha256=sha256(merged.text.encode()).hexdigest(),
            edits=merged.edits,
            readable=merged.readable,
            base=merged.base,
        )
        if now != last:
            with told_by_key(self._data_dir, "data_dir"):
                self._memory.put(episode.feed, episode.key, now)
        copies = tuple(map(self._relative, found.copies))
        return Placed(now.path, written=written, edits=now.edits, readable=now.readable, copies=copies)

    def foreseen(self, episode: Episode) -> tuple[str, bool]:
        """Where the episode's note is, or is to be made, relative to the vault, and whether it is there.

        Nothing is written; a name that was foreseen is not given to another episode. Raises: TransientError,
        PermanentError, with the path.
        """
        with told_by_key(self._data_dir, "data_dir"):
            last = self._memory.get(episode.feed, episode.key)
        with told_by_key(self._root, "vault"):
            if (found := self._find(episode, last)) is not None:
                return self._relative(found.path), True
            names = self._names_for(episode)
            for path in names:
                with self._places.claimed(path) as is_free:
                    if is_free:
                        return self._relative(path), False
            return self._relative(names[-1]), False

    def _update(self, found: _Found, rendered: Rendered) -> tuple[Merged, bool]:
        """What stands in the file now, and whether that was written."""
        path = found.path
        while (data := read_bytes_now(path)) is not None:
            try:
                existing = data.decode()
            except UnicodeDecodeError:
                raise PermanentError(f"{path} is not UTF-8 text; it is left as it is: save it as UTF-8") from None
            merged = merge(existing, rendered, found.base)
            if merged.text == existing:
                return merged, False
            if replace_file_now(path.resolve(), merged.text.encode(), only_if=data):
                return merged, True
            # else the user has saved meanwhile: once more, with their text
        raise TransientError(f"{path} was moved while it was to be written; the next run finds it")

    def _find(self, episode: Episode, last: LastWritten | None) -> _Found | None:
        """The note that has the episode's id: where we left it, else wherever it is now; else one to adopt."""
        paths = self._index.by_key(episode.key)
        base = last.base if last else Base()
        if last is not None:
            here = self._root / last.path
            key = id_in(here)
            # ours by its mark alone: the user may have taken the id away
            if key == episode.key or (key is None and BEGIN.encode() in (read_bytes_now(here) or b"")):
                return _Found(here, base, tuple(path for path in paths if not _is_same(path, here)))
        if paths:
            return _Found(paths[0], base, tuple(paths[1:]))
        return self._adopted(episode)

    def _adopted(self, episode: Episode) -> _Found | None:
        """A note of this episode whose key no configured feed has: the feed has another name in the config now."""
        if episode.guid is None:
            return None
        adopted = self._index.adopt(
            episode.key,
            {"guid": episode.guid, "podcast": episode.show},
            rather={"audio": episode.audio_url},
            is_free=lambda key, properties: not self._is_configured(key, properties),
        )
        if adopted is None:
            return None
        path, key = adopted
        last = self._memory.get_anywhere(key)
        return _Found(path, last.base if last else Base())

    def _is_configured(self, key: str, properties: dict[str, Any]) -> bool:
        """Whether a note's key belongs to a feed of the config.

        A key cannot be read backwards, but made again of what an episode is known by (guid, audio, link); and what we
        remember of a feed names its keys.
        """
        audio = properties.get("audio")
        known_by = [properties.get("guid"), _without_query(audio) if isinstance(audio, str) else None]
        known_by.append(properties.get("url"))
        return any(
            self._memory.knows(feed, key)
            or any(key == episode_key(feed, one) for one in known_by if isinstance(one, str))
            for feed in self._feeds
        )

    def _create(self, episode: Episode, data: bytes) -> tuple[Path, bool]:
        """The note at the first of its names that is free, or that has it: a run beside this one may have been faster.

        Says whether it is new. A name that is taken otherwise is another's.
        """
        for path in self._names_for(episode):
            with self._places.claimed(path) as is_free:
                if is_free and create_file_now(path, data):
                    self._index.made(path, episode.key)
                    return path, True
            if id_in(path) == episode.key:
                return path, False
        raise PermanentError(f"{path} belongs to something else", feed=episode.feed, episode=episode.title)

    def _names_for(self, episode: Episode) -> list[Path]:
        """Where the episode's note may be made, the best place first."""
        folder = self._places.folder(self._root, [*Path(self._folder).parts, show_name(episode.show)])
        name = note_name(episode.title, episode.published)
        return [folder / f"{one}.md" for one in (name, f"{name} ({episode.key[:6]})", f"{name} ({episode.key})")]

    def _relative(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path == other or path.samefile(other)
    except OSError:
        return False


def _without_query(url: str) -> str:
    """As an episode is known by its audio's address; what is none stays as it is: the user may have written it."""
    try:
        return without_query(url)
    except ValueError:
        return url
