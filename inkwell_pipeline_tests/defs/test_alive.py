"""Runs whose process has died: how they are known, and what becomes of them. With real processes that are killed."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from uuid import uuid4

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test, create_test_daemon_workspace_context
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from dagster._daemon.monitoring.run_monitoring import execute_run_monitoring_iteration

from inkwell_pipeline.defs.alive import alive, close_dead_runs, hold, is_dead, release
from inkwell_pipeline.files import temporary_name
from inkwell_pipeline_tests.defs.show import Place, publish_show
from inkwell_pipeline_tests.fakes.podcast_host import PodcastHost


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A Dagster home with the packaged dagster.yaml."""
    place = tmp_path / "home"
    place.mkdir()
    (place / "dagster.yaml").write_bytes((files("inkwell_pipeline.defs") / "dagster.yaml").read_bytes())
    return place


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


def killed_holder(instance: dg.DagsterInstance, run_id: str) -> None:
    """A process that has the run's lock, and is killed."""
    held = hold(instance, run_id)
    assert held is not None
    # a lock lives as long as somebody has the file open: the child gets it with the file
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE, pass_fds=[held]
    )
    os.close(held)
    assert not is_dead(instance, run_id)
    process.kill()
    process.communicate()


def a_run(instance: dg.DagsterInstance, status: dg.DagsterRunStatus) -> str:
    run_id = str(uuid4())
    create_run_for_test(instance, run_id=run_id, job_name="any", status=status)
    return run_id


def test_a_run_at_work_is_not_dead_and_leaves_nothing(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    """Also seen from its own process, where one job closes what another has left."""
    run_id = a_run(instance, dg.DagsterRunStatus.STARTED)
    with alive(instance, run_id):
        assert not is_dead(instance, run_id)
        assert close_dead_runs(instance, data_dir=tmp_path) == []
        assert hold(instance, run_id) is None  # the resource of a run that the command holds already

    assert not list(Path(instance.root_directory).rglob("*.lock"))
    run = instance.get_run_by_id(run_id)
    assert run is not None
    assert run.status is dg.DagsterRunStatus.STARTED


def test_a_run_without_a_lock_is_not_known_to_be_dead(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    """It may be another code location's, or another machine's."""
    run_id = a_run(instance, dg.DagsterRunStatus.STARTED)

    assert not is_dead(instance, run_id)
    assert close_dead_runs(instance, data_dir=tmp_path) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.FAILURE),
        (dg.DagsterRunStatus.CANCELING, dg.DagsterRunStatus.CANCELED),
        (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.SUCCESS),
    ],
)
def test_a_dead_run_is_closed_once(
    instance: dg.DagsterInstance, tmp_path: Path, before: dg.DagsterRunStatus, after: dg.DagsterRunStatus
) -> None:
    """With a line that says what happened; what had ended before it died stays as it ended."""
    run_id = a_run(instance, before)
    killed_holder(instance, run_id)

    assert is_dead(instance, run_id)
    assert close_dead_runs(instance, data_dir=tmp_path) == [run_id]
    assert close_dead_runs(instance, data_dir=tmp_path) == []

    run = instance.get_run_by_id(run_id)
    assert run is not None
    assert run.status is after
    lines = [entry.message for entry in instance.all_logs(run_id)]
    assert any("ended without a word" in line for line in lines) is (after is not before)


def test_what_a_dead_process_was_writing_is_swept(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    """Its temporary files, anywhere below data_dir; nothing that has another name."""
    process = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    dead = temporary_name().replace(f"-{os.getpid()}-", f"-{int(process.stdout)}-")
    data_dir = tmp_path / "data"
    (data_dir / "manifests" / "feed").mkdir(parents=True)
    for path in (dead, f"manifests/feed/{dead}", "manifests/feed/latest.json", "mine.tmp"):
        (data_dir / path).write_text("x")
    killed_holder(instance, a_run(instance, dg.DagsterRunStatus.STARTED))

    close_dead_runs(instance, data_dir=data_dir)

    assert sorted(path.name for path in data_dir.rglob("*") if path.is_file()) == ["latest.json", "mine.tmp"]


def test_the_daemon_closes_a_dead_run_by_itself(instance: dg.DagsterInstance) -> None:
    """Without it two dead runs fill the limit on runs at once, and nothing that is launched ever starts."""
    dead, living, unknown = (a_run(instance, dg.DagsterRunStatus.STARTED) for _ in range(3))
    killed_holder(instance, dead)
    held = hold(instance, living)

    with create_test_daemon_workspace_context(EmptyWorkspaceTarget(), instance) as workspace:
        assert [error for error in execute_run_monitoring_iteration(workspace, logging.getLogger()) if error] == []

    statuses = [run.status for run_id in (dead, living, unknown) if (run := instance.get_run_by_id(run_id))]
    assert statuses == [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTED]
    release(instance, living, held)


def test_a_run_of_dagster_s_own_command_holds_its_lock(host: PodcastHost, tmp_path: Path) -> None:
    """`dagster asset materialize`, killed: the next run of ours closes it."""
    publish_show(host, episodes=1)
    host.delays_s["/1.vtt"] = 2
    place = Place(tmp_path / "place")
    place.configure(host)
    home = tmp_path / "place" / ".inkwell" / "dagster"
    home.mkdir(parents=True)
    (home / "dagster.yaml").write_bytes((files("inkwell_pipeline.defs") / "dagster.yaml").read_bytes())
    process = subprocess.Popen(
        [
            *(Path(sys.executable).parent / "dagster", "asset", "materialize", "-m", "inkwell_pipeline.definitions"),
            *("--select", "*", "--partition", "rivers"),
        ],
        cwd=place.folder,
        env={**os.environ, "DAGSTER_HOME": str(home)},
        stderr=subprocess.DEVNULL,
    )
    host.wait_until_asked("/1.vtt")
    process.kill()
    process.wait()
    assert place.unfinished_runs() == ["STARTED"]

    host.delays_s.clear()
    status, out, errors = place.run()

    assert (status, errors) == (0, ""), out
    assert place.unfinished_runs() == []
