"""Captions to segments: WebVTT and SRT, with their dialects.

Belongs here: voices, and who speaks in a cue and after it. Does not: the grammar of cues (`cues.py`), what is shown
twice (`rolling.py`), marks and names inside a cue (`marks.py`), telling forms apart (`forms.py`).
One reader for both, since publishers mix them: numbers before VTT cues, points in SRT times, bare seconds in either
(`0.860 --> 7.380`, which no specification allows, and of which webvtt-py reads nothing).
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from inkwell_pipeline.models import Segment
from inkwell_pipeline.transcript.cues import TAG, Cue, cues_of
from inkwell_pipeline.transcript.marks import SpeakerMarks
from inkwell_pipeline.transcript.reading import Reading, Tally, UnreadableTranscript, folded, plain
from inkwell_pipeline.transcript.rolling import without_repeats
from inkwell_pipeline.transcript.speakers import label, with_full_names
from inkwell_pipeline.transcript.times import in_time

__all__ = ["read_captions"]

VOICE = re.compile(r"<v(?:\.[^\s<>]{0,100})?[ \t]([^<>]{0,200})>")

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
    names = [None, *(folded(plain(name)) or None for name in parts[1::2])]
    turns = [(name, _plain_lines(part)) for name, part in zip(names, parts[::2], strict=True)]
    return [(name, lines) for name, lines in turns if lines or name]


def _plain_lines(markup: str) -> list[str]:
    """Words without tags and inline times, entities decoded, white space folded."""
    bare = TAG.sub("", markup) if "<" in markup else markup
    return [line for raw in bare.split("\n") if (line := folded(plain(raw)))]


def _segments(spoken: Sequence[tuple[Cue, list[Turn]]], tally: Tally) -> Iterator[Segment]:
    marks = SpeakerMarks([lines for _, turns in spoken for voice, lines in turns if voice is None and lines])
    goes_on = marks.used or _only_changes_are_voiced([turns for _, turns in spoken])
    speaker: str | None = None
    for cue, turns in spoken:
        said: list[tuple[str | None, list[str]]] = []
        if not goes_on:
            speaker = None
        for voice, lines in turns:
            speaker = voice or speaker
            for number, piece in enumerate(marks.pieces(lines)):
                changes = piece.changes and not (number == 0 and voice and piece.name is None)  # the voice says to whom
                speaker = piece.name if changes else speaker
                if not said or changes or said[-1][0] != speaker:
                    said.append((speaker, []))
                said[-1][1].append(piece.words)
        texts = [(who, " ".join(filter(None, words))) for who, words in said]
        if not any(text for _, text in texts):
            tally.leave_out("without words")
        for who, text in texts:
            yield Segment(start_s=cue.start_s, end_s=cue.end_s, speaker=label(who), text=text)


def _only_changes_are_voiced(cues: Sequence[list[Turn]]) -> bool:
    """Whether a voice goes on in the cues that name none: then no name comes twice in a row."""
    voices = [voice for turns in cues for voice, _ in turns if voice]
    unvoiced = sum(all(voice is None for voice, _ in turns) for turns in cues)
    return len(voices) > 1 and unvoiced * 2 >= len(voices) and all(a != b for a, b in pairwise(voices))
