"""The four assets: feed → transcript → extraction → notes, partitioned by feed.

Belongs here: names, descriptions, inputs. Does not: any work; each body awaits one function of a room.
No `from __future__ import annotations`: Dagster reads the types.
"""

from typing import TypeAlias

import dagster as dg
from pydantic import Field

from inkwell_pipeline.defs import checks
from inkwell_pipeline.defs.metadata import kept_edits, materialised, preview
from inkwell_pipeline.defs.resources import ExtractionPlan, Rooms, code_version
from inkwell_pipeline.defs.running import measured, stoppable
from inkwell_pipeline.extraction import extract_episodes
from inkwell_pipeline.feed import choose_episodes
from inkwell_pipeline.files import read_bytes
from inkwell_pipeline.models import Manifest
from inkwell_pipeline.notes import write_notes
from inkwell_pipeline.transcript import find_transcripts

__all__ = ["FeedConfig", "extraction_asset", "feed_asset", "notes_asset", "transcript_asset"]

Feeds = dg.PartitionsDefinition[str]
MANIFEST = dg.PythonObjectDagsterType(Manifest, name="Manifest")
# bare: with check_specs, Dagster 1.13 refuses the annotation MaterializeResult[Manifest]
Result: TypeAlias = dg.MaterializeResult
GROUP, OWNERS = "inkwell", ["team:inkwell"]


class FeedConfig(dg.Config):
    """What one run looks at, where that is not what the config says."""

    newest: int | None = Field(
        default=None, ge=1, description="How many of the newest episodes; default: the config's."
    )
    episodes: list[str] = Field(
        default=[], description="Just these, however old: an episode's key, its guid, or a part of its title."
    )


def feed_asset(feeds: Feeds) -> dg.AssetsDefinition:
    @dg.asset(partitions_def=feeds, group_name=GROUP, owners=OWNERS, kinds={"rss", "python"}, dagster_type=MANIFEST)
    @stoppable
    async def feed(context: dg.AssetExecutionContext, config: FeedConfig, rooms: dg.ResourceParam[Rooms]) -> Result:  # type: ignore[type-arg]
        """What was published: the newest episodes of a podcast's feed, or those that the run asks for."""
        async with measured(context) as measure:
            report = await choose_episodes(
                rooms.settings.feeds[context.partition_key],
                run_id=context.run.run_id,
                newest=config.newest,
                wanted=config.episodes,
                http=rooms.http,
                shelf=rooms.shelf,
                limit=rooms.settings.concurrency.http,
            )
        return materialised(report, measure)

    return feed


def transcript_asset(feeds: Feeds) -> dg.AssetsDefinition:
    @dg.asset(partitions_def=feeds, group_name=GROUP, owners=OWNERS, kinds={"text", "python"}, dagster_type=MANIFEST)
    @stoppable
    async def transcript(context: dg.AssetExecutionContext, rooms: dg.ResourceParam[Rooms], feed: Manifest) -> Result:  # type: ignore[type-arg]
        """What was said: each episode's transcript, the user's own or its publisher's, with speakers and times."""
        async with measured(context) as measure:
            report = await find_transcripts(
                feed,
                await rooms.shelf.take(feed.feed, feed.keys),
                feed=rooms.settings.feeds[feed.feed],
                http=rooms.http,
                cache=rooms.transcripts,
                own_dir=rooms.settings.data_dir / "transcripts",
                limit=rooms.settings.concurrency.http,
            )
        return materialised(report, measure)

    return transcript


def extraction_asset(feeds: Feeds, plans: dict[str, ExtractionPlan]) -> dg.AssetsDefinition:
    @dg.asset(
        partitions_def=feeds,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"nlp", "python"},
        dagster_type=MANIFEST,
        code_version=code_version(plans),
        check_specs=[checks.quotes_spec(feeds)],
    )
    @stoppable
    async def extraction(
        context: dg.AssetExecutionContext, rooms: dg.ResourceParam[Rooms], transcript: Manifest
    ) -> Result:  # type: ignore[type-arg]
        """What is worth keeping: a summary, key ideas, quotes with times and links, by the feed's templates."""
        plan = rooms.plans[transcript.feed]
        async with measured(context) as measure:
            report = await extract_episodes(
                transcript,
                await rooms.shelf.take(transcript.feed, transcript.keys),
                templates=plan.templates,
                extractor=plan.extractor,
                model=plan.model,
                transcripts=rooms.transcripts,
                extractions=rooms.extractions,
                limit=rooms.settings.concurrency.llm,
                grace_s=plan.grace_s,
            )
        return materialised(report, measure, checks=[checks.quotes_are_verbatim(report)])

    return extraction


def notes_asset(feeds: Feeds) -> dg.AssetsDefinition:
    @dg.asset(
        partitions_def=feeds,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"markdown", "obsidian"},
        dagster_type=MANIFEST,
        check_specs=checks.notes_specs(feeds),
    )
    @stoppable
    async def notes(context: dg.AssetExecutionContext, rooms: dg.ResourceParam[Rooms], extraction: Manifest) -> Result:  # type: ignore[type-arg]
        """Where it is kept: a Markdown note in the Obsidian vault for every episode, the user's own words untouched."""
        async with measured(context) as measure:
            report = await write_notes(
                extraction,
                await rooms.shelf.take(extraction.feed, extraction.keys),
                outline=rooms.plans[extraction.feed].outline,
                extractions=rooms.extractions,
                vault=rooms.vault,
                layout=rooms.layout,
                limit=rooms.settings.concurrency.http,
            )
        paths = [rooms.settings.vault / record.note for record in report.manifest.records if record.note]
        newest = await read_bytes(paths[0]) if paths else None
        return materialised(
            report,
            measure,
            checks=[checks.no_failed_episodes(report), checks.frontmatter_parses(report)],
            more=preview(newest.decode(errors="replace") if newest else None, paths)
            | kept_edits(report.manifest.records),
        )

    return notes
