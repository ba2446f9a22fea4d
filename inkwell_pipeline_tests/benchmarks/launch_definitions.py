"""The floor of whatever a sensor starts: one that asks for a run at once, and an asset that does nothing.

The file `go` in the folder that BENCH_FOLDER names holds the run key of the next run.
"""

import os
from pathlib import Path

import dagster as dg

GO = Path(os.environ["BENCH_FOLDER"]) / "go"


@dg.asset
def nothing() -> None:
    """No work at all."""


@dg.sensor(target=[nothing], minimum_interval_seconds=1, default_status=dg.DefaultSensorStatus.RUNNING)
def bare(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """The run that is asked for, once."""
    asked = GO.read_text() if GO.exists() else ""
    if not asked or asked == context.cursor:
        return dg.SkipReason("nothing is asked for")
    context.update_cursor(asked)
    return dg.RunRequest(run_key=asked)


defs = dg.Definitions(assets=[nothing], sensors=[bare], executor=dg.in_process_executor)
