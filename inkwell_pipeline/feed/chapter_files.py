"""The files of chapters that a feed names: fetched for the episodes that a run looks at, once.

Belongs here: where the bytes come from, and what happens without them. Does not: what is in them (`chapters.py`).
Chapters are an extra: a file that cannot be had or read is a warning, and those that stand in the feed stand in.
"""

import asyncio
import logging
from collections.abc import Sequence

from inkwell_pipeline.addresses import Base
from inkwell_pipeline.episodes import EpisodeShelf
from inkwell_pipeline.errors import InkwellError, PermanentError, TransientError
from inkwell_pipeline.feed.chapters import UnreadableChapters, parse_chapters_json
from inkwell_pipeline.http import Http, without_secrets
from inkwell_pipeline.metering import counters
from inkwell_pipeline.models import Episode
from inkwell_pipeline.named_file import get_named_file
from inkwell_pipeline.settings import FeedSettings
from inkwell_pipeline.tasks import each_episode, parted
from inkwell_pipeline.threads import computed

__all__ = ["with_chapters"]

MAX_CHAPTERS_BYTES = 2_000_000
WHOLE_S = 30.0  # for one file, all told: a run must not wait longer for an extra

log = logging.getLogger(__name__)


async def with_chapters(
    episodes: Sequence[Episode], *, feed: FeedSettings, http: Http, shelf: EpisodeShelf, limit: int
) -> list[Episode]:
    """The episodes, those that name a file of chapters with what is in it; at most `limit` are fetched at once.

    The same file is asked for again only where the last run got no chapters out of it: what it got, `shelf` has.
    """
    naming = [episode for episode in episodes if episode.chapters_url]
    shelved = await shelf.find(feed.name, [episode.key for episode in naming])
    done: dict[str, Episode] = {}
    for episode, before in zip(naming, shelved, strict=True):
        if before and before.chapters_from == "json" and before.chapters_url == episode.chapters_url:
            done[episode.key] = _with(episode, before)
    counters().looked_up(found=len(done), asked=len(naming))

    async def work(episode: Episode) -> Episode:
        return await _fetched(episode, feed=feed, http=http)

    missing = [episode for episode in naming if episode.key not in done]
    fetched, _ = parted(await each_episode(work, missing, limit=limit, asset="feed"))
    done.update({episode.key: episode for episode in fetched})
    return [done.get(episode.key, episode) for episode in episodes]


def _with(episode: Episode, other: Episode) -> Episode:
    return episode.model_copy(update={"chapters": other.chapters, "chapters_from": "json"})


async def _fetched(episode: Episode, *, feed: FeedSettings, http: Http) -> Episode:
    """The episode with the chapters of its file, or as it is."""
    url = episode.chapters_url or ""
    try:
        data, came_from = await _read(url, episode, feed=feed, http=http)
        chapters = await computed(parse_chapters_json, data, resolve=Base(came_from).resolve)
        if not chapters:
            raise UnreadableChapters("the chapters' JSON has no chapter with a time")
    except InkwellError as error:
        instead = f"those from {episode.chapters_from} stand in" if episode.chapters else "it has none"
        log.warning("%s: its chapters cannot be read (%s; %s) [%s]", episode.title, error.text, instead, _shown(url))
        return episode
    return episode.model_copy(update={"chapters": chapters, "chapters_from": "json"})


def _shown(url: str) -> str:
    return url if url.startswith("file:") else without_secrets(url)


async def _read(url: str, episode: Episode, *, feed: FeedSettings, http: Http) -> tuple[bytes, str]:
    """The file's bytes, and the address that gave them. Raises: TransientError, PermanentError."""
    try:
        async with asyncio.timeout(WHOLE_S):
            data, came_from = await get_named_file(url, episode, feed=feed, http=http, max_bytes=MAX_CHAPTERS_BYTES)
    except TimeoutError:
        raise TransientError(f"no whole answer within {WHOLE_S:.0f} s") from None
    if len(data) > MAX_CHAPTERS_BYTES:  # of a file; a host's answer ends before
        raise PermanentError(f"larger than {MAX_CHAPTERS_BYTES // 1_000_000} MB")
    return data, came_from
