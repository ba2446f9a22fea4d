"""Captions to segments: WebVTT and SRT, with their dialects.

Belongs here: the grammar of cues, voices, and who speaks in a cue. Does not: telling forms apart (`forms.py`), what
is shown twice (`rolling.py`), what is a name (`speakers.py`).
One reader for both, since publishers mix them: numbers before VTT cues, points in SRT times, bare seconds in either
(`0.860 --> 7.380`, which no specification allows, and of which webvtt-py reads nothing).
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from inkwell_pipeline.models import Segment
from inkwell_pipeline.transcript.cues import TAG, Cue, cues_of
from inkwell_pipeline.transcript.reading import Reading, Tally, UnreadableTranscript, folded, unescaped
from inkwell_pipeline.transcript.rolling import without_repeats
from inkwell_pipeline.transcript.speakers import known_names, label, prefix, with_full_names
from inkwell_pipeline.transcript.times import in_time

__all__ = ["read_captions"]

VOICE = re.compile(r"<v(?:\.[^\s<>]{0,100})?[ \t]([^<>]{0,200})>")
CHANGE = re.compile(r"(?:^|(?<=\s))>{2,3}(?=[\s\w\"'“‘(\[♪-]|$)\s*")  # the convention of live captions; not `x >>= f`
DASH = re.compile(r"[-–—]\s*(?=\S)")

Turn = tuple[str | None, list[str]]  # a voice, and the plain lines that are its


def read_captions(text: str) -> Reading:
    """Segments in order of their times, in seconds from the start of the audio.

    A voice (`<v Name>`) speaks the words of its cue; where a file names only each change of voice, also the cues up to
    the next. A `Name: ` before the words speaks until the next one, where the name has two words, comes twice, or is a
    role. `>>` is a change of speaker, of whom nothing is known unless a name follows. A cue of two speakers is two
    segments with its times. A cue whose time cannot be read keeps its place in the file, without a time.
    Raises: UnreadableTranscript.
    Sources: WebVTT (W3C), sections 4 and 6; SRT has no specification, only the real files among the tests.
    """
    tally = Tally("cues")
    cues = without_repeats(in_time(cues_of(text, tally), lambda cue: cue.start_s), tally)
    spoken = [(cue, _voices(cue)) for cue in cues]
    segments = [segment for segment in _segments(spoken, tally) if segment.text]
    if not segments:
        raise UnreadableTranscript("no caption with a time and words was found in it")
    return Reading(with_full_names(segments), tally.remarks)


def _voices(cue: Cue) -> list[Turn]:
    """The cue's plain lines by voice: first those before any."""
    whole = "\n".join(cue.lines)
    parts = VOICE.split(whole) if "<v" in whole else [whole]
    names = [None, *(folded(unescaped(name)) or None for name in parts[1::2])]
    turns = [(name, _plain_lines(part)) for name, part in zip(names, parts[::2], strict=True)]
    return [(name, lines) for name, lines in turns if lines or name]


def _plain_lines(markup: str) -> list[str]:
    """Words without tags and inline times, entities decoded, white space folded."""
    bare = TAG.sub("", markup) if "<" in markup else markup
    return [line for raw in bare.split("\n") if (line := folded(unescaped(raw)))]


def _segments(spoken: Sequence[tuple[Cue, list[Turn]]], tally: Tally) -> Iterator[Segment]:
    unvoiced = [lines for _, turns in spoken for voice, lines in turns if voice is None and lines]
    marked = [lines[0].startswith(">>") for lines in unvoiced]
    known = known_names(name for lines in unvoiced for name in _prefixes(lines))
    splitter = _Splitter(known, live=sum(marked) > 1)
    goes_on = bool(known) or any(marked) or _only_changes_are_voiced([turns for _, turns in spoken])
    speaker: str | None = None
    for cue, turns in spoken:
        said: list[tuple[str | None, list[str]]] = []
        if not goes_on:
            speaker = None
        for voice, lines in turns:
            speaker = voice or speaker
            for changed, name, words in splitter.pieces(lines):
                speaker = name if changed else speaker
                if not said or changed or said[-1][0] != speaker:
                    said.append((speaker, []))
                said[-1][1].append(words)
        texts = [(who, " ".join(filter(None, words))) for who, words in said]
        if not any(text for _, text in texts):
            tally.leave_out("without words")
        for who, text in texts:
            yield Segment(start_s=cue.start_s, end_s=cue.end_s, speaker=label(who), text=text)


def _prefixes(lines: Sequence[str]) -> Iterator[str]:
    """What may be names: before the first line, and if there, before others; else a line begins at any word."""
    for line in lines:
        found = prefix(_unmarked(line))
        if found is None and line is lines[0]:
            return
        if found:
            yield found[0]


def _only_changes_are_voiced(cues: Sequence[list[Turn]]) -> bool:
    """Whether a voice goes on in the cues that name none: then no name comes twice in a row."""
    voices = [voice for turns in cues for voice, _ in turns if voice]
    unvoiced = sum(all(voice is None for voice, _ in turns) for turns in cues)
    return len(voices) > 1 and unvoiced * 2 >= len(voices) and all(a != b for a, b in pairwise(voices))


def _unmarked(line: str) -> str:
    return CHANGE.sub("", line, count=1) if line.startswith(">>") else line


class _Splitter:
    """Cuts a voice's lines where the speaker changes. `live`: `>>` counts also inside a line."""

    def __init__(self, known: frozenset[str], *, live: bool) -> None:
        self._known, self._live = known, live
        names = "|".join(map(re.escape, sorted(known, key=len, reverse=True)[:100]))
        self._inside = re.compile(rf"(?<=[.?!…\"”’)\]])\s+(?=(?:{names}): )") if names else None

    def pieces(self, lines: Sequence[str]) -> Iterator[tuple[bool, str | None, str]]:
        """(whether the speaker changes here, to whom, the words): in order, nothing left out but marks and names."""
        dialogue = sum(DASH.match(line) is not None for line in lines) > 1
        for line in lines:
            dashed = dialogue and DASH.match(line)
            for number, (changed, part) in enumerate(self._parts(line[dashed.end() :] if dashed else line)):
                named = prefix(part)
                if named and named[0] in self._known:
                    yield True, *named
                else:
                    yield changed or bool(dashed and number == 0), None, part

    def _parts(self, line: str) -> Iterator[tuple[bool, str]]:
        if ">>" not in line:
            marked = [(False, line)]
        else:
            whole = CHANGE.split(line, maxsplit=0 if self._live else int(line.startswith(">>")))
            if not self._live and not line.startswith(">>"):
                whole = [line]
            marked = [(number > 0, part.strip()) for number, part in enumerate(whole) if number or part.strip()]
        for changed, part in marked:
            for number, one in enumerate(self._inside.split(part) if self._inside else [part]):
                yield changed and number == 0, one
