"""A fixed time instead of sensors: every night a run of each watched feed, for whatever is due in it.

Belongs here: when, and of which feeds. Does not: what is due (`feed/due.py`; the run computes it when it begins).
"""

from collections.abc import Iterator

import dagster as dg

from inkwell_pipeline.defs.history import ASSETS, NIGHTLY
from inkwell_pipeline.settings import Settings

__all__ = ["nightly"]

EVERY_NIGHT = "30 3 * * *"


def nightly(settings: Settings) -> dg.ScheduleDefinition:
    """Off until somebody switches it on; the feeds' sensors can be off then."""
    watched = [feed.name for feed in settings.feeds.values() if feed.watch]

    @dg.schedule(
        name="watched_feeds_nightly",
        target=dg.AssetSelection.assets(*ASSETS),
        cron_schedule=EVERY_NIGHT,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Every night at 3:30 UTC, for those who prefer it to sensors: the notes of all that is due in the "
        "feeds with `watch: true`.",
    )
    def watched_feeds_nightly(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        if not watched:
            yield dg.SkipReason("no feed of the config has `watch: true`")
        for feed in watched:
            yield dg.RunRequest(
                run_key=f"{feed} {context.scheduled_execution_time:%Y-%m-%dT%H:%M}",
                partition_key=feed,
                run_config={"ops": {"feed": {"config": {"due": True}}}},
                tags={NIGHTLY: "true"},
            )

    return watched_feeds_nightly
