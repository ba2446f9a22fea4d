"""Properties: what the user changed, removed or added stays byte for byte; of ours, the lines change that must."""

from collections.abc import Mapping
from datetime import date
from io import StringIO
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from inkwell_pipeline.notes.properties import MergedProperties, merge_properties, plain_properties
from inkwell_pipeline.notes.render import Property
from inkwell_pipeline.notes.yaml_text import dumped, entries_of

OURS: dict[str, Property] = {
    "title": "The gauge",
    "published": date(2024, 2, 28),
    "duration": "12:34",
    "people": ["Ada", "Bo"],
    "guid": "g-1",
    "inkwell_id": "0123456789abcdef",
    "inkwell_model": "offline",
    "inkwell_cost_usd": None,
}
TEXT = dumped(OURS)
BASE = plain_properties(OURS)


def changed(**changes: Property | str) -> dict[str, Property]:
    """What we would write now; "gone" is a property that has nothing to say any more."""
    return {name: value for name, value in {**OURS, **changes}.items() if value != "gone"}


def merged(text: str, ours: Mapping[str, Property], base: Mapping[str, Any] | None = BASE) -> MergedProperties:
    return merge_properties(text, ours, base, newline="\n")


def read(text: str) -> dict[str, Any]:
    return dict(YAML(typ="safe").load(text) or {})


def test_what_we_wrote_is_no_edit() -> None:
    """Nothing to do, nothing to tell."""
    assert merged(TEXT, OURS) == MergedProperties(TEXT, (), BASE)


AS_OBSIDIAN_WRITES = """\
title: "The gauge"
published: 2024-02-28T00:00:00
duration: 12:34
people: [Ada, "Bo"]
guid: 'g-1'
inkwell_id: "0123456789abcdef"
inkwell_model: >-
  offline
inkwell_cost_usd: null
"""


def test_the_same_values_written_otherwise_are_no_edits() -> None:
    """Obsidian and its plugins write all properties anew when one is edited; and ours are put in the same way."""
    same = merged(AS_OBSIDIAN_WRITES, OURS)
    newer = merged(AS_OBSIDIAN_WRITES, changed(title="The ruler", people=["Ada", "Cy, D."], guid="g-2"))

    assert same == MergedProperties(AS_OBSIDIAN_WRITES, (), BASE)
    assert newer.text == AS_OBSIDIAN_WRITES.replace("The gauge", "The ruler").replace('"Bo"', "'Cy, D.'").replace(
        "g-1", "g-2"
    )
    assert newer.edits == ()


THEIRS = """\
# mine
title:   The gauge   # a good one
rating: 5  # of five
published: 2024-02-28

people:   # whom I know
    # the host
    - Ada   # friend
    - Bo
nested:
      a:  {b: [1,  2], c: .nan}
      d: |
        duration: text

        # text
x: {{date}}
y: !custom 'y'
guid: g-1
inkwell_id: 0123456789abcdef # ours
duration: "12:34"
"up": '[[Rivers]]'
# the end
"""


def test_only_the_lines_of_what_changes_change() -> None:
    """Comments, order, spaces, quotes, indents, blank lines, what is not ours: as the user has them."""
    result = merged(THEIRS, changed(title="The ruler", people=["Ada", "Cy"], duration="13:00", url="https://h/1"))

    assert result.text == (
        THEIRS.replace("The gauge", "The ruler").replace("- Bo", "- Cy").replace('"12:34"', '"13:00"')
        + "url: https://h/1\n"
    )
    assert result.edits == ("property inkwell_model (deleted)", "property inkwell_cost_usd (deleted)")


def test_a_comment_on_something_that_goes_stays() -> None:
    """Whatever the user wrote beside it or within it."""
    result = merged(THEIRS, changed(people="gone", duration="gone"))

    for comment in ("# whom I know\n", "# the host\n", "# friend\n", "# the end\n", "# mine\n"):
        assert comment in result.text
    assert not {"people", "duration"} & (entries_of(result.text) or {}).keys()


def test_a_person_who_goes_takes_only_that_line() -> None:
    """With the comment kept, and those who stay as they stand."""
    text = "people:\n  - Ada # friend\n  - 'Bo'\n"

    result = merged(text, {"people": ["Bo", "Cy"]}, {"people": ["Ada", "Bo"]})

    assert result.text == "people:\n  # friend\n  - 'Bo'\n  - Cy\n"


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (["Ada"], "Ada", "people: Ada\n# me\n"),
        ("Ada", ["Ada", "Bo"], "people: # me\n  - Ada\n  - Bo\n"),
        (["Ada"], None, "people:\n# me\n"),
        (None, 0.25, "people: 0.25 # me\n"),
        (None, ["Ada"], "people: # me\n  - Ada\n"),
        (3, 4, "people: 4 # me\n"),
    ],
)
def test_a_value_may_become_one_of_another_kind(old: Any, new: Any, text: str) -> None:
    """A cost becomes known, a layout says it otherwise."""
    before = "people: # me\n  - Ada\n" if isinstance(old, list) else f"people:{'' if old is None else f' {old}'} # me\n"

    result = merged(f"a: 1\n{before}z: 2\n", {"people": new}, {"people": old})

    assert (result.text, result.edits) == (f"a: 1\n{text}z: 2\n", ())


@pytest.mark.parametrize(("name", "value"), [("title", "My title"), ("duration", "1"), ("people", "[Ada]")])
def test_a_property_that_the_user_changed_stays(name: str, value: str) -> None:
    """Their title is theirs, whatever the publisher makes of it later; and where we have none any more."""
    text = dumped({key: item for key, item in OURS.items() if key != name}) + f"{name}: {value}\n"

    result = merged(text, changed(title="New", duration="1:00", people=["Cy"]))
    later = merged(result.text, {key: item for key, item in OURS.items() if key != name}, result.base)

    assert f"{name}: {value}\n" in result.text
    assert f"{name}: {value}\n" in later.text
    assert result.edits == later.edits == (f"property {name} (changed)",)


def test_a_property_that_the_user_removed_stays_away() -> None:
    """It does not come back with every run, nor after we had nothing to say there for a while."""
    text = TEXT.replace('duration: "12:34"\n', "")

    once = merged(text, changed(duration="13:00"))
    without = merged(once.text, changed(duration="gone"), once.base)
    back = merged(without.text, changed(duration="14:00"), without.base)

    assert once.text == without.text == back.text == text
    assert once.edits == back.edits == ("property duration (deleted)",)
    assert without.edits == ()


@pytest.mark.parametrize("name", ["inkwell_id", "guid"])
def test_a_name_by_which_the_note_is_found_comes_back(name: str) -> None:
    """Without them the note would be made a second time."""
    text = "".join(line for line in TEXT.splitlines(keepends=True) if not line.startswith(name))

    assert read(merged(text, OURS).text) == read(TEXT)


def test_facts_are_brought_up_to_date() -> None:
    """Which model wrote it is nothing to have an opinion on."""
    result = merged(TEXT.replace("offline", "mine"), changed(inkwell_model="other"))

    assert (result.text, result.edits) == (TEXT.replace("offline", "other"), ())


def test_a_change_that_was_undone_is_ours_again() -> None:
    """The base keeps what we last wrote of it."""
    once = merged(TEXT.replace("The gauge", "Mine"), changed(title="The ruler"))

    undone = merged(once.text.replace("Mine", "The gauge"), changed(title="The ruler"), once.base)

    assert (undone.text, undone.edits) == (TEXT.replace("The gauge", "The ruler"), ())


def test_where_the_base_is_lost_what_differs_is_the_user_s() -> None:
    """Nobody knows who wrote it, so nobody's words are overwritten; facts still are."""
    text = TEXT.replace("The gauge", "My title").replace('duration: "12:34"\n', "")

    result = merged(text, changed(title="New", inkwell_model="other"), None)

    assert result.text == text.replace("offline", "other")
    assert result.edits == ("property title (changed)", "property duration (deleted)")


@pytest.mark.parametrize("text", ["", "# mine\n", "\n"])
def test_where_all_were_removed_two_come_back(text: str) -> None:
    """Below what is left."""
    assert merged(text, OURS).text == text + "guid: g-1\ninkwell_id: 0123456789abcdef\n"


@pytest.mark.parametrize(
    "text",
    [
        "title: [\n",
        "title: a: b\n",
        "title: a\ntitle: b\n",
        "x: {a: 1, a: 2}\n",
        "\tx: 1\n",
        "- a\n",
        "words\n",
        "x: *nobody\n",
        "--- \n--- \n",
        "x: \x01\n",
        "x: " + "[" * 500 + "]" * 500 + "\n",
    ],
)
def test_what_cannot_be_read_is_left_alone(text: str) -> None:
    """Theirs to mend; it is told."""
    result = merged(text, OURS)

    assert (result.text, result.readable, result.base) == (text, False, BASE)
    assert result.edits == ("the properties (they are no YAML)",)


@pytest.mark.parametrize("text", ["day: 2024-13-45\n", "n: !!int x\n", "b: !!bool maybe\n", "f: .nan\n", "{{x}}: 1\n"])
def test_what_only_looks_odd_can_be_read(text: str) -> None:
    """A reader's constructor stumbles over it; we only need to know where it ends."""
    assert merged(text, {"guid": "g-1"}).text == text + "guid: g-1\n"


@pytest.mark.parametrize(
    "text",
    [
        "title: &t The gauge\nmine: *t\n",
        "mine: &t The gauge\ntitle: *t\n",
        "people: &p\n  - Ada\n  - Bo\nguests: *p\ntitle: The gauge\n",
        "{title: The gauge, people: [Ada, Bo]}\n",
    ],
)
def test_what_cannot_be_changed_alone_is_left_as_it_is(text: str) -> None:
    """Another property hangs on ours, or all of them stand on one line: better old than wrong. It is told."""
    result = merged(text, {"title": "New", "people": ["Cy"], "url": "u"})

    assert (result.text, result.base) == (text, BASE)
    assert result.edits == ("the properties (ours cannot be changed without a change to yours)",)


def test_an_anchor_elsewhere_is_in_nobody_s_way() -> None:
    """Only the properties that change have to stand alone."""
    text = "a: &a [1]\nb: *a\nc: {<<: {d: 1}}\n" + TEXT

    assert merged(text, changed(title="New")).text == text.replace("The gauge", "New")


def test_line_ends_of_another_system_stay() -> None:
    """And what we add has them, too."""
    text = TEXT.replace("\n", "\r\n")

    result = merge_properties(text, changed(people=["Ada", "Cy"], url="u"), BASE, newline="\r\n")

    assert result.text == TEXT.replace("- Bo", "- Cy").replace("\n", "\r\n") + "url: u\r\n"


ODD = ["12:30", "yes", "NO", "null", "~", "1_000", "1e3", "0x1F", "2024-01-01"]
ODD_TOO = ["%%", "---", "- a", "a: b", "a #b", "<<", "=", "{{x}}", "[x]", "'", '"', "a'b", "@a", "`a", "|", ">", "&a"]
VALUES = st.text(max_size=40) | st.sampled_from([*ODD, *ODD_TOO])


@given(title=VALUES, guid=VALUES, people=st.lists(VALUES, max_size=3))
@example(title="👩\u200d💻 🇮🇸", guid="a\x85b", people=["a\u2028b", "\x00", "a\n---\nb"])
@example(title="\ud800", guid="\udfff", people=["\ud83d", ""])
@example(title="a\tb ", guid=" a", people=["\ufeff", "#", ":"])
def test_any_text_reads_back_as_it_was(title: str, guid: str, people: list[str]) -> None:
    """Control and half characters, times, truth values, line ends: what was written is what is read; a line each."""
    ours: dict[str, Property] = {"title": title, "guid": guid, "people": people, "end": 1}
    text = dumped(ours)

    text.encode()
    assert len(text.split("\n")) == 5 + len(people or [0]) - (not people)
    assert {name: entry.value for name, entry in (entries_of(text) or {}).items()} == ours
    assert merged(text, ours, plain_properties(ours)) == MergedProperties(text, (), plain_properties(ours))


@pytest.mark.parametrize("value", ODD)
def test_what_an_older_yaml_takes_for_something_else_is_quoted(value: str) -> None:
    """`12:30` is 750 in YAML 1.1, `yes` is true: other programs read the vault, too. In lists as well."""
    text = dumped({"title": value, "people": [value]})

    assert f'title: "{value}"\n' in text or f"title: '{value}'\n" in text
    assert f'  - "{value}"\n' in text or f"  - '{value}'\n" in text


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | st.datetimes() | VALUES.map(str.strip)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3)
)
COMMENTS = st.sampled_from(["", "# c", "# title: x", "\n", "#"])


@settings(deadline=None)
@given(
    mine=st.dictionaries(st.text("xyz", min_size=1, max_size=3), ANYTHING, max_size=4),
    comments=st.lists(COMMENTS, min_size=20, max_size=20),
    order=st.randoms(use_true_random=False),
    new=st.fixed_dictionaries({"title": VALUES, "people": st.lists(VALUES, max_size=3), "guid": VALUES}),
    flow=st.booleans(),
    indent=st.sampled_from([(2, 2, 0), (2, 4, 2), (4, 6, 3)]),
)
def test_whatever_the_user_has_beside_ours_stays_byte_for_byte(
    mine: dict[str, Any], comments: list[str], order: Any, new: dict[str, Any], flow: bool, indent: tuple[int, int, int]
) -> None:
    """Values of every type, in every style, with comments between: their lines are the same afterwards."""
    yaml = YAML()
    yaml.width, yaml.default_flow_style = 60, None if flow else False
    yaml.indent(*indent)
    blocks = [dump(yaml, {name: value}) for name, value in mine.items()]
    blocks += [dumped({"title": "The gauge"}), dump(yaml, {"people": ["Ada", "Bo"]}), "guid: g-1\n"]
    order.shuffle(blocks)
    text = "".join(f"{comment}\n{block}" for comment, block in zip(comments, blocks, strict=False))
    base: dict[str, Property] = {"title": "The gauge", "people": ["Ada", "Bo"], "guid": "g-1"}

    result = merged(text, new, base)

    for name, value in mine.items():
        assert dump(yaml, {name: value}) in result.text
    assert result.edits == ()
    assert {name: (entries_of(result.text) or {})[name].value for name in new} == new
    assert merged(result.text, base, result.base).edits == ()


def dump(yaml: YAML, value: dict[str, Any]) -> str:
    block = CommentedMap(value)
    block.fa.set_block_style()
    out = StringIO()
    yaml.dump(block, out)
    return out.getvalue().removesuffix("...\n")
