"""Runs started from Python: what `inkwell-pipeline run`, and with it `make notes`, does.

Belongs here: one Dagster run a feed, on the instance that the surroundings name, and what came of it. Does not:
what is printed (`cli.py`).
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from inkwell_pipeline.defs.build import build_defs
from inkwell_pipeline.errors import ConfigError
from inkwell_pipeline.models import Manifest
from inkwell_pipeline.settings import Settings, load_settings

__all__ = ["FeedRun", "run_feeds"]

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}  # the run's log is in the instance


@dataclass(frozen=True)
class FeedRun:
    """What a feed's run came to: its notes' absolute paths, and a line for each thing that failed."""

    feed: str
    errors: tuple[str, ...]
    notes: tuple[Path, ...] = ()
    written: int = 0
    without_transcript: int = 0
    edits_kept: int = 0

    @property
    def summary(self) -> str:
        """`rivers: 5 notes, 2 of them written now, 1 without a transcript`."""
        says = [f"{len(self.notes)} notes", f"{self.written} of them written now"]
        says += [f"{self.without_transcript} without a transcript"] if self.without_transcript else []
        says += [f"{self.edits_kept} with edits of yours kept"] if self.edits_kept else []
        says += [f"{len(self.errors)} failed"] if self.errors else []
        return f"{self.feed}: {', '.join(says)}"


def run_feeds(names: Sequence[str] = ()) -> Iterator[FeedRun]:
    """Runs the feeds of these names, all by default, one after the other; gives each one's outcome as it ends.

    Raises: ConfigError, where the config is not usable, or has no such feed; KeyboardInterrupt, where a run was
    stopped by SIGINT or SIGTERM: the feeds after it are not begun.
    """
    settings = load_settings()
    if unknown := [name for name in names if name not in settings.feeds]:
        known = ", ".join(settings.feeds)
        raise ConfigError(f"{settings.config}: there is no feed {unknown[0]!r}; there are: {known}")
    job = build_defs(settings).resolve_implicit_global_asset_job_def()
    with _instance() as instance:
        for name in names or settings.feeds:
            result = job.execute_in_process(
                partition_key=name, instance=instance, run_config=QUIET, raise_on_error=False
            )
            if _was_stopped(result):
                raise KeyboardInterrupt
            yield _outcome(name, result, settings)


def _instance() -> dg.DagsterInstance:
    """DAGSTER_HOME's; else that of a dagster.yaml in the current folder; else one that is forgotten at the end."""
    if os.environ.get("DAGSTER_HOME"):
        return dg.DagsterInstance.get()
    if Path("dagster.yaml").is_file():
        return dg.DagsterInstance.from_config(str(Path.cwd()))
    return dg.DagsterInstance.ephemeral()


def _was_stopped(result: dg.ExecuteInProcessResult) -> bool:
    """Whether a signal ended the run; Dagster makes a failed step of it."""
    return any(
        (error := event.step_failure_data.error) is not None and error.cls_name == "DagsterExecutionInterruptedError"
        for event in result.get_step_failure_events()
    )


def _outcome(feed: str, result: dg.ExecuteInProcessResult, settings: Settings) -> FeedRun:
    errors = tuple(line for event in result.get_step_failure_events() if (line := _line(event)))
    made = [
        event.materialization
        for event in result.get_asset_materialization_events()
        if event.asset_key == dg.AssetKey("notes")
    ]
    if not made:
        return FeedRun(feed, errors)
    manifest: Manifest = result.output_for_node("notes")
    figures = made[0].metadata
    return FeedRun(
        feed,
        errors=tuple(failure.error for failure in manifest.failures) + errors,
        notes=tuple(settings.vault / record.note for record in manifest.records if record.note),
        written=int(str(figures["notes_written"].value)),
        without_transcript=sum(record.source is None for record in manifest.records),
        edits_kept=int(str(figures["edits_kept"].value)),
    )


def _line(event: dg.DagsterEvent) -> str:
    """What a step failed of; "" for the blocking check, which only says that there are failures in the manifest."""
    data = event.step_failure_data
    if data.user_failure_data:
        return data.user_failure_data.description or ""
    error = data.error
    if error is None or error.cls_name == "DagsterAssetCheckFailedError":
        return ""
    while error.cause is not None:  # Dagster wraps what was raised
        error = error.cause
    return f"the asset {event.step_key} failed, which is a fault of this program: {' '.join(error.message.split())}"
