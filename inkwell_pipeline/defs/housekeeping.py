"""Jobs that keep the caches in order: `trim_cache`, also once a week where its schedule is switched on; `clear_cache`.

Belongs here: what a run may ask for, and what Dagster shows of a cache. Does not: what is of no use
(`cache/survey.py`), and which entries the manifests name (`manifests.py`).
Jobs, for an asset would run with every `--select '*'`. Of a job's figures Dagster plots only those of an asset that is
defined: each run reports to `cache/transcripts` and `cache/extractions`, external assets that nothing materialises.
No `from __future__ import annotations`: Dagster reads the types.
"""

import logging
from collections.abc import Collection
from dataclasses import replace
from typing import Final, Literal

import dagster as dg
from pydantic import Field, field_validator

from inkwell_pipeline.cache import Amount, Cache, Survey, Trim
from inkwell_pipeline.defs.manifests import named_keys
from inkwell_pipeline.defs.resources import Rooms
from inkwell_pipeline.defs.run_config import Checked
from inkwell_pipeline.defs.running import measured, stoppable
from inkwell_pipeline.errors import InkwellError, TransientError
from inkwell_pipeline.settings import DAY_S
from inkwell_pipeline.threads import in_thread

__all__ = ["CONFIRMATION", "ClearConfig", "TrimConfig", "cache_specs", "clear_cache_job", "trim_cache_job", "weekly"]

CONFIRMATION: Final = "delete what was paid for"
MONDAYS = "30 4 * * 1"
PREFIX = "cache"  # of the asset keys
Caches = Literal["all", "transcripts", "extractions"]
# "no" stands first, for Dagster's example of a missing entry is an enum's first value; all else is refused before a run
Confirmation = Literal["no", "delete what was paid for"]
log = logging.getLogger(__name__)


class TrimConfig(dg.Config):
    """What one run trims besides what is expired, damaged, or of no use."""

    trim: bool = Field(default=True, description="false: only report, delete nothing. Example: `trim: false`")
    older_than_days: float | None = Field(
        default=None,
        gt=0,
        description="Delete entries older than that, whatever they cost; default: only what the config's "
        "`cache: {ttl_days}` ends, which by default is nothing. Example: `older_than_days: 365`",
    )
    orphans_older_than_days: int | None = Field(
        default=None,
        ge=1,
        description="Delete entries older than that which no manifest of a feed in the config names, such as those "
        "of feeds that you have left; they may have been paid for. Default: they are only counted. "
        "Example: `orphans_older_than_days: 30`",
    )


class ClearConfig(dg.Config):
    """What one run deletes, once it is confirmed."""

    caches: Caches = Field(default="all", description="Which cache is emptied.")
    confirm: Confirmation = Field(
        description=f"To be typed: {CONFIRMATION}. All that the cache holds goes; what is wanted again is fetched, "
        "computed and paid for again."
    )

    @field_validator("confirm")
    @classmethod
    def _is_confirmed(cls, confirm: str) -> str:
        if confirm != CONFIRMATION:
            raise ValueError(f"nothing is deleted: must be `{CONFIRMATION}`, if that is what you want, not {confirm!r}")
        return confirm


def cache_specs() -> list[dg.AssetSpec]:
    """What the figures stand on. No selection has them: there is nothing to execute."""
    return [
        dg.AssetSpec(
            [PREFIX, name],
            group_name="housekeeping",
            owners=["team:inkwell"],
            description=f"The {name} that are kept, and what the jobs `trim_cache` and `clear_cache` did about them.",
        )
        for name in ("transcripts", "extractions")
    ]


def trim_cache_job() -> dg.JobDefinition:
    @dg.op(config_schema=Checked(TrimConfig, name="trim"))
    @stoppable
    async def trim(context: dg.OpExecutionContext, rooms: dg.ResourceParam[Rooms]) -> None:
        """Looks at every entry of both caches; deletes those that are expired or damaged, and what is of no use."""
        config = TrimConfig(**context.op_config)
        async with measured(context):
            named = await in_thread(named_keys, rooms.settings)
            for trouble in named.troubles:
                log.warning("orphans are not deleted: %s", trouble)
            orphans_s = None if named.troubles else _seconds(config.orphans_older_than_days)
            what = Trim(config.trim, _seconds(config.older_than_days), named, orphans_s)
            surveys = {name: await cache.survey(what) for name, cache in _caches(rooms, "all").items()}
            for name, survey in surveys.items():
                await _report(context, name, survey)
        _complain(surveys.values())

    @dg.job(name="trim_cache", description=trim.description)
    def job() -> None:
        trim()

    return job


def clear_cache_job() -> dg.JobDefinition:
    @dg.op(config_schema=Checked(ClearConfig, name="clear"))
    @stoppable
    async def clear(context: dg.OpExecutionContext, rooms: dg.ResourceParam[Rooms]) -> None:
        """Deletes every entry of a cache, also those that were paid for. Asks for a confirmation in its run config."""
        config = ClearConfig(**context.op_config)
        async with measured(context):
            for name, cache in _caches(rooms, config.caches).items():
                before = await cache.get_stats()
                await cache.clear()
                gone = Amount(before["file_count"], before["total_size_bytes"])
                await _report(context, name, replace(await cache.survey(Trim(deletes=False)), deleted=gone))

    @dg.job(name="clear_cache", description=clear.description)
    def job() -> None:
        clear()

    return job


def weekly(job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """Off until somebody switches it on."""
    return dg.ScheduleDefinition(
        name=f"{job.name}_weekly",
        job=job,
        cron_schedule=MONDAYS,
        description="Trims both caches on Mondays, as the job's defaults say.",
        default_status=dg.DefaultScheduleStatus.STOPPED,
    )


def _seconds(days: float | None) -> float | None:
    return None if days is None else days * DAY_S


def _caches(rooms: Rooms, wanted: Caches) -> dict[str, Cache]:
    caches = {"transcripts": rooms.transcripts, "extractions": rooms.extractions}
    return {name: cache for name, cache in caches.items() if wanted in ("all", name)}


async def _report(context: dg.OpExecutionContext, name: str, survey: Survey) -> None:
    """A point in the plots of `cache/<name>`, and a line in the log."""
    log.info(
        "%s: %d entries of use, %.1f MB; %d files deleted, %.1f MB",
        name,
        survey.entries.files,
        survey.entries.size_bytes / 2**20,
        survey.deleted.files,
        survey.deleted.size_bytes / 2**20,
    )
    for path in survey.foreign_paths:
        log.warning("%s: left alone, for it is not ours: %s", name, path)
    for trouble in survey.troubles:
        log.warning("%s: %s", name, trouble)
    event = dg.AssetMaterialization([PREFIX, name], metadata=_metadata(survey))
    await in_thread(context.log_event, event)  # a write to SQLite


def _metadata(survey: Survey) -> dict[str, int | dg.MetadataValue]:
    figures: dict[str, int | dg.MetadataValue] = {
        "entries": survey.entries.files,
        "entries_bytes": survey.entries.size_bytes,
        "orphans": survey.orphans.files,
        "orphans_bytes": survey.orphans.size_bytes,
        "expired": survey.expired.files,
        "damaged": survey.damaged.files,
        "left_behind": survey.left_behind.files,
        "copies": survey.copies.files,
        "foreign": survey.foreign.files,
        "unreadable": survey.unreadable.files,
        "deleted": survey.deleted.files,
        "deleted_bytes": survey.deleted.size_bytes,
    }
    if survey.foreign_paths:
        figures["foreign_files"] = dg.MetadataValue.json(list(survey.foreign_paths))
    return figures


def _complain(surveys: Collection[Survey]) -> None:
    """Raises the first trouble with a file, once everything else is done and reported."""
    troubles: list[InkwellError] = [trouble for survey in surveys for trouble in survey.troubles]
    if troubles:
        unreadable = sum(survey.unreadable.files for survey in surveys)
        more = f" (and {unreadable - 1} more; the log names them)" if unreadable > 1 else ""
        raise TransientError(f"{troubles[0].text}{more}", todo=troubles[0].todo)
