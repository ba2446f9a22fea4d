"""Section by section: what the user changed, moved, deleted or added stays so, all else follows what we render."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inkwell_pipeline.notes.body_merge import MergedBody, merge_body, written_body
from inkwell_pipeline.notes.sections import WrittenBody, depth_of, parts_of

BODY = "*Rivers* · 12:34\n\n## Summary\n\nRivers rise.\n\n## Key ideas\n\n- A ruler.\n\n## Quotes\n\n> Said.\n"
RULER, LINKS = "## Key ideas\n\n- A ruler.\n\n", "## Links\n\n- One\n"


def merged(theirs: str, ours: str, base: str | WrittenBody = BODY) -> MergedBody:
    return merge_body(theirs, ours, written_body(base) if isinstance(base, str) else base, newline="\n")


def newer(body: str = BODY) -> str:
    """Every section with other words."""
    return (
        body.replace("12:34", "12:35").replace("rise.", "fall.").replace("A ruler", "A gauge").replace("Said", "Told")
    )


def test_what_nobody_touched_is_brought_up_to_date() -> None:
    """With sections that are new, and without those that we have no more."""
    ours = newer().replace("## Key ideas\n\n- A gauge.\n\n", "") + "\n" + LINKS

    assert merged(BODY, ours) == MergedBody(ours, (), written_body(ours))


def test_new_lines_before_the_first_heading_stand_first() -> None:
    """Behind a section they would be its end, and nobody's to bring up to date."""
    without = BODY.removeprefix("*Rivers* · 12:34\n\n")
    theirs = without.replace("## Summary", "## Summary (mine)")

    there = merged(theirs, "> [!info] Listen\n\n## Only\n\nfoo\n", without)
    back = merged(there.text, BODY, there.base)

    assert there.text.startswith("> [!info] Listen\n\n## Only\n\nfoo\n\n## Summary (mine)\n\nRivers rise.\n\n")
    assert back.text.startswith("*Rivers* · 12:34\n\n## Summary (mine)\n\nRivers rise.\n\n")
    assert "[!info]" not in back.text


def test_lines_of_the_user_s_before_the_first_heading_stay_alone() -> None:
    """Ours beside them would be one section with theirs."""
    without = BODY.removeprefix("*Rivers* · 12:34\n\n")

    assert merged("Mine.\n\n" + without, BODY, without).text == "Mine.\n\n" + without


@pytest.mark.parametrize(
    ("old", "their", "edit"),
    [
        ("- A ruler.", "- A ruler!", "Key ideas (changed)"),
        ("## Key ideas", "## Key ideas #", "Key ideas (changed)"),
        ("## Key ideas", "# Key ideas", "Key ideas (changed)"),
        ("## Key ideas", "## What I learned", "Key ideas (renamed)"),
        ("- A ruler.", "", "Key ideas (changed)"),
        ("*Rivers*", "*My rivers*", "the lines before the first heading (changed)"),
    ],
)
def test_a_changed_section_stays_and_the_others_follow(old: str, their: str, edit: str) -> None:
    """Also where its heading alone was changed; and it does not come back beside the changed one."""
    changed = BODY.replace(old, their)

    result = merged(changed, newer())

    assert result.edits == (edit,)
    assert {part.text for part in parts_of(result.text, 2)} - {part.text for part in parts_of(changed, 2)} == {
        part.text for part in parts_of(newer(), 2) if not part.text.startswith(edit.partition(" (")[0], 3)
    } - ({parts_of(newer(), 2)[0].text} if "before" in edit else set())


def test_a_deleted_section_stays_away() -> None:
    """Now and after it was gone from our text in between."""
    theirs = BODY.replace(RULER, "")

    once = merged(theirs, newer())
    without = merged(once.text, newer().replace("## Key ideas\n\n- A gauge.\n\n", ""), once.base)
    back = merged(without.text, newer(), without.base)

    assert once.edits == back.edits == ("Key ideas (deleted)",)
    assert without.edits == ()
    assert "Key ideas" not in once.text + back.text
    assert "Rivers fall." in once.text


def test_a_moved_section_stays_where_it_was_put() -> None:
    """And is brought up to date there; now and in later runs, whatever our order is."""
    quotes = "## Quotes\n\n> Said.\n"
    theirs = BODY.replace(quotes, "").replace("## Summary", f"{quotes}\n## Summary")

    once = merged(theirs, newer())
    later = merged(once.text, BODY.replace(RULER, "") + "\n" + RULER, once.base)

    assert once.edits == ("Quotes (moved)",)
    assert [part.written.heading for part in parts_of(once.text, 2)] == ["", "## Quotes", "## Summary", "## Key ideas"]
    assert "> Told." in once.text
    assert [part.written.heading for part in parts_of(later.text, 2)] == ["", "## Quotes", "## Summary", "## Key ideas"]


def test_an_order_of_ours_is_followed_where_the_user_has_none() -> None:
    """They put another template first in the config. Where they have written something, it stays where it stands."""
    ours = BODY.replace(RULER, "").replace("## Summary", f"{RULER}## Summary")

    assert merged(BODY, ours) == MergedBody(ours, (), written_body(ours))
    changed = BODY.replace("rise.", "rise, I say.")
    assert merged(changed, ours).text == changed


def test_a_section_that_the_user_added_stays_where_it_is() -> None:
    """Among ours, which are brought up to date around it."""
    mine = "## My thoughts\n\nGood.\n\n"

    result = merged(BODY.replace("## Quotes", f"{mine}## Quotes"), newer())

    assert result.edits == ("My thoughts (added)",)
    assert result.text == newer().replace("## Quotes", f"{mine}## Quotes")


def test_a_new_section_comes_after_the_one_that_it_follows_in_ours() -> None:
    """Wherever the user has put that."""
    quotes = "## Quotes\n\n> Said.\n"
    theirs = BODY.replace(quotes, "").replace("## Summary", f"{quotes}\n## Summary")

    result = merged(theirs, f"{BODY}\n{LINKS}")

    assert "> Said.\n\n## Links\n\n- One\n\n## Summary" in result.text


def test_a_new_section_before_all_others_comes_before_them() -> None:
    """There is none that it follows."""
    base = BODY.partition("\n\n")[2]

    assert merged(base.replace("rise.", "rise!"), BODY, base).text == BODY.replace("rise.", "rise!")


def test_where_everything_was_deleted_what_is_new_is_added() -> None:
    """They wanted none of the old ones."""
    assert merged("", f"{BODY}\n{LINKS}").text == LINKS
    assert merged("\n\n", f"{BODY}\n{LINKS}").text == f"\n\n{LINKS}"


def test_a_changed_section_that_we_have_no_more_stays() -> None:
    """It is theirs by now, and if we have it again later there is no second one."""
    changed = merged(BODY.replace("> Said.", "> Mine."), BODY.partition("## Quotes")[0].rstrip() + "\n")

    assert changed.text == BODY.replace("> Said.", "> Mine.")
    assert merged(changed.text, newer(), changed.base).text == newer().replace("> Told.", "> Mine.")


def test_a_section_of_the_user_s_with_a_name_that_we_begin_to_use_is_theirs() -> None:
    """Ours would stand beside it under the same heading."""
    theirs = f"{BODY}\n## Links\n\nMine.\n"

    result = merged(theirs, f"{BODY}\n{LINKS}")

    assert (result.text, result.edits) == (theirs, ("Links (changed)",))


def test_a_change_that_was_undone_is_ours_again() -> None:
    """The base keeps what we last wrote of each section, not what we would have written over a change."""
    changed = merged(BODY.replace("A ruler", "My ruler"), newer())

    undone = merged(changed.text.replace("My ruler", "A ruler"), newer(), changed.base)

    assert (undone.text, undone.edits) == (newer(), ())


def test_of_two_sections_with_one_heading_the_deleted_one_stays_away() -> None:
    """And the other is not taken for it."""
    two = "## Links\n\n- One\n\n## Links\n\n- Two\n"

    once = merged("## Links\n\n- Two\n", two.replace("Two", "Second"), two)
    later = merged(once.text, two, once.base)

    assert (once.text, later.text) == ("## Links\n\n- Second\n", "## Links\n\n- Two\n")
    assert once.edits == later.edits == ("Links (deleted)",)


def test_headings_in_code_and_of_lower_levels_begin_no_section() -> None:
    """Nor do tags, and quoted ones."""
    body = "## A\n\n```\n## not\n```\n~~~ x\n# not\n```\n~~~\n#tag\n> ## not\n### Lower\n\n## B\n"

    assert [part.written.heading for part in parts_of(body, depth_of(body))] == ["## A", "## B"]


def test_a_layout_without_high_headings_has_sections_at_its_highest() -> None:
    """A user's layout need not have our levels."""
    body = "Opening\n\n### A\n\n#### a\n\n### B\n"

    assert [part.written.heading for part in parts_of(body, depth_of(body))] == ["", "### A", "### B"]


def test_a_layout_of_other_levels_keeps_what_was_changed() -> None:
    """The base knows at which level the text was parted."""
    result = merged(BODY.replace("rise.", "rise!"), newer().replace("## ", "### "))

    assert "## Summary\n\nRivers rise!\n" in result.text
    assert "### Key ideas\n\n- A gauge.\n" in result.text
    assert result.edits == ("Summary (changed)",)


def test_line_ends_of_another_system_are_no_edit() -> None:
    """The file has CRLF; what is brought up to date gets it, what stays keeps what it has."""
    theirs = BODY.replace("> Said.", "> Mine.").replace("\n", "\r\n")

    result = merge_body(theirs, f"{newer()}\n{LINKS}", written_body(BODY), newline="\r\n")

    assert result.edits == ("Quotes (changed)",)
    assert result.text == f"{newer().replace('> Told.', '> Mine.')}\n{LINKS}".replace("\n", "\r\n")


LINES = st.lists(
    st.sampled_from(["# a", "## b", "## b ##", "### c", "```", "~~~", "text", "", "  ", "> ## q", "#", "## "])
    | st.text(max_size=10),
    max_size=12,
).map(lambda lines: "".join(f"{line}\n" for line in lines))


@given(LINES, st.integers(1, 6))
def test_the_sections_are_the_text(body: str, depth: int) -> None:
    """Nothing between them is lost."""
    assert "".join(part.text for part in parts_of(body, depth)) == body


@given(LINES, LINES, LINES)
@example("## b\n## b\n", "## b\nx\n", "```\n## b\n")
def test_any_three_texts_merge_and_the_user_s_lines_stay(base: str, theirs: str, ours: str) -> None:
    """A line that we never wrote is the user's: it is there afterwards, as often and in the order in which it was."""
    result = merged(theirs, ours, base)
    again = merge_body(result.text, ours, result.base, newline="\n")

    def mine(text: str) -> list[str]:
        return [line for line in text.split("\n") if line.strip() and line.rstrip() not in known]

    known = {line.rstrip() for text in (base, ours) for line in text.split("\n")}
    assert mine(result.text) == mine(theirs)
    assert mine(again.text) == mine(theirs)


@given(LINES, LINES)
def test_where_we_have_nothing_new_the_text_stays_as_it_is(base: str, theirs: str) -> None:
    """Byte for byte, also the blank lines."""
    assert merged(theirs, base, base).text == theirs
