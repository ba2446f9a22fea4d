"""The asset `feed`: the episodes that a run looks at, on the shelf for the assets after it."""

import logging
from collections.abc import Sequence

from inkwell_pipeline.episodes import EpisodeShelf
from inkwell_pipeline.feed.chapter_files import with_chapters
from inkwell_pipeline.feed.choose import choose
from inkwell_pipeline.feed.fetch import read_outline
from inkwell_pipeline.feed.parse import complete_episodes
from inkwell_pipeline.http import Http
from inkwell_pipeline.models import Manifest, Record
from inkwell_pipeline.reports import Report
from inkwell_pipeline.settings import FeedSettings
from inkwell_pipeline.threads import computed

__all__ = ["choose_episodes"]

log = logging.getLogger(__name__)


async def choose_episodes(
    settings: FeedSettings,
    *,
    run_id: str,
    newest: int | None,
    wanted: Sequence[str],
    http: Http,
    shelf: EpisodeShelf,
    limit: int = 8,
) -> Report:
    """A record for each chosen episode, newest first. `newest` and `wanted` are as in `choose`; None: the config's.

    At most `limit` files of chapters are fetched at once.
    Raises: TransientError, PermanentError, where the feed cannot be had or read, or has no such episode.
    """
    outline = await read_outline(settings, http=http, known=await shelf.known(settings.name))
    feed = outline.feed
    if outline.is_broken:
        log.warning("%s: the feed's XML is broken; it was read as far as it goes", feed.title)
    keys = [episode.key for episode in choose(feed, newest=newest or settings.newest, wanted=wanted)]
    episodes = await computed(complete_episodes, outline, keys)
    episodes = await with_chapters(episodes, feed=settings, http=http, shelf=shelf, limit=limit)
    await shelf.put(episodes)
    await shelf.remember(settings.name, outline.identities[::-1])  # most feeds begin with the newest
    log.info("%s: %d of %d episodes", feed.title, len(episodes), len(feed.episodes))
    records = tuple(Record(key=episode.key, title=episode.title, published=episode.published) for episode in episodes)
    return Report(
        manifest=Manifest(asset="feed", feed=settings.name, run_id=run_id, show=feed.title, records=records),
        given=len(episodes),
        figures={"in_feed": len(feed.episodes), "not_episodes": feed.not_episodes},
    )
