"""No bytes of a stranger raise anything but our error, or take more than a bounded time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.feed.chapters import parse_chapters_json
from inkwell_pipeline.feed.loose import Loose, NoFeed
from inkwell_pipeline.feed.parse import parse_feed
from inkwell_pipeline.feed.times import times_in
from inkwell_pipeline.models import Episode, Feed
from inkwell_pipeline_tests.fakes.podcast_host import Item, rss
from inkwell_pipeline_tests.fuzzing import examples

pytestmark = pytest.mark.fuzz

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared" / "data" / "feeds"
FROM = "https://h/show/feed.xml"
# generous: ten times what the slowest bytes take, and far below what a quadratic way does
SECONDS_A_BYTE, SECONDS_AT_LEAST = 0.0003, 5.0

WHOLE = rss("Rivers", Item("One", "1", persons=("Ada",), transcripts=(("t.vtt", "text/vtt"),)), Item("Two", "2"))
SEEDS = [WHOLE, *(path.read_bytes() for path in sorted((HERE / "corpus").iterdir()))]
if SHARED.is_dir():  # real feeds, short enough to be changed all over
    SEEDS += [path.read_bytes()[:20_000] for path in sorted(SHARED.rglob("*.[xr][ms][ls]"))]
PIECES = (
    *(
        b"<item>",
        b"</item>",
        b"<entry>",
        b"<title>",
        b"</title>",
        b"<enclosure url='a.mp3'/>",
        b"<link>http://[</link>",
    ),
    *(b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?", b"?>", b"&a;", b"&#0;", b"&#55357;", b"&" + b"#9" * 9, b"<", b">"),
    *(
        b"<?xml version='1.0' encoding='\xff'?>",
        b"<?xml encoding='utf-16'?>",
        b"<!DOCTYPE x [",
        b"<!ENTITY a '&a;&a;'>",
    ),
    *(b"\x00", b"\xed\xa0\x80", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3", b"\x1f\x8b\x08", b"'", b'"', b"\n" * 50),
    *(
        b"<podcast:person>",
        b"<psc:chapters><psc:chapter start='x'/>",
        b"<a:b xmlns:a=''/>",
        b"xmlns='urn:x'",
        b"xml:base='http://['",
    ),
    *(b"<pubDate>99 Feb 99999</pubDate>", b"<image><width></width>", b"<content type='xhtml'>", b"</rss>", b"<rss>"),
)


def fuzzed(default: int) -> settings:
    """So many examples, each in its own time."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=examples(default), deadline=None, suppress_health_check=slow)


@contextmanager
def bounded(size: int) -> Iterator[None]:
    """Fails where what is inside takes longer than the bound for so many bytes."""
    began = time.process_time()
    yield
    took_s = time.process_time() - began
    assert took_s < SECONDS_AT_LEAST + size * SECONDS_A_BYTE, f"{took_s:.1f} s for {size} bytes"


def read(body: bytes) -> Feed | None:
    with bounded(len(body)), suppress(PermanentError):
        return parse_feed(body, name="rivers", base_url=FROM)
    return None


def assert_it_can_be_kept(feed: Feed | None) -> None:
    """Keys are unique, dates are aware, and the shelf gives back what was put on it."""
    episodes = feed.episodes if feed else ()
    assert len({episode.key for episode in episodes}) == len(episodes)
    for episode in episodes:
        assert episode.published is None or episode.published.tzinfo is not None
        assert Episode.model_validate_json(episode.model_dump_json()) == episode


@st.composite
def broken_feeds(draw: st.DrawFn) -> bytes:
    """A feed that was one but for a few cuts, insertions and repetitions; its marks survive in most of them."""
    document = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 5))):
        place = draw(st.integers(0, len(document)))
        end = min(place + draw(st.integers(0, 8) | st.integers(0, 5000)), len(document))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=4) | st.just(bytes(document[place:end])))
        document[place:end] = piece * draw(st.sampled_from([0, 1, 1, 2, 50]))
    return bytes(document)


@fuzzed(120)
@given(broken_feeds() | st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_permanent_error(body: bytes) -> None:
    """Neither lxml's mistakes nor feedparser's come through."""
    assert_it_can_be_kept(read(body))


NAMES = st.sampled_from(
    [
        *("item", "entry", "channel", "rss", "title", "guid", "link", "enclosure", "description", "x:y", "content"),
        *("podcast:transcript", "podcast:chapters", "psc:chapters", "psc:chapter", "itunes:title", "media:group"),
        *("media:content", "content:encoded", "dc:date", "author", "name", "Item", "É"),
    ]
)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["url", "href", "type", "rel", "start", "title", "xmlns", "xmlns:x", "xml:base", "src", "medium"]),
    st.sampled_from(["", "a.mp3", "http://[", "https://h:99999/", "audio/mpeg", "enclosure", "1:02", "&lt;", "urn:x"]),
    max_size=3,
)
WORDS = st.sampled_from(
    ["", "x", "https://h/1", "0:00 A<br>1:00 B", "2024-02-28", "<![CDATA[<p>]]>", "&nbsp;", "é", "\t"]
)


def element(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda name, attributes, parts, closed: (
            f"<{name}{''.join(f' {one}={chr(34)}{two}{chr(34)}' for one, two in attributes.items())}>"
            + "".join(parts)
            + (f"</{name}>" if closed else "")
        ),
        NAMES,
        ATTRIBUTES,
        st.lists(inner, max_size=5),
        st.sampled_from([True, True, True, True, False]),
    )


TREES = st.recursive(WORDS, element, max_leaves=25)
GROWN = st.builds(
    lambda root, namespaces, trees: f"<{root}{namespaces}><channel>{''.join(trees)}</channel></{root}>".encode(),
    st.sampled_from(["rss", "feed", "rdf:RDF", "channel"]),
    st.sampled_from(
        [
            "",
            ' xmlns="http://www.w3.org/2005/Atom"',
            ' xmlns:podcast="https://podcastindex.org/namespace/1.0" xmlns:psc="http://podlove.org/simple-chapters"',
            ' xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"',
            ' xmlns:media="urn:other" xmlns:content="" xmlns:x="relative"',
        ]
    ),
    st.lists(element(TREES), max_size=6),
)


@fuzzed(100)
@given(GROWN)
def test_no_tree_raises_anything_but_a_permanent_error(body: bytes) -> None:
    """Elements in any place, with any namespace, some of them never closed."""
    assert_it_can_be_kept(read(body))


@fuzzed(60)
@given(broken_feeds())
def test_the_loose_reader_alone_raises_nothing_of_its_libraries(body: bytes) -> None:
    """Most broken feeds are mended before they get to it: here it gets all of them."""
    with bounded(len(body)), suppress(NoFeed):
        assert Loose(body).is_broken


REPEATED = st.sampled_from(
    [*PIECES, b"<a ", b"a='", b"=", b"&", b"&a", b"</", b" ", b"<br>0:00 x", b"1", b"<!DOCTYPE ", b"<!["]
)


@fuzzed(40)
@given(
    st.sampled_from(
        [b"", b"<rss><channel><item><title>", b"<rss><channel><item><description><![CDATA[", b"<rss ", b"<html>"]
    ),
    st.lists(REPEATED, min_size=1, max_size=3).map(b"".join),
    st.integers(1, 20_000),
)
def test_nothing_repeated_takes_more_than_linear_time(start: bytes, piece: bytes, times: int) -> None:
    """The way to a hang is a search that begins anew at each of many places."""
    assert_it_can_be_kept(read(start + piece * min(times, 60_000 // len(piece))))


@fuzzed(60)
@given(
    st.lists(st.sampled_from(["0:00", "1:", "(", "\n", "<br>", "<", ">", "&", "…" * 40, " " * 300, "x" * 150, "–"])),
    st.integers(1, 2000),
)
def test_show_notes_take_no_more_than_linear_time(parts: list[str], times: int) -> None:
    """They are read line by line with regular expressions, all of which are bounded."""
    notes = "".join(parts) * min(times, 1 + 200_000 // (len("".join(parts)) + 1))

    with bounded(len(notes)):
        times_in(notes)


@fuzzed(60)
@given(
    st.sampled_from([b"[", b'{"chapters":', b'{"chapters":[', b'{"startTime":1},', b"9", b'"', b"\\ud800"]),
    st.integers(1, 50_000),
)
def test_files_of_chapters_take_no_more_than_linear_time(piece: bytes, times: int) -> None:
    """Nested as deep as a file can be, or with numbers as long."""
    data = piece * min(times, 500_000 // len(piece))

    with bounded(len(data)), suppress(PermanentError):
        parse_chapters_json(data, resolve=lambda address: address)
