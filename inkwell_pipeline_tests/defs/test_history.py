"""What Dagster's history says of a feed's runs: which of them are at work, and which will never end."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from inkwell_pipeline.clock import now
from inkwell_pipeline.defs.alive import alive
from inkwell_pipeline.defs.history import RUN_KEY, run_history
from inkwell_pipeline.feed import Ended, Runs
from inkwell_pipeline_tests.defs.runs import instance_at

KEY = "0123456789abcdef"
ONE = {"ops": {"feed": {"config": {"episodes": [KEY]}}}}


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with instance_at(tmp_path) as opened:
        yield opened


def requested(instance: dg.DagsterInstance, status: dg.DagsterRunStatus) -> dg.DagsterRun:
    """A run of one episode that a sensor has asked for."""
    tags = {"dagster/partition": "rivers", RUN_KEY: "asked"}
    made: dg.DagsterRun = create_run_for_test(instance, run_config=ONE, status=status, tags=tags)
    return made


def history(instance: dg.DagsterInstance, tmp_path: Path, *, hours: float) -> Runs:
    """As it looks that much later."""
    return run_history(instance, "rivers", ["asked"], data_dir=tmp_path, now=now() + timedelta(hours=hours))


AT_WORK = Runs(frozenset([KEY]), requested={"asked": "unfinished"})


def test_a_run_that_began_a_day_ago_without_a_lock_is_over(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    """It was killed before it could take its lock, so that nobody closes it: its episodes would never be due again."""
    run = requested(instance, dg.DagsterRunStatus.STARTED)

    assert history(instance, tmp_path, hours=23) == AT_WORK
    later = history(instance, tmp_path, hours=25)
    assert later.working == frozenset()
    ended = later.requested["asked"]
    assert isinstance(ended, Ended)
    assert ended.run_id == run.run_id
    assert abs(ended.at - now()) < timedelta(minutes=5)


def test_a_run_at_work_is_at_work_for_however_long(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    """It holds its lock."""
    run = requested(instance, dg.DagsterRunStatus.STARTED)

    with alive(instance, run.run_id):
        assert history(instance, tmp_path, hours=1000) == AT_WORK


def test_a_run_that_waits_for_its_turn_is_not_lost(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    """The daemon may be off for days, and begins it then."""
    requested(instance, dg.DagsterRunStatus.NOT_STARTED)

    assert history(instance, tmp_path, hours=1000) == AT_WORK
