"""Which of a feed's episodes a run looks at. Pure.

Does not belong here: what is due for a sensor, which is computed from what is done (the feed's state).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.models import Episode, Feed

__all__ = ["choose", "newest_first"]


class Dated(Protocol):
    """An episode, or what is kept of one."""

    @property
    def published(self) -> datetime | None: ...


D = TypeVar("D", bound=Dated)


def choose(feed: Feed, *, newest: int, wanted: Sequence[str] = ()) -> list[Episode]:
    """The `newest` episodes, newest first; or, where any are `wanted`, just those, however old.

    What is wanted is named by an episode's key, its guid, or a part of its title (in any case of letters).
    Raises: PermanentError, where a wanted one is not in the feed.
    """
    by_age = newest_first(feed.episodes)
    if not wanted:
        return by_age[:newest]
    chosen: set[str] = set()
    for name in wanted:
        matching = {episode.key for episode in by_age if _is_named(episode, name)}
        if not matching:
            raise PermanentError(
                f"no episode has {name!r} as its key, its guid or a part of its title; "
                f"the feed has {len(by_age)} episodes",
                feed=feed.name,
            )
        chosen |= matching
    return [episode for episode in by_age if episode.key in chosen]


def _is_named(episode: Episode, name: str) -> bool:
    return name in (episode.key, episode.guid) or (
        bool(name.strip()) and name.strip().casefold() in episode.title.casefold()
    )


def newest_first(episodes: Sequence[D]) -> list[D]:
    """By date; an episode without one stands beside the one that the feed has before it."""
    date = next((episode.published for episode in episodes if episode.published), None)
    if date is None:
        return list(episodes)
    with_dates = []
    for episode in episodes:
        date = episode.published or date
        with_dates.append((date, episode))
    with_dates.sort(key=lambda pair: pair[0], reverse=True)  # stable: else as in the feed
    return [episode for _, episode in with_dates]
