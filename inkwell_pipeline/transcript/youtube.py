"""Captions of the episode's video on YouTube, where the feed or the show notes link it. Needs the extra `youtube`.

Belongs here: which video is the episode's (pure), which of its captions, what the library raises. Does not: when it is
asked (`find.py`).
The video may be cut otherwise than the audio: its times are never more than near.
"""

import asyncio
import importlib
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiofiles.os

from inkwell_pipeline.errors import InkwellError, PermanentError, TransientError
from inkwell_pipeline.models import Episode, Segment, Transcript
from inkwell_pipeline.references import unescaped
from inkwell_pipeline.transcript.reading import folded, plain
from inkwell_pipeline.transcript.speech.invented import Doubt, without_invented

__all__ = ["YOUTUBE", "fetch_captions", "is_of", "video_of"]

YOUTUBE = "youtube:1"  # in the cache's keys: raise it when the same captions are read differently
REQUEST_S, WHOLE_S = 15.0, 60.0
# of our own: a host that does not answer holds them, and nobody's files
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="inkwell-youtube")
ADDRESS = re.compile(
    r"https?://(?:www\.|m\.|music\.)?(?:youtube(?:-nocookie)?\.com|youtu\.be)/[^\s\"'<>)\]]{1,300}", re.IGNORECASE
)
VIDEO = re.compile(r"[A-Za-z0-9_-]{11}")
SHORTEST, LONGEST = 0.7, 1.25  # of the audio, that the captions may reach: the video may have more or less around it
HAS_NONE = ("TranscriptsDisabled", "NoTranscriptFound", "VideoUnavailable", "InvalidVideoId", "VideoUnplayable")
INSTALL = "install the extra `youtube`: pip install 'inkwell-pipeline[youtube]'"


def video_of(episode: Episode) -> str | None:
    """The id of the one video that the episode's link, or else its show notes, name; None: there is none, or several.

    Of several nobody knows which is the episode's: show notes link what was talked about.
    """
    for text in (episode.link or "", episode.show_notes or episode.summary):
        found = {video for address in ADDRESS.findall(unescaped(text)) if (video := _video(address))}
        if len(found) == 1:
            return found.pop()
    return None


def _video(address: str) -> str | None:
    parts = urlsplit(address.rstrip(".,;:!?…'"))
    if (parts.hostname or "").lower() == "youtu.be":
        named = parts.path[1:]
    elif parts.path.rstrip("/") == "/watch":
        named = parse_qs(parts.query).get("v", [""])[0]
    else:
        kind, _, named = parts.path[1:].partition("/")
        named = named if kind in ("embed", "live", "shorts", "v") else ""
    named = re.split("[/&]", named)[0]
    return named if VIDEO.fullmatch(named) else None


def is_of(episode: Episode, transcript: Transcript) -> bool:
    """Whether the captions are about as long as the audio; so they are, where nobody says how long that is."""
    reached_s = max((segment.end_s or segment.start_s or 0.0 for segment in transcript.segments), default=0.0)
    return not episode.duration_s or SHORTEST <= reached_s / episode.duration_s <= LONGEST


async def fetch_captions(
    video: str, *, language: str, timeout_s: float | None, session: Any = None
) -> Transcript | None:
    """The video's captions, people's own before automatic ones, those in `language` first; None: it has none.

    `session`: of requests; None: a new one. Raises: PermanentError (the extra is missing, YouTube has changed),
    TransientError (YouTube refuses, or cannot be reached), with the video's address.
    """
    url = f"https://www.youtube.com/watch?v={video}"
    try:
        async with asyncio.timeout(timeout_s or WHOLE_S):
            return await aiofiles.os.wrap(_fetch_now)(video, language, session, executor=_threads)
    except TimeoutError:
        error: InkwellError = TransientError(f"YouTube does not answer within {timeout_s or WHOLE_S:.0f} s")
    except InkwellError as caught:
        error = caught
    raise error.at(feed=None, episode=None, url=url) from None


def _fetch_now(video: str, language: str, session: Any) -> Transcript | None:
    """Blocks."""
    if find_spec("youtube_transcript_api") is None:
        raise PermanentError("the captions of a video need another library", todo=INSTALL)
    api = importlib.import_module("youtube_transcript_api")
    requests = importlib.import_module("requests")
    try:
        client = api.YouTubeTranscriptApi(http_client=session or _session(requests))
        listed = list(client.list(video))
        if not listed:
            return None
        chosen = min(listed, key=lambda one: _rank(one.language_code, one.is_generated, language))
        fetched = chosen.fetch()
    except tuple(getattr(api, name) for name in HAS_NONE):
        return None
    except (api.IpBlocked, api.RequestBlocked, api.YouTubeRequestFailed) as error:
        raise TransientError(f"YouTube does not answer ({type(error).__name__})") from None
    except api.YouTubeTranscriptApiException as error:
        raise PermanentError(f"its captions cannot be had ({type(error).__name__})") from None
    except requests.RequestException as error:
        raise TransientError(f"YouTube cannot be reached ({type(error).__name__})") from None
    except (
        SyntaxError,
        ValueError,
        LookupError,
        AttributeError,
        TypeError,
    ):  # XML and JSON that are not what they were
        raise PermanentError("its captions cannot be read: YouTube may have changed them") from None
    return _transcript([(one.text, one.start, one.duration) for one in fetched], fetched.language_code)


def _session(requests: Any) -> Any:
    """One that does not wait for ever, as they do by themselves."""

    class Session(requests.Session):  # type: ignore[misc]
        def request(self, *args: Any, **more: Any) -> Any:
            return super().request(*args, **{"timeout": REQUEST_S, **more})

    return Session()


def _rank(code: str, is_generated: bool, language: str) -> tuple[bool, bool]:
    """In the user's language, people's own; then automatic ones, which are in the language that is spoken."""
    speaks = code.lower().partition("-")[0] == language.lower().partition("-")[0]
    return not speaks, is_generated if speaks else not is_generated


def _transcript(snippets: Sequence[tuple[str, float, float]], language: str) -> Transcript | None:
    said = [
        (words, start_s, start_s + length_s) for text, start_s, length_s in snippets if (words := folded(plain(text)))
    ]
    starts = [*(start_s for _, start_s, _ in said), float("inf")]
    segments = [
        # each stays to be read while the next is spoken
        Segment(start_s=round(start_s, 3), end_s=round(min(end_s, max(start_s, next_s)), 3), speaker=None, text=words)
        for (words, start_s, end_s), (_, next_s) in zip(said, pairwise(starts), strict=True)
    ]
    kept, remarks = without_invented([(segment, Doubt()) for segment in segments])
    return Transcript(source="youtube", language=language, remarks=remarks, segments=tuple(kept)) if kept else None
