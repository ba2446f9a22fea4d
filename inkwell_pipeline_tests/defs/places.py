"""A folder with one watched feed in it: its config, an instance, and the time that its processes share.

Belongs here: making it, and opening it. Does not: what is done there.
"""

import json
from pathlib import Path

import dagster as dg

from inkwell_pipeline.feed import FeedState
from inkwell_pipeline.progress import Progress
from inkwell_pipeline.settings import load_settings
from inkwell_pipeline_tests.defs.watched import Watched
from inkwell_pipeline_tests.fakes.time import SharedTime

__all__ = ["FEED", "NEWEST", "configure_instance", "new_folder", "open_watched", "progress_of", "state_of"]

FEED, NEWEST = "rivers", 6


def new_folder(folder: Path, url: str, *, newest: int = NEWEST, one_database: bool = False) -> None:
    """The config in `folder`, and an instance's."""
    configure_instance(folder, one_database=one_database)
    (folder / "inkwell.yaml").write_text(
        f"allow_private_hosts: true\nnewest: {newest}\nfeeds:\n  {FEED}: {{url: '{url}', watch: true}}\n"
    )


def configure_instance(folder: Path, *, one_database: bool) -> None:
    """An instance that writes no logs to files; with one database, and not one for each run, which is quicker."""
    config: dict[str, object] = {
        "telemetry": {"enabled": False},
        "compute_logs": {
            "module": "dagster._core.storage.noop_compute_log_manager",
            "class": "NoOpComputeLogManager",
        },
    }
    if one_database:
        config["event_log_storage"] = {
            "module": "dagster._core.storage.event_log",
            "class": "ConsolidatedSqliteEventLogStorage",
            "config": {"base_dir": str(folder / "dagster" / "events")},
        }
    (folder / "dagster").mkdir(exist_ok=True)
    (folder / "dagster" / "dagster.yaml").write_text(json.dumps(config))  # which is YAML


def open_watched(folder: Path, instance: dg.DagsterInstance, time: SharedTime, *, patience_s: float) -> Watched:
    """Its definitions; a tick waits so long for the host, in real seconds."""
    settings = load_settings({}, folder=folder)
    return Watched(settings, instance, clock=time.now, sleep=time.sleep, patience_s=patience_s)


def progress_of(watched: Watched) -> Progress:
    """How far the feed's episodes have come."""
    path = watched.settings.data_dir / "progress" / f"{FEED}.json"
    return Progress.model_validate_json(path.read_bytes()) if path.exists() else Progress()


def state_of(watched: Watched) -> FeedState:
    """What is remembered of the feed's host, which was asked once."""
    return FeedState.model_validate_json((watched.settings.data_dir / "feeds" / f"{FEED}.json").read_bytes())
