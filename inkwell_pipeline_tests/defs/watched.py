"""A watched feed on a podcast host: its real sensor, a real instance, and the runs that the sensor asks for.

Belongs here: what the tests of sensors share: ticking, carrying out what is asked for, looking at notes. Does not: what
should come of it.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run

from inkwell_pipeline.clock import Clock, now
from inkwell_pipeline.defs import build_defs
from inkwell_pipeline.defs.history import ASSETS
from inkwell_pipeline.defs.sensors import sensor_name
from inkwell_pipeline.defs.watching import PATIENCE_S, Watch
from inkwell_pipeline.http import Sleep
from inkwell_pipeline.settings import Settings

__all__ = ["RUN_KEY_TAG", "Tick", "Watched"]

RUN_KEY_TAG = "dagster/run_key"  # by which the daemon carries each request out once


@dataclass(frozen=True)
class Tick:
    """What a tick gave: runs to start, or why there are none."""

    requests: tuple[dg.RunRequest, ...]
    skipped: str | None
    cursor: str | None

    @property
    def episodes(self) -> list[str]:
        """The keys of the episodes that are asked for."""
        return [key for request in self.requests for key in request.run_config["ops"]["feed"]["config"]["episodes"]]


@dataclass
class Watched:
    """The definitions of a config, on an instance."""

    settings: Settings
    instance: dg.DagsterInstance
    clock: Clock = now
    sleep: Sleep = asyncio.sleep
    patience_s: float = PATIENCE_S
    defs: dg.Definitions = field(init=False)
    watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """The definitions as a code server that has just begun has them: nothing in memory."""
        self.watch = Watch(self.settings, clock=self.clock, patience_s=self.patience_s)
        self.defs = build_defs(self.settings, clock=self.clock, sleep=self.sleep, watch=self.watch)

    def close(self) -> None:
        self.watch.close()

    def tick(self, feed: str) -> "Tick":
        """What the feed's sensor gives, called as Dagster's daemon does. Raises: what the sensor raises."""
        sensor = self.defs.resolve_sensor_def(sensor_name(feed))
        with dg.build_sensor_context(self.instance, definitions=self.defs, sensor_name=sensor.name) as context:
            given = sensor.evaluate_tick(context)
        return Tick(tuple(given.run_requests or ()), given.skip_message, given.cursor)

    def run(self, feed: str, *, config: Mapping[str, Any] | None = None, tags: Mapping[str, str] | None = None) -> bool:
        """A run of the feed; whether it succeeded."""
        return self.execute(self.create(feed, config=config, tags=tags))

    def create(
        self,
        feed: str,
        *,
        config: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
        status: dg.DagsterRunStatus = dg.DagsterRunStatus.NOT_STARTED,
    ) -> dg.DagsterRun:
        """A run of the feed, as the history has it before its process begins."""
        return self.instance.create_run_for_job(
            self._job.get_subset(asset_selection=set(ASSETS)),
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}, **(config or {})},
            tags={**(tags or {}), "dagster/partition": feed},
            status=status,
            asset_selection=frozenset(ASSETS),
        )

    def execute(self, run: dg.DagsterRun) -> bool:
        """Carries it out, in this thread; whether it succeeded."""
        return execute_run(InMemoryJob(self._job), run, self.instance).success

    @property
    def _job(self) -> dg.JobDefinition:
        return self.defs.resolve_implicit_global_asset_job_def()

    def create_requested(
        self, feed: str, request: dg.RunRequest, *, status: dg.DagsterRunStatus = dg.DagsterRunStatus.NOT_STARTED
    ) -> dg.DagsterRun | None:
        """The run asked for, as the daemon has it; None where there is one with that key."""
        assert request.run_key is not None
        if self.instance.get_runs(dg.RunsFilter(tags={RUN_KEY_TAG: request.run_key})):
            return None
        tags = {**request.tags, RUN_KEY_TAG: request.run_key}
        return self.create(feed, config=request.run_config, tags=tags, status=status)

    def carry_out(self, feed: str, asked: "Tick") -> list[bool]:
        """The runs asked for, one after the other, each key once, as the daemon does; how they ended."""
        runs = [self.create_requested(feed, request) for request in asked.requests]
        return [self.execute(run) for run in runs if run is not None]

    @property
    def notes(self) -> dict[str, Path]:
        """The notes by their file's name."""
        return {path.stem: path for path in sorted(self.settings.vault.rglob("*.md"))}
