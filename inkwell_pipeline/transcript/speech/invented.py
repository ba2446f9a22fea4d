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
SHORT, MOST_ALIKE_SHORT = 3, 5  # words of a segment that people may well say again and again: "Ha ha!", "Yeah."
MOST_REPEATS = 8  # of a phrase within a segment, one after the other
LONGEST_PHRASE = 12  # words of a phrase that is looked for
SOUND = re.compile(r"\[[^\[\]]{0,60}\]|\([^()]{0,60}\)|\*[^*]{0,60}\*|[♪♫\s.…]+")  # `[Music]`, `(laughs)`, `♪`
WORD = re.compile(r"\w+")
SOUND_WORDS = 4  # in brackets; more are said by somebody
# what films' subtitles end with, from which Whisper learned
CREDITS = re.compile(
    r"(?i)(?:subtitles?|subtitled|captions?|captioned|transcribed|transcription|transcript|sous-titr(?:es|age)|untertitel"
    r"(?:ung)?|subtítulos) (?:(?:created|made|provided|edited|réalisés|realizados|im auftrag) )?"
    r"(?:by|par|von|por|der|des) (?:(?:the|la) )?(?:https?:|communaut|(?-i:[A-Z]))[^?!,;]{0,60}"
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
    for (words, _), run in groupby(spoken, key=lambda segment: (_words_of(segment), segment.speaker)):
        alike = list(run)
        if words and len(alike) > (MOST_ALIKE if len(words) > SHORT else MOST_ALIKE_SHORT):
            looped += alike[1:]
            alike = alike[:1]
        kept += alike
    shortened = [_without_loops(segment) for segment in kept]
    inside = [before for before, after in zip(kept, shortened, strict=True) if before is not after]
    return shortened, tuple(_remarks(silent, looped, inside))


def _is_silence(segment: Segment, doubt: Doubt) -> bool:
    text = segment.text
    is_sentence = text[:1] in ("(", "*") and text.strip("()*").endswith((".", "!", "?"))
    if SOUND.fullmatch(text) and len(text.split()) <= SOUND_WORDS and not is_sentence:
        return True
    if CREDITS.fullmatch(text):
        return True
    if doubt.no_speech is None or doubt.logprob is None:
        return False
    return doubt.no_speech > NO_SPEECH and doubt.logprob < LOGPROB


def _words_of(segment: Segment) -> tuple[str, ...]:
    """What two segments have in common however they are punctuated."""
    return tuple(WORD.findall(segment.text.casefold()))


def _without_loops(segment: Segment) -> Segment:
    """The segment with each phrase that comes far too often in a row only once; itself where there is none."""
    written = segment.text.split()
    whole = len(written)
    for length in range(1, LONGEST_PHRASE + 1):
        if len(written) > length * MOST_REPEATS:
            written = _once(written, length)
    if len(written) == whole:
        return segment
    # its words no longer match the text; its times still say when it began
    return segment.model_copy(update={"text": " ".join(written), "words": ()})


def _once(written: Sequence[str], length: int) -> list[str]:
    """The words, without the repeats of a phrase of that length. In one pass, whatever they are."""
    plain = ["".join(WORD.findall(word.casefold())) for word in written]
    kept: list[str] = []
    at = 0
    while at < len(plain):
        same = at  # as far as each word is the one a phrase before it
        while same + length < len(plain) and plain[same] == plain[same + length]:
            same += 1
        times = (same - at) // length + 1
        if times > MOST_REPEATS and any(plain[at : at + length]):
            kept += written[at : at + length]
            at += length * times
        else:
            following = max(at + 1, same - length * MOST_REPEATS)  # no loop begins before that
            kept += written[at:following]
            at = following
    return kept


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
