"""Work on many episodes at once: bounded, in order, a failure of one being no failure of the others.

Belongs here: the one task group of the project. Does not: what the work is, and what a failure means for a run.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar, assert_never

from inkwell_pipeline.errors import InkwellError, OverBudget, TransientError
from inkwell_pipeline.models import AssetName, Episode, Failure

__all__ = ["advice", "each_episode", "parted"]

T = TypeVar("T")
log = logging.getLogger(__name__)


async def each_episode(
    work: Callable[[Episode], Awaitable[T]],
    episodes: Sequence[Episode],
    *,
    limit: int,
    asset: AssetName,
) -> list[T | Failure]:
    """Awaits `work` for each episode, at most `limit` at once; the results are in the order of `episodes`.

    An InkwellError becomes the episode's Failure. Any other exception is our bug: it ends the group, and is raised.
    """
    results: dict[str, T | Failure] = {}
    waiting = iter(episodes)  # shared: no await between taking an episode and owning it

    async def worker() -> None:
        for episode in waiting:
            try:
                results[episode.key] = await work(episode)
            except InkwellError as error:
                log.error("%s", error)
                todo = advice(error, asset=asset, episode=episode)
                reason = "budget" if isinstance(error, OverBudget) else None
                results[episode.key] = Failure(
                    key=episode.key, title=episode.title, asset=asset, error=str(error), todo=todo, reason=reason
                )

    async with asyncio.TaskGroup() as group:
        for _ in range(min(limit, len(episodes))):
            group.create_task(worker())
    return [results[episode.key] for episode in episodes]


def advice(error: InkwellError, *, asset: AssetName | None, episode: Episode | None = None) -> str:
    """What somebody can do about an error: what it says itself, else what helps in that asset (None: a job). Pure."""
    if error.todo is not None:
        return error.todo
    if isinstance(error, TransientError):
        return "likely to pass: run again"
    match asset:
        case "feed":
            return "see whether the feed's address is still right"
        case "transcript" if episode is not None:
            own = f"<data_dir>/transcripts/{episode.feed}/{episode.key}.vtt"
            return f"tell the publisher, or put a transcript at {own}; every run tries it again"
        case "transcript" | "extraction" | "notes":
            return "mend the cause; every run tries it again"
        case None:
            return "mend the cause, then run again"
        case _:
            assert_never(asset)


def parted(results: Sequence[T | Failure]) -> tuple[list[T], list[Failure]]:
    """What was done, and what failed, each in the order of the results."""
    done = [result for result in results if not isinstance(result, Failure)]
    return done, [result for result in results if isinstance(result, Failure)]
