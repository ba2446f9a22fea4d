"""What Dagster's UI starts, with its real daemon: limits of all runs together, and launches that it refuses."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from pytest_httpserver import HTTPServer

from inkwell_pipeline.defs.instance import open_instance
from inkwell_pipeline.defs.pool import MODELS
from inkwell_pipeline.settings import load_settings
from inkwell_pipeline_tests.builders import LINES, vtt
from inkwell_pipeline_tests.fakes.model_location import CALLS, let_go, most_at_once
from inkwell_pipeline_tests.fakes.podcast_host import Item, PodcastHost, rss
from inkwell_pipeline_tests.installation import DEV, Installation, dagster_home, installed, wait_until

ASSETS = ("feed", "transcript", "extraction", "notes")
FEEDS = ("rivers", "bridges")
MODULE = "inkwell_pipeline_tests.fakes.model_location"
REPOSITORY = {"repositoryName": "__repository__", "repositoryLocationName": MODULE}
ENDED = ("COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED")
RUNS, MODEL_CALLS = 2, 2  # the limits: of the packaged dagster.yaml, and of the config below
BACKFILL = """mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
STATUS = """query($id: String!) { partitionBackfillOrError(backfillId: $id) {
    ... on PartitionBackfill { status error { message } } } }"""
LAUNCH = """mutation($params: ExecutionParams!) { launchRun(executionParams: $params) {
    __typename ... on PythonError { message } ... on RunConfigValidationInvalid { errors { message } } } }"""
PREFILLED = """query($selector: PipelineSelector!) { runConfigSchemaOrError(selector: $selector, mode: "default") {
    ... on RunConfigSchema { rootDefaultYaml } } }"""

pytestmark = pytest.mark.slow


def publish(host: PodcastHost, feed: str) -> str:
    """A show of two episodes, whose words nobody else's are, or the cache would answer for the model."""
    items = []
    for number in (1, 2):
        lines = [f"{line} Chapter {number} of {feed} says so." for line in LINES]
        url = host.publish(f"/{feed}/{number}.vtt", vtt(*lines), "text/vtt")
        items.append(Item(f"Episode {number}", guid=f"{feed}{number}", transcripts=((url, "text/vtt"),)))
    return host.publish(f"/{feed}.xml", rss(feed.title(), *items), "application/rss+xml")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the config, the vault and Dagster's home are."""
    return tmp_path_factory.mktemp("limits")


@pytest.fixture(scope="module")
def dev(folder: Path) -> Iterator[Installation]:
    """Dagster with a slow model, on two feeds; started once, for that takes a quarter of a minute."""
    with HTTPServer() as server:
        host = PodcastHost(server)
        feeds = "".join(f"  {feed}: {{url: '{publish(host, feed)}'}}\n" for feed in FEEDS)
        config = f"allow_private_hosts: true\nconcurrency: {{http: 4, llm: {MODEL_CALLS}}}\nfeeds:\n{feeds}"
        (folder / "inkwell.yaml").write_text(config)
        environment = {**dagster_home(folder), CALLS: str(folder / "calls")}
        with pytest.MonkeyPatch.context() as variables:
            variables.setenv("DAGSTER_HOME", environment["DAGSTER_HOME"])
            with open_instance(load_settings({}, folder=folder)):
                pass  # as `inkwell-pipeline ui` begins
        with installed(folder, *DEV, "-m", MODULE, environment=environment) as dev:
            yield dev


def backfill(dev: Installation, assets: Sequence[str], config: Any = None) -> str:
    """Launches one over all feeds, as the UI does; gives its id."""
    params = {"assetSelection": [{"path": [name]} for name in assets], "partitionNames": FEEDS}
    if config is not None:
        params["runConfigData"] = config
    launched = dev.ask(BACKFILL, params=params)["launchPartitionBackfill"]
    assert "backfillId" in launched, launched
    return str(launched["backfillId"])


def ended(dev: Installation, backfill_id: str) -> dict[str, Any]:
    """The backfill, once it has ended."""

    def found() -> dict[str, Any]:
        return dict(dev.ask(STATUS, id=backfill_id)["partitionBackfillOrError"])

    wait_until(lambda: found()["status"] in ENDED, "the backfill ends", every_s=0.3)
    return found()


def most_runs_at_once(instance: dg.DagsterInstance) -> int:
    moments = []
    for record in instance.get_run_records():
        assert record.start_time is not None
        assert record.end_time is not None
        moments += [(record.start_time, 1), (record.end_time, -1)]
    most = now = 0
    for _, change in sorted(moments):
        now += change
        most = max(most, now)
    return most


def test_backfills_keep_the_limits_of_all_runs_together(dev: Installation, folder: Path) -> None:
    """Two runs at once would be twice as many model calls as the config allows. Those that ask none may go on.

    The first run's calls do not end before runs that were asked for later have: the daemon has passed the others over.
    """
    calls = folder / "calls"
    with_model = backfill(dev, ASSETS)
    wait_until(calls.exists, "a model is asked")
    without = backfill(dev, ASSETS[:2])
    assert ended(dev, without)["status"] == "COMPLETED_SUCCESS"
    # and the page Deployment → Concurrency shows it
    shown = dev.ask("{ instance { concurrencyLimits { concurrencyKey limit } } }")["instance"]["concurrencyLimits"]
    assert shown == [{"concurrencyKey": MODELS, "limit": 1}]
    with dg.DagsterInstance.from_config(str(dev.home)) as instance:
        assert instance.get_runs_count(dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED])) == len(FEEDS) - 1
        let_go(calls)
        assert ended(dev, with_model)["status"] == "COMPLETED_SUCCESS"
        assert [run.status for run in instance.get_runs()] == [dg.DagsterRunStatus.SUCCESS] * 2 * len(FEEDS)
        assert most_runs_at_once(instance) == RUNS
    assert most_at_once(calls) == (MODEL_CALLS, 1)
    assert len(list((folder / "vault").rglob("*.md"))) == 2 * len(FEEDS)


def test_a_launch_with_nonsense_is_refused_before_there_is_a_run(dev: Installation) -> None:
    """What starts and then fails looks like a fault of the feed. The line is ours, and names the value's place."""
    before = runs_of(dev)
    selector = {**REPOSITORY, "pipelineName": "__ASSET_JOB", "assetSelection": [{"path": ["feed"]}]}
    tags = [{"key": "dagster/partition", "value": "rivers"}]
    said = []
    for config in ({"newest": 0}, {"episodes": [" "]}, {"newst": 1}):
        params = {
            "selector": selector,
            "mode": "default",
            "runConfigData": {"ops": {"feed": {"config": config}}},
            "executionMetadata": {"tags": tags},
        }
        said.append(dev.ask(LAUNCH, params=params)["launchRun"])

    assert [one["__typename"] for one in said] == ["PythonError", "PythonError", "RunConfigValidationInvalid"]
    error = "dagster._core.errors.DagsterInvalidConfigError: ops.feed.config"
    assert said[0]["message"] == f"{error}.newest: input should be greater than or equal to 1, not 0\n"
    assert said[1]["message"] == f"{error}.episodes.0: must not be empty\n"
    prefilled = dev.ask(PREFILLED, selector=selector)["runConfigSchemaOrError"]["rootDefaultYaml"]
    begun = "      due: false\n      episodes: []\n      newest: 5\n"
    assert prefilled == f"ops:\n  feed:\n    config:\n{begun}resources: {{}}\n"
    failed = ended(dev, backfill(dev, ["feed"], {"ops": {"feed": {"config": {"newest": 0}}}}))
    assert failed["error"]["message"] == said[0]["message"]
    assert runs_of(dev) == before


def runs_of(dev: Installation) -> set[str]:
    with dg.DagsterInstance.from_config(str(dev.home)) as instance:
        return set(instance.get_run_ids())
