"""Templates: ours, and a user's own that add to them or replace them."""

from pathlib import Path

import pytest

from inkwell_pipeline.errors import ConfigError
from inkwell_pipeline.extraction import Template, load_templates
from inkwell_pipeline.settings import DEFAULT_TEMPLATES


def load(*names: str, template_dir: Path | None = None) -> list[Template]:
    return load_templates(names, template_dir=template_dir, named_in="inkwell.yaml: templates")


def write(folder: Path, name: str, *, heading: str = "Mine", output: str = "items", version: str = "1") -> None:
    text = f'version: "{version}"\nheading: {heading}\noutput: {output}\nprompt: What else?\n'
    (folder / f"{name}.yaml").write_text(text)


def test_the_default_templates_are_there() -> None:
    """Each kind of section has one."""
    assert [(one.name, one.output) for one in load(*DEFAULT_TEMPLATES)] == [
        ("summary", "prose"),
        ("key-ideas", "items"),
        ("quotes", "quotes"),
        ("links", "links"),
    ]


def test_templates_come_in_the_order_asked() -> None:
    """It is the order of the note's sections."""
    assert [one.name for one in load("links", "summary")] == ["links", "summary"]


def test_a_user_s_template_adds_to_ours(tmp_path: Path) -> None:
    """A file beside the config is all it takes."""
    write(tmp_path, "recipes", heading="Recipes")

    ours, theirs = load("summary", "recipes", template_dir=tmp_path)

    assert (ours.heading, theirs.heading, theirs.prompt) == ("Summary", "Recipes", "What else?")


def test_a_user_s_template_replaces_ours(tmp_path: Path) -> None:
    """By its name; nothing of ours is left in it."""
    write(tmp_path, "summary", heading="In short", output="items", version="7")

    (summary,) = load("summary", template_dir=tmp_path)

    assert (summary.heading, summary.output, summary.version) == ("In short", "items", "7")


def test_a_file_that_nobody_asked_for_need_not_be_right(tmp_path: Path) -> None:
    """A draft in the folder stops no run."""
    (tmp_path / "draft.yaml").write_text("version: [")

    assert len(load("summary", template_dir=tmp_path)) == 1


def test_an_unknown_template_s_line_lists_the_user_s_too(tmp_path: Path) -> None:
    """All that could have been meant."""
    write(tmp_path, "recipes")

    with pytest.raises(ConfigError, match="there are: actions, key-ideas, links, questions, quotes, recipes"):
        load("recipe", template_dir=tmp_path)
