"""How Dagster's daemon knows which runs are at work: its own launcher does not say.

Belongs here: the one class that a dagster.yaml names under `run_launcher`. Does not: locks (`alive.py`). With
`run_monitoring` the daemon asks it, and marks as failed what is dead, so that no dead run takes a living one's place.
"""

from dagster import DagsterRun
from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus
from dagster._core.launcher.default_run_launcher import DefaultRunLauncher

from inkwell_pipeline.defs.alive import is_dead

__all__ = ["WatchfulRunLauncher"]


class WatchfulRunLauncher(DefaultRunLauncher):
    """Dagster's default launcher, able to tell a dead run."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """RUNNING for whatever is not known to be dead: runs of other code locations have no lock."""
        if is_dead(self._instance, run.run_id):
            return CheckRunHealthResult(WorkerStatus.FAILED, "its process was killed, or the machine went down")
        return CheckRunHealthResult(WorkerStatus.RUNNING)
