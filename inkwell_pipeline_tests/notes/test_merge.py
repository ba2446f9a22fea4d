"""The whole file: outside our marks and properties every byte stays, between them ours is brought up to date."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inkwell_pipeline.notes.merge import Base, Merged, merge
from inkwell_pipeline.notes.render import Property, Rendered, body_hash

OURS: dict[str, Property] = {
    "title": "The gauge",
    "people": ["Ada", "Bo"],
    "guid": "g-1",
    "inkwell_id": "0123456789abcdef",
}
BODY = "Opening.\n\n## Summary\n\nOur words.\n\n## Quotes\n\n> Said.\n"
MARKS_TOLD = "our marks (missing, doubled or changed)"


def rendered(body: str = BODY, **changes: Property) -> Rendered:
    return Rendered({**OURS, **changes}, body)


def new(one: Rendered | None = None) -> Merged:
    return merge(None, one or rendered(), Base())


def written(one: Rendered | None = None) -> str:
    return new(one).text


def again(existing: str, one: Rendered, base: Base | None = None) -> Merged:
    """A merge against what `rendered()` wrote, or against another base."""
    return merge(existing, one, base or new().base)


def test_a_new_note_has_properties_and_one_pair_of_marks() -> None:
    """Each mark alone on its line; the end has the hash of what stands between."""
    text = written()

    assert text.startswith("---\ntitle: The gauge\npeople:\n  - Ada\n  - Bo\nguid: g-1\n")
    assert text.endswith(f"---\n%% inkwell:begin %%\n{BODY}%% inkwell:end {body_hash(BODY)} %%\n")


def test_writing_again_changes_nothing() -> None:
    """The same episode, the same text: no sync, no new time on the file."""
    assert again(written(), rendered()) == new()


OUTSIDE = st.text(st.characters(exclude_categories=["Cs"]), max_size=60).filter(lambda text: "inkwell:" not in text)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@given(before=OUTSIDE, after=OUTSIDE)
@example(before="# Mine", after="> quoted\n---\n")
@example(before="\r\x85\u2028", after="\r \t")
def test_text_outside_the_marks_stays_byte_for_byte(end: str, before: str, after: str) -> None:
    """Whatever the user wrote above and below, with whichever line ends."""
    head, ours = written().replace("\n", end).split("%% inkwell:begin %%")
    existing = f"{head}{before}{end}%% inkwell:begin %%{ours}{after}"

    text = again(existing, rendered("New words.\n")).text

    assert text.startswith(f"{head}{before}{end}%% inkwell:begin %%{end}New words.{end}%% inkwell:end ")
    assert text.endswith(f" %%{end}{after}")


def test_one_line_end_of_the_user_s_changes_none_of_ours() -> None:
    """Pasted text with CRLF: the properties and the block keep the line ends that they have."""
    text = again(written() + "Pasted.\r\nMine.\n", rendered("New words.\n", podcast="Brooks")).text

    assert text.count("\r\n") == 1
    assert text.endswith("Pasted.\r\nMine.\n")


def test_a_note_with_crlf_keeps_it() -> None:
    """An editor on Windows saved it: nothing was changed, and what we add has its line ends. The hash is of LF."""
    merged = again(written().replace("\n", "\r\n"), rendered("New words.\n", title="Another"))

    assert merged.edits == ()
    assert merged.text == written(rendered("New words.\n", title="Another")).replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("old", "changed"),
    [
        ("%% inkwell:begin %%\n", ""),
        ("%% inkwell:begin %%\n", " %% inkwell:begin %%\n"),
        ("%% inkwell:end", "%% inkwell:ended"),
        ("%% inkwell:end", "%% inkwell:end zz"),
        ("%% inkwell:begin %%\n", "%% inkwell:begin %%\n%% inkwell:begin %%\n"),
        ("> Said.\n", "%% inkwell:end 0123456789abcdef %%\n> Said.\n"),
        ("> Said.\n", "%% inkwell:end 0123456789abcdef %%\n%% inkwell:begin %%\n> Said.\n"),
    ],
)
def test_where_the_marks_are_not_ours_nothing_between_is_touched(old: str, changed: str) -> None:
    """Deleted, doubled or changed: nothing is surely ours any more, and all of it stays. It is told."""
    existing = written().replace(old, changed)

    merged = again(existing, rendered("New words.\n"))

    assert (merged.text, merged.edits) == (existing, (MARKS_TOLD,))


def test_marks_in_the_wrong_order_are_none() -> None:
    """Somebody has cut and pasted: what lies between them is theirs."""
    head, _, ours = written().partition("%% inkwell:begin %%\n")
    existing = f"{head}{ours}%% inkwell:begin %%\n"

    assert again(existing, rendered("New.\n")).text == existing


def test_a_mark_named_in_a_sentence_is_no_mark() -> None:
    """A mark is alone on its line; the user may write about it."""
    existing = written() + "Ours stands between `%% inkwell:begin %%` and the other.\n> %% inkwell:begin %%\n"

    assert again(existing, rendered("New words.\n")).edits == ()


def test_marks_in_our_own_text_are_words() -> None:
    """A layout of the user's, or a feed, brings one: the note must be found as ours again."""
    one = rendered("Opening.\n%% inkwell:begin %%\n%% inkwell:end ab %%\n")

    assert again(written(one), rendered("New.\n"), new(one).base).text == written(rendered("New.\n"))


def test_spaces_behind_a_mark_stay() -> None:
    """Outside of our text every byte is the user's."""
    existing = written().replace("begin %%", "begin %% \t")[:-1] + "  \nMine."

    text = again(existing, rendered("New.\n")).text

    assert "%% inkwell:begin %% \t\nNew.\n" in text
    assert text.endswith(" %%  \nMine.")


def test_a_block_may_be_moved() -> None:
    """Marks are found where they stand."""
    head, ours = written().split("%% inkwell:begin %%")
    existing = f"{head}# Mine\n\nMy words.\n\n%% inkwell:begin %%{ours}"

    assert "My words.\n\n%% inkwell:begin %%\nNew words.\n" in again(existing, rendered("New words.\n")).text


def test_an_edited_section_stays_and_the_others_are_brought_up_to_date() -> None:
    """The end mark has the hash of what we rendered, not of what the merge left."""
    body = BODY.replace("Our words.", "New words.").replace("Said.", "Said again.")

    merged = again(written().replace("> Said.", "> Said, I say."), rendered(body))

    assert merged.edits == ("Quotes (changed)",)
    assert "New words.\n\n## Quotes\n\n> Said, I say.\n%% inkwell:end " + body_hash(body) in merged.text


def test_where_the_base_is_lost_and_nothing_was_changed_all_is_ours() -> None:
    """The hash in the end mark tells that nobody has touched it."""
    merged = again(written(), rendered("New words.\n"), Base())

    assert (merged.text, merged.edits) == (written(rendered("New words.\n")), ())


def test_where_the_base_is_lost_and_the_hash_differs_all_between_the_marks_is_the_user_s() -> None:
    """Nobody knows who wrote what, so nobody's words are overwritten. What differs is named."""
    existing = written().replace("> Said.", "> Said, I say.")

    merged = again(existing, rendered(BODY.replace("Our words.", "New words.") + "\n## Links\n"), Base())

    assert merged.text == existing
    assert merged.edits == ("Summary (changed)", "Quotes (changed)", "Links (deleted)")


def test_an_older_version_that_was_brought_back_is_ours() -> None:
    """A backup or another machine's copy: its own end mark says that it is as we wrote it then."""
    older = written()
    base = again(older, rendered(BODY.replace("Our words.", "Newer words."))).base

    assert again(older, rendered("Newest.\n"), base).text == written(rendered("Newest.\n"))


@pytest.mark.parametrize("yaml", ["title: [", "title: a: b", "title: a\ntitle: b", "\tx: 1", "- a"])
def test_properties_that_cannot_be_read_are_left_alone(yaml: str) -> None:
    """Theirs to mend; that there are some is said. The block below is still ours."""
    block = written().partition("---\n")[2].partition("---\n")[2]

    merged = again(f"---\n{yaml}\n---\n{block}", rendered("New words.\n"))

    ours = written(rendered("New words.\n")).partition("---\n")[2].partition("---\n")[2]
    assert (merged.text, merged.readable) == (f"---\n{yaml}\n---\n{ours}", False)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_where_all_properties_were_taken_away_those_come_back_that_find_the_note(end: str, mark: str) -> None:
    """Without them a note that is moved would be made a second time. The others stay away, now and later."""
    block = written().partition("---\n")[2].partition("---\n")[2].replace("\n", end)

    merged = again(mark + block, rendered("New words.\n", title="Another"))
    later = merge(merged.text, rendered("New words.\n", title="A third"), merged.base)

    top = "---\nguid: g-1\ninkwell_id: 0123456789abcdef\n---\n%% inkwell:begin %%\n".replace("\n", end)
    assert merged.text.startswith(mark + top)
    assert later.text == merged.text


def test_a_byte_order_mark_stays_in_front() -> None:
    """And does not hide the properties."""
    text = again("\ufeff" + written(), rendered(title="The ruler")).text

    assert text == "\ufeff" + written(rendered(title="The ruler"))


@given(st.text(max_size=80), st.text(max_size=80))
@example("\ud800 \ud83d\ude00", "x")
@example("%% inkwell:end ab %%", "## A\n\n\n\n## B")
def test_any_body_is_ours_again(body: str, later: str) -> None:
    """Half characters, no line end, headings, marks: what was written as it is, is brought up to date as it is."""
    first = new(rendered(body))
    first.text.encode()

    assert merge(first.text, rendered(later), first.base) == new(rendered(later))
    assert merge(first.text, rendered(later), Base()) == new(rendered(later))
