"""What a feed said of its episodes, kept for the assets after `feed`, and for the next run of it.

Belongs here: `<data_dir>/episodes/<feed>/<key>.json`, a file an episode that a run looked at, written when it changes;
`<data_dir>/identities/<feed>.jsonl`, a line an episode that the feed ever had: what its key stands for.
Does not: manifests, which name episodes by key (`defs/`), and which key an episode gets (`feed/identity.py`).
"""

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.files import read_bytes_now, replace_file_now
from inkwell_pipeline.models import Episode
from inkwell_pipeline.threads import in_thread

__all__ = ["EpisodeShelf", "Identity"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Identity:
    """By what an episode is known again; None: not stated. `enclosure` has no query, `published` is ISO 8601 in UTC."""

    key: str
    guid: str | None = None
    enclosure: str | None = None
    link: str | None = None
    title: str | None = None
    published: str | None = None


class EpisodeShelf:
    """Episodes by feed and key."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "episodes"
        self._identities = data_dir / "identities"

    async def put(self, episodes: Sequence[Episode]) -> None:
        """Keeps the episodes as their feed describes them now. Raises: TransientError, with the path."""
        await in_thread(self._put, episodes)

    async def take(self, feed: str, keys: Sequence[str]) -> list[Episode]:
        """The episodes in the order asked.

        Raises: PermanentError, where one is not there or damaged; TransientError, where it cannot be read.
        """
        return await in_thread(self._take, feed, keys)

    async def find(self, feed: str, keys: Sequence[str]) -> list[Episode | None]:
        """The same, with None for one that is not there or damaged. Raises: TransientError."""
        return await in_thread(lambda: [self._find(feed, key) for key in keys])

    async def known(self, feed: str) -> list[Identity]:
        """What is known of the feed's episodes: those last seen, oldest first, then others. Nothing before a first run.

        A damaged line is left out, with a warning. Raises: TransientError, where the file cannot be read.
        """
        return await in_thread(self._known, feed)

    async def remember(self, feed: str, seen: Sequence[Identity]) -> None:
        """Adds what was seen, oldest first, to what is known; the newer description of a key counts.

        Raises: TransientError, with the path.
        """
        await in_thread(self._remember, feed, seen)

    def _put(self, episodes: Sequence[Episode]) -> None:
        for episode in episodes:
            path, data = self._path(episode.feed, episode.key), episode.model_dump_json().encode()
            if read_bytes_now(path) != data:
                replace_file_now(path, data, durable=False, mode=0o600)  # addresses may hold secrets

    def _take(self, feed: str, keys: Sequence[str]) -> list[Episode]:
        episodes = []
        for key in keys:
            if (episode := self._find(feed, key)) is None:
                says = f"{self._path(feed, key)} is missing or damaged; materialise the asset `feed` once more"
                raise PermanentError(says, feed=feed)
            episodes.append(episode)
        return episodes

    def _find(self, feed: str, key: str) -> Episode | None:
        try:
            return Episode.model_validate_json(read_bytes_now(self._path(feed, key)) or b"")
        except ValidationError:
            return None

    def _path(self, feed: str, key: str) -> Path:
        return self._folder / feed / f"{key}.json"

    def _known(self, feed: str) -> list[Identity]:
        path = self._identities / f"{feed}.jsonl"
        lines = (read_bytes_now(path) or b"").splitlines()
        known = list(_read(lines))
        if len(known) < len(lines):
            log.warning("%s: %d lines of %s are damaged, and left out", feed, len(lines) - len(known), path)
        return known

    def _remember(self, feed: str, seen: Sequence[Identity]) -> None:
        known = self._known(feed)  # once more: another run of the feed may have added to it
        # the last seen first: of several that nothing tells apart, each is to have its own key again
        by_key = {identity.key: identity for identity in seen}
        by_key |= {identity.key: identity for identity in known if identity.key not in by_key}
        if list(by_key.values()) != known:
            data = "".join(f"{_line(identity)}\n" for identity in by_key.values())
            replace_file_now(self._identities / f"{feed}.jsonl", data.encode(), mode=0o600)


def _line(identity: Identity) -> str:
    said = {name: value for name in Identity.__slots__ if (value := getattr(identity, name)) is not None}
    return json.dumps(said)


def _read(lines: Sequence[bytes]) -> Iterator[Identity]:
    for line in lines:
        try:
            said = json.loads(line)
            if all(isinstance(value, str) for value in said.values()) and said.get("key"):
                yield Identity(**said)
        except (ValueError, TypeError, AttributeError, RecursionError):  # no JSON, no object, another program's
            continue
