"""Whose words win: outside the marks and where it was changed the user's, else ours, brought up to date."""

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from inkwell_pipeline.notes.merge import Merged, merge, plain_properties
from inkwell_pipeline.notes.render import Property, Rendered, body_hash

OURS: dict[str, Property] = {
    "title": "The gauge",
    "people": ["Ada", "Bo"],
    "duration": "12:34",
    "guid": "g-1",
    "inkwell_id": "0123456789abcdef",
    "inkwell_model": "offline",
}
BASE = plain_properties(OURS)


def rendered(body: str = "Our words.\n", **changes: Property) -> Rendered:
    """What we would write; a property changed to None is one that has nothing to say any more."""
    return Rendered({name: value for name, value in {**OURS, **changes}.items() if value is not None}, body)


def written(one: Rendered | None = None) -> str:
    return merge(None, one or rendered(), last_written=None).text


def again(existing: str, one: Rendered, base: dict[str, Any] | None = BASE) -> Merged:
    return merge(existing, one, last_written=base)


def frontmatter(text: str) -> dict[str, Any]:
    found = re.match(r"---\n(.*?)^---\n", text, re.MULTILINE | re.DOTALL)
    assert found
    return dict(YAML(typ="safe").load(found[1]))


def test_a_new_note_has_properties_and_one_pair_of_marks() -> None:
    """Each mark alone on its line; the end has the hash of what stands between."""
    text = written()

    hashed = body_hash("Our words.\n")
    assert text.endswith(f"---\n%% inkwell:begin %%\nOur words.\n%% inkwell:end {hashed} %%\n")
    assert frontmatter(text) == BASE


def test_writing_again_changes_nothing() -> None:
    """The same episode, the same text: no sync, no new time on the file."""
    assert again(written(), rendered()) == Merged(written(), edit_kept=False)


OUTSIDE = st.text(st.characters(exclude_categories=["Cs"]), max_size=60).filter(lambda text: "inkwell:" not in text)


def test_one_line_end_of_the_user_s_changes_none_of_ours() -> None:
    """Pasted text with CRLF: the properties and the block keep the line ends that they have."""
    pasted = written() + "Pasted.\r\nMine.\n"

    text = again(pasted, rendered("New words.\n", podcast="Brooks")).text

    assert text.count("\r\n") == 1
    assert text.endswith("Pasted.\r\nMine.\n")
    assert "New words.\n" in text


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@given(before=OUTSIDE, after=OUTSIDE)
@example(before="# Mine", after="> quoted\n---\n")
def test_text_outside_the_marks_stays_byte_for_byte(end: str, before: str, after: str) -> None:
    """Whatever the user wrote above and below, with whichever line ends."""
    head, ours = written().replace("\n", end).split("%% inkwell:begin %%")
    existing = f"{head}{before}{end}%% inkwell:begin %%{ours}{after}"

    text = again(existing, rendered("New words.\n")).text

    assert text.startswith(f"{head}{before}{end}%% inkwell:begin %%")
    assert text.endswith(after)
    assert "New words." in text
    assert "Our words." not in text.replace(before, "").replace(after, "")


def test_a_note_with_crlf_keeps_it() -> None:
    """An editor on Windows saved it: nothing was changed, and what we add has its line ends. The hash is of LF."""
    existing = written().replace("\n", "\r\n")

    merged = again(existing, rendered("New words.\n", title="Another"))

    assert not merged.edit_kept
    assert merged.text == written(rendered("New words.\n", title="Another")).replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Our words.", "Our words, and mine."),
        ("Our words.\n", ""),
        ("%% inkwell:begin %%\n", ""),
        ("%% inkwell:end", "%% inkwell:ended"),
        ("%% inkwell:begin %%\n", "%% inkwell:begin %%\n%% inkwell:begin %%\n"),
    ],
)
def test_a_block_that_was_changed_is_the_user_s(old: str, new: str) -> None:
    """Changed, emptied, marks deleted or doubled: nothing in it is surely ours any more, and all of it stays."""
    existing = written().replace(old, new)

    assert again(existing, rendered("New words.\n")) == Merged(existing, edit_kept=True)


def test_a_block_may_be_moved() -> None:
    """Marks are found where they stand."""
    head, ours = written().split("%% inkwell:begin %%")
    existing = f"{head}# Mine\n\nMy words.\n\n%% inkwell:begin %%{ours}"

    assert "My words.\n\n%% inkwell:begin %%\nNew words.\n" in again(existing, rendered("New words.\n")).text


def test_the_user_s_properties_comments_and_order_stay() -> None:
    """Ours are brought up to date where they stand."""
    existing = (
        written()
        .replace("people:", "rating: 5  # of five\n# whom I know\npeople:")
        .replace("guid:", "up: '[[Rivers]]'\nguid:")
    )

    text = again(existing, rendered(title="The ruler")).text

    assert text == existing.replace("title: The gauge", "title: The ruler")


def test_a_property_that_the_user_changed_stays() -> None:
    """Their title is theirs, whatever the publisher makes of it later."""
    existing = written().replace("title: The gauge", "title: My title")

    merged = again(existing, rendered(title="The ruler"))

    assert (frontmatter(merged.text)["title"], merged.edit_kept) == ("My title", True)


def test_a_property_that_the_user_removed_stays_away() -> None:
    """They did not want it; it does not come back with every run."""
    existing = written().replace('duration: "12:34"\n', "")

    merged = again(existing, rendered(duration="13:00"))

    assert ("duration" in frontmatter(merged.text), merged.edit_kept) == (False, True)


@pytest.mark.parametrize("name", ["inkwell_id", "guid"])
def test_a_name_by_which_the_note_is_found_comes_back(name: str) -> None:
    """Without them the note would be made a second time."""
    existing = re.sub(rf"^{name}: .*\n", "", written(), flags=re.MULTILINE)

    assert frontmatter(again(existing, rendered()).text)[name] == OURS[name]


def test_facts_are_brought_up_to_date() -> None:
    """Which model wrote it is nothing to have an opinion on."""
    existing = written().replace("inkwell_model: offline", "inkwell_model: mine")

    assert frontmatter(again(existing, rendered(inkwell_model="other")).text)["inkwell_model"] == "other"


def test_a_new_property_is_added() -> None:
    """The publisher has added a link since."""
    merged = again(written(), rendered(url="https://h/1"))

    assert (frontmatter(merged.text)["url"], merged.edit_kept) == ("https://h/1", False)


def test_a_property_that_has_nothing_to_say_goes_and_the_user_s_comment_stays() -> None:
    """ruamel keeps a comment with the property above it, and lost it with that."""
    existing = written().replace("guid:", "# the number on the tape\nguid:")

    text = again(existing, rendered(duration=None)).text

    assert "duration" not in frontmatter(text)
    assert "\n# the number on the tape\n" in text


def test_where_the_base_is_lost_what_differs_is_the_user_s() -> None:
    """`data_dir` was deleted: nobody knows who wrote it, so nobody's words are overwritten; facts still are."""
    existing = written().replace("title: The gauge", "title: My title").replace('duration: "12:34"\n', "")

    found = frontmatter(again(existing, rendered(title="New", inkwell_model="other"), None).text)

    assert (found["title"], found["inkwell_model"], "duration" in found) == ("My title", "other", False)


@pytest.mark.parametrize(
    "yaml",
    [
        "title: [",
        "title: a: b",
        "title: a\ntitle: b",
        "\tx: 1",
        "- a",
        "day: 2024-13-45",
        "n: !!int x",
        "x: " + "[" * 500 + "]" * 500,
    ],
)
def test_properties_that_cannot_be_read_are_left_alone(yaml: str) -> None:
    """Theirs to mend; that there are some is said. The block below is still ours."""
    existing = re.sub(r"\A---\n.*?^---\n", lambda _: f"---\n{yaml}\n---\n", written(), flags=re.MULTILINE | re.DOTALL)

    merged = again(existing, rendered("New words.\n"))

    assert merged == Merged(existing.replace(*_block("New words.\n")), edit_kept=True, readable=False)


def _block(body: str) -> tuple[str, str]:
    ours, new = (f"{text}%% inkwell:end {body_hash(text)} %%" for text in ("Our words.\n", body))
    return ours, new


def test_properties_that_were_taken_away_stay_away() -> None:
    """The user wants none; the block is kept up to date."""
    existing = written().partition("---\n")[2].partition("---\n")[2]

    assert again(existing, rendered("New words.\n")) == Merged(
        existing.replace(*_block("New words.\n")), edit_kept=True
    )


def test_a_byte_order_mark_stays_in_front() -> None:
    """And does not hide the properties."""
    text = again("\ufeff" + written(), rendered(title="The ruler")).text

    assert text == "\ufeff" + written(rendered(title="The ruler"))


ODD = [
    "12:30",
    "yes",
    "NO",
    "null",
    "~",
    "1_000",
    "1e3",
    "0x1F",
    "2024-01-01",
    "%%",
    "---",
    "- a",
    "a: b",
    "a #b",
    "<<",
    "=",
]
VALUES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40) | st.sampled_from(ODD)


@given(title=VALUES, guid=VALUES, people=st.lists(VALUES, max_size=3))
@example(title="👩\u200d💻 🇮🇸", guid="a\x85b", people=["a\u2028b", "\x00", "a\n---\nb"])
def test_any_text_reads_back_as_it_was(title: str, guid: str, people: list[str]) -> None:
    """Control characters, times, truth values, line ends: what was written is what is read, and stays unchanged."""
    one = rendered(title=title, guid=guid, people=people)
    text = written(one)

    assert frontmatter(text) == plain_properties(one.properties)
    assert again(text, one, plain_properties(one.properties)) == Merged(text, edit_kept=False)


@pytest.mark.parametrize("value", ODD[:7])
def test_what_an_older_yaml_takes_for_something_else_is_quoted(value: str) -> None:
    """`12:30` is 750 in YAML 1.1, `yes` is true: other programs read the vault, too. In lists as well."""
    text = written(rendered(title=value, people=[value]))

    assert f'title: "{value}"\n' in text or f"title: '{value}'\n" in text
    assert f'  - "{value}"\n' in text or f"  - '{value}'\n" in text
