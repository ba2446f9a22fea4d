"""Captions of a video: which are taken, and what becomes of one that has none."""

import pytest
from pytest_httpserver import HTTPServer

from inkwell_pipeline.errors import PermanentError, TransientError
from inkwell_pipeline.models import Transcript
from inkwell_pipeline.transcript.youtube import fetch_captions
from inkwell_pipeline_tests.fakes.youtube import Track, YouTube

VIDEO = "dQw4w9WgXcQ"
LINES = (("welcome to the show", 0.5, 4.0), ("[Music]", 3.0, 2.0), ("today we talk &amp; laugh", 5.0, 4.0))


@pytest.fixture
def youtube(httpserver: HTTPServer) -> YouTube:
    return YouTube(httpserver)


async def captions(youtube: YouTube, *, language: str = "en", video: str = VIDEO) -> Transcript | None:
    return await fetch_captions(video, language=language, timeout_s=5, session=youtube.session())


async def test_lines_last_until_the_next_one(youtube: YouTube) -> None:
    """On the screen they overlap; what is no talk is left out, with a line that says so."""
    youtube.videos[VIDEO] = [Track("en", LINES, automatic=True)]
    found = await captions(youtube)

    assert found is not None
    assert [(one.start_s, one.end_s, one.text) for one in found.segments] == [
        (0.5, 3.0, "welcome to the show"),
        (5.0, 9.0, "today we talk & laugh"),
    ]
    assert (found.source, found.language) == ("youtube", "en")
    assert "nobody speaks" in found.remarks[0]


@pytest.mark.parametrize(
    ("tracks", "language", "chosen"),
    [
        ([("en", True), ("en", False)], "en", ("en", False)),
        ([("de", False), ("en", True)], "en", ("en", True)),
        ([("en", False), ("en-GB", False)], "en-GB", ("en", False)),
        ([("fr", False), ("de", True)], "en", ("de", True)),
        ([("fr", False)], "en", ("fr", False)),
    ],
)
async def test_peoples_own_come_first_in_the_users_language(
    youtube: YouTube, tracks: list[tuple[str, bool]], language: str, chosen: tuple[str, bool]
) -> None:
    """Where there are none in it, automatic ones, which are in the language that is spoken; no translation."""
    youtube.videos[VIDEO] = [
        Track(code, [(f"{code} {is_automatic}", 0, 1)], is_automatic) for code, is_automatic in tracks
    ]
    found = await captions(youtube, language=language)

    assert found is not None
    assert found.segments[0].text == f"{chosen[0]} {chosen[1]}"


@pytest.mark.parametrize("videos", [{}, {VIDEO: []}, {VIDEO: [Track("en", [("[Music]", 0, 5)])]}])
async def test_none_is_no_failure(youtube: YouTube, videos: dict[str, list[Track]]) -> None:
    """A video that is gone, has no captions, or has music alone."""
    youtube.videos.update(videos)

    assert await captions(youtube) is None


@pytest.mark.parametrize(
    ("status", "broken", "error", "says"),
    [
        (429, False, TransientError, r"YouTube does not answer \(IpBlocked\)"),
        (500, False, TransientError, r"YouTube does not answer \(YouTubeRequestFailed\)"),
        (200, True, PermanentError, "its captions cannot be read"),
    ],
)
async def test_trouble_names_the_video(
    youtube: YouTube, status: int, broken: bool, error: type[Exception], says: str
) -> None:
    """In our words: the library's fill a page."""
    youtube.videos[VIDEO] = [Track("en", LINES)]
    youtube.status, youtube.broken = status, broken

    with pytest.raises(error, match=rf"{says}.*\[https://www\.youtube\.com/watch"):
        await captions(youtube)


async def test_nobody_at_home(youtube: YouTube) -> None:
    """The network is down: the next run asks again."""
    session = youtube.session()
    youtube.server.stop()
    try:
        with pytest.raises(TransientError, match=r"YouTube cannot be reached \(ConnectionError\)"):
            await fetch_captions(VIDEO, language="en", timeout_s=5, session=session)
    finally:
        youtube.server.start()
