"""Paragraphs to segments: what texts and pages have in common.

Belongs here: who speaks in a paragraph and since when, as people write it before the words. Does not: markup
(`html_form.py`, `text_form.py`).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from inkwell_pipeline.models import Segment
from inkwell_pipeline.transcript.reading import Reading, Tally, UnreadableTranscript
from inkwell_pipeline.transcript.speakers import NAME, known_names, label, prefix, with_full_names
from inkwell_pipeline.transcript.times import CLOCK, clock_s, out_of_order

__all__ = ["Line", "Paragraph", "named_and_stamped", "paragraphs_of", "read_paragraphs"]

LONGEST_TURN = 20_000  # letters, some twenty minutes, up to which paragraphs are put together
FEWEST_WORDS = 20  # of a text without speakers and times: "Not found" is no transcript
FEWEST_BARE_TIMES = 3  # lines that begin with a time, from which on it is the time of the line
# `[00:12:34]`, `(1:02:03)`, `[0:01 --> 0:02]` before words
STAMPED = re.compile(rf"[\[(] ?({CLOCK})(?:\s{{0,3}}(?:-->|[-–—])\s{{0,3}}{CLOCK})? ?[\])]\s*:?\s*")
BARE = re.compile(rf"({CLOCK})(?:\s{{0,3}}(?:-->|[-–—])\s{{0,3}}{CLOCK})?(?:\s*[-–—:|]?\s+|$)")
# `Ada Brook (0:08:10): words`, `Ada Brook [0:08]`; `Ada Brook  0:25` alone in a line, as Otter writes it
NAMED_AND_STAMPED = re.compile(
    rf"({NAME}):?\s{{0,3}}(?:[-–—|,]\s{{0,3}})?(?:[\[(] ?({CLOCK}) ?[\])]\s*(?::\s*|$)|(?<![0-9])({CLOCK})\s*:?\s*$)"
)
INSIDE = re.compile(rf"\[({CLOCK})\]")


class Line(NamedTuple):
    """A line without markup. `emphasised`: it begins with bold or slanted letters, as names are set."""

    text: str
    emphasised: bool = False


@dataclass(frozen=True)
class Paragraph:
    """Words, with the speaker and the time in seconds that are written before them; None: none is."""

    text: str
    speaker: str | None = None
    start_s: float | None = None

    @property
    def opens(self) -> bool:
        return self.speaker is not None or self.start_s is not None


def read_paragraphs(paragraphs: Iterable[Paragraph], tally: Tally) -> Reading:
    """A segment for each turn: a paragraph that names neither speaker nor time goes on with the turn before it.

    Where no paragraph names any, each is a segment. The order is the text's; a time that goes back is not used. A
    segment ends where the next one begins, if that is known. Raises: UnreadableTranscript (no words, or too few).
    """
    turns = list(_turns(_with_words(paragraphs, tally)))
    words = sum(len(turn.text.split()) for turn in turns)
    if not words or (words < FEWEST_WORDS and not any(turn.opens for turn in turns)):
        raise UnreadableTranscript(f"it holds {words} words, and no speakers or times" if words else "it has no words")
    starts = [turn.start_s for turn in turns]
    for index in sorted(out_of_order(starts)):
        tally.without_time(_clock(starts[index] or 0.0))
        starts[index] = None
    segments: list[Segment] = []
    speaker: str | None = None
    for turn, start_s, next_s in zip(turns, starts, [*starts[1:], None], strict=True):
        speaker = label(turn.speaker) if turn.speaker is not None else speaker
        end_s = next_s if start_s is not None else None
        segments.append(Segment(start_s=start_s, end_s=end_s, speaker=speaker, text=turn.text))
    return Reading(with_full_names(segments), tally.remarks)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600}:{int(seconds) // 60 % 60:02}:{int(seconds) % 60:02}"


def _with_words(paragraphs: Iterable[Paragraph], tally: Tally) -> Iterator[Paragraph]:
    """A name or a time that stands alone is the next paragraph's, if that has none of its own."""
    waiting = Paragraph("")
    for paragraph in paragraphs:
        both = _together(waiting, paragraph)
        if both is None:
            tally.total += 1
            tally.leave_out("without words")
            both = paragraph
        if both.text:
            tally.total += 1
            yield both
            both = Paragraph("")
        waiting = both
    if waiting.opens:
        tally.total += 1
        tally.leave_out("without words")


def _together(above: Paragraph, below: Paragraph) -> Paragraph | None:
    """`0:25` above `Ada Brook` above words is one paragraph; None for `Ada Brook` above `Bo Lee: words`."""
    if above.speaker is not None and below.speaker is not None:
        return None
    if above.start_s is not None and below.start_s is not None:
        return None
    return Paragraph(
        below.text,
        above.speaker if below.speaker is None else below.speaker,
        above.start_s if below.start_s is None else below.start_s,
    )


def _turns(paragraphs: Iterable[Paragraph]) -> Iterator[Paragraph]:
    turn: Paragraph | None = None
    texts: list[str] = []
    letters, opened = 0, False
    for paragraph in paragraphs:
        opened = opened or paragraph.opens
        if turn and opened and not paragraph.opens and letters < LONGEST_TURN:
            texts.append(paragraph.text)
            letters += len(paragraph.text)
            continue
        if turn:
            yield replace(turn, text=" ".join(texts))
        turn, texts, letters = paragraph, [paragraph.text], len(paragraph.text)
    if turn:
        yield replace(turn, text=" ".join(texts))


def paragraphs_of(blocks: Sequence[Sequence[Line]]) -> Iterator[Paragraph]:
    """The paragraphs of plain text. A block is what empty lines part; in it, a line that names a speaker or a time
    begins another paragraph. A time in square brackets does so inside a line too.
    """
    opening = _Opening([line for block in blocks for line in block])
    for block in blocks:
        begun = Paragraph("")
        texts: list[str] = []
        for part in (part for line in block for part in _stamped_parts(line)):
            opened = opening.read(part)
            if opened:
                if texts or begun.opens:
                    yield replace(begun, text=" ".join(texts))
                begun, texts = opened, []
            texts += filter(None, [opened.text if opened else part.text])
        yield replace(begun, text=" ".join(texts))


def _stamped_parts(line: Line) -> list[Line]:
    if "[" not in line.text:
        return [line]
    begin = _before_words(line.text)
    edges = [0, *(match.start() for match in INSIDE.finditer(line.text, begin)), len(line.text)]
    parts = [line.text[a:b].strip() for a, b in pairwise(edges)]
    return [Line(part, line.emphasised and number == 0) for number, part in enumerate(parts) if part]


def _before_words(text: str) -> int:
    """How much of a line stands before its words: `[12:34] `, `Ada Brook [12:34]: `, `Ada Brook: [12:34] `."""
    match = NAMED_AND_STAMPED.match(text)
    at = match.end() if match else 0
    if not match and (named := prefix(text)):
        at = len(text) - len(named[1])
    stamp = STAMPED.match(text, at)
    return stamp.end() if stamp else at


def named_and_stamped(text: str) -> Paragraph | None:
    """The paragraph of a text that begins with a name and a time, which no words of talk do; None: it does not."""
    match = NAMED_AND_STAMPED.match(text)
    return Paragraph(text[match.end() :].strip(), match[1], clock_s(match[2] or match[3])) if match else None


class _Opening:
    """What stands before the words of a line, by what the whole text does."""

    def __init__(self, lines: Sequence[Line]) -> None:
        names: list[str] = []
        bare = 0
        for line in lines:
            text = line.text
            if match := NAMED_AND_STAMPED.match(text):
                names += [match[1]] * 2
                continue
            if match := BARE.match(text):
                bare += 1
            _, rest = self._stamp(text, bare=True)
            if found := prefix(rest):
                names += [found[0]] * (2 if line.emphasised else 1)
        self._known = known_names(names)
        self._bare = bare >= FEWEST_BARE_TIMES

    def read(self, line: Line) -> Paragraph | None:
        """The speaker, the time and the words of a line that begins with either; None: it begins with words."""
        if paragraph := named_and_stamped(line.text):
            return paragraph
        start_s, rest = self._stamp(line.text, bare=self._bare)
        named = prefix(rest)
        if named is None or named[0] not in self._known:
            return None if start_s is None else Paragraph(rest, None, start_s)
        name, words = named
        if start_s is None:
            start_s, words = self._stamp(words, bare=False)
        return Paragraph(words.strip(), name, start_s)

    @staticmethod
    def _stamp(text: str, *, bare: bool) -> tuple[float | None, str]:
        match = STAMPED.match(text) or (BARE.match(text) if bare else None)
        return (clock_s(match[1]), text[match.end() :]) if match else (None, text)
