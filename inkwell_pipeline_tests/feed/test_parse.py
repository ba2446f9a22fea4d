"""A feed's bytes: which items are episodes, what tells them apart, what is believed of what stands there."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

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


def test_a_title_may_stand_in_itunes_alone() -> None:
    """Some hosts write only `itunes:title`; an episode without any is still one, and says so."""
    first = Item("", guid="a", more="<itunes:title>The gauge</itunes:title>")
    feed = parse_feed(rss("Rivers", first, Item("", guid="b")), name="rivers", base_url="https://example.com/feed.xml")

    assert [one.title for one in feed.episodes] == ["The gauge", "Untitled episode"]


@pytest.mark.parametrize(
    ("more", "title"),
    [
        ("<itunes:episode>7</itunes:episode>", "Episode 7"),
        ("<itunes:season>2</itunes:season><itunes:episode>7</itunes:episode>", "Season 2, episode 7"),
        ("<itunes:season>2</itunes:season>", "Untitled episode"),
        ("<itunes:episode>seven</itunes:episode>", "Untitled episode"),
    ],
)
def test_a_number_makes_a_title_where_there_is_none(more: str, title: str) -> None:
    """It tells the episodes of a show apart, as "Untitled episode" does not."""
    assert only(Item("", more=more)).title == title


def test_what_itunes_says_stands_in_for_a_description() -> None:
    """Its summary, then its subtitle; the show notes are the longest text that there is a name for."""
    summary = "<itunes:summary>On gauges &amp;amp; floods</itunes:summary><itunes:subtitle>Short</itunes:subtitle>"

    full, short = only(Item("One", more=summary)), only(Item("One", more="<itunes:subtitle>Short</itunes:subtitle>"))

    assert (full.summary, full.show_notes) == ("On gauges & floods", "On gauges &amp; floods")
    assert (short.summary, short.show_notes) == ("Short", "")


def test_a_description_is_not_lost_to_a_summary() -> None:
    """feedparser takes the first of the two for the show notes, and its links were lost."""
    more = (
        "<itunes:summary>In short</itunes:summary><description>&lt;a href='https://h/'&gt;All&lt;/a&gt;</description>"
    )

    episode = only(Item("One", more=more))

    assert (episode.show_notes, episode.summary) == ("<a href='https://h/'>All</a>", "All")


def test_a_number_of_a_thousand_digits_is_no_character() -> None:
    """Python refuses to read one, and all of the show would be lost."""
    document = rss("Rivers", Item(f"One &#{'9' * 5000}; more"), Item("Two"))

    episodes = parse_feed(document, name="rivers", base_url=FROM).episodes

    assert [episode.title for episode in episodes] == ["One \ufffd more", "Two"]


def test_a_live_item_is_no_episode_and_a_trailer_is_one() -> None:
    """What is announced has no audio yet that lasts; a trailer has."""
    live = '<podcast:liveItem status="pending"><title>Live</title><enclosure url="l.mp3"/></podcast:liveItem>'
    trailer = Item("Trailer", more="<itunes:episodeType>trailer</itunes:episodeType>")
    document = rss("Rivers", trailer).replace(b"</channel>", live.encode() + b"</channel>")

    feed = parse_feed(document, name="rivers", base_url=FROM)

    assert ([episode.title for episode in feed.episodes], feed.not_episodes) == (["Trailer"], 0)


def test_without_a_date_that_can_be_read_another_counts() -> None:
    """Dublin Core's, or Atom's `updated`; the year 1 is no date."""
    more = '<dc:date xmlns:dc="http://purl.org/dc/elements/1.1/">2024-02-28T09:00:00Z</dc:date>'

    assert only(Item("One", date="0001-01-01T00:00:00Z", more=more)).published == datetime(2024, 2, 28, 9, tzinfo=UTC)
