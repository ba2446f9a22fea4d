"""Prompts of users' templates: filled in, sandboxed, mistakes told when the config is read."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwell_pipeline.errors import ConfigError, PermanentError
from inkwell_pipeline.extraction import Material, Template, filling, load_templates
from inkwell_pipeline.extraction.asked import filled_in, mistake_in
from inkwell_pipeline.models import Chapter, Transcript

MATERIAL = Material(
    Transcript(source="publisher", language="de", segments=()),
    title="The gauge",
    show="Rivers",
    people=("Ada Brook", "Bo Stone"),
    chapters=(Chapter(start_s=0, title="Floods"),),
)
MISTAKES = {
    "{{ titel }}": "there is no variable 'titel'; there are: title, show, people, chapters, language",
    "{{ transcript }}": "the transcript is sent before it anyway",
    "{% if %}": "line 1: ",
    "{{ 1 / 0 }}": "ZeroDivisionError",
    "{{ title.__class__.__mro__ }}": "unsafe",
    "{% for a in range(90000) %}words and {% endfor %}": "longer than 20000 characters",
    "{{ people[0] }}": "has no element 0",
}


def template_at(folder: Path, text: str) -> Template:
    (folder / "own.yaml").write_text(text)
    (template,) = load_templates(["own"], template_dir=folder, named_in="the test")
    return template


def test_a_prompt_is_filled_in_with_the_episode(tmp_path: Path) -> None:
    """Title, show, people, chapters, language."""
    own = template_at(
        tmp_path,
        'version: "1"\nheading: Own\noutput: items\nmodel: openai:gpt-5-mini\nmax_tokens: 200\n'
        "prompt: '{{ show }}, {{ title }}: {{ people | join(\", \") }}; {{ chapters | join }}; {{ language }}'\n",
    )

    assert "Rivers, The gauge: Ada Brook, Bo Stone; Floods; de" in own.question(MATERIAL)
    assert (own.model, own.max_tokens) == ("openai:gpt-5-mini", 200)


@pytest.mark.parametrize("prompt", MISTAKES)
def test_a_mistake_is_told_with_the_file_when_the_config_is_read(prompt: str, tmp_path: Path) -> None:
    """Not when the first episode has been paid for."""
    with pytest.raises(ConfigError) as raised:
        template_at(tmp_path, f"version: '1'\nheading: Own\noutput: items\nprompt: '{prompt}'\n")

    assert str(tmp_path / "own.yaml") in str(raised.value)
    assert MISTAKES[prompt] in str(raised.value)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("model: gpt-5", "own.yaml:5: model: must be `offline`, `test`, or a provider and its model"),
        ("max_tokens: 0", "own.yaml:5: max_tokens: input should be greater than or equal to 16"),
        ("output: poem", "output: input should be 'prose', 'items', 'quotes' or 'links'"),
    ],
)
def test_other_mistakes_have_their_line(tmp_path: Path, line: str, says: str) -> None:
    """As in the config."""
    output = "" if line.startswith("output") else "output: items\n"
    with pytest.raises(ConfigError, match=r"own\.yaml") as raised:
        template_at(tmp_path, f"version: '1'\nheading: Own\n{output}prompt: What?\n{line}\n")

    assert says in str(raised.value)


def test_what_fits_no_episode_but_ours_fails_that_episode() -> None:
    """An expression that only some material breaks is the episode's failure, in one line."""
    own = Template(name="own", version="1", heading="Own", output="items", prompt="{{ 1 // (people | length - 2) }}")

    with pytest.raises(PermanentError, match="the template own: ZeroDivisionError"):
        own.question(MATERIAL)


def test_the_templates_in_the_box_are_fit_to_be_asked() -> None:
    """The four of the default, and three that are not on; none allows more than 1,500 tokens."""
    names = ["summary", "key-ideas", "quotes", "links", "questions", "actions", "tools-and-books"]

    templates = load_templates(names, template_dir=None, named_in="the test")

    assert [template.output for template in templates] == [
        "prose",
        "items",
        "quotes",
        "links",
        "items",
        "items",
        "links",
    ]
    assert all(template.max_tokens <= 1500 and template.question(MATERIAL) for template in templates)


@given(prompt=st.text(st.characters(exclude_characters="{", exclude_categories=["Cs"]), min_size=1))
def test_words_alone_are_what_jinja2_makes_of_them(prompt: str) -> None:
    """Which is not imported for them."""
    assert filled_in(prompt, MATERIAL) == filling.filled_in(prompt, MATERIAL)
    assert mistake_in(prompt) is None is filling.mistake_in(prompt)
