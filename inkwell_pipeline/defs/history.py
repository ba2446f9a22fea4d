"""What Dagster's history says of a feed's runs, for those who decide what is due.

Belongs here: the tags of our runs, and reading runs by them. Does not: what is due (`feed/due.py`), asking for runs
(`sensors.py`). All of it blocks.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_args

import dagster as dg

from inkwell_pipeline.defs.alive import has_lock
from inkwell_pipeline.defs.io_manager import read_manifest
from inkwell_pipeline.feed import Ended, Runs
from inkwell_pipeline.models import AssetName, is_key

__all__ = ["ASSETS", "BEGUN", "NIGHTLY", "RUN_KEY", "by_hand", "run_history"]

ASSETS = [dg.AssetKey(name) for name in get_args(AssetName)]  # what a run of a feed materialises
NOTES = ASSETS[-1]
PARTITION = "dagster/partition"
RUN_KEY = "inkwell/run_key"  # Dagster's own tag of that meaning is set by its daemon alone
NIGHTLY = "inkwell/nightly"
TO_BEGIN = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.MANAGED, dg.DagsterRunStatus.QUEUED]
BEGUN = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
LOST_AFTER = timedelta(days=1)  # longer than a machine sleeps between a run's beginning and its lock


def by_hand(tags: Mapping[str, str]) -> bool:
    """Whether somebody started the run, and no sensor or schedule did."""
    return RUN_KEY not in tags and NIGHTLY not in tags


def run_history(
    instance: dg.DagsterInstance, feed: str, requested: Collection[str], *, data_dir: Path, now: datetime
) -> Runs:
    """What the history says of the feed's runs, and of those with the run keys `requested`.

    `now` is Dagster's, the machine's time. A run that has long begun and holds no lock counts as over: it was killed
    just before it took its lock, or after it gave it back, and nothing else would ever end it.
    """
    working: set[str] = set()
    unknown = 0
    for run in _unfinished(instance, feed, now=now):
        keys = _keys(run, feed, data_dir=data_dir)
        working |= keys or set()
        unknown += keys is None
    return Runs(frozenset(working), unknown, {key: _outcome(instance, key, now=now) for key in requested})


def _unfinished(instance: dg.DagsterInstance, feed: str, *, now: datetime) -> list[dg.DagsterRun]:
    records = instance.get_run_records(dg.RunsFilter(statuses=[*TO_BEGIN, *BEGUN], tags={PARTITION: feed}))
    runs = [record.dagster_run for record in records if not _is_lost(instance, record, now=now)]
    return [run for run in runs if run.asset_selection is None or NOTES in run.asset_selection]


def _outcome(instance: dg.DagsterInstance, run_key: str, *, now: datetime) -> Ended | Literal["unfinished", "missing"]:
    records = instance.get_run_records(dg.RunsFilter(tags={RUN_KEY: run_key}), limit=1)
    if not records:
        return "missing"
    record = records[0]
    if not record.dagster_run.is_finished and not _is_lost(instance, record, now=now):
        return "unfinished"
    ended = datetime.fromtimestamp(record.end_time, UTC) if record.end_time else record.update_timestamp
    return Ended(record.dagster_run.run_id, ended)


def _is_lost(instance: dg.DagsterInstance, record: dg.RunRecord, *, now: datetime) -> bool:
    run = record.dagster_run
    has_long_begun = run.status in BEGUN and now - record.update_timestamp >= LOST_AFTER
    return has_long_begun and not has_lock(instance, run.run_id)


def _keys(run: dg.DagsterRun, feed: str, *, data_dir: Path) -> set[str] | None:
    """The episodes that a run works on: as it was told, or as its asset `feed` has found; None: not known yet."""
    config: Mapping[str, Any] = run.run_config
    told = config.get("ops", {}).get("feed", {}).get("config", {}).get("episodes", [])
    if told and all(map(is_key, told)):
        return set(told)
    manifest = read_manifest(data_dir, "feed", feed, run.run_id)
    return None if manifest is None else set(manifest.keys)
