"""What the feed said of each episode, kept for the assets after `feed`: a file an episode, written when it changes.

Belongs here: `<data_dir>/episodes/<feed>/<key>.json`. Does not: manifests, which name episodes by key (`defs/`).
"""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.files import read_bytes_now, replace_file_now
from inkwell_pipeline.models import Episode
from inkwell_pipeline.threads import in_thread

__all__ = ["EpisodeShelf"]


class EpisodeShelf:
    """Episodes by feed and key."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "episodes"

    async def put(self, episodes: Sequence[Episode]) -> None:
        """Keeps the episodes as their feed describes them now. Raises: TransientError, with the path."""
        await in_thread(self._put, episodes)

    async def take(self, feed: str, keys: Sequence[str]) -> list[Episode]:
        """The episodes in the order asked.

        Raises: PermanentError, where one is not there or damaged; TransientError, where it cannot be read.
        """
        return await in_thread(self._take, feed, keys)

    def _put(self, episodes: Sequence[Episode]) -> None:
        for episode in episodes:
            path, data = self._path(episode.feed, episode.key), episode.model_dump_json().encode()
            if read_bytes_now(path) != data:
                replace_file_now(path, data, durable=False, mode=0o600)  # addresses may hold secrets

    def _take(self, feed: str, keys: Sequence[str]) -> list[Episode]:
        episodes = []
        for key in keys:
            path = self._path(feed, key)
            try:
                episodes.append(Episode.model_validate_json(read_bytes_now(path) or b""))
            except ValidationError:
                says = f"{path} is missing or damaged; materialise the asset `feed` once more"
                raise PermanentError(says, feed=feed) from None
        return episodes

    def _path(self, feed: str, key: str) -> Path:
        return self._folder / feed / f"{key}.json"
