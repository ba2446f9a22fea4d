"""The code location as Dagster and people see it: the graph, its words, its versions, what `make ui` loads."""

import re
import tomllib
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.instance.config import PoolGranularity
from ruamel.yaml import YAML

from inkwell_pipeline.defs import build_defs
from inkwell_pipeline.defs.instance import open_instance
from inkwell_pipeline.defs.pool import MODELS, make_limit_known
from inkwell_pipeline.errors import ConfigError
from inkwell_pipeline.settings import FeedSettings, Settings
from inkwell_pipeline_tests.defs.runs import command_line, instance_at, settings_for
from inkwell_pipeline_tests.fakes.model_location import SlowModel

ROOT = Path(__file__).parents[2]
ASSETS = ("feed", "transcript", "extraction", "notes")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(
        tmp_path, FeedSettings("one", "https://example.com/1"), FeedSettings("two", "https://example.com/2")
    )


def spec(defs: dg.Definitions, name: str) -> dg.AssetSpec:
    return next(spec for spec in defs.resolve_all_asset_specs() if spec.key == dg.AssetKey(name))


def test_the_graph_is_a_chain_of_four(settings: Settings) -> None:
    """feed → transcript → extraction → notes, and nothing else that Dagster could materialise."""
    graph = build_defs(settings).resolve_asset_graph()

    upstream = {
        key.path[-1]: [parent.path[-1] for parent in graph.get(key).parent_keys] for key in graph.executable_asset_keys
    }
    assert upstream == {"feed": [], "transcript": ["feed"], "extraction": ["transcript"], "notes": ["extraction"]}


@pytest.mark.parametrize("name", ASSETS)
def test_an_asset_says_what_it_is(settings: Settings, name: str) -> None:
    """Description, kinds, owners and group, and a partition for each feed."""
    asset = spec(build_defs(settings), name)

    assert asset.description
    assert asset.kinds
    assert asset.owners
    assert asset.group_name == "inkwell"
    assert asset.partitions_def is not None
    assert asset.partitions_def.get_partition_keys() == ["one", "two"]


def test_the_code_version_changes_with_a_template(settings: Settings, tmp_path: Path) -> None:
    """So that Dagster shows `extraction` as out of date after an edit, and only then."""
    before = spec(build_defs(settings), "extraction").code_version
    assert before == spec(build_defs(settings), "extraction").code_version

    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "quotes.yaml").write_text('version: "2"\nheading: Said well\noutput: quotes\nprompt: Choose three.\n')
    edited = Settings(**{**vars(settings), "template_dir": templates})
    assert spec(build_defs(edited), "extraction").code_version != before


def test_a_mistake_in_the_layout_is_told_at_the_start(settings: Settings, tmp_path: Path) -> None:
    """Like one in the config: in one line, before any run."""
    (tmp_path / "note.md.j2").write_text("# {{ title }}\n{{ titel }}\n")

    with pytest.raises(ConfigError, match=r"note\.md\.j2:2: there is no variable 'titel'; there are: title, show, "):
        build_defs(Settings(**{**vars(settings), "note_template": tmp_path / "note.md.j2"}))


def test_checks_are_partitioned_and_one_blocks(settings: Settings) -> None:
    """The blocking one makes a run red that has a failed episode."""
    found = {
        check.name: (check.asset_key.path[0], check.blocking, check.partitions_def is not None)
        for asset in build_defs(settings).resolve_asset_graph().assets_defs
        for check in asset.check_specs
    }
    assert found == {
        "times_are_of_the_audio": ("transcript", False, True),
        "quotes_are_verbatim": ("extraction", False, True),
        "no_failed_episodes": ("notes", True, True),
        "frontmatter_parses": ("notes", False, True),
        "fresh": ("podcasts", False, False),  # an asset, and so a check, for each feed
    }


def test_what_the_ui_loads_is_valid(tmp_path: Path) -> None:
    """The checkout's workspace.yaml and the packaged one are the same, and load, with the sample where no config is."""
    packaged = ROOT / "inkwell_pipeline" / "defs" / "workspace.yaml"
    locations = [YAML(typ="safe").load(path) for path in (ROOT / "workspace.yaml", packaged)]
    assert locations[0] == locations[1]

    done = command_line("dagster", "definitions", "validate", "-w", str(packaged), folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "All code locations passed validation" in done.stderr + done.stdout


def test_dg_knows_the_project() -> None:
    """`[tool.dg]` names the module that Dagster loads."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["dg"]

    assert project["directory_type"] == "project"
    assert project["project"]["code_location_target_module"] == "inkwell_pipeline.definitions"


def test_both_instances_are_set_up_alike() -> None:
    """The checkout's dagster.yaml says where things lie, and else what the packaged one says."""
    checkout, packaged = (
        YAML(typ="safe").load(path)
        for path in (ROOT / "dagster.yaml", ROOT / "inkwell_pipeline" / "defs" / "dagster.yaml")
    )
    assert checkout == {**packaged, **{key: checkout[key] for key in checkout.keys() - packaged.keys()}}
    assert checkout.keys() - packaged.keys() == {"storage", "local_artifact_storage", "compute_logs"}


def test_the_instance_keeps_its_own_folder_and_stays_quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """dagster.yaml as Dagster reads it: everything in .dagster/, no telemetry, threaded sensors, limits on runs."""
    (tmp_path / "dagster.yaml").write_bytes((ROOT / "dagster.yaml").read_bytes())
    monkeypatch.chdir(tmp_path)

    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
        assert instance.get_settings("sensors")["use_threads"] is True
        limits = instance.get_concurrency_config()
        assert limits.run_queue_config is not None
        assert limits.run_queue_config.max_concurrent_runs == 2
        # of a step's slots, granularity `op`, a killed run keeps its own for good, and the next one waits for it
        assert limits.pool_config.pool_granularity is PoolGranularity.RUN
        assert limits.pool_config.default_pool_limit == 1
        instance.get_runs()
        instance.compute_log_manager.get_log_data(["a", "b"])
    made = {path.name for path in tmp_path.iterdir()} - {"dagster.yaml"}
    assert made == {".dagster"}


def dagsters_warnings(module: str, *command: str, folder: Path) -> list[str]:
    """What Dagster warns of when one of its commands loads a module: of what is old, or not yet settled."""
    done = command_line(
        "dagster",
        *command,
        "-m",
        module,
        folder=folder,
        environment={"PYTHONWARNINGS": "always", "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return sorted(re.findall(r"\w*Warning: .*", done.stdout + done.stderr))


@pytest.mark.parametrize(
    "command",
    [("definitions", "validate"), ("asset", "materialize", "--select", "*", "--partition")],
    ids=["validate", "materialize"],
)
def test_no_warning_is_ours(tmp_path: Path, command: tuple[str, ...]) -> None:
    """What Dagster says of its own commands it says of four empty assets too; all else would be about our code."""
    empty, ours = (("bench",), ("sample",)) if command[0] == "asset" else ((), ())
    floor = dagsters_warnings("inkwell_pipeline_tests.benchmarks.empty_definitions", *command, *empty, folder=tmp_path)

    assert any(line.startswith("SupersessionWarning: Function") for line in floor)  # they are seen where there are any
    assert dagsters_warnings("inkwell_pipeline.definitions", *command, *ours, folder=tmp_path) == floor


def test_only_what_asks_a_model_is_limited_across_runs(settings: Settings) -> None:
    """The offline extractor costs nothing and nobody but this machine: two such runs may go side by side."""
    free, paid = build_defs(settings), build_defs(settings, extractor=SlowModel())

    assert pools(free) == {"feed": None, "transcript": None, "extraction": None, "notes": None}
    assert pools(paid) == pools(free) | {"extraction": MODELS}


def pools(defs: dg.Definitions) -> dict[str, str | None]:
    graph = defs.resolve_implicit_global_asset_job_def().graph
    return {
        node.name: node.definition.pool
        for node in graph.nodes
        if isinstance(node.definition, dg.OpDefinition) and node.name in ASSETS
    }


def test_the_limit_is_known_before_the_first_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Dagster does not limit a pool that it has never heard of. What somebody has set in the UI stays."""
    (tmp_path / "dagster.yaml").write_bytes((ROOT / "dagster.yaml").read_bytes())
    monkeypatch.chdir(tmp_path)
    settings = settings_for(tmp_path, FeedSettings("one", "https://example.com/1"))

    with open_instance(settings) as instance:
        assert [(pool.name, pool.limit) for pool in instance.event_log_storage.get_pool_limits()] == [(MODELS, 1)]
        instance.event_log_storage.set_concurrency_slots(MODELS, 3)
    with open_instance(settings) as instance:
        assert [(pool.name, pool.limit) for pool in instance.event_log_storage.get_pool_limits()] == [(MODELS, 3)]


def test_an_instance_without_a_limit_gets_none(tmp_path: Path) -> None:
    """Whoever has set no limits in a DAGSTER_HOME of their own has meant that."""
    with instance_at(tmp_path) as instance:
        make_limit_known(instance)

        assert not instance.event_log_storage.get_pool_limits()
