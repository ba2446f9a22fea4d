"""A page in the UI for each feed: the external asset `podcasts/<feed>`, and its check `fresh`.

Belongs here: what they are, and reporting to them. Does not: what is shown (`overview.py`), whether a feed is well
(`feed/health.py`).
Nothing materialises these assets; runs and sensors report observations to them, for an observation of an asset that has
partitions is not to be seen until it is materialised. Their checks have no partitions: outside a run Dagster 1.13 keeps
one evaluation for each partition, and raises at the second.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import dagster as dg

from inkwell_pipeline.clock import Clock
from inkwell_pipeline.defs.overview import overview
from inkwell_pipeline.defs.resources import Rooms
from inkwell_pipeline.errors import InkwellError
from inkwell_pipeline.feed import FeedMemory, Health, Runs, Standing, standing
from inkwell_pipeline.progress import ProgressShelf
from inkwell_pipeline.settings import FeedSettings, Settings
from inkwell_pipeline.threads import in_thread

__all__ = [
    "freshness_checks",
    "podcast_key",
    "podcast_specs",
    "report_podcast",
    "reported_where_it_fails",
    "tell_podcast",
]

PREFIX, CHECK = "podcasts", "fresh"


def podcast_key(feed: str) -> dg.AssetKey:
    return dg.AssetKey([PREFIX, feed])


def podcast_specs(settings: Settings) -> list[dg.AssetSpec]:
    """One for each feed. No selection has them: there is nothing to execute."""
    return [
        dg.AssetSpec(
            podcast_key(feed.name),
            deps=["notes"],
            group_name="podcasts",
            owners=["team:inkwell"],
            description=f"The podcast {feed.name}: its episodes and where each stands, and whether its feed is well.",
        )
        for feed in settings.feeds.values()
    ]


def freshness_checks(settings: Settings, *, clock: Clock) -> dg.AssetChecksDefinition:
    """One for each feed, told by runs and sensors; by hand, too, of what is remembered."""
    describes = "The feed can be had, and has not been silent for far longer than its habit."
    specs = [dg.AssetCheckSpec(CHECK, asset=podcast_key(name), description=describes) for name in settings.feeds]

    @dg.multi_asset_check(name="podcasts_are_fresh", specs=specs, can_subset=True)
    def fresh(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        for key in context.selected_asset_check_keys:
            feed = settings.feeds[key.asset_key.path[-1]]
            stands = asyncio.run(_standing(settings, feed, clock=clock))
            yield dg.AssetCheckResult(
                asset_key=key.asset_key,
                check_name=CHECK,
                passed=stands.health.is_well,
                severity=dg.AssetCheckSeverity.WARN,
                description=stands.health.says,
                metadata=_figures(stands.health),
            )

    return fresh


async def report_podcast(instance: dg.DagsterInstance, rooms: Rooms, feed: FeedSettings) -> None:
    """Brings the feed's page and its check up to date, from within a run."""
    stands = await standing(feed, rooms.feeds, rooms.progress, Runs(), now=rooms.clock())
    await in_thread(tell_podcast, instance, feed, stands, vault=rooms.settings.vault)  # writes to SQLite


@asynccontextmanager
async def reported_where_it_fails(
    instance: dg.DagsterInstance, rooms: Rooms, feed: FeedSettings
) -> AsyncIterator[None]:
    """Around the asking for a feed: a run that ends with it tells the feed's page why."""
    try:
        yield
    except InkwellError:
        await report_podcast(instance, rooms, feed)
        raise


def tell_podcast(instance: dg.DagsterInstance, feed: FeedSettings, stands: Standing, *, vault: Path) -> None:
    """Puts on the feed's page what it shows, and the verdict of its check. Reads the newest note; blocks."""
    key, health = podcast_key(feed.name), stands.health
    page = dg.AssetObservation(key, description=health.says, metadata=overview(stands, vault=vault))
    verdict = dg.AssetCheckEvaluation(
        asset_key=key,
        check_name=CHECK,
        passed=health.is_well,
        severity=dg.AssetCheckSeverity.WARN,  # nothing of ours has failed
        description=health.says,
        metadata=_figures(health),
    )
    for event in (page, verdict):
        instance.report_runless_asset_event(event)


async def _standing(settings: Settings, feed: FeedSettings, *, clock: Clock) -> Standing:
    data_dir = settings.data_dir
    return await standing(feed, FeedMemory(data_dir), ProgressShelf(data_dir), Runs(), now=clock())


def _figures(health: Health) -> dict[str, float]:
    return {} if health.silent_days is None else {"silent_days": health.silent_days}
