"""Values for tests: builders that name only what matters in the test at hand.

Belongs here: frozen values of `models.py` with defaults, captions as bytes, and what reading a feed needs. Does not:
fakes with a memory (`fakes/`).
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inkwell_pipeline.clock import Clock, now
from inkwell_pipeline.episodes import EpisodeShelf
from inkwell_pipeline.feed import FeedDesk, FeedMemory
from inkwell_pipeline.http import Http
from inkwell_pipeline.models import Episode, Record, Segment, Transcript

__all__ = [
    "EVERYWHERE",
    "OF_EXTRACTION",
    "OF_TRANSCRIPT",
    "as_html",
    "as_json",
    "as_text",
    "cues",
    "desk_at",
    "episode",
    "record",
    "srt",
    "transcript",
    "vtt",
]

A_DAY = datetime(2024, 2, 28, 9, 0, tzinfo=UTC)
# the names that others rely on: on every asset, and on `extraction` besides
EVERYWHERE = {
    "episodes",
    "failed",
    "cache_hits",
    "cache_misses",
    "cache_hit_rate",
    "cache_read_bytes",
    "cache_written_bytes",
    "cache_io_ms",
    "blocked_ms",
    "longest_block_ms",
    "longest_lag_ms",
    "block_meter",
    "cost_usd",
    "saved_usd",
}
OF_TRANSCRIPT = {"minutes_transcribed", "unpriced_calls"}
OF_EXTRACTION = {"model_calls", "unpriced_calls", "input_tokens", "output_tokens", "cached_tokens"}
LINES = (
    "Welcome to the show about rivers and the people who measure them.",
    "Today we talk about the gauge at the old bridge.",
    "A river gauge is a ruler that somebody promised to read every morning.",
    "The flood of nineteen fifty three taught the town to trust its ruler.",
    "What happens when nobody reads the ruler for a year?",
    "Then the next flood arrives as a surprise, and surprises are expensive.",
)


def desk_at(folder: Path, http: Http, *, clock: Clock = now) -> FeedDesk:
    """What asking for a feed needs, its files in `folder`."""
    return FeedDesk(http, FeedMemory(folder), EpisodeShelf(folder), clock)


def episode(**changes: Any) -> Episode:
    """An episode of the show Rivers, published on 28 February 2024."""
    values: dict[str, Any] = {
        "key": "0123456789abcdef",
        "feed": "rivers",
        "show": "Rivers",
        "title": "The gauge",
        "guid": "rivers-1",
        "published": A_DAY,
        "audio_url": "https://example.com/rivers/1.mp3",
    }
    return Episode(**{**values, **changes})


def record(**changes: Any) -> Record:
    values: dict[str, Any] = {"key": "0123456789abcdef", "title": "The gauge", "published": A_DAY}
    return Record(**{**values, **changes})


def transcript(*lines: str, speaker: str | None = "Ada Brook", step_s: float = 5.0) -> Transcript:
    """A transcript of one speaker, a segment each `step_s`."""
    segments = tuple(
        Segment(start_s=index * step_s, end_s=(index + 1) * step_s, speaker=speaker, text=line)
        for index, line in enumerate(lines or LINES)
    )
    return Transcript(source="publisher", segments=segments)


def vtt(*lines: str, speaker: str = "Ada Brook", step_s: int = 5) -> bytes:
    """WebVTT with a voice."""
    cues = [
        f"{_time(index * step_s)}.000 --> {_time((index + 1) * step_s)}.000\n<v {speaker}>{line}\n"
        for index, line in enumerate(lines or LINES)
    ]
    return ("WEBVTT\n\n" + "\n".join(cues)).encode()


def srt(*lines: str, speaker: str = "Ada Brook", step_s: int = 5) -> bytes:
    """SRT, the speaker named in the first cue."""
    cues = [
        f"{index + 1}\n{_time(index * step_s)},000 --> {_time((index + 1) * step_s)},000\n"
        f"{speaker + ': ' if index == 0 else ''}{line}\n"
        for index, line in enumerate(lines or LINES)
    ]
    return "\n".join(cues).encode()


def as_json(*lines: str, speaker: str = "Ada Brook", step_s: int = 5) -> bytes:
    """The podcast namespace's JSON."""
    segments = [
        {"speaker": speaker, "startTime": index * step_s, "endTime": (index + 1) * step_s, "body": line}
        for index, line in enumerate(lines or LINES)
    ]
    return json.dumps({"version": "1.0.0", "segments": segments}).encode()


def as_html(*lines: str, speaker: str = "Ada Brook", step_s: int = 5) -> bytes:
    """The podcast namespace's HTML."""
    turns = [
        f"<cite>{speaker}:</cite>\n<time>{_time(index * step_s)}</time>\n<p>{line}</p>\n"
        for index, line in enumerate(lines or LINES)
    ]
    return "".join(turns).encode()


def as_text(*lines: str, speaker: str = "Ada Brook", step_s: int = 5) -> bytes:
    """Plain text, the speaker and the time before each line."""
    turns = [f"{speaker} ({_time(index * step_s)}): {line}\n" for index, line in enumerate(lines or LINES)]
    return "\n".join(turns).encode()


def cues(*texts: str) -> str:
    """SRT, a cue of five seconds for each text, which may have several lines."""
    return "".join(f"{n}\n{_time(5 * n)},000 --> {_time(5 * n + 5)},000\n{text}\n\n" for n, text in enumerate(texts))


def _time(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
