"""Other people's words in Markdown: all of them there, and none of them more than words."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inkwell_pipeline.notes.markdown import (
    Markdown,
    escaped,
    joined,
    link,
    one_line,
    property_text,
    readable,
    timed,
    web_address,
    wikilink,
)
from inkwell_pipeline_tests.notes.hostile import TEXTS, URLS

UNESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")  # CommonMark, section 2.4


@given(TEXTS)
@example("## heading")
@example(">quoted")
@example("---")
@example("|---|---|")
def test_words_in_are_words_out(text: str) -> None:
    """What a reader sees after Markdown has taken its backslashes away is the text, on one line."""
    assert UNESCAPE.sub(r"\1", escaped(text)) == one_line(text)


@given(TEXTS)
@example("## heading")
@example(">quoted")
@example("---")
@example("a ^id")
@example("_#0")
@example("\\#tag")
@example("--- | ---")
def test_words_are_nothing_but_words(text: str) -> None:
    """No wikilink, comment, HTML, heading, list, rule, quote, tag, code, block id: whatever a title holds."""
    line = escaped(text)

    bare = UNESCAPE.sub("·", line)  # as Markdown sees it: an escaped sign is just a sign
    assert not re.search(r"[\[\]<`*$\\]|%%|==|~~|::|\{\{", bare)
    assert "<%" not in line  # a command of Templater's, which knows no backslash
    assert not re.match(r"#{1,6}(\s|$)|[-+](\s|$)|>|-+$|=+$|\d{1,9}[.)](\s|$)|[|: -]+$", bare)
    assert not re.search(r"(?<!\w)#\w|\^[\w-]+$|&#?\w+;", bare)
    assert not re.search(r"(?i)\bjavascript:\S|\b(?!http)\w{2,20}://\S", bare)
    assert len(line.splitlines()) <= 1


@pytest.mark.parametrize(
    "text", ["snake_case_name", "x^2 + y", "C# and F#", "100 %", "A & B", "5 > 3", "it's - well - so", "A | B", "12:34"]
)
def test_what_does_no_harm_is_left_as_it_is(text: str) -> None:
    """A note is read in source view, too."""
    assert escaped(text) == text


@pytest.mark.parametrize(
    ("text", "seen"),
    [("a\u202eb\u2066c", "abc"), ("a\u200bb\ufeff\xad", "ab"), ("a\x85b\u2028c\r\nd", "a b c d"), ("\ud800a\x00", "a")],
)
def test_what_is_not_seen_is_left_out(text: str, seen: str) -> None:
    """A mark of direction turns the rest of a note round; a line's end of any kind begins a new one."""
    assert one_line(text) == seen


def test_emoji_stay_whole() -> None:
    """They are joined by characters that are not seen."""
    assert escaped("👩\u200d🚀") == "👩\u200d🚀"


@given(st.lists(TEXTS.map(escaped) | st.sampled_from(["- ", "**", " ", "a%", ": ", "\n"]), max_size=6))
@example([escaped("50%"), escaped("% inkwell")])
@example([escaped("wow!"), link("x", "https://h/")])
@example([escaped("a ^"), link("x", "https://h/")])
@example([escaped("^"), link("x", "https://h/")])
@example([escaped("a\\^"), link("x", "https://h/")])
@example([escaped("a ^"), escaped("id")])
@example([escaped("a <"), escaped("% x %>")])
def test_no_sign_comes_about_where_two_pieces_meet(pieces: list[str]) -> None:
    """A layout may print two values side by side."""
    text = joined(pieces)

    assert not re.search(r"%%|==|~~|::|<%|[!^]\[|\{\{", UNESCAPE.sub("·", text))
    assert "<%" not in text


def test_a_layout_s_own_signs_stay() -> None:
    """What it writes beside its values is meant."""
    assert joined(["![", escaped("a"), "](b) **", escaped("c"), "** %% mine %%"]) == "![a](b) **c** %% mine %%"


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://h/a_b?x=1&y=2#t", "[A\\[b\\]](https://h/a_b?x=1&y=2#t)"),
        ("https://h/a (b)", "[A\\[b\\]](<https://h/a%20(b)>)"),
        ("https://h/[[x]]%%y", "[A\\[b\\]](https://h/%5B%5Bx%5D%5D%25%25y)"),
        ("https://h/caf%C3%A9/é", "[A\\[b\\]](https://h/caf%C3%A9/%C3%A9)"),
        (" https://h/a\n b", "[A\\[b\\]](https://h/a%20b)"),
        ("javascript:alert(1)", "A\\[b\\]"),
        ("java\nscript:alert(1)", "A\\[b\\]"),
        ("obsidian://open?vault=x", "A\\[b\\]"),
        ("file:///etc/passwd", "A\\[b\\]"),
        ("data:text/html,x", "A\\[b\\]"),
        ("#^1", "A\\[b\\]"),
        ("http://[broken", "A\\[b\\]"),
        ("//h/x", "A\\[b\\]"),
        ("", "A\\[b\\]"),
    ],
)
def test_a_link_has_an_address_of_the_web_or_none(url: str, text: str) -> None:
    """An address cannot end its link, begin a comment, or run anything; what is no address leaves its words."""
    assert link("A[b]", url) == text


def test_a_file_is_an_address_only_where_that_is_asked_for() -> None:
    """The sample's audio is one; no publisher's link is."""
    assert web_address("file:///a/1.mp3") is None
    assert link("Listen", "file:///a/1.mp3", files=True) == "[Listen](file:///a/1.mp3)"


@given(TEXTS, URLS)
def test_no_link_breaks_out(label: str, url: str) -> None:
    """Whatever stands in label and address: one link, or the words."""
    text = link(label, url)

    assert "%%" not in text.replace("\\%", "")
    assert text == escaped(label) or re.fullmatch(r"\[.*\]\((?:<[^\s<>\[\]]+>|[^\s()<>\[\]]+)\)", text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Ada Brook", "[[Ada Brook]]"),
        (" Ada\n Brook ", "[[Ada Brook]]"),
        ("Bo C/D", "[[Bo C-D|Bo C/D]]"),
        ("AC: DC", "[[AC - DC|AC: DC]]"),
        ("Ada #1 ^x", "[[Ada 1 x|Ada #1 ^x]]"),
        ("x]] [[y|z", "[[x)) ((y-z|x)) ((y/z]]"),
        ("..", ""),
        ("%% `$`", ""),
        ("Sammy Jr.", "[[Sammy Jr|Sammy Jr.]]"),
        ("José Löh", "[[José Löh]]"),
    ],
)
def test_a_name_is_a_wikilink_to_a_note_that_can_be(name: str, text: str) -> None:
    """Obsidian makes that note at a click; the name as written is what is shown."""
    assert wikilink(name) == text


@given(TEXTS)
def test_a_wikilink_is_one_link(name: str) -> None:
    """No name ends it, names a heading or a block, or opens a comment."""
    text = wikilink(name)

    assert not text or re.fullmatch(r"\[\[[^\[\]|#^\\/:%$`<>*]+(\|[^\[\]|\\%$`<>*]+)?\]\]", text)
    assert "::" not in text


@given(TEXTS)
@example("[[[")
def test_a_property_is_a_line_of_words(text: str) -> None:
    """Obsidian links `[[…]]` in a property, and Templater looks for its commands in the whole file."""
    value = property_text(text)

    assert not re.search(r"\[\[|<%|[\x00-\x1f\x7f\u202a-\u202e]", value)
    assert value.replace(" ", "") == one_line(text).replace(" ", "")


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://www.h.example/", "h.example"),
        ("https://h.example/a/b/?utm_source=x#y", "h.example/a/b"),
        ("https://h.example/caf%C3%A9", "h.example/café"),
        ("https://h.example/%ff", "h.example/%ff"),
        ("https://h.example/" + "a" * 80, "h.example/" + "a" * 49 + "…"),
        ("https://h.example/?q=1", "h.example"),
    ],
)
def test_an_address_is_read_as_host_and_path(url: str, text: str) -> None:
    """Nobody reads the rest, and a line is only so long."""
    assert readable(url) == text


def test_a_time_links_into_the_audio() -> None:
    """Media Fragments URI: a click plays that moment. Without audio it is a time, without a time nothing."""
    assert timed(754.9, "https://h/1.mp3?x=1#old") == "[12:34](https://h/1.mp3?x=1#t=754)"
    assert timed(754.9, None) == "12:34"
    assert timed(None, "https://h/1.mp3") == ""


def test_markdown_stays_markdown_when_it_is_printed() -> None:
    """Else jinja's `str()` would make words of it."""
    assert isinstance(str(Markdown("x")), Markdown)
