"""Topic lines: headings that a person would write, and the publisher's chapters."""

from collections.abc import Sequence
from itertools import pairwise

import pytest

from inkwell_pipeline.extraction.analysis import analyse
from inkwell_pipeline.extraction.topics import topic_lines
from inkwell_pipeline.models import Chapter, Item, Segment

TOPICS = ("garbage collector", "type classes", "CSS subgrid", "lazy loading", "JSON parser", "property testing")


def episode(topics: Sequence[str] = TOPICS) -> list[Segment]:
    """Four minutes on each topic, a sentence every ten seconds, opened by a question."""
    texts: list[str] = []
    for topic in topics:
        texts.append(f"Next up, how does the {topic} work and why should anybody care about it?")
        texts += [
            f"The {topic} was never meant to solve such a problem in the first place.",
            "You have to be careful when somebody asks for more of it on a Friday.",
            f"Most people learn about the {topic} when they have already lost a week.",
        ] * 8
        texts.pop()
    return [Segment(start_s=10.0 * nth, end_s=10.0 * nth + 9, speaker="Ada", text=t) for nth, t in enumerate(texts)]


def lines(segments: Sequence[Segment], *, chapters: Sequence[Chapter] = ()) -> tuple[Item, ...]:
    return topic_lines(analyse(segments, chapters=chapters))


def test_a_heading_is_the_phrase_that_the_talk_is_about() -> None:
    """Two to six words, as they are said, with a capital at the beginning and those that the names have."""
    labels = [item.label or "" for item in lines(episode())]

    assert {"Type classes", "CSS subgrid", "Lazy loading", "JSON parser", "Property testing"} <= set(labels)
    assert all(len(label.split()) <= 6 for label in labels)


def test_a_heading_stands_where_its_topic_is() -> None:
    """A line is a link into the audio: the right words at the wrong time are wrong."""
    headed = [item for item in lines(episode()) if item.label]

    assert len(headed) >= 5
    for item in headed:
        assert TOPICS[int((item.start_s or 0) // 240)].lower() in (item.label or "").lower()


def test_neighbouring_lines_do_not_say_the_same_twice() -> None:
    """A second line on one topic is headed by what is new in it, or by nothing."""
    labels = [item.label for item in lines(episode())]

    assert all(a is None or a != b for a, b in pairwise(labels))


def test_a_language_that_we_do_not_know_has_no_headings() -> None:
    """What a noun is in German the list of English words cannot tell: no heading beats a wrong one."""
    text = "Der Hobel verlangt eine trockene Werkstatt, weil das Holz sonst arbeitet und reißt."
    segments = [Segment(start_s=20.0 * nth, end_s=None, speaker=None, text=text) for nth in range(40)]

    found = lines(segments)
    assert found
    assert all(item.label is None for item in found)


def test_chapters_head_their_own_lines() -> None:
    """The publisher knows best where a topic begins and what it is called; a line says something out of it."""
    chapters = [Chapter(start_s=240, title="How types got classes"), Chapter(start_s=480, title="Grids within grids")]

    found = {item.label: item.start_s for item in lines(episode(), chapters=chapters)}
    assert 240 <= (found["How types got classes"] or 0) < 360
    assert 480 <= (found["Grids within grids"] or 0) < 600
    assert "Lazy loading" in found  # what no chapter covers keeps a line of ours


@pytest.mark.parametrize(
    "chapter",
    [
        Chapter(start_s=240, title="Sponsor: Gluepot"),
        Chapter(start_s=240, title="Hidden", listed=False),
        Chapter(start_s=99_999, title="After the end"),
    ],
)
def test_a_chapter_that_names_no_topic_heads_nothing(chapter: Chapter) -> None:
    """An advertisement, one that the publisher hides, one outside of the audio."""
    assert chapter.title not in {item.label for item in lines(episode(), chapters=[chapter])}


def test_chapters_need_a_transcript_with_times() -> None:
    """Without times nobody can say which sentence belongs to which chapter."""
    untimed = [segment.model_copy(update={"start_s": None, "end_s": None}) for segment in episode()]

    assert "Grids" not in {item.label for item in lines(untimed, chapters=[Chapter(start_s=240, title="Grids")])}
