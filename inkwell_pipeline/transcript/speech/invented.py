"""What a recogniser gives and nobody said: loops, and words where there is silence.

Belongs here: telling them, and cutting them out with a line that says so. Does not: reading a recogniser's output
(`recognised.py`).
Pure. Whisper's own decoder distrusts a segment that is silent by `no_speech_prob` above 0.6 and `avg_logprob` below -1,
and a text that packs to less than 1 / 2.4 of its size (Radford et al., "Robust Speech Recognition via Large-Scale Weak
Supervision", section 4.5). People say a thing twice, and five times when they laugh: what is cut is far from that.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from inkwell_pipeline.models import Segment
from inkwell_pipeline.timecode import timecode

__all__ = ["Doubt", "without_invented"]

NO_SPEECH, LOGPROB = 0.6, -1.0
MOST_ALIKE = 4  # segments in a row with the same words: more are a loop
MOST_REPEATS = 8  # of a phrase within a segment, one after the other
LONGEST_PHRASE = 12  # words of a phrase that is looked for
# sounds, not words; and what films' subtitles end with, from which Whisper learned
SOUND = re.compile(r"[\[(*♪♫][^\])*♪♫]*[\])*♪♫]|[♪♫\s.…]+")
BLANK = re.compile(r"(?i)[\[(]\s*(?:blank[_ ]audio|silence|no (?:speech|audio)|inaudible|pause)\s*[\])]")
CREDITS = re.compile(
    r"(?i)(?:subtitles|subtitled|captions|captioned|transcribed|transcript|sous-titres|untertitel|subtítulos)\b.{0,40}"
    r"\b(?:by|par|von|por|der|amara)\b.{0,60}|.{0,20}amara\.org.{0,20}"
)


@dataclass(frozen=True)
class Doubt:
    """What the recogniser says against its own segment; None: nothing."""

    no_speech: float | None = None  # the probability that nobody speaks
    logprob: float | None = None  # of its words, on average


def without_invented(found: Sequence[tuple[Segment, Doubt]]) -> tuple[list[Segment], tuple[str, ...]]:
    """The segments that were said, in order, and a line for each kind of thing that was cut."""
    silent = [segment for segment, doubt in found if _is_silence(segment, doubt)]
    spoken = [segment for segment, doubt in found if not _is_silence(segment, doubt)]
    kept: list[Segment] = []
    looped: list[Segment] = []
    for _, run in groupby(spoken, key=_words_of):
        alike = list(run)
        if len(alike) > MOST_ALIKE and _words_of(alike[0]):
            looped += alike[1:]
            alike = alike[:1]
        kept += alike
    shortened = [_without_loop(segment) for segment in kept]
    inside = [before for before, after in zip(kept, shortened, strict=True) if before is not after]
    return shortened, tuple(_remarks(silent, looped, inside))


def _is_silence(segment: Segment, doubt: Doubt) -> bool:
    if BLANK.fullmatch(segment.text) or SOUND.fullmatch(segment.text) or CREDITS.fullmatch(segment.text):
        return True
    if doubt.no_speech is None or doubt.logprob is None:
        return False
    return doubt.no_speech > NO_SPEECH and doubt.logprob < LOGPROB


def _words_of(segment: Segment) -> tuple[str, ...]:
    """What two segments have in common however they are punctuated."""
    return tuple(re.findall(r"\w+", segment.text.casefold()))


def _without_loop(segment: Segment) -> Segment:
    """The segment with a phrase that comes far too often in a row only once; itself where there is none."""
    written = segment.text.split()
    words = [re.sub(r"\W+", "", word.casefold()) for word in written]
    for length in range(1, min(LONGEST_PHRASE, len(words) // MOST_REPEATS) + 1):
        at = 0
        while at + length * MOST_REPEATS < len(words):
            phrase = words[at : at + length]
            times = _times(words, at, phrase)
            if times > MOST_REPEATS and any(phrase):
                text = " ".join(written[: at + length] + written[at + length * times :])
                # its words no longer match the text; its times still say when it began
                return _without_loop(segment.model_copy(update={"text": text, "words": ()}))
            at += 1
    return segment


def _times(words: Sequence[str], at: int, phrase: Sequence[str]) -> int:
    """How often the phrase stands there, one after the other."""
    count, length = 0, len(phrase)
    while words[at + count * length : at + (count + 1) * length] == phrase:
        count += 1
    return count


def _remarks(silent: Sequence[Segment], looped: Sequence[Segment], inside: Sequence[Segment]) -> Iterator[str]:
    if looped:
        yield f"{len(looped)} segments cut that only repeat the one before, a recogniser's loop, {_where(looped)}"
    if inside:
        yield f"{len(inside)} segments shortened that repeat a phrase again and again, {_where(inside)}"
    if silent:
        yield f"{len(silent)} segments left out in which nobody speaks, {_where(silent)}"


def _where(segments: Sequence[Segment]) -> str:
    start_s = segments[0].start_s
    return "the first at a time that is not known" if start_s is None else f"the first at {timecode(start_s)}"
