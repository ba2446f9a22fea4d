"""Runs started from Python: what `inkwell-pipeline run`, and with it `make notes`, does.

Belongs here: one Dagster run a feed, on the instance that counts here, and what came of it. Does not: what is printed
(`cli/`), where the instance lies (`instance.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import dagster as dg
from dagster._core.events import RunFailureReason
from dagster._utils.interrupts import check_captured_interrupt

from inkwell_pipeline.defs.alive import alive, close_dead_runs
from inkwell_pipeline.defs.build import build_defs
from inkwell_pipeline.defs.history import ASSETS
from inkwell_pipeline.defs.instance import check_data_dir, history_errors, open_instance
from inkwell_pipeline.defs.running import WHAT_TO_DO
from inkwell_pipeline.models import Manifest
from inkwell_pipeline.settings import Settings, load_settings, named_feeds

__all__ = ["FeedEstimate", "FeedRun", "Trouble", "estimate_feeds", "run_feeds"]

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}  # the run's log is in the instance
ESTIMATE = {"ops": {"extraction": {"config": {"estimate": True}}}}
STOPPED = "The run was stopped. What it had done is kept; the next run goes on from there."


@dataclass(frozen=True)
class Trouble:
    """Something that failed: one line, and what to do about it, where there is something."""

    error: str
    todo: str = ""


@dataclass(frozen=True)
class FeedRun:
    """What a feed's run came to: its notes' absolute paths, what failed, and what else the user should know."""

    feed: str
    troubles: tuple[Trouble, ...] = ()
    notes: tuple[Path, ...] = ()
    written: int = 0
    without_transcript: int = 0
    edits_kept: int = 0
    remarks: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """`rivers: 5 notes, 2 of them written now, 1 without a transcript`."""
        says = [f"{len(self.notes)} notes", f"{self.written} of them written now"]
        says += [f"{self.without_transcript} without a transcript"] if self.without_transcript else []
        says += [f"{self.edits_kept} with edits of yours kept"] if self.edits_kept else []
        says += [f"{len(self.troubles)} failed"] if self.troubles else []
        return f"{self.feed}: {', '.join(says)}"


@dataclass(frozen=True)
class FeedEstimate:
    """What a feed's run would cost. `says` has both amounts, or why there are none; they are in USD."""

    feed: str
    troubles: tuple[Trouble, ...] = ()
    says: str = ""
    least_usd: float | None = None
    most_usd: float | None = None


def estimate_feeds(names: Sequence[str] = ()) -> Iterator[FeedEstimate]:
    """Says what `run_feeds` would cost, feed by feed: feeds and transcripts are fetched, no model is asked.

    No note is written. Raises: as `run_feeds`.
    """
    selection = [dg.AssetKey(name) for name in ("feed", "transcript", "extraction")]
    for feed, result, _ in _runs(names, selection=selection, run_config=QUIET | ESTIMATE):
        troubles, made = _made(result)
        figures, transcripts = made.get("extraction", {}), made.get("transcript", {})
        to_make = transcripts if _number(transcripts.get("estimated_transcripts")) else {}
        yield FeedEstimate(
            feed,
            troubles=troubles or (() if figures else (_unknown(result),)),
            says=_says(figures, to_make),
            least_usd=_added(figures, to_make, "estimated_least_usd"),
            most_usd=_added(figures, to_make, "estimated_most_usd"),
        )


def run_feeds(names: Sequence[str] = ()) -> Iterator[FeedRun]:
    """Runs the feeds of these names, all by default, one after the other; gives each one's outcome as it ends.

    Raises: ConfigError, where the config is not usable, or has no such feed; TransientError, where Dagster's history
    cannot be kept; KeyboardInterrupt, where a run was stopped by SIGINT, SIGTERM or SIGHUP: the feeds after it are not
    begun.
    """
    for feed, result, settings in _runs(names, selection=ASSETS, run_config=QUIET):
        yield _outcome(feed, result, settings)


def _runs(
    names: Sequence[str], *, selection: Sequence[dg.AssetKey], run_config: Mapping[str, Any]
) -> Iterator[tuple[str, dg.ExecuteInProcessResult, Settings]]:
    settings = load_settings()
    feeds = named_feeds(settings, names)
    check_data_dir(settings)
    job = build_defs(settings).resolve_implicit_global_asset_job_def()
    with open_instance(settings) as instance, history_errors(Path(instance.root_directory)):
        close_dead_runs(instance, data_dir=settings.data_dir)
        for feed in feeds:
            yield feed, _run(job, feed, instance, selection=selection, run_config=run_config), settings


def _run(
    job: dg.JobDefinition,
    feed: str,
    instance: dg.DagsterInstance,
    *,
    selection: Sequence[dg.AssetKey],
    run_config: Mapping[str, Any],
) -> dg.ExecuteInProcessResult:
    run_id = str(uuid4())
    signals: list[bool] = []
    # Dagster forgets a signal that comes when the last step is done
    instance.add_event_listener(run_id, lambda _: signals.append(True) if check_captured_interrupt() else None)
    with alive(instance, run_id), _ended(instance, run_id):
        result = job.execute_in_process(
            run_id=run_id,
            partition_key=feed,
            asset_selection=selection,  # without it the checks of all podcasts are carried out, too
            instance=instance,
            run_config=run_config,
            raise_on_error=False,
        )
        if signals or _was_stopped(result):
            raise KeyboardInterrupt
    return result


@contextmanager
def _ended(instance: dg.DagsterInstance, run_id: str) -> Iterator[None]:
    """Whatever is raised meanwhile, before the run began or in Dagster itself: the run is not left as started."""
    try:
        yield
    except BaseException:
        run = instance.get_run_by_id(run_id)
        if run is not None and not run.is_finished:
            instance.report_run_failed(run, STOPPED)
        raise


def _was_stopped(result: dg.ExecuteInProcessResult) -> bool:
    """Whether a signal, or Terminate in the UI, ended the run; Dagster makes a failure of it."""
    if result.dagster_run.status == dg.DagsterRunStatus.CANCELED:
        return True
    return any(
        event.job_failure_data.failure_reason == RunFailureReason.UNEXPECTED_TERMINATION
        for event in result.all_events
        if event.event_type == dg.DagsterEventType.RUN_FAILURE
    )


def _made(
    result: dg.ExecuteInProcessResult,
) -> tuple[tuple[Trouble, ...], dict[str, Mapping[str, dg.MetadataValue[Any]]]]:
    """What steps failed of, and the metadata of the assets that were made."""
    troubles = tuple(trouble for event in result.get_step_failure_events() if (trouble := _trouble(event)))
    made = {
        event.asset_key.path[-1]: event.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key is not None
    }
    return troubles, made


def _number(value: dg.MetadataValue[Any] | None) -> float | None:
    return None if value is None else float(value.value)


Figures = Mapping[str, dg.MetadataValue[Any]]


def _says(of_extraction: Figures, to_make: Figures) -> str:
    """`8 requests, between …; and 2 transcripts to be made …, whose extraction is not in it`"""
    if not of_extraction:
        return ""
    requests = str(of_extraction["estimate"].value)
    return f"{requests}; and {to_make['estimate'].value}, whose extraction is not in it" if to_make else requests


def _added(of_extraction: Figures, to_make: Figures, name: str) -> float | None:
    extraction, transcripts = _number(of_extraction.get(name)), _number(to_make.get(name)) if to_make else 0.0
    return None if extraction is None or transcripts is None else extraction + transcripts


def _outcome(feed: str, result: dg.ExecuteInProcessResult, settings: Settings) -> FeedRun:
    troubles, made = _made(result)
    if "notes" not in made:
        return FeedRun(feed, troubles or (_unknown(result),))
    manifest: Manifest = result.output_for_node("notes")
    figures = made["notes"]
    return FeedRun(
        feed,
        troubles=tuple(Trouble(failure.error, failure.todo) for failure in manifest.failures) + troubles,
        notes=tuple(settings.vault / record.note for record in manifest.records if record.note),
        written=int(str(figures["notes_written"].value)),
        without_transcript=sum(record.source is None for record in manifest.records),
        edits_kept=int(str(figures["edits_kept"].value)),
        remarks=(
            *(line for name in ("feed", "notes") for line in _remarks(made.get(name, {}).get("remarks"))),
            *_of_transcripts(manifest),
        ),
    )


def _remarks(value: dg.MetadataValue | None) -> tuple[str, ...]:
    return (
        tuple(map(str, value.data)) if isinstance(value, dg.JsonMetadataValue) and isinstance(value.data, list) else ()
    )


def _of_transcripts(manifest: Manifest) -> list[str]:
    return [f"{record.title}: {record.remark}" for record in manifest.records if record.remark]


def _trouble(event: dg.DagsterEvent) -> Trouble | None:
    """What a step failed of; None for the blocking check, which only says that there are failures in the manifest."""
    data = event.step_failure_data
    if (failure := data.user_failure_data) is not None:
        todo = failure.metadata.get(WHAT_TO_DO)
        return Trouble(failure.description or "", str(todo.value) if todo is not None else "")
    error = data.error
    if error is None or error.cls_name == "DagsterAssetCheckFailedError":
        return None
    while error.cause is not None:  # Dagster wraps what was raised
        error = error.cause
    says = f"the asset {event.step_key} failed, which is a fault of this program"
    return Trouble(f"{says}: {' '.join(error.message.split())}", "report it, with the run's log")


def _unknown(result: dg.ExecuteInProcessResult) -> Trouble:
    """Why a run failed outside of any step: its resources could not be opened, or Dagster itself failed."""
    for event in result.all_events:
        if event.event_type == dg.DagsterEventType.RUN_FAILURE and (error := event.job_failure_data.error) is not None:
            while error.cause is not None:
                error = error.cause
            return Trouble(" ".join(error.message.split()), "see the run's log in Dagster's UI")
    return Trouble("the run failed, and Dagster does not say of what", "see the run's log in Dagster's UI")
