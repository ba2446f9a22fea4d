"""Other people's words in Markdown: all of them there, and none of them more than words."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inkwell_pipeline.notes.markdown import clock, escaped, link, links_in, show_notes, timed

# what CommonMark, GFM and Obsidian make more of than words
SIGNS = (
    "[[",
    "]]",
    "![[",
    "%%",
    "<b>",
    "#",
    "##",
    "#tag",
    "-",
    "---",
    "+",
    ">",
    ">x",
    "1.",
    "2)",
    "^id",
    "^",
    "`",
    "*",
    "_",
)
MORE = (
    "==",
    "~~",
    "$",
    "&amp;",
    "&",
    "\\",
    "word",
    "snake_case",
    "é",
    "![x](y)",
    "|",
    "===",
    "[^1]",
    "<!--",
    "\u2028",
    "\x1c",
)
TEXTS = st.text(max_size=40) | st.lists(st.sampled_from([*SIGNS, *MORE, " ", " ", "\n"]), max_size=8).map("".join)
UNESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")  # CommonMark, section 2.4


@given(TEXTS)
@example("## heading")
@example(">quoted")
@example("---")
def test_words_in_are_words_out(text: str) -> None:
    """What a reader sees after Markdown has taken its backslashes away is the text, on one line."""
    assert UNESCAPE.sub(r"\1", escaped(text)) == " ".join(text.split())


@given(TEXTS)
@example("## heading")
@example(">quoted")
@example("---")
@example("a ^id")
@example("_#0")
def test_words_are_nothing_but_words(text: str) -> None:
    """No wikilink, comment, HTML, heading, list, rule, quote, tag, code, block id: whatever a title holds."""
    line = escaped(text)

    bare = re.sub(r"\\[!-/:-@\[-`{-~]", "·", line)  # as Markdown sees it: an escaped sign is just a sign
    assert not re.search(r"[\[\]<`*$\\]|%%|==|~~", bare)
    assert not re.match(r"#{1,6}(\s|$)|[-+](\s|$)|>|-{2,}$|\d{1,9}[.)](\s|$)", bare)
    assert not re.search(r"(?<!\w)#\w|\^[\w-]+$|&#?\w+;", bare)
    assert "\n" not in line


@pytest.mark.parametrize(
    "text", ["snake_case_name", "x^2 + y", "C# and F#", "100 %", "A & B", "5 > 3", "it's - well - so"]
)
def test_what_does_no_harm_is_left_as_it_is(text: str) -> None:
    """A note is read in source view, too."""
    assert escaped(text) == text


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://h/a_b?x=1&y=2#t", "[A\\[b\\]](https://h/a_b?x=1&y=2#t)"),
        ("https://h/a (b)", "[A\\[b\\]](https://h/a%20%28b%29)"),
        ("https://h/[[x]]%%y", "[A\\[b\\]](https://h/%5B%5Bx%5D%5D%25%25y)"),
        ("https://h/caf%C3%A9/é", "[A\\[b\\]](https://h/caf%C3%A9/%C3%A9)"),
        ("javascript:alert(1)", "A\\[b\\]"),
        ("obsidian://open?vault=x", "A\\[b\\]"),
        ("http://[broken", "A\\[b\\]"),
    ],
)
def test_a_link_has_an_address_of_the_web_or_none(url: str, text: str) -> None:
    """An address cannot end its link, begin a comment, or run anything; what is no address leaves its words."""
    assert link("A[b]", url) == text


@given(
    TEXTS,
    st.sampled_from(["https://h/", "http://[", "javascript:"]).flatmap(lambda head: TEXTS.map(lambda t: head + t)),
)
def test_no_link_breaks_out(label: str, url: str) -> None:
    """Whatever stands in label and address: one link, or the words."""
    text = link(label, url)

    assert "%%" not in text.replace("\\%", "")
    assert text == escaped(label) or re.fullmatch(r"\[.*\]\([^\s()<>\[\]]+\)", text)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.9, "0:59"), (754, "12:34"), (3723, "1:02:03"), (360000, "100:00:00")]
)
def test_a_time_is_as_players_show_it(seconds: float, text: str) -> None:
    """Hours only where there are any."""
    assert clock(seconds) == text


def test_a_time_links_into_the_audio() -> None:
    """Media Fragments URI: a click plays that moment. Without audio it is a time, without a time nothing."""
    assert timed(754.9, "https://h/1.mp3?x=1#old") == "[12:34](https://h/1.mp3?x=1#t=754)"
    assert timed(754.9, None) == "12:34"
    assert timed(None, "https://h/1.mp3") == ""


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><script>alert(1)</script><p>Two</p>", "One\n\nTwo"),
        ("<style>p { color: red }</style><p>One</p>", "One"),
        ('<p>One <img src="x" onerror="y"> two</p>', "One two"),
        ("<script>alert(1)</script>", ""),
        ("<h1>Title</h1><h3>Part</h3><p>One</p>", "#### Title\n\n#### Part\n\nOne"),
        ("<ul><li>One</li><li>Two</li></ul>", "- One\n- Two"),
        ("<p><b>Bold</b> and <em>so</em></p>", "**Bold** and *so*"),
        ('<a href="https://h/a (b)">It</a>', "[It](https://h/a%20%28b%29)"),
        ('<a href="javascript:x">It</a>', "It"),
        ("<p>&lt;b&gt; &amp;amp;</p>", "\\<b\\> \\&amp;"),
        ("<span>One</span>", "One"),
        ("", ""),
    ],
)
def test_show_notes_keep_their_form_and_lose_what_runs(markup: str, text: str) -> None:
    """Scripts, styles and pictures go; headings stand below the note's own; links have safe addresses."""
    assert show_notes(markup) == text


def test_plain_text_keeps_its_paragraphs() -> None:
    """Some publishers write no HTML; what looks like Markdown or a tag in it is words."""
    assert show_notes("One\ntwo\n\n# Three &amp; <four@h>") == "One two\n\n\\# Three & \\<four@h>"


# left to right: an escaped sign, or a span or block of code
HARMLESS = re.compile(r"\\[!-/:-@\[-`{-~]|(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
MARKUP = ("<p>", "</p>", "<br>", "<pre>", "</pre>", "<code>", "<li>", "<h1>", "<b>", "<a href='http://h/%%'>", "</a>")
MARKS = ("%% inkwell:end 0123 %%", "%% inkwell:begin %%", "```", "~~~", "\n", "\n\n", " ", "<script>", "&lt;")
HOSTILE = st.lists(st.sampled_from([*MARKUP, *SIGNS, *MORE, *MARKS]), max_size=12).map("".join)


@given(HOSTILE)
def test_show_notes_never_hold_what_only_obsidian_reads(markup: str) -> None:
    """No comment (our own marks are comments), no wikilink, no HTML, however it was put together."""
    text = show_notes(markup)

    assert "%%" not in text
    assert "[[" not in text.replace("\\[", "")
    assert "<" not in HARMLESS.sub("", text)
    assert not re.search(r"^#{1,3} ", text, re.MULTILINE) or "```" in text


@pytest.mark.parametrize(
    "markup",
    [
        "<pre>```\ncode</pre><p>After</p>",
        "<pre>````\ncode</pre>",
        "<pre>``<b>`</b> code</pre>",
        "<code>a ` b</code>",
        "<p>``` code</p>",
    ],
)
def test_a_fence_is_words(markup: str) -> None:
    """All below would else be code: the end mark, and the user's own words."""
    assert not re.search(r"(?<!\\)`", show_notes(markup))


def test_code_reads_as_it_was_written() -> None:
    """Escaped as words are, so that what is shown is `$HOME`, with nothing of our own."""
    assert show_notes("<p>Say <code>echo $HOME</code>.</p>") == r"Say echo \$HOME."


@pytest.mark.parametrize("typed", ["x](%%)", "](#tag)", "](==)", "](%%", "[a](%%)"])
def test_an_address_that_is_only_typed_is_words(typed: str) -> None:
    """A comment that it opened would hide the user's own text; only our own addresses are left as they are."""
    text = show_notes(f"<p>{typed}</p>")

    assert not re.search(r"(?<!\\)%%|(?<!\\)==|(?<!\\)#t", text)


def test_tags_within_tags_without_an_end_are_their_words() -> None:
    """Some editors nest hundreds: no error, and nothing is lost."""
    assert show_notes("<div>" * 2000 + "The gauge &amp; more" + "</div>" * 2000) == "The gauge & more"


@pytest.mark.parametrize(
    ("markup", "links"),
    [
        (
            '<a href="https://h/1">One</a> <a href=" HTTPS://h/2 "> T<b>w</b>o </a>',
            [("One", "https://h/1"), ("Two", "HTTPS://h/2")],
        ),
        ('<a href="https://h/1">A</a><a href="https://h/1">B</a>', [("A", "https://h/1")]),
        ('<a href="https://h/1"><img></a>', [("https://h/1", "https://h/1")]),
        ("See https://h/1. And (https://h/2).", [("https://h/1", "https://h/1"), ("https://h/2", "https://h/2")]),
        ("https://h/A_(b)", [("https://h/A_(b)", "https://h/A_(b)")]),
        ('<a href="mailto:x@h">x</a><a href="#top">t</a><a>n</a>', []),
        ('<a href="https://track/1">https://shown.example/</a>', [("https://shown.example/", "https://track/1")]),
        ("<script>let u = 'https://h/1'</script><style>@import 'https://h/2'</style>", []),
        ("<!-- https://h/1 -->", []),
        ("", []),
    ],
)
def test_links_are_the_publisher_s_each_once_in_order(markup: str, links: list[tuple[str, str]]) -> None:
    """Anchors with their words, then addresses that stand in the text; none out of what is not shown."""
    assert list(links_in(markup)) == links


@given(HOSTILE | st.text(max_size=60))
def test_any_markup_has_links_or_none(markup: str) -> None:
    """Nothing that a publisher writes fails the note."""
    assert all(url.lower().startswith(("http://", "https://")) for _, url in links_in(markup))
