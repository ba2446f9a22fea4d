"""The four assets: feed → transcript → extraction → notes, partitioned by feed.

Belongs here: names, descriptions, inputs. Does not: any work; each body awaits one function of a room.
No `from __future__ import annotations`: Dagster reads the types.
"""

import os
from typing import Annotated, TypeAlias

import dagster as dg
from pydantic import Field, StringConstraints

from inkwell_pipeline.defs import checks
from inkwell_pipeline.defs.history import RUN_KEY, by_hand
from inkwell_pipeline.defs.metadata import calls_loop, estimated, kept_edits, materialised, preview, speech_estimated
from inkwell_pipeline.defs.overview import obsidian_links
from inkwell_pipeline.defs.plans import ExtractionPlan, check_models, code_version, pool
from inkwell_pipeline.defs.podcasts import report_podcast, reported_where_it_fails
from inkwell_pipeline.defs.resources import Rooms
from inkwell_pipeline.defs.run_config import Checked, estimates
from inkwell_pipeline.defs.running import measured, stoppable
from inkwell_pipeline.extraction import Foresight, estimate_episodes, extract_episodes
from inkwell_pipeline.feed import choose_episodes, due_now, keeping
from inkwell_pipeline.files import read_bytes
from inkwell_pipeline.models import Manifest
from inkwell_pipeline.notes import write_notes
from inkwell_pipeline.transcript import find_transcripts
from inkwell_pipeline.transcript.speech import SpeechEstimate

__all__ = ["ExtractionConfig", "FeedConfig", "extraction_asset", "feed_asset", "notes_asset", "transcript_asset"]

Feeds = dg.PartitionsDefinition[str]
MANIFEST = dg.PythonObjectDagsterType(Manifest, name="Manifest")
# bare: with check_specs, Dagster 1.13 refuses the annotation MaterializeResult[Manifest]
Result: TypeAlias = dg.MaterializeResult
GROUP, OWNERS = "inkwell", ["team:inkwell"]


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class FeedConfig(dg.Config):
    """What one run looks at, where that is not what the config says. Paste one of the examples, or change a value."""

    newest: int | None = Field(
        default=None,
        ge=1,
        description="How many of the newest episodes, 1 or more. Default: what the config says of the feed. "
        "Example: `newest: 20`",
    )
    episodes: list[Name] = Field(
        default=[],
        description="Just these, however old, and `newest` does not count: an episode's key, its guid, or a part of "
        "its title. Default: none is named. Example: `episodes: [The bridge, 3f2a90b1c4d5e6f7]`",
    )
    due: bool = Field(
        default=False,
        description="true: all that is due, which is what the feed's sensor asks for: every episode since the feed was "
        "first looked at that has no note, and has not been given up; `newest` and `episodes` do not count then. "
        "Example: `due: true`",
    )


class TranscriptConfig(dg.Config):
    """Whether to have transcripts made, or only to say what that would cost."""

    estimate: bool = Field(
        default=False,
        description="true: no transcript is made of audio, and no audio fetched; those that somebody has are read. The "
        "asset says what the others would cost, and those after it estimate, too, or do nothing. So it is, too, where "
        "`extraction` is asked for an estimate. Example: `estimate: true`",
    )


class ExtractionConfig(dg.Config):
    """Whether to extract, or only to say what it would cost."""

    estimate: bool = Field(
        default=False,
        description="true: no model is asked. The asset says what the episodes that are not extracted yet would cost, "
        "at least and at most, and leaves them for a run without it. Example: `estimate: true`",
    )


def feed_asset(feeds: Feeds, *, newest: int | None) -> dg.AssetsDefinition:
    """`newest`: what the config says where it says the same of all feeds. It is what the launchpad begins with."""

    @dg.asset(
        partitions_def=feeds,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"rss", "python"},
        dagster_type=MANIFEST,
        config_schema=Checked(FeedConfig, name="feed", newest=newest),
    )
    @stoppable
    async def feed(context: dg.AssetExecutionContext, rooms: dg.ResourceParam[Rooms]) -> Result:  # type: ignore[type-arg]
        """What was published: the newest episodes of a podcast's feed, or those that the run asks for."""
        config = FeedConfig(**context.op_execution_context.op_config)
        settings = rooms.settings.feeds[context.partition_key]
        async with measured(context) as measure, reported_where_it_fails(context.instance, rooms, settings):
            check_models(rooms.plans[context.partition_key], os.environ)  # before anything is fetched in vain
            report = await choose_episodes(
                settings,
                run_id=context.run.run_id,
                newest=config.newest,
                wanted=config.episodes,
                desk=rooms.desk,
                limit=rooms.settings.concurrency.http,
                last=RUN_KEY in context.run.tags,  # the sensor has just asked
                keep=keeping(settings, rooms.desk, rooms.progress, begins=False),
                pick=(lambda present: due_now(settings, present, rooms.progress, now=rooms.clock()))
                if config.due
                else None,
            )
        return materialised(report, measure)

    return feed


def transcript_asset(feeds: Feeds) -> dg.AssetsDefinition:
    @dg.asset(
        partitions_def=feeds,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"text", "python"},
        dagster_type=MANIFEST,
        config_schema=Checked(TranscriptConfig, name="transcript"),
        check_specs=[checks.times_spec(feeds)],
    )
    @stoppable
    async def transcript(context: dg.AssetExecutionContext, rooms: dg.ResourceParam[Rooms], feed: Manifest) -> Result:  # type: ignore[type-arg]
        """What was said: each episode's transcript, the user's own, its publisher's, or one made of its audio."""
        config = TranscriptConfig(**context.op_execution_context.op_config)
        is_estimate = config.estimate or estimates(context.run.run_config)
        foresight = Foresight(rooms.extracting(feed.feed), rooms.models.expect)
        estimated: list[SpeechEstimate] = []
        async with measured(context) as measure:
            report = await find_transcripts(
                feed,
                await rooms.shelf.take(feed.feed, feed.keys),
                feed=rooms.settings.feeds[feed.feed],
                http=rooms.http,
                cache=rooms.transcripts,
                own_dir=rooms.settings.data_dir / "transcripts",
                hearers=rooms.hearers(feed.feed),
                clockwork=rooms.clockwork,
                clock=rooms.clock,
                foresee=estimated.append if is_estimate else None,
                limit=rooms.settings.concurrency.http,
                found=foresight.found,
            )
        more = speech_estimated(estimated) if is_estimate else {}
        return materialised(report, measure, checks=[checks.times_are_of_the_audio(report)], more=more)

    return transcript


def extraction_asset(feeds: Feeds, plans: dict[str, ExtractionPlan]) -> dg.AssetsDefinition:
    @dg.asset(
        partitions_def=feeds,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"nlp", "python"},
        dagster_type=MANIFEST,
        code_version=code_version(plans),
        pool=pool(plans),
        config_schema=Checked(ExtractionConfig, name="extraction"),
        check_specs=[checks.quotes_spec(feeds)],
    )
    @stoppable
    async def extraction(
        context: dg.AssetExecutionContext, rooms: dg.ResourceParam[Rooms], transcript: Manifest
    ) -> Result:  # type: ignore[type-arg]
        """What is worth keeping: a summary, key ideas, quotes with times and links, by the feed's templates."""
        config = ExtractionConfig(**context.op_execution_context.op_config)
        plan, limit = rooms.plans[transcript.feed], rooms.settings.concurrency.llm
        check_models(plan, os.environ)
        extracting, more = rooms.extracting(transcript.feed), {}
        async with measured(context) as measure:
            episodes = await rooms.shelf.take(transcript.feed, transcript.keys)
            if config.estimate or transcript.is_estimate:
                report, estimate = await estimate_episodes(transcript, episodes, extracting, limit=limit)
                more = estimated(estimate)
            else:
                report = await extract_episodes(
                    transcript,
                    episodes,
                    extracting,
                    model=plan.model,
                    limit=limit,
                    order=rooms.models.turns,
                    stop=rooms.models.stop,
                    grace_s=plan.grace_s,
                )
        quotes = checks.quotes_are_verbatim(report, rooms.settings.quotes.unverified_share)
        return materialised(report, measure, checks=[quotes], more=more | calls_loop(rooms.models.meter))

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
            episodes = await rooms.shelf.take(extraction.feed, extraction.keys)
            report = await write_notes(
                extraction,
                episodes,
                outline=rooms.plans[extraction.feed].outline,
                extractions=rooms.extractions,
                vault=rooms.vault,
                layout=rooms.layout,
                limit=rooms.settings.concurrency.http,
            )
            await rooms.progress.after_run(
                report.manifest,
                episodes,
                run_id=context.run.run_id,
                by_hand=by_hand(context.run.tags),
                now=rooms.clock(),
            )
            await report_podcast(context.instance, rooms, rooms.settings.feeds[extraction.feed])
        paths = [rooms.settings.vault / record.note for record in report.manifest.records if record.note]
        newest = await read_bytes(paths[0]) if paths else None
        return materialised(
            report,
            measure,
            checks=[checks.no_failed_episodes(report), checks.frontmatter_parses(report)],
            more=preview(newest.decode(errors="replace") if newest else None, paths)
            | obsidian_links(report.manifest.records, rooms.settings.vault)
            | kept_edits(report.manifest.records),
        )

    return notes
