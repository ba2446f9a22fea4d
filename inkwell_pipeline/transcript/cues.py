"""Cues: the lines between one time of a caption file and the next.

Belongs here: blocks, timing lines, and what stands between the cues. Does not: who speaks in a cue (`captions.py`).
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from inkwell_pipeline.transcript.reading import Tally, UnreadableTranscript
from inkwell_pipeline.transcript.times import parse_timestamp_s

__all__ = ["TAG", "TIMING", "Cue", "cues_of"]

TAG = re.compile(r"<(?:/?[A-Za-z]|\d+:)[^<>]{0,200}>")  # not `1 < 2 and 3 > 2`
TIMING = re.compile(r"[ \t]*([0-9][0-9:., ]{0,30}?)[ \t]*(?:-{1,3}>|[–—→]>?)[ \t]*([0-9][0-9:.,]{0,30})?(?=\s|$)")
BLOCK = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")


@dataclass(frozen=True)
class Cue:
    """Times in seconds, None where they cannot be read, and the lines as written, those of white space too."""

    start_s: float | None
    end_s: float | None
    lines: tuple[str, ...]


def cues_of(text: str, tally: Tally) -> list[Cue]:
    """The cues in the order of the file; counted, with the times that cannot be read.

    Only an empty line ends a cue (YouTube's hold lines of a single space). Lines below an empty one that are neither
    a cue's number or name nor a block of WebVTT's own go on with the cue before: an editor's empty line, not silence.
    """
    found: list[Cue] = []
    vtt = text.startswith("WEBVTT")
    for timing, lines in _blocks(text):
        if timing is None:
            named = vtt and BLOCK.match(lines[0])
            if found and not named and not all(line.strip().isdecimal() for line in lines):
                found[-1] = replace(found[-1], lines=(*found[-1].lines, *lines))
            continue
        tally.total += 1
        found.append(_cue(timing, lines, tally))
    return found


def _blocks(text: str) -> Iterator[tuple[str | None, list[str]]]:
    """(timing line, lines below it); (None, lines) where lines stand without one."""
    timing: str | None = None
    lines: list[str] = []
    for line in [*text.splitlines(), ""]:
        begins = _is_timing(line, inside=timing is not None and not (lines and lines[-1].strip().isdecimal()))
        if not begins and line != "":
            lines.append(line)
            continue
        if begins and lines and (timing is None or lines[-1].strip().isdecimal()):
            lines.pop()  # the number or name of the cue that begins here
        if timing is not None or lines:
            yield timing, lines
        timing, lines = (line if begins else None), []
    if timing is not None:
        yield timing, []


def _is_timing(line: str, *, inside: bool) -> bool:
    """Whether a cue begins with this line, though its times may be unreadable. `inside`: words may stand here."""
    if TIMING.match(line):
        return True
    written, arrow, _ = line.partition("-->")
    return bool(arrow) and len(written) < 20 and (not inside or written[:1].isdecimal())


def _cue(timing: str, lines: list[str], tally: Tally) -> Cue:
    match = TIMING.match(timing)
    start_s = end_s = None
    if match:
        with suppress(UnreadableTranscript):
            start_s = parse_timestamp_s(match[1].replace(" ", ""))
            end_s = max(start_s, parse_timestamp_s(match[2] or ""))
    if start_s is None:
        tally.without_time(timing.partition("-->")[0].strip() or timing)
    return Cue(start_s, end_s, tuple(lines))
