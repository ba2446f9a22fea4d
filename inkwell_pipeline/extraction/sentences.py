"""Words to sentences: what was said as one, by whom, and when it begins.

Belongs here: where a sentence ends, with punctuation or without. Does not: words and their times (`words.py`), how a
sentence is made fit to be read (`wording.py`), which one matters (`ranking.py`).
Pure and linear: every step looks at one word and its neighbours, never at a whole transcript.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from inkwell_pipeline.extraction.lexicon import vocabulary
from inkwell_pipeline.extraction.words import CLOSERS, STOPS, Word, turns
from inkwell_pipeline.models import Segment

__all__ = ["Sentence", "sentences"]

LONGEST_WORDS = 40  # a longer "sentence" was never punctuated
CUT_AFTER_WORDS = 18
PAUSE_S = 0.8  # silence between captions that ends a sentence nobody punctuated
ABBREVIATIONS = vocabulary("mr mrs ms dr prof st vs etc e.g i.e eg ie no inc jr sr approx u.s u.k")
CONNECTIVES = vocabulary("and but so or because then which when where while although if however also now")


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
