"""The asset `feed`: the episodes that a run looks at, on the shelf for the assets after it."""

import logging
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from typing import assert_never

from inkwell_pipeline.episodes import EpisodeShelf
from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.feed.chapter_files import with_chapters
from inkwell_pipeline.feed.choose import choose
from inkwell_pipeline.feed.parse import Outline, complete_episodes
from inkwell_pipeline.feed.poll import FeedDesk, Keep, Polled, last_polled, poll, refusal
from inkwell_pipeline.feed.present import Present
from inkwell_pipeline.feed.state import Failed, FeedState, Fetched, Gone, NotModified, Throttled
from inkwell_pipeline.hosts import without_secrets
from inkwell_pipeline.models import Episode, Failure, Manifest, Record, is_key
from inkwell_pipeline.reports import Report
from inkwell_pipeline.settings import FeedSettings
from inkwell_pipeline.threads import computed

__all__ = ["choose_episodes"]

Pick = Callable[[Present], Awaitable[Sequence[str]]]
log = logging.getLogger(__name__)


async def choose_episodes(
    settings: FeedSettings,
    *,
    run_id: str,
    newest: int | None,
    wanted: Sequence[str],
    desk: FeedDesk,
    limit: int = 8,
    last: bool = False,
    keep: Keep | None = None,
    pick: Pick | None = None,
) -> Report:
    """A record for each chosen episode, newest first. `newest` and `wanted` are as in `choose`; None: the config's.

    `pick` says by their keys which episodes of what the feed holds are wanted, instead of `wanted`; perhaps none.
    `last`: the feed as it was last read is enough, where there is one. `keep` is as in `poll`. An episode wanted
    by its key may have left the feed, if the shelf has it. At most `limit` files of chapters are fetched at once.
    Raises: TransientError, PermanentError, where the feed cannot be had or read, or has no such episode.
    """
    polled = await _polled(settings, desk, last=last, keep=keep)
    outline = polled.outline
    assert outline is not None
    feed = outline.feed
    if outline.is_broken:
        log.warning("%s: the feed's XML is broken; it was read as far as it goes", feed.title)
    if pick is not None and polled.present is not None:
        wanted = await pick(polled.present)
    shed = await _shed(settings, wanted, outline, desk.shelf)
    lost = _lost(settings, wanted, outline, shed) if last or pick is not None else []
    found = {episode.key for episode in shed} | {failure.key for failure in lost}
    named = [name for name in wanted if name not in found]
    none_is_named = not named and (found or pick is not None)
    chosen = [] if none_is_named else choose(feed, newest=newest or settings.newest, wanted=named)
    present = await _shelved(settings, outline, [episode.key for episode in chosen], desk, limit=limit)
    episodes = [*present, *shed]
    log.info("%s: %d of %d episodes", feed.title, len(episodes), len(feed.episodes))
    records = tuple(Record(key=episode.key, title=episode.title, published=episode.published) for episode in episodes)
    return Report(
        manifest=Manifest(
            asset="feed",
            feed=settings.name,
            run_id=run_id,
            show=feed.title,
            records=records,
            failures=tuple(lost),
        ),
        given=len(episodes) + len(lost),
        figures={"in_feed": len(feed.episodes), "not_episodes": feed.not_episodes},
        remarks=tuple(_moves(polled.state)),
    )


async def _polled(feed: FeedSettings, desk: FeedDesk, *, last: bool, keep: Keep | None) -> Polled:
    """Raises: TransientError, PermanentError, where the feed cannot be had."""
    if last and (polled := await last_polled(feed, desk, reads=True)) is not None:
        return polled
    polled = await poll(feed, desk, patient=True, reads=True, keep=keep)
    match polled.outcome:
        case Fetched() | NotModified():
            return polled
        case Failed() | Throttled() | Gone() as outcome:
            raise refusal(outcome, feed, now=desk.clock())
        case _:
            assert_never(polled.outcome)


async def _shelved(
    feed: FeedSettings, outline: Outline, keys: Sequence[str], desk: FeedDesk, *, limit: int
) -> list[Episode]:
    """The feed's episodes with these keys, complete, their chapters fetched, on the shelf."""
    episodes = await computed(complete_episodes, outline, keys)
    episodes = await with_chapters(episodes, feed=feed, http=desk.http, shelf=desk.shelf, limit=limit)
    await desk.shelf.put(episodes)
    return episodes


async def _shed(feed: FeedSettings, wanted: Collection[str], outline: Outline, shelf: EpisodeShelf) -> list[Episode]:
    """Those that are wanted by their keys, that the feed has no more, and that were kept when it had them."""
    present = {episode.key for episode in outline.feed.episodes}
    keys = [name for name in wanted if name not in present and is_key(name)]
    return [episode for episode in await shelf.find(feed.name, keys) if episode is not None]


def _lost(feed: FeedSettings, wanted: Sequence[str], outline: Outline, shed: Sequence[Episode]) -> list[Failure]:
    """Those that nobody has any more. Nobody has named them by hand: each is a failure of its own, not the run's."""
    there = {episode.key for episode in (*outline.feed.episodes, *shed)}
    says = "the feed has it no more, and what was kept of it is gone"
    lost = [key for key in wanted if key not in there]
    return [
        Failure(
            key=key,
            title=key,
            asset="feed",
            error=str(PermanentError(says, feed=feed.name, episode=key)),
            todo="nothing can be done, unless its publisher shows it again",
        )
        for key in lost
    ]


def _moves(state: FeedState) -> Iterator[str]:
    """Where the feed is, where that is not what the config says."""
    if state.url != state.source and state.moves:
        moved = state.moves[-1]
        how = "a redirect that is meant for good" if moved.by == "redirect" else "its itunes:new-feed-url"
        yield (
            f"the feed has moved to {without_secrets(moved.to)} ({how}, {moved.at:%Y-%m-%d}), and is asked for there; "
            "give it this `url` in the config"
        )
