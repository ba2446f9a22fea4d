"""Which video is an episode's, by its links; and whether captions can be of its audio."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwell_pipeline.transcript.youtube import is_of, video_of
from inkwell_pipeline_tests.builders import episode, transcript

VIDEO, OTHER = "dQw4w9WgXcQ", "-_3xYz09AbC"
WATCH = f"https://www.youtube.com/watch?v={VIDEO}"


@pytest.mark.parametrize(
    "link",
    [
        WATCH,
        f"http://youtube.com/watch?v={VIDEO}",
        f"https://m.youtube.com/watch?list=PL1&v={VIDEO}&t=90s",
        f"https://music.youtube.com/watch?v={VIDEO}#x",
        f"https://youtu.be/{VIDEO}",
        f"https://youtu.be/{VIDEO}?si=abc&t=5",
        f"HTTPS://YOUTU.BE/{VIDEO}",
        f"https://www.youtube.com/embed/{VIDEO}?start=5",
        f"https://www.youtube-nocookie.com/embed/{VIDEO}",
        f"https://www.youtube.com/live/{VIDEO}",
        f"https://www.youtube.com/shorts/{VIDEO}/",
        f"https://www.youtube.com/v/{VIDEO}",
    ],
)
def test_an_address_names_its_video(link: str) -> None:
    """In all the ways that YouTube writes one."""
    assert video_of(episode(link=link)) == VIDEO
    assert video_of(episode(show_notes=f'<p>Watch <a href="{link}">it</a>.</p>')) == VIDEO


@pytest.mark.parametrize(
    "link",
    [
        "https://example.com/1",
        f"https://notyoutube.com/watch?v={VIDEO}",
        f"https://youtube.com.example.com/watch?v={VIDEO}",
        f"https://example.com/youtu.be/{VIDEO}",
        "https://www.youtube.com/@rivers",
        "https://www.youtube.com/channel/UC0123456789",
        "https://www.youtube.com/playlist?list=PL0123456789",
        "https://www.youtube.com/watch?v=short",
        f"https://www.youtube.com/watch?v={VIDEO}0",
        f"https://www.youtube.com/user/{VIDEO}",
        "https://www.youtube.com/watch",
        "https://youtu.be/",
        "",
    ],
)
def test_what_is_no_video_s_address_names_none(link: str) -> None:
    """Other hosts, channels, lists, ids that are none."""
    assert video_of(episode(link=link, show_notes=f"See {link} for more")) is None


@pytest.mark.parametrize(
    "notes",
    [
        f'<a href="https://www.youtube.com/watch?list=PL1&amp;v={VIDEO}">video</a>',
        f"<p>Watch it here: {WATCH}</p>",
        f"Watch it [here]({WATCH}) or nowhere",
        f"Watch it ({WATCH})",
        f"Watch it &lt;{WATCH}&gt;",
        f"Watch it at {WATCH}.",
        f"Watch it at https://youtu.be/{VIDEO}, or nowhere",
        f"Have you seen https://youtu.be/{VIDEO}?",
        f"Seen https://youtu.be/{VIDEO}!",
    ],
)
def test_notes_are_prose(notes: str) -> None:
    """References are decoded, and what ends a sentence is no part of an address."""
    assert video_of(episode(show_notes=notes)) == VIDEO


def test_a_video_that_is_linked_twice_is_one() -> None:
    """The picture and the words below it."""
    assert video_of(episode(show_notes=f"{WATCH} https://youtu.be/{VIDEO}?t=1")) == VIDEO


def test_of_several_videos_none_is_the_episode_s() -> None:
    """Show notes link what was talked about: another video's words would be quoted as the episode's."""
    assert video_of(episode(show_notes=f"{WATCH} https://youtu.be/{OTHER}")) is None


def test_the_episode_s_own_link_counts_first() -> None:
    """Whatever else its notes name."""
    notes = f"{WATCH} https://youtu.be/{OTHER}"

    assert video_of(episode(link=f"https://youtu.be/{OTHER}", show_notes=notes)) == OTHER
    assert video_of(episode(link="https://example.com/1", show_notes=WATCH)) == VIDEO


def test_the_summary_counts_where_there_are_no_notes() -> None:
    """Many feeds have a description alone."""
    assert video_of(episode(summary=WATCH)) == VIDEO
    assert video_of(episode(summary=WATCH, show_notes="<p>No video.</p>")) is None


PARTS = [
    *(
        "https://",
        "http://",
        "www.youtube.com/",
        "youtu.be/",
        "watch?v=",
        "embed/",
        VIDEO,
        OTHER,
        "&amp;",
        "&",
        "%",
        "[",
    ),
    *("]", "?", "#", "/", ";", "//", "@", ":", " ", '"', "&#91;", "%00", "\u2100", "v="),
]


@given(st.lists(st.sampled_from(PARTS) | st.text(max_size=3), max_size=14).map("".join))
def test_no_notes_break_it(notes: str) -> None:
    """An id that could be one, or none."""
    found = video_of(episode(link=notes, show_notes=notes))

    assert found is None or re.fullmatch(r"[\w-]{11}", found, re.ASCII)


@pytest.mark.parametrize(
    ("duration_s", "is_so"), [(100, True), (80, True), (79, False), (142, True), (144, False), (1, False)]
)
def test_captions_are_about_as_long_as_the_audio(duration_s: int, is_so: bool) -> None:
    """A trailer, or a whole evening, is no episode; they reach to 100 s."""
    assert is_of(episode(duration_s=duration_s), transcript(*["It rains."] * 20)) is is_so


@pytest.mark.parametrize("duration_s", [None, 0])
def test_without_a_duration_nothing_speaks_against_them(duration_s: int | None) -> None:
    """Many feeds state none, or 0."""
    assert is_of(episode(duration_s=duration_s), transcript("It rains."))


def test_captions_without_times_are_no_proof() -> None:
    """They reach nowhere."""
    one = transcript("It rains.")
    bare = one.model_copy(
        update={"segments": tuple(each.model_copy(update={"start_s": None, "end_s": None}) for each in one.segments)}
    )

    assert not is_of(episode(duration_s=100), bare)
