"""Segments to sentences: what was said as one, by whom, and when it begins.

Belongs here: words and their times, where a sentence ends, how one is made fit to be read.
Does not: which sentence matters (`ranking.py`), sections (`offline.py`).
Pure and linear: every step looks at one word and its neighbours, never at a whole transcript.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import isfinite
from typing import NamedTuple

from inkwell_pipeline.models import Segment

__all__ = ["Sentence", "bare", "readable", "sentences", "vocabulary"]


def vocabulary(text: str) -> frozenset[str]:
    """The words of a list that stands in the code as a text, so that it can be read and mended."""
    return frozenset(text.split())


SECONDS_A_WORD = 0.4  # 150 words a minute, the pace of talk: stands in where no time is known
LONGEST_WORDS = 40  # a longer "sentence" was never punctuated
CUT_AFTER_WORDS = 18
PAUSE_S = 0.8  # silence between captions that ends a sentence nobody punctuated
STOPS = ".!?…。！？"
CLOSERS = "\"')]}”’»"
ABBREVIATIONS = vocabulary("mr mrs ms dr prof st vs etc e.g i.e eg ie no inc jr sr approx u.s u.k")
CONNECTIVES = vocabulary("and but so or because then which when where while although if however also now")

# What people say before they say something. The second list goes only before a comma: "no one" stays.
OPENINGS = vocabulary("and but so or um uh erm oh ah yeah yep yup okay ok alright anyway hmm mhm")
OPENINGS_WITH_COMMA = vocabulary(
    "well yes no right like then now cool nice sure exactly totally absolutely definitely awesome also plus"
)
OPENING_PAIRS = frozenset(
    {("you", "know"), ("i", "mean"), ("all", "right"), ("of", "course"), ("and", "then"), ("so", "then")}
)
SO_STAYS_BEFORE = vocabulary("much many far long that called few little good")
ASIDES = frozenset({("you", "know"), ("i", "mean"), ("like",), ("um",), ("uh",), ("right",), ("sort", "of")})
HESITATIONS = vocabulary("um uh erm umm uhh")
TAG_QUESTION = re.compile(r", (?:right|you know|yeah|okay|ok)\?$", re.IGNORECASE)  # nobody is asked anything
DOUBLED_ON_PURPOSE = vocabulary("had that")


class Word(NamedTuple):
    """One word as written. `start_s` is None where its segment has no time; `place_s` is always known."""

    text: str
    start_s: float | None
    place_s: float
    pause_s: float  # silence before it; 0 where unknown


@dataclass(frozen=True)
class Sentence:
    """A run of words of one speaker, as transcribed.

    `start_s`: seconds from the start of the audio, None: unknown. `place_s`: the same, or where no time is
    known, guessed from the words before it; for ranking, not for readers. `whole`: begins and ends where the
    transcript's sentences do.
    """

    words: tuple[str, ...]
    start_s: float | None
    place_s: float
    speaker: str | None
    whole: bool

    @cached_property
    def text(self) -> str:
        """The transcript's own words, single spaces between them."""
        return " ".join(self.words)

    @cached_property
    def length(self) -> int:
        """In words; scripts without spaces count by their letters."""
        return max(len(self.words), len(self.text) // 12)


def sentences(segments: Sequence[Segment]) -> list[Sentence]:
    """All that was said, in the transcript's order; no word is lost, none is in two sentences."""
    found: list[Sentence] = []
    cased = any(letter.isupper() for segment in segments for letter in segment.text[:80])
    for speaker, turn in turns(segments):
        for run, punctuated in runs(turn, cased=cased):
            pieces = [run] if len(run) <= LONGEST_WORDS else cut(run)
            found += [
                Sentence(
                    words=tuple(word.text for word in piece),
                    start_s=piece[0].start_s,
                    place_s=piece[0].place_s,
                    speaker=speaker,
                    whole=punctuated and len(pieces) == 1,
                )
                for piece in pieces
            ]
    return found


def turns(segments: Sequence[Segment]) -> list[tuple[str | None, list[Word]]]:
    """Neighbouring segments of one speaker, as words with times interpolated inside each segment."""
    found: list[tuple[str | None, list[Word]]] = []
    starts = [known(segment.start_s) for segment in segments]
    timed = [start for start in starts if start is not None]
    # One clock for all: times that are missing or go back would make neighbours of strangers.
    clock = len(timed) == len(starts) and all(a <= b for a, b in pairwise(timed))
    count, ended_s = 0, None
    for index, segment in enumerate(segments):
        texts = split_words(segment.text)
        if not texts:
            continue
        start_s = starts[index]
        end_s = end_of(segment, starts[index + 1] if index + 1 < len(starts) else None, len(texts))
        step_s = (end_s - start_s) / len(texts) if start_s is not None and end_s is not None else 0.0
        pause_s = start_s - ended_s if start_s is not None and ended_s is not None else 0.0
        if not found or found[-1][0] != segment.speaker:
            found.append((segment.speaker, []))
        for nth, text in enumerate(texts):
            at_s = None if start_s is None else start_s + step_s * nth
            place_s = at_s if clock and at_s is not None else count * SECONDS_A_WORD
            found[-1][1].append(Word(text, at_s, place_s, 0.0 if nth else pause_s))
            count += 1
        ended_s = end_s
    return found


def known(time_s: float | None) -> float | None:
    """The time, or None for what is none: JSON and captions have been seen to hold NaN."""
    return time_s if time_s is not None and isfinite(time_s) else None


def end_of(segment: Segment, next_s: float | None, words: int) -> float | None:
    """When a segment ends: as stated, else where the next begins, else by the pace of talk."""
    start_s, end_s = known(segment.start_s), known(segment.end_s)
    if start_s is None:
        return None
    if end_s is not None and end_s >= start_s:
        return end_s
    if next_s is not None and next_s >= start_s:
        return next_s
    return start_s + words * SECONDS_A_WORD


def split_words(text: str) -> list[str]:
    """Words as written. Chinese and Japanese set no space after a full stop: there a word ends with it."""
    return [part for word in text.split() for part in split_after_stops(word)]


def split_after_stops(word: str) -> list[str]:
    parts, begin = [], 0
    if not word.isascii():
        for index, letter in enumerate(word[:-1]):
            if letter in "。！？" and word[index + 1] not in STOPS + CLOSERS + "」』":
                parts.append(word[begin : index + 1])
                begin = index + 1
    return [*parts, word[begin:]]


def runs(words: list[Word], *, cased: bool) -> Iterable[tuple[list[Word], bool]]:
    """The turn's sentences by its punctuation, and whether one ends with a stop (and the one before did)."""
    begin, after_stop = 0, True
    for index, word in enumerate(words):
        last = index + 1 == len(words)
        if last or ends_sentence(word.text, words[index + 1].text, cased=cased):
            stopped = word.text.rstrip(CLOSERS + "」』")[-1:] in tuple(STOPS)
            yield words[begin : index + 1], stopped and after_stop
            begin, after_stop = index + 1, stopped


def ends_sentence(word: str, following: str, *, cased: bool) -> bool:
    """Whether a sentence ends between these two words. In a text without capitals any stop ends one."""
    bare = word.rstrip(CLOSERS + "」』")
    if not bare or bare[-1] not in STOPS:
        return False
    if bare[-1] in "!?。！？":
        return True
    stem = bare.rstrip(".…").lower()
    if stem in ABBREVIATIONS or (len(stem) == 1 and stem.isalpha() and stem != "i"):
        return False
    return not cased or not following[:1].islower()


def cut(words: list[Word]) -> list[list[Word]]:
    """Pieces of an unpunctuated run, cut at silences, at connectives after 18 words, at 40 in any case."""
    pieces: list[list[Word]] = [[]]
    left = len(words)
    for word in words:
        long = len(pieces[-1])
        connective = word.text.lower() in CONNECTIVES and long >= CUT_AFTER_WORDS and left >= 8
        if connective or (word.pause_s >= PAUSE_S and long >= 8) or long >= LONGEST_WORDS:
            pieces.append([])
        pieces[-1].append(word)
        left -= 1
    return pieces


def readable(words: Sequence[str]) -> str:
    """A sentence as an editor would print it: no "um", no "yeah, so" before it, no stutter.

    Never for quotes. Words are left out, none is changed but for the capital and the stop at the ends.
    """
    kept = without_opening(without_stutter(without_asides(list(words))))
    if not kept:
        return ""
    first = kept[0][:1].upper() + kept[0][1:] if kept[0].islower() else kept[0]
    text = TAG_QUESTION.sub("", " ".join([first, *kept[1:]])).rstrip(",;:–—-")
    return text if text[-1:] in tuple(STOPS + CLOSERS) or not text else text + "."


def bare(word: str) -> str:
    return word.strip(".,!?;:…\"'“”()-–—").lower()


def without_opening(words: list[str]) -> list[str]:
    """Without fillers at its head, as long as a sentence of five words is left."""
    while len(words) > 5:
        first, comma = bare(words[0]), words[0][-1:] in ",;…-"
        if (first, bare(words[1])) in OPENING_PAIRS:
            words = words[2:]
        elif first == "so" and bare(words[1]) in SO_STAYS_BEFORE:
            break
        elif not first or first in OPENINGS or (comma and first in OPENINGS_WITH_COMMA):
            words = words[1:]
        else:
            break
    return words


def without_asides(words: list[str]) -> list[str]:
    """Without hesitations, and without "you know" and its kind between commas."""
    kept: list[str] = []
    index = 0
    while index < len(words):
        size = aside_at(words, index, after_comma=not kept or kept[-1][-1:] == ",")
        if size:
            stop = words[index + size - 1][-1:]
            if stop in tuple(STOPS) and kept:  # the sentence's end was said with the aside
                kept[-1] = kept[-1].rstrip("," + STOPS) + stop
            index += size
        else:
            kept.append(words[index])
            index += 1
    return kept


def aside_at(words: list[str], index: int, *, after_comma: bool) -> int:
    """How many words from here on are an aside; 0: none."""
    if bare(words[index]) in HESITATIONS:
        return 1
    for size in (2, 1):
        run = words[index : index + size]
        if len(run) < size or not after_comma or not index:
            continue
        if run[-1][-1:] in tuple(",.") and tuple(bare(word) for word in run) in ASIDES:
            return size
    return 0


def without_stutter(words: list[str]) -> list[str]:
    """Without the first of two equal runs of one to three words: "it's it's", "you can you can"."""
    kept: list[str] = []
    for word in words:
        kept.append(word)
        for size in (3, 2, 1):
            tail = [bare(each) for each in kept[-2 * size :]]
            if len(tail) == 2 * size and tail[:size] == tail[size:] and tail[0] not in DOUBLED_ON_PURPOSE:
                if all(tail) and not any(each[-1] in STOPS for each in kept[-2 * size : -size]):
                    del kept[-2 * size : -size]
                break
    return kept
