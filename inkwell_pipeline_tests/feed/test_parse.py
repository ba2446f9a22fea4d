"""A feed's bytes: which items are episodes, what tells them apart, what is believed of what stands there."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.feed.dates import parse_duration_s
from inkwell_pipeline.feed.parse import parse_feed
from inkwell_pipeline.models import Episode, Feed, episode_key
from inkwell_pipeline_tests.fakes.podcast_host import Item, rss

FROM = "https://example.com/show/feed.xml"
OLD, NEW = "Sun, 04 Feb 2024 12:00:00 GMT", "Mon, 05 Feb 2024 12:00:00 GMT"


def parsed(*items: Item, base_url: str = FROM) -> Feed:
    return parse_feed(rss("Rivers", *items), name="rivers", base_url=base_url)


def only(item: Item, *, base_url: str = FROM) -> Episode:
    (episode,) = parsed(item, base_url=base_url).episodes
    return episode


def key(identity: str) -> str:
    return episode_key("rivers", identity)


def by_title(items: Sequence[Item]) -> dict[str, str]:
    return {episode.title: episode.key for episode in parsed(*items).episodes}


def test_a_guid_makes_the_key() -> None:
    """The one thing that a publisher promises not to change; the address and the title do."""
    assert only(Item("One", guid="g-1")).key == key("g-1")


def test_without_a_guid_the_enclosure_makes_the_key() -> None:
    """Without its query, in which hosts count and sign: it differs from day to day."""
    assert only(Item("One", audio="https://h/1.mp3?token=a#t")).key == key("https://h/1.mp3")


def test_without_guid_and_audio_the_link_makes_the_key() -> None:
    """An episode may have a transcript alone."""
    item = Item("One", audio=None, transcripts=(("t.vtt", "text/vtt"),), more="<link>https://h/one</link>")

    assert only(item).key == key("https://h/one")


def test_title_and_date_are_the_last_rule() -> None:
    """Something always tells one episode from another."""
    item = Item("One", audio=None, transcripts=(("t.vtt", "text/vtt"),))

    assert only(item).key == key("One\n2024-02-28T09:00:00+00:00")


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_guid_used_twice_stays_with_the_older(newest_first: bool) -> None:
    """Whatever the feed's order: a newcomer that repeats a guid must not take over a note that exists."""
    twins = [Item("New", "twin", NEW, "https://h/new.mp3"), Item("Old", "twin", OLD, "https://h/old.mp3")]

    keys = by_title(twins if newest_first else twins[::-1])

    assert keys == {"New": key("https://h/new.mp3"), "Old": key("twin")}


def test_an_undated_twin_counts_as_the_newer() -> None:
    """A date is a fact, a missing one is none."""
    twins = [Item("Undated", "twin", None, "https://h/a.mp3"), Item("Dated", "twin", NEW, "https://h/b.mp3")]

    assert by_title(twins)["Dated"] == key("twin")


def test_equal_items_have_different_keys() -> None:
    """Two that nothing tells apart are still two episodes: neither's note overwrites the other's."""
    keys = [episode.key for episode in parsed(Item("One"), Item("One"), Item("One")).episodes]

    assert len(set(keys)) == 3


ITEMS = st.builds(
    Item,
    title=st.sampled_from(["One", "Two"]),
    guid=st.sampled_from([None, "a", "b"]),
    date=st.sampled_from([None, OLD, NEW]),
    audio=st.sampled_from(["https://h/1.mp3", "https://h/2.mp3?x=1"]),
)


@settings(max_examples=60)
@given(st.lists(ITEMS, max_size=8))
def test_keys_are_unique(items: list[Item]) -> None:
    """Any mixture of shared guids, addresses, titles and dates gives each episode a key of its own."""
    keys = [episode.key for episode in parsed(*items).episodes]

    assert len(set(keys)) == len(items)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Wed, 28 Feb 2024 09:00:00 GMT", datetime(2024, 2, 28, 9, tzinfo=UTC)),
        ("Wed, 28 Feb 2024 23:30:00 -0500", datetime(2024, 2, 29, 4, 30, tzinfo=UTC)),
        ("Fri, 02 Feb 2024 10:30:00", datetime(2024, 2, 2, 10, 30, tzinfo=UTC)),  # no zone: taken as UTC
        ("2024-02-28T09:00:00Z", datetime(2024, 2, 28, 9, tzinfo=UTC)),
        ("some time last week", None),
        (None, None),
    ],
)
def test_a_date_is_in_utc_or_none(text: str | None, moment: datetime | None) -> None:
    """A date that cannot be read is none: today's is never put in its place."""
    assert only(Item("One", date=text)).published == moment


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("3123", 3123), ("52:03", 3123), ("1:02:03", 3723), ("61.5", 61), ("0", None), ("", None), ("an hour", None)],
)
def test_a_duration_is_in_seconds_or_none(text: str, seconds: int | None) -> None:
    """`itunes:duration` has three forms; 0 is what software writes that does not know."""
    assert parse_duration_s(text) == seconds


@given(st.text(max_size=20))
def test_any_duration_is_seconds_or_none(text: str) -> None:
    """Publishers write anything; nothing of it is an error."""
    seconds = parse_duration_s(text)

    assert seconds is None or seconds > 0


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Tom & Jerry", "Tom & Jerry"),
        ("Tom &amp; Jerry", "Tom & Jerry"),  # escaped twice, as some software does
        ("1 < 2", "1 < 2"),
        ("<b>Bold</b> words", "<b>Bold</b> words"),  # a title is text; rendering escapes it
        ("  Two\n lines ", "Two lines"),
    ],
)
def test_a_title_is_text_with_its_entities_decoded_once_more(title: str, shown: str) -> None:
    """`&amp;` in a file's name or a heading is nobody's title."""
    assert only(Item(title)).title == shown


def test_addresses_are_resolved_against_the_feed_s() -> None:
    """A publisher may write them short."""
    episode = only(Item("One", audio="../1.mp3", transcripts=(("1.vtt", "text/vtt"),)))

    assert episode.audio_url == "https://example.com/1.mp3"
    assert episode.offers[0].url == "https://example.com/show/1.vtt"


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://h/x.vtt", "javascript:x", "https://h:x/y", "http://["]
)
def test_an_address_that_may_not_be_asked_is_none(address: str) -> None:
    """A feed from the network names files of the network; what cannot be an address stops no other episode."""
    episode = only(Item("One", transcripts=((address, "text/vtt"), ("good.vtt", "text/vtt"))))

    assert [offer.url for offer in episode.offers] == ["https://example.com/show/good.vtt"]


@pytest.mark.parametrize("address", ["/etc/passwd", "../1.vtt", "%2e%2e/1.vtt", "file:///etc/passwd", "file://h/x"])
def test_a_file_s_feed_names_files_beside_it_alone(tmp_path: Path, address: str) -> None:
    """A feed that somebody mailed, put in a folder, must not bring the user's files into their notes."""
    feed = tmp_path / "show" / "feed.xml"
    item = Item("One", transcripts=((address, "text/vtt"), ("t/1.vtt", "text/vtt")))

    episode = only(item, base_url=feed.as_uri())

    assert [offer.url for offer in episode.offers] == [(tmp_path / "show/t/1.vtt").as_uri()]


def test_a_link_out_of_the_folder_is_outside(tmp_path: Path) -> None:
    """Where a symbolic link leads is where the file lies."""
    (tmp_path / "secret.vtt").write_text("WEBVTT")
    (tmp_path / "show").mkdir()
    (tmp_path / "show" / "1.vtt").symlink_to(tmp_path / "secret.vtt")

    item = Item("One", transcripts=(("1.vtt", "text/vtt"),))

    assert only(item, base_url=(tmp_path / "show" / "feed.xml").as_uri()).offers == ()


def test_items_without_audio_and_transcript_are_left_out_and_counted() -> None:
    """A show's blog posts are in its feed, too; that some were left out is said."""
    feed = parsed(Item("Post", audio=None), Item("One"))

    assert ([episode.title for episode in feed.episodes], feed.not_episodes) == (["One"], 1)


def test_a_cover_is_no_audio() -> None:
    """Blogging software puts the picture in an enclosure as well, and often first."""
    cover = '<enclosure url="cover.jpg" type="image/jpeg"/><enclosure url="1.mp3" type="audio/mpeg"/>'

    assert only(Item("One", audio=None, more=cover)).audio_url == "https://example.com/show/1.mp3"


@pytest.mark.parametrize("document", [b"", b"{}", b"<!doctype html><html><body><p>Not found</p></body></html>"])
def test_what_is_no_feed_is_an_error(document: bytes) -> None:
    """A host's error page with status 200 must not look like a show that has lost its episodes."""
    with pytest.raises(PermanentError, match=r"feed rivers: is .*no feed"):
        parse_feed(document, name="rivers", base_url=FROM)


def test_a_feed_without_items_is_a_feed() -> None:
    """A show that has not begun is no mistake."""
    assert parsed().episodes == ()


@pytest.mark.parametrize(
    "reference", [b"&#55357;&#56832;", b"&#xD83D;&#xDE00;", b"&#0;", b"&#1114112;", b"&#99999999999;"]
)
def test_a_reference_to_no_character_spoils_its_own_words_alone(reference: bytes) -> None:
    """Some software writes an emoji as two halves; feedparser raises for it, and all of the show would be lost."""
    document = rss("Rivers", Item("One"), Item("Two")).replace(b"One", b"O" + reference)

    assert [episode.title[0] for episode in parse_feed(document, name="rivers", base_url=FROM).episodes] == ["O", "T"]


def test_atom_is_a_feed_too() -> None:
    """Its id, its enclosure link and its date have other names."""
    document = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>Rivers</title><entry><id>urn:1</id><title>One</title>
        <link rel="enclosure" href="1.mp3"/><published>2024-01-02T03:04:05+02:00</published></entry></feed>"""

    (episode,) = parse_feed(document, name="rivers", base_url=FROM).episodes

    assert (episode.guid, episode.audio_url) == ("urn:1", "https://example.com/show/1.mp3")
    assert episode.published == datetime(2024, 1, 2, 1, 4, 5, tzinfo=UTC)


PIECES = (
    *(
        b"<item>",
        b"</item>",
        b"<title>",
        b"</title>",
        b"<enclosure url='a.mp3'/>",
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"&a;",
    ),
    *(
        b"<?xml version='1.0' encoding='\xff'?>",
        b"<!DOCTYPE x [",
        b"\x00",
        b"\xed\xa0\x80",
        b"<entry>",
        b"<podcast:person>",
    ),
    *(
        b"<pubDate>99 Feb 99999</pubDate>",
        b"<image><width></width>",
        b"<link>http://[</link>",
        b"<psc:chapter start='x'/>",
    ),
)
WHOLE = rss("Rivers", Item("One", "1", persons=("Ada",), transcripts=(("t.vtt", "text/vtt"),)), Item("Two", "2"))


@st.composite
def broken_feeds(draw: st.DrawFn) -> bytes:
    """A real feed but for a few cuts and insertions; the marks of a feed survive in most of them."""
    document = bytearray(WHOLE)
    for _ in range(draw(st.integers(1, 5))):
        place = draw(st.integers(0, len(document)))
        document[place : place + draw(st.integers(0, 8))] = draw(st.sampled_from(PIECES) | st.binary(max_size=4))
    return bytes(document)


@settings(max_examples=200)
@given(broken_feeds() | st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_permanent_error(document: bytes) -> None:
    """Neither feedparser's own mistakes nor lxml's come through, and what is left has keys of its own."""
    with suppress(PermanentError):
        keys = [episode.key for episode in parse_feed(document, name="rivers", base_url=FROM).episodes]
        assert len(set(keys)) == len(keys)


def test_a_title_may_stand_in_itunes_alone() -> None:
    """Some hosts write only `itunes:title`; an episode without any is still one, and says so."""
    first = Item("", guid="a", more="<itunes:title>The gauge</itunes:title>")
    feed = parse_feed(rss("Rivers", first, Item("", guid="b")), name="rivers", base_url="https://example.com/feed.xml")

    assert [one.title for one in feed.episodes] == ["The gauge", "Untitled episode"]
