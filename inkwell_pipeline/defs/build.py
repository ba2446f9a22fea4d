"""All definitions of the code location, out of the config.

Belongs here: which definitions there are. Does not: what each does (`assets.py`, `checks.py`,
`housekeeping.py`, `resources.py`).
"""

import dagster as dg

from inkwell_pipeline.defs.assets import (
    extraction_asset,
    feed_asset,
    notes_asset,
    transcript_asset,
)
from inkwell_pipeline.defs.housekeeping import cache_specs, clear_cache_job, trim_cache_job, weekly
from inkwell_pipeline.defs.io_manager import ManifestIOManager
from inkwell_pipeline.defs.resources import plan_extraction, rooms_resource
from inkwell_pipeline.extraction import Extractor
from inkwell_pipeline.settings import Settings, load_settings

__all__ = ["build_defs"]


def build_defs(settings: Settings | None = None, *, extractor: Extractor | None = None) -> dg.Definitions:
    """The definitions for `settings`; by default for the config that counts here and now.

    `extractor` does all extraction instead of those that the config names: for one of your own.
    Raises: ConfigError, one line about the config or a template.
    """
    settings = settings or load_settings()
    plans = plan_extraction(settings, extractor=extractor)
    trim_cache = trim_cache_job()
    feeds = dg.StaticPartitionsDefinition(list(settings.feeds))
    return dg.Definitions(
        assets=[
            feed_asset(feeds),
            transcript_asset(feeds),
            extraction_asset(feeds, plans),
            notes_asset(feeds),
            *cache_specs(),
        ],
        jobs=[trim_cache, clear_cache_job()],
        schedules=[weekly(trim_cache)],
        resources={
            "rooms": rooms_resource(settings, plans),
            "io_manager": ManifestIOManager(settings.data_dir),
        },
        executor=dg.in_process_executor,  # the assets of a run share a loop and a client; 2 s a step are saved
    )
