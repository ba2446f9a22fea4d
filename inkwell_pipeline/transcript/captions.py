"""Captions to segments: WebVTT and SRT, as bytes, become segments with times and speakers.

Belongs here: a format's grammar, and the dialects seen in real feeds. Does not: fetching, and choosing among several
offers (`publisher.py`); caching (`cache/`). Pure: the same bytes give the same segments, or `UnreadableCaptions`.
One reader for both, since publishers mix them: numbers before VTT cues, points in SRT times, bare seconds in either
(`0.860 --> 7.380`, which no specification allows, and of which webvtt-py reads nothing).
"""

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.models import Segment

__all__ = ["UnreadableCaptions", "parse_captions", "parse_timestamp_s"]

TIMING = re.compile(r"^\s*([\d:.,]+)\s*-->\s*([\d:.,]+)")
VOICE = re.compile(r"<v(?:\.[^\s<>]{0,100})?[ \t]([^<>]{0,200})>")
TAG = re.compile(r"<(?:/?[A-Za-z]|\d+:)[^<>]{0,200}>")  # not `1 < 2 and 3 > 2`
# `Wes Bos: `, `SPEAKER 1: `, `Dr. Courtney Tolinski: `; not `Note that the time is 12:30`
PREFIX = re.compile(r"^(?:>>\s*|-\s+)?([^\W\d_][\w.'’-]*(?: [^\W_a-z][\w.'’-]*){0,3}): +(?=\S)")
ROLES = frozenset({"announcer", "narrator", "host", "guest", "interviewer", "speaker"})
NOBODY = frozenset({"unknown", "unknown speaker"})


class UnreadableCaptions(PermanentError):
    """The bytes hold no caption with a time and words."""


@dataclass(frozen=True)
class _Cue:
    start_s: float
    end_s: float
    lines: tuple[str, ...]


def parse_captions(data: bytes) -> tuple[Segment, ...]:
    """Segments in order of their times, in seconds from the start of the audio.

    A voice (`<v Name>`) is the speaker of its words; a `Name: ` before the words is, until the next one, where the
    name has two words, comes twice, or is a role. Raises: UnreadableCaptions.
    Sources: WebVTT (W3C), sections 4 and 6; SRT has no specification, only the real files among the tests.
    """
    cues = list(_cues(_decode(data)))
    speakers = _speakers(cues)
    segments: list[Segment] = []
    speaker: str | None = None
    for cue in sorted(cues, key=lambda cue: cue.start_s):
        for voice, text in _voices(cue):
            name, words = _without_prefix(text, speakers)
            speaker = voice or name or (speaker if speakers else None)
            if words:
                known = None if speaker is None or speaker.lower() in NOBODY else speaker
                segments.append(Segment(start_s=cue.start_s, end_s=cue.end_s, speaker=known, text=words))
    if not segments:
        raise UnreadableCaptions("no caption with a time and words was found in it")
    return tuple(segments)


def parse_timestamp_s(text: str) -> float:
    """Seconds, for a caption's time.

    Takes `[hours:]mm:ss.mmm` with any number of hours, SRT's comma for the point, and bare seconds.
    Raises: UnreadableCaptions, with the text.
    """
    parts = text.strip().replace(",", ".").split(":")
    if len(parts) > 3 or not all(re.fullmatch(r"\d{1,9}", part) for part in parts[:-1]):
        raise UnreadableCaptions(f"{text!r} is no time")
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", parts[-1]):
        raise UnreadableCaptions(f"{text!r} is no time")
    seconds = 0.0
    for part in parts:
        seconds = seconds * 60 + float(part)
    return round(seconds, 3)


def _decode(data: bytes) -> str:
    """Text by its byte order mark; else UTF-8; else Windows-1252, which every byte can be."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _cues(text: str) -> Iterator[_Cue]:
    """Each timing line with the lines below it, to the next empty or timing line."""
    start_s, end_s = 0.0, 0.0
    lines: list[str] | None = None  # None: outside a cue, where headers, notes, styles and numbers stand
    for line in [*text.splitlines(), ""]:
        timing = TIMING.match(line) if "-->" in line else None
        if lines is not None and (timing or not line.strip()):
            if timing and lines and lines[-1].strip().isdecimal():
                lines.pop()  # the number of a cue that no empty line parts from this one
            yield _Cue(start_s, end_s, tuple(lines))
            lines = None
        if timing:
            try:
                start_s, end_s = parse_timestamp_s(timing[1]), parse_timestamp_s(timing[2])
            except UnreadableCaptions:
                continue
            end_s, lines = max(start_s, end_s), []
        elif lines is not None:
            lines.append(line)


def _voices(cue: _Cue) -> Iterator[tuple[str | None, str]]:
    """The cue's words by voice: (None, words) for those before the first or without any."""
    whole = " ".join(cue.lines)
    ends = [(match.start(), match.end(), _plain(match[1]) or None) for match in VOICE.finditer(whole)]
    first = ends[0][0] if ends else len(whole)
    if first:
        yield None, _plain(whole[:first])
    for index, (_, begin, name) in enumerate(ends):
        until = ends[index + 1][0] if index + 1 < len(ends) else len(whole)
        yield name, _plain(whole[begin:until])


def _plain(markup: str) -> str:
    """Words without tags and inline times, entities decoded, white space folded."""
    return " ".join(html.unescape(TAG.sub("", markup)).split())


def _speakers(cues: list[_Cue]) -> frozenset[str]:
    """The names that stand before words as speakers: of two words at least, or more than once."""
    found = Counter(match[1] for cue in cues for _, text in _voices(cue) if (match := PREFIX.match(text)))
    return frozenset(
        name for name, times in found.items() if times > 1 or " " in name or name.lower() in ROLES | NOBODY
    )


def _without_prefix(text: str, speakers: frozenset[str]) -> tuple[str | None, str]:
    match = PREFIX.match(text)
    if match is None or match[1] not in speakers:
        return None, text
    return match[1], text[match.end() :]
