"""Real Dagster runs for tests: in this process on a real instance, or from the command line.

Belongs here: starting a run and reading what Dagster keeps of it. Does not: what a run should come to.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from inkwell_pipeline.defs import build_defs
from inkwell_pipeline.extraction import Extractor
from inkwell_pipeline.settings import FeedSettings, Settings

__all__ = ["Run", "command_line", "instance_at", "run", "settings_for", "table"]


@dataclass(frozen=True)
class Run:
    """One run: how it ended, and the metadata and checks of its assets."""

    result: dg.ExecuteInProcessResult

    @property
    def success(self) -> bool:
        return self.result.success

    def metadata(self, asset: str) -> Mapping[str, Any]:
        """The values of the asset's materialisation, by name."""
        (made,) = (
            event.materialization
            for event in self.result.get_asset_materialization_events()
            if event.asset_key == dg.AssetKey(asset)
        )
        return {name: value.value for name, value in made.metadata.items()}

    def checks(self) -> dict[str, bool]:
        return {check.check_name: check.passed for check in self.result.get_asset_check_evaluations()}

    def failures(self) -> list[str]:
        """What Dagster shows of each failed step, in one line."""
        return [
            (event.step_failure_data.user_failure_data.description or "")
            if event.step_failure_data.user_failure_data
            else event.step_failure_data.error_display_string
            for event in self.result.get_step_failure_events()
        ]


def settings_for(folder: Path, *feeds: FeedSettings, **changes: Any) -> Settings:
    """Settings with vault and data in `folder`, loopback allowed."""
    return Settings(
        config=folder / "inkwell.yaml",
        vault=folder / "vault",
        data_dir=folder / ".inkwell",
        allow_private_hosts=True,
        feeds={feed.name: feed for feed in feeds},
        **changes,
    )


def instance_at(folder: Path) -> dg.DagsterInstance:
    """A real instance with SQLite in `folder`."""
    home = folder / "dagster_home"
    home.mkdir(exist_ok=True)
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    return dg.DagsterInstance.from_config(str(home))


def run(
    settings: Settings,
    feed: str,
    *,
    instance: dg.DagsterInstance | None = None,
    select: Sequence[str] = ("feed", "transcript", "extraction", "notes"),
    config: Mapping[str, Any] | None = None,
    extractor: Extractor | None = None,
) -> Run:
    """Materialises the selected assets of one feed."""
    job = build_defs(settings, extractor=extractor).resolve_implicit_global_asset_job_def()
    return Run(
        job.execute_in_process(
            partition_key=feed,
            asset_selection=[dg.AssetKey(name) for name in select],
            run_config={"ops": {"feed": {"config": dict(config)}}} if config else None,
            instance=instance,
            raise_on_error=False,
        )
    )


def table(metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of the episodes' table."""
    return [dict(record.data) for record in metadata["episode_table"].records]


def command_line(
    *arguments: str, folder: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """One of this environment's programs, run in `folder` as a user would."""
    program, *rest = arguments
    return subprocess.run(
        [str(Path(sys.executable).parent / program), *rest],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
