"""The publisher's links: each once, under a name that says what it is."""

import pytest
from hypothesis import given

from inkwell_pipeline.addresses import same_address
from inkwell_pipeline.notes.blocks import read_blocks
from inkwell_pipeline.notes.links import publisher_links
from inkwell_pipeline.notes.promotion import judged
from inkwell_pipeline_tests.notes.hostile import MARKUP


def links(markup: str, *own: str) -> list[tuple[str, str]]:
    return [(one.label, one.url) for one in publisher_links(judged(read_blocks(markup)), own=own)]


@pytest.mark.parametrize(
    ("markup", "found"),
    [
        (
            '<a href="https://h/1">One</a> <a href=" HTTPS://h/2 "> T<b>w</b>o </a>',
            [("One", "https://h/1"), ("Two", "HTTPS://h/2")],
        ),
        ('<a href="https://h/1">A</a><a href="http://www.h/1/?utm_source=x">B</a>', [("A", "https://h/1")]),
        ('<a href="https://h/1">https://h/1</a> <a href="https://h/1">A</a>', [("A", "https://h/1")]),
        ('<a href="https://h/1"><img></a><a href="https://h/2"></a>', [("h/1", "https://h/1")]),
        ("See https://h/1. And (https://h/2).", [("h/1", "https://h/1"), ("h/2", "https://h/2")]),
        ("https://h/A_(b)", [("h/A_(b)", "https://h/A_(b)")]),
        ('<a href="mailto:x@h">x</a><a href="#top">t</a><a href="/x">r</a><a>n</a>', []),
        ('<a href="https://track/1">https://shown.example/</a>', [("shown.example", "https://track/1")]),
        ('<p>Buy the river book <a href="https://h/1">here</a>.</p>', [("Buy the river book", "https://h/1")]),
        ('<p>See <a href="https://h.example/a">this link</a>.</p>', [("h.example/a", "https://h.example/a")]),
        ("<script>let u = 'https://h/1'</script><style>@import 'https://h/2'</style>", []),
        ("<!-- https://h/1 -->", []),
        ('<a href="https://h/1.mp3">Download the mp3</a>', []),
        ("", []),
    ],
)
def test_links_are_the_publisher_s_each_once_in_order(markup: str, found: list[tuple[str, str]]) -> None:
    """Anchors with their words, and addresses that stand in the text; none out of what is not shown."""
    assert links(markup) == found


def test_the_episode_s_own_addresses_are_none_of_its_links() -> None:
    """The first line has them."""
    assert links('<a href="https://h/1/">Page</a> <a href="https://h/2">Two</a>', "https://h/1") == [
        ("Two", "https://h/2")
    ]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.H.example/a/", "http://h.example/a", True),
        ("https://h/a?ref=x&b=1", "https://h/a?b=1", True),
        ("https://h/a?utm_source=x&utm_medium=y", "https://h/a", True),
        ("https://h/a?xref=1", "https://h/a", False),
        ("https://h/a#one", "https://h/a#two", False),
        ("https://h/a", "https://h/A", False),
    ],
)
def test_two_addresses_are_one_page_but_for_tracking(one: str, other: str, same: bool) -> None:
    """Scheme, `www.`, a slash at the end and tracking make no other page; case and fragments may."""
    assert (same_address(one) == same_address(other)) is same


@given(MARKUP)
def test_any_markup_has_links_or_none(markup: str) -> None:
    """Nothing that a publisher writes fails the note, and every link can be followed and read."""
    assert all(label and url.lower().startswith(("http://", "https://")) for label, url in links(markup))
