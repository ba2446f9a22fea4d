"""Show notes as Markdown: the publisher's words in their form, nothing that runs, nothing that sells."""

from collections.abc import Collection, Mapping
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from inkwell_pipeline.notes.blocks import Block, read_blocks, words
from inkwell_pipeline.notes.promotion import judged
from inkwell_pipeline.notes.shownotes import show_notes
from inkwell_pipeline_tests.notes.hostile import MARKUP

AUDIO = "https://h/1.mp3"


def notes(
    markup: str, *, audio_url: str | None = None, links: Collection[str] = (), chapters: Mapping[int, str] | None = None
) -> str:
    return show_notes(
        judged(read_blocks(markup)), audio_url=audio_url, listed_links=links, listed_chapters=chapters or {}
    )


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><script>alert(1)</script><p>Two</p>", "One\n\nTwo"),
        ("<style>p { color: red }</style><p>One</p>", "One"),
        ('<p>One <img src="x" onerror="y"> two</p>', "One two"),
        ("<script>alert(1)</script>", ""),
        ("<noscript><img src='https://track/1.gif'></noscript><p>One</p>", "One"),
        ("<!-- hidden --><p>One</p>", "One"),
        ("<h1>Title</h1><p>One</p><h3>Part</h3><p>Two</p>", "**Title**\n\nOne\n\n**Part**\n\nTwo"),
        ("<h2>Show Notes</h2><p>Ada's show notes</p><p><b>Shownotes:</b></p>", "Ada's show notes"),
        ("<ul><li>One</li><li>Two</li></ul>", "- One\n- Two"),
        ("<ol><li>One</li><li>Two</li></ol>", "1. One\n2. Two"),
        ("<ul><li>One<ol><li>A</li></ol></li><li>Two<p>more</p></li></ul>", "- One\n    1. A\n- Two\n\n    more"),
        ("<p>One</p><ul><li>Two</li></ul><p>Three</p>", "One\n\n- Two\n\nThree"),
        ("<p>One<br>two<br/>three</p>", "One\ntwo\nthree"),
        ("<p><b>Bold</b> and <em>so</em>, un<b>believ</b>able</p>", "**Bold** and *so*, unbelievable"),
        ("<table><tr><th>Day</th><th>Level</th><tr><td>1</td><td>2 m</td></table>", "**Day · Level**\n\n1 · 2 m"),
        ("<blockquote><p>One</p><p>Two</p></blockquote><p>Three</p>", "> One\n>\n> Two\n\nThree"),
        ("<pre>one\n  two</pre>", "one\ntwo"),
        ('<a href="https://h/a (b)">It</a>', "[It](<https://h/a%20(b)>)"),
        ('<a href="javascript:x">It</a> <a href="mailto:x@h">me</a> <a>dead</a>', "It me dead"),
        ('<p>See <a href="https://h/"></a>it</p>', "See it"),
        ('<a href="https://h/x"><img src="y" alt="Cover"></a>', "[Cover](https://h/x)"),
        ('<a href="https://h/x"><img src="y"></a>', "[h/x](https://h/x)"),
        ('<p>Wow!<a href="https://h/x">It</a></p>', "Wow\\![It](https://h/x)"),
        ("<p>See https://www.h.example/a/b?utm_source=x.</p>", "See [h.example/a/b](https://www.h.example/a/b?utm_source=x)."),
        ("<p>&lt;b&gt; &amp;amp;</p>", "\\<b> \\&amp;"),
        ("<p>Say <code>echo $HOME</code>.</p>", r"Say echo \$HOME."),
        ("<span>1</span><b>.</b> One", "1\\. One"),
        ("", ""),
    ],
)  # fmt: skip
def test_show_notes_keep_their_form_and_lose_what_runs(markup: str, text: str) -> None:
    """Scripts, styles and pictures go; headings are bold, for `##` are the note's own; links have safe addresses."""
    assert notes(markup) == text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("One\ntwo\n\n# Three &amp; <four@h>", "One\ntwo\n\n\\# Three & \\<four@h>"),
        ("Topics:\n- One\n* Two\n• Three\n\nEnd", "Topics:\n\n- One\n- Two\n- Three\n\nEnd"),
        ("1. One\n2) Two", "1. One\n2. Two"),
        ("- One\n2. Two", "- One\n\n2. Two"),
        ("99. One\n100. Two", "99. One\n- 100\\. Two"),
        ("A line that a mail program has broken at seventy-two characters because\nit was long.", None),
        ("At www.h.example/x and https://h/(y).", "At [h.example/x](https://www.h.example/x) and [h/(y)](<https://h/(y)>)."),
    ],
)  # fmt: skip
def test_plain_text_keeps_its_paragraphs_and_lists(written: str, text: str | None) -> None:
    """Some publishers write no HTML; a line that was broken for its length is one again."""
    assert notes(written) == (text if text is not None else written.replace("\n", " "))


def test_times_lead_into_the_audio() -> None:
    """A line's time at its start or end; not one beyond the end, and not an hour of the day in a sentence."""
    markup = (
        "<ul><li>0:00 Hello</li><li>(1:02:03) Gauge</li><li>Flood - 12:34</li></ul><p>We meet at 10:30 on Friday.</p>"
    )

    assert notes(markup, audio_url=AUDIO) == (
        f"- [0:00]({AUDIO}#t=0) Hello\n- ([1:02:03]({AUDIO}#t=3723)) Gauge\n- Flood - [12:34]({AUDIO}#t=754)\n\n"
        "We meet at 10:30 on Friday."
    )
    assert notes("<p>3:16 is a verse.</p>", audio_url=AUDIO) == "3:16 is a verse."
    late = show_notes(judged(read_blocks("<p>0:10 a<br>59:00 b</p>")), audio_url=AUDIO, duration_s=600)
    assert late == f"[0:10]({AUDIO}#t=10) a\n59:00 b"


@pytest.mark.parametrize(("href", "start_s"), [("#t=754", 754), ("#t=12:34", 754), ("https://h/p#t=1:02:03", 3723)])
def test_a_publisher_s_time_link_leads_into_the_audio(href: str, start_s: int) -> None:
    """Relative to nothing in a note; without audio it is words."""
    markup = f'<p><a href="{href}">12:34</a> Gauge</p>'

    assert notes(markup, audio_url=AUDIO) == f"[12:34]({AUDIO}#t={start_s}) Gauge"
    assert notes(markup) == "12:34 Gauge"


def test_what_the_note_has_elsewhere_is_not_said_again() -> None:
    """Lists of nothing but links, and of chapters; a heading that loses all goes with them, words of their own stay."""
    markup = (
        '<p>On gauges.</p><h2>Links</h2><ul><li><a href="https://h/a">A</a></li><li><a href="https://www.h/b/">B</a></li>'
        '</ul><h2>Picks</h2><ul><li>Ada: <a href="https://h/a">A</a></li></ul><h3>Chapters</h3><ul><li>0:00 Hello</li>'
        "<li>1:00 Gauge</li></ul><p><b>More:</b></p><ul><li><a href='https://h/b'>B</a></li></ul>"
    )

    assert (
        notes(markup, links={"h/a", "h/b"}, chapters={0: "Hello", 60: "The gauge"})
        == "On gauges.\n\n**Picks**\n\n- Ada: [A](https://h/a)"
    )
    assert "- [B](https://www.h/b/)" in notes(markup)
    mixed = '<ul><li>Ada:</li><li><a href="https://h/a">A</a></li></ul>'
    assert notes(mixed, links={"h/a"}) == "- Ada:\n- [A](https://h/a)"
    assert notes("<p>1:00 Gauge, and more</p>", chapters={60: "Gauge"}) == "1:00 Gauge, and more"


def test_tags_within_tags_without_an_end_are_their_words() -> None:
    """Some editors nest hundreds: no error, and nothing is lost."""
    assert notes("<div>" * 2000 + "The gauge &amp; more" + "</div>" * 2000) == "The gauge & more"


@given(st.lists(st.sampled_from(["<ul>", "</ul>", "<ol>", "<li>", "</li>", "x", "<p>", "<blockquote>"]), max_size=20))
def test_no_list_becomes_code(tags: list[str]) -> None:
    """Markdown takes a line that is indented by more than its list allows for code."""
    tokens = MarkdownIt("commonmark").parse(notes("".join(tags)))

    assert "code_block" not in {token.type for token in tokens}


@given(MARKUP)
def test_any_markup_is_read(markup: str) -> None:
    """Nothing that a publisher writes fails the note; every block says something."""
    assert all(
        any(words(line) or any(span.url for span in line) for line in block.lines) for block in read_blocks(markup)
    )
    assert isinstance(notes(markup, audio_url=AUDIO), str)


@pytest.mark.parametrize(
    "part",
    [
        "<b>",
        "<a href='https://h/'>x",
        "<li>",
        "<ul>",
        "((((",
        "http://h/((",
        "- ",
        "12:34 ",
        "| ",
        "x\n",
        "<td>x",
        "!@#",
        "our ",
    ],
)
def test_long_show_notes_take_time_by_their_length(part: str) -> None:
    """No pattern goes back over what it has read: 200 KB in a few seconds, where typical show notes have five."""
    begin = process_time()

    notes(f"<p>{part * (200_000 // len(part))}</p>", audio_url=AUDIO)
    notes(part * (200_000 // len(part)), audio_url=AUDIO)

    assert process_time() - begin < 8


def test_a_block_knows_what_it_is() -> None:
    """Kind, depth and number, as the HTML has them."""
    (heading, item) = read_blocks("<h2>A</h2><ol><li>B</li></ol>")

    assert (heading.kind, item.kind, item.depth, item.number) == ("heading", "item", 1, 1)
    assert isinstance(item, Block)
