"""Chapters from three places in one shape: what counts, what is left out, and what no file can do."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkwell_pipeline.feed.chapters import UnreadableChapters, parse_chapters_json, parse_npt_s
from inkwell_pipeline.feed.parse import parse_feed
from inkwell_pipeline.models import Chapter, Episode
from inkwell_pipeline_tests.fakes.podcast_host import Item, rss
from inkwell_pipeline_tests.fuzzing import examples

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
PSC = 'xmlns:p="http://podlove.org/simple-chapters"'


def from_json(*entries: object) -> tuple[Chapter, ...]:
    return parse_chapters_json(json.dumps({"version": "1.2.0", "chapters": entries}).encode(), resolve=whole)


def whole(address: str | None) -> str | None:
    return address if address and address.startswith("https://") else None


def only(item: Item) -> Episode:
    (episode,) = parse_feed(rss("Rivers", item), name="rivers", base_url="https://h/feed.xml").episodes
    return episode


def test_the_example_of_the_namespace_is_read() -> None:
    """All of its chapters; the one that shows a picture alone is not listed."""
    path = SHARED / "chapters" / "namespace-complex.json"
    if not path.is_file():
        pytest.skip("the shared data is not beside this checkout")

    chapters = parse_chapters_json(path.read_bytes(), resolve=whole)

    assert [chapter.start_s for chapter in chapters] == [0, 168, 260, 410, 3990, 4200, 4600, 4826, 5510, 5854, 6089]
    assert [chapter.title for chapter in chapters if chapter.listed][-3:] == [
        "The Big Players",
        "Spread the Word",
        "Outro",
    ]
    assert len([chapter for chapter in chapters if not chapter.listed]) == 1


def test_a_chapter_has_a_start_and_may_have_an_end_a_link_and_be_hidden() -> None:
    """Version 1.2 of the format: `endTime`, `url`, `toc`."""
    chapters = from_json(
        {"startTime": 0, "title": " The\n gauge ", "endTime": 12.5, "url": "https://h/gauge"},
        {"startTime": 60, "title": "A picture", "toc": False},
        {"startTime": 90},
    )

    assert chapters == (
        Chapter(start_s=0, title="The gauge", end_s=12.5, url="https://h/gauge"),
        Chapter(start_s=60, title="A picture", listed=False),
        Chapter(start_s=90, title="", listed=False),
    )


def test_numbers_may_be_texts_and_the_order_any() -> None:
    """As several editors write them."""
    chapters = from_json({"startTime": "01:02:03", "title": "Late"}, {"startTime": "12.5", "title": "Early"})

    assert [(chapter.start_s, chapter.title) for chapter in chapters] == [(12.5, "Early"), (3723.0, "Late")]


@pytest.mark.parametrize("start", [-1, None, "soon", True, [], 1e300, "1" * 400, 10**400])
def test_a_chapter_at_no_time_is_left_out(start: object) -> None:
    """The others stand."""
    assert [
        chapter.title for chapter in from_json({"startTime": start, "title": "x"}, {"startTime": 1, "title": "y"})
    ] == ["y"]


@pytest.mark.parametrize(("end", "address"), [(5, "javascript:x"), ("x", "x.html"), (1e999, 7), (None, None)])
def test_an_end_or_a_link_that_is_none_is_left_out(end: object, address: object) -> None:
    """An end before the start, an address that may not be used: the chapter has neither."""
    (chapter,) = from_json({"startTime": 10, "title": "x", "endTime": end, "url": address})

    assert (chapter.end_s, chapter.url) == (None, None)


@pytest.mark.parametrize("data", [b"", b"WEBVTT", b"{}", b'{"chapters": 7}', b"7", b"[" * 100_000, b"\xff\xfe{"])
def test_what_is_no_file_of_chapters_is_an_error(data: bytes) -> None:
    """One of ours, for the log."""
    with pytest.raises(UnreadableChapters):
        parse_chapters_json(data, resolve=whole)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(("0", 0), ("01", 1), ("01:02", 62), ("01:02:03", 3723), ("01:02:03.400", 3723.4), ("npt:7.5", 7.5)),
        *(("", None), ("now", None), ("1:2:3:4", None), ("-1", None), ("٣", None)),
    ],
)
def test_normal_play_time(text: str, seconds: float | None) -> None:
    """Seconds, minutes, hours; what Podlove's format has for a start."""
    assert parse_npt_s(text) == seconds


def test_simple_chapters_are_read_under_any_prefix() -> None:
    """Podlove's elements in the item, in order of time, with their links."""
    more = (
        f'<p:chapters {PSC} version="1.2"><p:chapter start="12:34" title="The gauge" href="/gauge"/>'
        '<p:chapter start="0" title="Intro"/><p:chapter start="soon" title="Never"/></p:chapters>'
    )

    episode = only(Item("One", more=more))

    assert episode.chapters == (
        Chapter(start_s=0, title="Intro"),
        Chapter(start_s=754, title="The gauge", url="https://h/gauge"),
    )
    assert episode.chapters_from == "psc"


def test_elements_come_before_times_in_the_show_notes() -> None:
    """They are made to be chapters; a list of times is only taken for some."""
    notes = "0:00 A\n1:00 B"
    more = f'<p:chapters {PSC}><p:chapter start="0" title="Intro"/></p:chapters>'

    both, alone = only(Item("One", show_notes=notes, more=more)), only(Item("One", show_notes=notes))

    assert ([chapter.title for chapter in both.chapters], both.chapters_from) == (["Intro"], "psc")
    assert ([chapter.title for chapter in alone.chapters], alone.chapters_from) == (["A", "B"], "show notes")


def test_no_times_are_no_chapters() -> None:
    """Most episodes have none."""
    episode = only(Item("One", show_notes="<p>Hello.</p>"))

    assert (episode.chapters, episode.chapters_from) == ((), None)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["1:30", "-1", "1e9"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["chapters", "startTime", "title", "toc", "endTime", "url"]), inner, max_size=5
        )
    ),
    max_leaves=12,
)
ENTRY = st.dictionaries(st.sampled_from(["startTime", "title", "toc", "endTime", "url", "img"]), JSON, max_size=5)
FILES = (
    st.binary(max_size=200)
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.lists(ENTRY, max_size=6).map(lambda entries: json.dumps({"chapters": entries}).encode())
)


@settings(max_examples=examples(200))
@given(FILES)
def test_any_file_gives_chapters_in_order_or_our_error(data: bytes) -> None:
    """A file of a stranger: what can be read stands, in order, and can be written to the shelf."""
    try:
        chapters = parse_chapters_json(data, resolve=whole)
    except UnreadableChapters:
        return
    starts = [chapter.start_s for chapter in chapters]
    assert starts == sorted(starts)
    assert all(chapter.end_s is None or chapter.end_s > chapter.start_s >= 0 for chapter in chapters)
    assert [Chapter.model_validate_json(chapter.model_dump_json()) for chapter in chapters] == list(chapters)
