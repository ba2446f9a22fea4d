"""The quick way and the whole one give the same; the strict reader and feedparser agree where both can be sure."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkwell_pipeline.feed.document import open_document
from inkwell_pipeline.feed.items import RawEnclosure, RawItem
from inkwell_pipeline.feed.loose import Loose
from inkwell_pipeline.feed.parse import complete_episodes, outline_feed, parse_feed
from inkwell_pipeline.feed.well_formed import WellFormed
from inkwell_pipeline.models import Offer, Person
from inkwell_pipeline_tests.fuzzing import examples

pytestmark = pytest.mark.fuzz

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared" / "data" / "feeds"
KEPT = sorted((HERE / "corpus").iterdir())
REAL = sorted([*SHARED.glob("*.xml"), *SHARED.glob("podcastparser/*.rss")])
FROM = "https://h/show/feed.xml"


def assert_the_quick_way_gives_the_same(body: bytes, data: st.DataObject | None = None) -> None:
    whole = parse_feed(body, name="rivers", base_url=FROM)
    outline = outline_feed(body, name="rivers", base_url=FROM)
    keys = [episode.key for episode in outline.feed.episodes]
    chosen = data.draw(st.lists(st.sampled_from(keys), unique=True)) if data and keys else keys[:3]

    by_key = {episode.key: episode for episode in whole.episodes}
    assert complete_episodes(outline, chosen) == [by_key[key] for key in chosen]
    same = ("key", "title", "guid", "published", "link", "audio_url", "offers")
    for sketch, episode in zip(outline.feed.episodes, whole.episodes, strict=True):
        assert {name: getattr(sketch, name) for name in same} == {name: getattr(episode, name) for name in same}
    assert whole.not_episodes == outline.feed.not_episodes


@pytest.mark.parametrize("path", [*KEPT, *REAL], ids=lambda path: path.name)
def test_chosen_episodes_are_those_of_the_whole_feed(path: Path) -> None:
    """The corpus and real feeds: reading three of a feed's episodes gives what reading all gives of them."""
    assert_the_quick_way_gives_the_same(path.read_bytes())


TEXT = st.text(st.sampled_from("aZ9 <>&;\"'é—😀\n"), max_size=12)
WORD = st.text(st.sampled_from("abc-é9"), min_size=1, max_size=8)
ITEMS = st.builds(
    RawItem,
    guid=WORD | st.just(""),
    title=TEXT,
    published=st.sampled_from(["", "Wed, 28 Feb 2024 09:00:00 GMT", "no"]),
    link=st.sampled_from(["", "https://h/1", "1.html"]),
    enclosures=st.lists(
        st.builds(
            RawEnclosure, WORD, st.sampled_from(["audio/mpeg", "image/png", ""]), st.sampled_from(["", "1", "x"])
        ),
        max_size=2,
    ).map(tuple),
    offers=st.lists(st.builds(Offer, url=WORD, media_type=st.just("text/vtt")), max_size=2).map(tuple),
    duration=st.sampled_from(["", "1:02", "x"]),
    content=TEXT,
    persons=st.lists(st.builds(Person, name=WORD, role=st.sampled_from(["host", "guest"])), max_size=2).map(tuple),
)


def xml(items: Sequence[RawItem], prefix: str, noise: str) -> bytes:
    """The items in RSS 2.0, the podcast namespace under any prefix."""
    body = "".join(
        "<item>"
        + "".join(
            f"<{name}>{escape(text)}</{name}>{noise}"
            for name, text in (
                ("title", item.title),
                ("guid", item.guid),
                ("pubDate", item.published),
                ("link", item.link),
                ("itunes:duration", item.duration),
                ("content:encoded", item.content),
            )
            if text
        )
        + "".join(
            f"<enclosure url={quoteattr(one.url)} type={quoteattr(one.media_type)} length={quoteattr(one.size)}/>"
            for one in item.enclosures
        )
        + "".join(f'<{prefix}:transcript url={quoteattr(one.url)} type="text/vtt"/>' for one in item.offers)
        + "".join(f'<{prefix}:person role="{one.role}">{escape(one.name)}</{prefix}:person>' for one in item.persons)
        + "</item>"
        for item in items
    )
    namespaces = (
        f'xmlns:{prefix}="https://podcastindex.org/namespace/1.0" '
        'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    )
    return f'<rss version="2.0" {namespaces}><channel><title>Rivers</title>{body}</channel></rss>'.encode()


FEEDS = st.builds(
    xml,
    st.lists(ITEMS, max_size=6),
    prefix=st.sampled_from(["podcast", "p", "x-1"]),
    noise=st.sampled_from(["", "\n", "<!-- <item> -->", "<?x </item> ?>"]),
)


@settings(max_examples=examples(60), deadline=None)
@given(FEEDS, st.data())
def test_any_choice_gives_what_the_whole_feed_gives(body: bytes, data: st.DataObject) -> None:
    """Whichever episodes are chosen, of any feed, in any order."""
    assert_the_quick_way_gives_the_same(body, data)


def told(item: RawItem) -> RawItem:
    """What both readers have to agree on: white space folded, and the texts that feedparser mixes up left out."""
    return replace(
        item,
        title=" ".join(item.title.split()),
        content=item.content.strip(),
        summary="",
        itunes_summary="",
        subtitle="",
    )


@settings(max_examples=examples(60), deadline=None)
@given(FEEDS)
def test_the_strict_reader_agrees_with_feedparser(body: bytes) -> None:
    """On well-formed feeds feedparser, with its twenty years of feeds, is the judge of the quick reader."""
    strict, loose = WellFormed(body), Loose(body)

    assert strict.channel == loose.channel
    places = range(len(strict.sketches))
    assert [told(item) for _, item in strict.whole(places)] == [told(item) for item in loose.sketches]


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_real_feeds_are_well_formed_or_can_be_mended(path: Path) -> None:
    """None of them needs the loose reader."""
    document = open_document(path.read_bytes(), name="rivers", base_url=FROM)

    assert (type(document), document.is_broken) == (WellFormed, False)


def test_an_episode_needs_no_reading_beyond_the_last_that_is_chosen() -> None:
    """The newest stand first in most feeds: what is wanted is found without the rest."""
    document = WellFormed(xml([RawItem(title=str(number)) for number in range(9)], "podcast", ""))

    assert [item.title for _, item in document.whole({1, 3})] == ["1", "3"]
