"""What a run may be asked for: what is refused before there is a run, in which words, and what the launchpad shows."""

import json
from pathlib import Path
from typing import Any

import dagster as dg
import pydantic
import pytest

from inkwell_pipeline.defs import build_defs
from inkwell_pipeline.defs.assets import FeedConfig
from inkwell_pipeline.defs.housekeeping import CONFIRMATION, ClearConfig, TrimConfig
from inkwell_pipeline.defs.run_config import Checked
from inkwell_pipeline.settings import FeedSettings, Settings
from inkwell_pipeline_tests.defs.runs import command_line, instance_at, run, settings_for

JOBS = {"feed": "__ASSET_JOB", "trim": "trim_cache", "clear": "clear_cache"}
AT_LEAST_1, MORE_THAN_0 = "input should be greater than or equal to 1", "input should be greater than 0"
NONSENSE: list[tuple[str, dict[str, Any], str]] = [
    ("feed", {"newest": 0}, f"newest: {AT_LEAST_1}, not 0"),
    ("feed", {"newest": -3}, f"newest: {AT_LEAST_1}, not -3"),
    ("feed", {"episodes": ["The bridge", ""]}, "episodes.1: must not be empty"),
    ("feed", {"episodes": ["  "], "newest": 0}, f"newest: {AT_LEAST_1}, not 0 (and 1 more)"),
    ("feed", {"episodes": None}, "episodes: input should be a valid list, not None"),
    ("trim", {"older_than_days": 0}, f"older_than_days: {MORE_THAN_0}, not 0.0"),
    ("trim", {"orphans_older_than_days": 0}, f"orphans_older_than_days: {AT_LEAST_1}, not 0"),
    (
        "clear",
        {"confirm": "no"},
        f"confirm: nothing is deleted: must be `{CONFIRMATION}`, if that is what you want, not 'no'",
    ),
]
WRONG_FORM: list[tuple[str, dict[str, Any], str]] = [
    ("feed", {"newest": "five"}, 'Invalid scalar at path root:ops:feed:config:newest. Value "five"'),
    ("feed", {"newst": 5}, 'Received unexpected config entry "newst" at path root:ops:feed:config.'),
    ("trim", {"trim": "never"}, 'Invalid scalar at path root:ops:trim:config:trim. Value "never"'),
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path, FeedSettings("rivers", tmp_path / "rivers.xml"))


def validate(settings: Settings, op: str, config: dict[str, Any]) -> dict[str, Any]:
    """What Dagster makes of the op's config; the same that a launch, a request and the command line begin with."""
    whole = dg.validate_run_config(build_defs(settings).resolve_job_def(JOBS[op]), {"ops": {op: {"config": config}}})
    return dict(whole["ops"][op]["config"])


@pytest.mark.parametrize(("op", "config", "says"), NONSENSE)
def test_nonsense_is_refused_in_one_line(settings: Settings, op: str, config: dict[str, Any], says: str) -> None:
    """Where it stands and what is wrong; without a check of our own Dagster would start a run that fails."""
    with pytest.raises(dg.DagsterInvalidConfigError) as caught:
        validate(settings, op, config)

    assert str(caught.value) == f"ops.{op}.config.{says}"


@pytest.mark.parametrize(("op", "config", "says"), WRONG_FORM)
def test_a_wrong_form_is_dagsters_to_refuse(settings: Settings, op: str, config: dict[str, Any], says: str) -> None:
    """Its schema knows types and keys: the launchpad marks them while one types."""
    with pytest.raises(dg.DagsterInvalidConfigError) as caught:
        validate(settings, op, config)

    (error,) = caught.value.errors
    assert error.message.startswith(says)


def test_a_refused_run_leaves_no_run(settings: Settings, tmp_path: Path) -> None:
    """A red run would say that the feed is at fault."""
    with instance_at(tmp_path) as instance:
        with pytest.raises(dg.DagsterInvalidConfigError):
            run(settings, "rivers", instance=instance, config={"newest": 0})

        assert not instance.get_runs()


def test_the_command_line_refuses_too(tmp_path: Path) -> None:
    """Its last line is ours: who reads a traceback reads that."""
    config = json.dumps({"ops": {"feed": {"config": {"newest": 0}}}})
    select = ("--select", "feed", "--partition", "sample")
    command = ("dagster", "asset", "materialize", "-m", "inkwell_pipeline.definitions", *select)

    done = command_line(*command, "--config-json", config, folder=tmp_path)

    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last == f"dagster._core.errors.DagsterInvalidConfigError: ops.feed.config.newest: {AT_LEAST_1}, not 0"
    assert not (tmp_path / "vault").exists()


def test_blanks_around_an_episodes_name_do_not_count(settings: Settings) -> None:
    """Names are pasted."""
    assert validate(settings, "feed", {"episodes": [" The bridge\n"]})["episodes"] == [" The bridge\n"]
    assert FeedConfig(episodes=[" The bridge\n"]).episodes == ["The bridge"]


def test_the_launchpad_begins_with_what_the_config_says(tmp_path: Path) -> None:
    """Ready to be changed. Where feeds differ it leaves `newest` out: one feed's number is wrong for another."""
    path = tmp_path / "rivers.xml"
    same = settings_for(tmp_path, FeedSettings("a", path, newest=7), FeedSettings("b", path, newest=7))
    differ = settings_for(tmp_path, FeedSettings("a", path, newest=7), FeedSettings("b", path, newest=9))

    assert validate(same, "feed", {}) == {"newest": 7, "episodes": [], "due": False}
    assert validate(differ, "feed", {}) == {"newest": None, "episodes": [], "due": False}


@pytest.mark.parametrize("model", [FeedConfig, TrimConfig, ClearConfig])
def test_the_launchpad_tells_of_every_field(model: type[dg.Config]) -> None:
    """What it does, its default, and an example to paste: the launchpad shows these beside the text."""
    for name, field in model.to_fields_dict().items():
        assert field.description
        is_a_choice = "Literal" in field.config_type.key  # the launchpad lists what may be chosen
        assert is_a_choice or f"`{name}: " in field.description


def test_two_models_with_the_same_fields_keep_their_own_rules() -> None:
    """Dagster gives one schema to all that have equal fields, names, defaults and types."""

    class One(dg.Config):
        """Any number."""

        number: int

    class Positive(dg.Config):
        """A number that is not any."""

        number: int = pydantic.Field(gt=0)

    @dg.op(config_schema=Checked(Positive, name="positive"))
    def positive() -> None:
        """Takes one."""

    @dg.op
    def one(config: One) -> None:
        """Takes any."""

    @dg.job
    def both() -> None:
        positive()
        one()

    config = {"ops": {"one": {"config": {"number": 0}}, "positive": {"config": {"number": 0}}}}
    with pytest.raises(dg.DagsterInvalidConfigError, match=r"^ops.positive.config.number: input should be"):
        dg.validate_run_config(both, config)
