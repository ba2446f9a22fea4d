"""All definitions of the code location, out of the config.

Belongs here: which definitions there are. Does not: what each does (`assets.py`, `checks.py`,
`housekeeping.py`, `resources.py`).
"""

import asyncio

import dagster as dg

from inkwell_pipeline.clock import Clock, now
from inkwell_pipeline.defs.assets import (
    extraction_asset,
    feed_asset,
    notes_asset,
    transcript_asset,
)
from inkwell_pipeline.defs.housekeeping import cache_specs, clear_cache_job, trim_cache_job, weekly
from inkwell_pipeline.defs.io_manager import ManifestIOManager
from inkwell_pipeline.defs.plans import plan_extraction
from inkwell_pipeline.defs.podcasts import freshness_checks, podcast_specs
from inkwell_pipeline.defs.resources import rooms_resource
from inkwell_pipeline.defs.schedules import nightly
from inkwell_pipeline.defs.sensors import new_episodes_sensor
from inkwell_pipeline.defs.spending import costs_spec, report_costs_job
from inkwell_pipeline.defs.watching import Watch
from inkwell_pipeline.extraction import Extractor
from inkwell_pipeline.http import Sleep
from inkwell_pipeline.settings import Settings, load_settings

__all__ = ["build_defs"]


def build_defs(
    settings: Settings | None = None,
    *,
    extractor: Extractor | None = None,
    clock: Clock = now,
    sleep: Sleep = asyncio.sleep,
    watch: Watch | None = None,
) -> dg.Definitions:
    """The definitions for `settings`; by default for the config that counts here and now.

    `extractor` does all extraction instead of those that the config names: for one of your own. `clock` and `sleep`
    (what runs do between two requests) are for a time of one's own, and `watch` for whoever ends the sensors' loop
    before the process ends.
    Raises: ConfigError, one line about the config or a template.
    """
    settings = settings or load_settings()
    plans = plan_extraction(settings, extractor=extractor)
    trim_cache = trim_cache_job()
    watch = watch or Watch(settings, clock=clock)
    feeds = dg.StaticPartitionsDefinition(list(settings.feeds))
    return dg.Definitions(
        assets=[
            feed_asset(feeds, newest=_same_newest(settings)),
            transcript_asset(feeds),
            extraction_asset(feeds, plans),
            notes_asset(feeds),
            *cache_specs(),
            costs_spec(),
            *podcast_specs(settings),
        ],
        asset_checks=[freshness_checks(settings, clock=clock)],
        jobs=[trim_cache, clear_cache_job(), report_costs_job()],
        schedules=[weekly(trim_cache), nightly(settings)],
        sensors=[new_episodes_sensor(feed, watch, plans[feed.name]) for feed in settings.feeds.values()],
        resources={
            "rooms": rooms_resource(settings, plans, clock=clock, sleep=sleep),
            "io_manager": ManifestIOManager(settings.data_dir),
        },
        executor=dg.in_process_executor,  # the assets of a run share a loop and a client; 2 s a step are saved
    )


def _same_newest(settings: Settings) -> int | None:
    """How many episodes a run of any feed looks at; None where feeds differ."""
    numbers = {feed.newest for feed in settings.feeds.values()}
    return numbers.pop() if len(numbers) == 1 else None
