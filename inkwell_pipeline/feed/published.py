"""The asset `feed`: the episodes that a run looks at, on the shelf for the assets after it."""

import logging
from collections.abc import Sequence

from inkwell_pipeline.episodes import EpisodeShelf
from inkwell_pipeline.feed.choose import choose
from inkwell_pipeline.feed.fetch import read_feed
from inkwell_pipeline.http import Http
from inkwell_pipeline.models import Manifest, Record
from inkwell_pipeline.reports import Report
from inkwell_pipeline.settings import FeedSettings

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
) -> Report:
    """A record for each chosen episode, newest first. `newest` and `wanted` are as in `choose`; None: the config's.

    Raises: TransientError, PermanentError, where the feed cannot be had or read, or has no such episode.
    """
    feed = await read_feed(settings, http=http)
    episodes = choose(feed, newest=newest or settings.newest, wanted=wanted)
    await shelf.put(episodes)
    log.info("%s: %d of %d episodes", feed.title, len(episodes), len(feed.episodes))
    records = tuple(Record(key=episode.key, title=episode.title, published=episode.published) for episode in episodes)
    return Report(
        manifest=Manifest(asset="feed", feed=settings.name, run_id=run_id, show=feed.title, records=records),
        given=len(episodes),
        figures={"in_feed": len(feed.episodes), "not_episodes": feed.not_episodes},
    )
