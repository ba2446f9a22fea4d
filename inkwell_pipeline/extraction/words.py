"""Segments to words: by whom, and when each was said, as well as the transcript tells.

Belongs here: the clock of a transcript, and white space. Does not: where a sentence ends (`sentences.py`).
Pure and linear but for the sort-like search of the clock.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from inkwell_pipeline.ascent import longest_ascent
from inkwell_pipeline.models import Segment
from inkwell_pipeline.timecode import LONGEST_S

__all__ = ["CLOSERS", "STOPS", "Said", "Word", "bare", "said", "split_words", "turns"]

SECONDS_A_WORD = 0.4  # 150 words a minute, the pace of talk: stands in where no time is known
STOPS = ".!?…。！？"
CLOSERS = "\"')]}”’»"


class Word(NamedTuple):
    """One word as written. `start_s` is None where the transcript has no time at all; `place_s` is always known."""

    text: str
    start_s: float | None
    place_s: float
    pause_s: float  # silence before it; 0 where unknown


class Said(NamedTuple):
    """A segment's words: by whom, how many there are before them, and when they begin and end, None where unknown.

    `times_s`: when each of them was said, where a recogniser heard that.
    """

    speaker: str | None
    first: int
    words: list[str]
    start_s: float | None
    end_s: float | None
    times_s: Sequence[float] | None = None

    def at_s(self, nth: int) -> float | None:
        """When the transcript's word of that number is said, which is one of these."""
        if self.times_s is not None:
            return self.times_s[nth - self.first]
        return None if self.start_s is None else self.start_s + self.step_s * (nth - self.first)

    @property
    def step_s(self) -> float:
        """A word's length."""
        if self.start_s is None or self.end_s is None:
            return 0.0
        return (self.end_s - self.start_s) / len(self.words)


def bare(word: str) -> str:
    """The word in small letters without the punctuation around it."""
    return word.strip(".,!?;:…\"'“”()-–—").lower()


def turns(segments: Sequence[Segment]) -> list[tuple[str | None, list[Word]]]:
    """Neighbouring segments of one speaker, as words with times."""
    clock, spoken = said(segments)
    found: list[tuple[str | None, list[Word]]] = []
    ended_s: float | None = None
    for one in spoken:
        if not found or found[-1][0] != one.speaker:
            found.append((one.speaker, []))
        pause_s = one.start_s - ended_s if one.start_s is not None and ended_s is not None else 0.0
        steady = one.start_s is not None and one.first in clock
        for nth, text in enumerate(one.words):
            at_s = one.at_s(one.first + nth)
            place_s = at_s if steady and at_s is not None else clock.at_s(one.first + nth)
            found[-1][1].append(Word(text, at_s, place_s, 0.0 if nth else pause_s))
        ended_s = one.end_s
    return found


def said(segments: Sequence[Segment]) -> tuple["Clock", list[Said]]:
    """The clock of a transcript, and the segments that have words.

    A segment without a time of its own lies between its neighbours by its share of their words, and so do the words
    of a segment without an end; by one with an end, they are spread over it.
    """
    texts = [split_words(segment.text) for segment in segments]
    firsts = [0]
    for words in texts:
        firsts.append(firsts[-1] + len(words))
    clock = Clock(
        [
            (first, at_s)
            for first, segment in zip(firsts, segments, strict=False)
            if (at_s := known(segment.start_s)) is not None
        ]
    )
    return clock, [
        Said(segment.speaker, first, words, *span_of(segment, clock, first, len(words)), heard_s(segment, words))
        for segment, words, first in zip(segments, texts, firsts, strict=False)
        if words
    ]


def heard_s(segment: Segment, words: Sequence[str]) -> list[float] | None:
    """When each word was said, by the recogniser's own; None where these are not the same words, or none."""
    if not segment.words:
        return None
    times_s = [word.start_s for word in segment.words for _ in split_words(word.text)]
    return times_s if len(times_s) == len(words) else None


class Clock:
    """When each word of a transcript was said, by the words whose time is stated.

    Times that go back are no times: of all that are stated, the longest run that never does is kept.
    """

    def __init__(self, stated: Sequence[tuple[int, float]]) -> None:
        self.known = bool(stated)
        kept = never_back(stated)
        if not kept or kept[0][0] > 0:
            kept.insert(0, (0, min(0.0, kept[0][1]) if kept else 0.0))  # the audio begins with the first word
        self.firsts = [first for first, _ in kept]
        self.times_s = [time_s for _, time_s in kept]
        told = self.firsts[-1] - self.firsts[0]
        self.pace_s = ((self.times_s[-1] - self.times_s[0]) / told if told else 0.0) or SECONDS_A_WORD

    def __contains__(self, nth: int) -> bool:
        at = bisect_right(self.firsts, nth) - 1
        return self.known and at >= 0 and self.firsts[at] == nth

    def at_s(self, nth: int) -> float:
        """When the transcript's nth word was said, counted from 0."""
        at = bisect_right(self.firsts, nth) - 1
        since = nth - self.firsts[at]
        if at + 1 == len(self.firsts):
            return self.times_s[at] + since * self.pace_s
        step_s = (self.times_s[at + 1] - self.times_s[at]) / (self.firsts[at + 1] - self.firsts[at])
        return self.times_s[at] + since * step_s


def never_back(stated: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """The longest run of the stated times, not necessarily neighbours, that never goes back; one time a word."""
    kept: list[tuple[int, float]] = []
    for at in reversed(longest_ascent([time_s for _, time_s in stated])):
        if not kept or kept[-1][0] != stated[at][0]:  # segments without words share their place with the next
            kept.append(stated[at])
    return kept[::-1]


def span_of(segment: Segment, clock: Clock, first: int, words: int) -> tuple[float | None, float | None]:
    """When a segment begins and ends: as stated, else by the clock; None, None where that knows nothing."""
    if not clock.known:
        return None, None
    stated_s, end_s = known(segment.start_s), known(segment.end_s)
    start_s = clock.at_s(first) if stated_s is None else stated_s
    if end_s is not None and end_s >= start_s and stated_s is not None:
        return start_s, end_s
    next_s = clock.at_s(first + words)
    on_clock = stated_s is None or first in clock
    return start_s, next_s if on_clock and next_s >= start_s else start_s + words * clock.pace_s


def known(time_s: float | None) -> float | None:
    """The time, or None for what is none: JSON and captions have been seen to hold NaN, which is in no range."""
    return time_s if time_s is not None and 0 <= time_s <= LONGEST_S else None


def split_words(text: str) -> list[str]:
    """Words as written. Chinese and Japanese set no space after a full stop: there a word ends with it."""
    if text.isascii():
        return text.split()
    return [part for word in text.split() for part in split_after_stops(word)]


def split_after_stops(word: str) -> list[str]:
    parts, begin = [], 0
    if not word.isascii():
        for index, letter in enumerate(word[:-1]):
            if letter in "。！？" and word[index + 1] not in STOPS + CLOSERS + "」』":
                parts.append(word[begin : index + 1])
                begin = index + 1
    return [*parts, word[begin:]]
