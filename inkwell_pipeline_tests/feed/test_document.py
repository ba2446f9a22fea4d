"""What a host sent: which documents are feeds, and in one line what the others are."""

import gzip

import pytest

from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.feed.document import MAX_FEED_BYTES, MAX_LOOSE_BYTES, open_document
from inkwell_pipeline.feed.loose import Loose, NoFeed
from inkwell_pipeline.feed.mend import decoded, mended
from inkwell_pipeline_tests.fakes.podcast_host import Item, rss

FROM = "https://h/show/feed.xml?token=secret"


def refusal(body: bytes) -> str:
    with pytest.raises(PermanentError) as caught:
        open_document(body, name="rivers", base_url=FROM)
    return str(caught.value)


def titles(body: bytes) -> list[str]:
    return [item.title for item in open_document(body, name="rivers", base_url=FROM).sketches]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "is no feed: the answer is empty"),
        (b" \r\n\t", "is no feed: the answer is empty"),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', "it is JSON; look for the show's address in RSS or Atom"),
        (b"<!doctype html><html><body>Not found</body></html>", "is a web page, no feed: look on it for"),
        (b"\xef\xbb\xbf\n<!-- hello --><HTML><body>Not found", "is a web page, no feed: look on it for"),
        (
            b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>',
            "is a web page, no feed: look on it for",
        ),
        (b"<opml><body/></opml>", "is no feed: neither RSS nor Atom is in it"),
        (b"Service unavailable", "is no feed: neither RSS nor Atom is in it"),
        (b"\x00\x01\x02" * 99, "is no feed: neither RSS nor Atom is in it"),
        (b"/etc/passwd", "is no feed: neither RSS nor Atom is in it"),
        (b"\x1f\x8b\x08 broken", "its gzip cannot be read"),
    ],
)
def test_what_is_no_feed_says_what_it_is(body: bytes, says: str) -> None:
    """A host's error page with status 200 must not look like a show that has lost its episodes."""
    line = refusal(body)

    assert line.startswith("feed rivers: ")
    assert says in line
    assert line.endswith("[https://h/show/feed.xml?…]")


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ('<link rel="alternate" type="application/rss+xml" href="/feed.xml">', "https://h/feed.xml"),
        ("<LINK href=https://x/a.atom type='application/atom+xml' rel=alternate />", "https://x/a.atom"),
        ('<link type="application/rss+xml" href="/f?a=1&amp;token=2">', "https://h/f?…"),
    ],
)
def test_a_page_that_names_its_feed_is_a_hint(link: str, shown: str) -> None:
    """People copy the address of a show's page; the line has the address that they want, without a secret in it."""
    page = f'<!DOCTYPE html><html><head><link rel="stylesheet" href="s.css">{link}</head></html>'

    assert f"is a web page, no feed; its feed may be {shown} [" in refusal(page.encode())


def test_a_packed_feed_is_unpacked() -> None:
    """Some hosts serve a `.gz` and do not say so in a header."""
    assert titles(gzip.compress(rss("Rivers", Item("One")))) == ["One"]


def test_what_unpacks_to_more_than_a_feed_is_refused() -> None:
    """A few kilobytes can hold a gigabyte."""
    assert "holds more than 50 MB" in refusal(gzip.compress(b"<rss>" + b" " * (MAX_FEED_BYTES + 1)))


def test_a_feed_that_breaks_off_says_so() -> None:
    """What stands before the break is read, and the run's log has a line on it."""
    body = rss("Rivers", Item("One"), Item("Two"))

    document = open_document(body[: body.index(b"Two")], name="rivers", base_url=FROM)

    assert ([item.title for item in document.sketches], document.is_broken) == (["One"], True)


@pytest.mark.parametrize(
    ("declared", "encoding", "text"),
    [
        ("iso-8859-1", "windows-1252", "Flüsse – €"),  # what browsers and Windows take for Latin-1
        ("iso-8859-15", "iso-8859-15", "Flüsse €"),
        ("koi8-r", "koi8-r", "Реки"),
        ("shift_jis", "shift_jis", "川"),
        ("gb2312", "gb2312", "河流"),
        ("utf-16", "utf-8", "Flüsse"),  # declared by software that then wrote something else
        ("unicode_escape", "utf-8", "Flüsse\\x41"),
        ("rot13", "utf-8", "Flüsse"),
        ("x-unknown", "utf-8", "Flüsse"),
    ],
)
def test_a_declared_encoding_counts_where_it_can_be_true(declared: str, encoding: str, text: str) -> None:
    """Else UTF-8 does; a codec of Python's that is no encoding of text is none here either."""
    body = f'<?xml version="1.0" encoding="{declared}"?><rss><channel><title>{text}'.encode(encoding)

    assert decoded(body).endswith(f"<title>{text}")


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides(mark: str) -> None:
    """It is the one thing that cannot be by chance."""
    assert decoded('<?xml version="1.0" encoding="latin-1"?><rss>Flüsse'.encode(mark)).endswith("<rss>Flüsse")


def test_what_is_well_formed_is_not_mended() -> None:
    """Bytes that lxml reads are read as they are."""
    assert titles(rss("Rivers", Item("R&D &amp; more"))) == ["R&D &amp; more"]


def test_mending_leaves_cdata_and_comments_alone() -> None:
    """An ampersand in them is one."""
    body = b"<rss><channel><!-- a & b --><item><title><![CDATA[R&D]]> & &nbsp;</title></item>"

    mend = mended(body)

    assert mend is not None
    assert b"<!-- a & b -->" in mend.document
    assert b"<![CDATA[R&D]]> &amp; \xc2\xa0</title>" in mend.document


def test_a_cdata_section_that_is_never_closed_costs_what_is_in_it() -> None:
    """What follows is text to one parser and hidden to another: a reference to half a character must stop neither."""
    document = rss("Rivers", Item("One"), Item("Two"), Item("Three"))

    found = titles(document.replace(b"Two</title>", b"Two</title><description><![CDATA[&#55357; & more</description>"))

    assert found[:2] == ["One", "Two"]


def test_where_feedparser_gives_up_the_other_reader_s_items_stand() -> None:
    """It does for one reference to half a character; lxml loses the item with it alone."""
    document = rss("Rivers", Item("One"), Item("Two"))

    found = Loose(document.replace(b"One</title>", b"One &#55357;<b></title>"))

    assert [item.title for item in found.sketches] == ["", "Two"]


def test_a_reader_that_guesses_is_kept_from_large_documents() -> None:
    """It takes ten seconds for a megabyte of tags: what is large and broken is refused, with the place of the break."""
    body = b"<rss><channel><item><b></item>" + b" " * MAX_LOOSE_BYTES + b"</channel></rss>"

    assert "its XML is broken (Opening and ending tag mismatch" in refusal(body)


def test_bytes_that_are_the_name_of_a_file_are_not_opened(tmp_path_factory: pytest.TempPathFactory) -> None:
    """feedparser opens the file of that name: a feed must not bring the user's files into their notes."""
    path = tmp_path_factory.mktemp("secret") / "feed.xml"
    path.write_bytes(rss("Secret", Item("Of the user")))

    with pytest.raises(NoFeed):
        Loose(str(path).encode())
