"""A user's own layout: what it can say, what it cannot, and mistakes told at the start, with file and line."""

import textwrap
from dataclasses import fields
from pathlib import Path

import pytest

from inkwell_pipeline.errors import ConfigError, PermanentError
from inkwell_pipeline.models import Chapter, Item, Person, Section
from inkwell_pipeline.notes.layout import packaged_layout, read_layout
from inkwell_pipeline.notes.render import render
from inkwell_pipeline.notes.view import ChapterView, ItemView, NoteView, PersonView, SectionView
from inkwell_pipeline_tests.builders import episode, record

IDEAS = Section(kind="items", heading="Ideas", items=(Item(text="Read *it*", start_s=5, label="A|B"), Item(text="50%")))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "note.md.j2"


def body(path: Path, layout: str, **changes: object) -> str:
    """What the layout makes of an episode with two ideas."""
    path.write_text(layout)
    return render(
        episode(**changes), record(), outline={"ideas": IDEAS}, sections={"ideas": IDEAS}, layout=read_layout(path)
    ).body


def mistake(path: Path, layout: str) -> str:
    """The error's line, without the path."""
    path.write_text(layout)
    with pytest.raises(ConfigError) as raised:
        read_layout(path)
    return str(raised.value).removeprefix(str(path))


def test_ours_passes_the_check_that_the_user_s_must_pass(path: Path) -> None:
    """It is where one of their own begins."""
    path.write_text(packaged_layout().text)

    assert read_layout(path).digest == packaged_layout().digest


def test_without_note_template_the_layout_is_ours() -> None:
    """It is a part of the package."""
    assert read_layout(None) == packaged_layout()


def test_every_value_is_escaped_as_it_is_printed(path: Path) -> None:
    """A layout cannot forget to."""
    entries = "{% for one in sections %}{% for entry in one.entries %}{{ entry.label }}: {{ entry.text }}\n{% endfor %}"
    layout = "# {{ title }}\n" + entries + "{% endfor %}"

    assert body(path, layout, title="[[x]] %%") == "# \\[\\[x\\]\\] \\%\\%\nA|B: Read \\*it\\*\n: 50%\n"


def test_no_filter_takes_the_escaping_away(path: Path) -> None:
    """`safe` is for HTML, and there is none."""
    assert mistake(path, "\n{{ title | safe }}").startswith(":2: there is no filter 'safe'; there are: abs, ")
    assert body(path, "{{ title | upper }} {{ title ~ '[[x]]' }}", title="<b>") == "\\<B> \\<b>\\[\\[x\\]\\]\n"


def test_two_values_side_by_side_make_no_sign(path: Path) -> None:
    """Each alone is a word."""
    assert (
        body(path, "{{ title }}{{ show }}", title="50%", show="% inkwell:begin %%") == "50%\\% inkwell:begin \\%\\%\n"
    )


def test_the_filters_make_markdown(path: Path) -> None:
    """Links, wikilinks, a day, a list in a line, a block quote."""
    layout = (
        '{{ title | wikilink }} {{ "Hear" | link(audio) }} {{ published | day }} {{ "x" | link("javascript:x") }}\n'
        "{{ people | map(attribute='link') | join(', ') }}\n{{ show_notes | quoted }}"
    )
    persons = (Person(name="Ada Brook"), Person(name="Bo"))

    assert body(path, layout, persons=persons, show_notes="<p>One</p><p>Two</p>") == (
        "[[The gauge]] [Hear](https://example.com/rivers/1.mp3) 28 February 2024 x\n[[Ada Brook]], [[Bo]]\n"
        "> One\n>\n> Two\n"
    )


def test_a_value_fits_into_a_cell_of_a_table(path: Path) -> None:
    """Where `|` ends the cell, in a title and in a wikilink alike."""
    layout = "| a | b |\n|---|---|\n| {{ title | cell }} | {{ people[0].link | cell if people }} |"

    assert body(path, layout, title="A | B", persons=(Person(name="Bo/C"),)).endswith("| A \\| B | [[Bo-C\\|Bo/C]] |\n")


def test_a_layout_s_own_markdown_stands_as_it_is_written(path: Path) -> None:
    """Callouts, properties of Dataview, tags, a comment: the user knows what they want."""
    layout = "> [!info]- {{ show }}\n> #podcast [when:: {{ published }}] %% mine %% <br>\n\n\n\n\nEnd\n\n"

    assert body(path, layout) == "> [!info]- Rivers\n> #podcast [when:: 2024-02-28] %% mine %% <br>\n\nEnd\n"


@pytest.mark.parametrize(
    ("layout", "says"),
    [
        ("\n{{ titel }}", ":2: there is no variable 'titel'; there are: title, show, published, duration, audio,"),
        ("{% if false %}\n{{ titel }}{% endif %}", ":2: there is no variable 'titel'"),
        ("{{ title | uper }}", ":1: there is no filter 'uper'; there are: abs, "),
        ("{{ title is strnig }}", ":1: there is no test 'strnig'; there are: boolean, "),
        ("\n\n{{ title", ":3: unexpected end of template"),
        ("{% for x in people %}", ":1: Unexpected end of template"),
        ("{% for one in people %}\n{{ one.nam }}{% endfor %}", ":2: there is no 'nam' here; there are: name, role,"),
        ("\n{{ people[0].name }}", ":2: "),
        ("{{ chapters }}", ":1: only text can be printed, and this is a tuple"),
        ("{% for one in chapters %}{{ one }}{% endfor %}", "ChapterView; it has: title, time, url, link"),
        ("{{ 1 / 0 }}", ":1: ZeroDivisionError: division by zero"),
        ("{% macro x() %}{% endmacro %}", ":1: a layout has no macro; there are: {% for %}, {% if %},"),
        ('{% include "/etc/passwd" %}', ":1: a layout has no include"),
        ("{% set x %}{{ title }}{% endset %}", ":1: a layout has no assignblock"),
        ("{{ title.__class__.__mro__ }}", "access to attribute '__class__' of 'str' object is unsafe"),
        ("\n%% inkwell:begin %%", ":2: writes a mark of ours"),
        ("{% if not title %}\n%%inkwell:end x %%{% endif %}", ":2: writes a mark of ours"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_the_start(path: Path, layout: str, says: str) -> None:
    """In one line with file and line, and what there is instead; also where no episode has come so far."""
    line = mistake(path, layout)

    assert says in line
    assert "\n" not in line


def test_a_layout_that_cannot_be_read_is_a_mistake(path: Path) -> None:
    """No file, no text, a folder."""
    with pytest.raises(ConfigError, match=r"note\.md\.j2: there is no such file, though note_template names it"):
        read_layout(path)
    with pytest.raises(ConfigError, match="cannot be read: "):
        read_layout(path.parent)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        read_layout(path)


def test_a_layout_that_fails_on_one_episode_fails_that_one(path: Path) -> None:
    """The check cannot know them all."""
    with pytest.raises(PermanentError, match=r"note\.md\.j2:1: ZeroDivisionError"):
        body(path, "{{ 1 / (title | length - 4) }}", title="Four")


def test_a_changed_layout_has_another_digest(path: Path) -> None:
    """So that notes are made anew."""
    path.write_text("{{ title }}")
    before = read_layout(path).digest
    path.write_text("{{ show }}")

    assert read_layout(path).digest != before


def test_the_whole_show_notes_are_there_for_who_wants_them(path: Path) -> None:
    """Ours leaves out what stands in another section; a layout without that section need not."""
    layout = "{{ all_show_notes }}"
    chapters = (Chapter(start_s=0, title="A"), Chapter(start_s=60, title="B"))

    assert "[1:00](https://example.com/rivers/1.mp3#t=60) B" in body(
        path, layout, show_notes="<p>0:00 A<br>1:00 B</p>", chapters=chapters
    )


def test_the_page_about_layouts_is_right(path: Path) -> None:
    """Its example passes the check, and it names every variable and what each of them has."""
    page = (Path(__file__).parents[2] / "docs" / "notes.md").read_text()
    example = page.partition("## An example\n")[2].partition("\n## ")[0]

    text = body(path, textwrap.dedent(example), persons=(Person(name="Ada Brook"),), show_notes="<p>One</p>")

    assert text.startswith(
        "> [!info] Rivers, 28 February 2024\n> [Listen](https://example.com/rivers/1.mp3)\n> With [[Ada"
    )
    assert "1. A|B [0:05](https://example.com/rivers/1.mp3#t=5)\n1. 50%" in text
    assert text.endswith("> [!quote]- What the publisher says\n> One\n")
    for view in (NoteView, PersonView, SectionView, ItemView, ChapterView):
        assert all(f"`{one.name}`" in page for one in fields(view))
