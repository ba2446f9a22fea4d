"""A transcript prepared for look-ups: whether, when and by whom words were said.

Belongs here: what a place among the transcript's words means, and how it is shown. Does not: finding words
(`matching.py`), what becomes of an item whose words were not said (`evidence.py`).
Pure: the same transcript and words give the same passage.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite

from inkwell_pipeline.extraction.gaps import stretches
from inkwell_pipeline.extraction.matching import Effort, Run, Words
from inkwell_pipeline.extraction.pages import Pages
from inkwell_pipeline.extraction.wordforms import forms, word_forms
from inkwell_pipeline.extraction.words import said, split_words
from inkwell_pipeline.models import Transcript

__all__ = ["Passage", "Spoken"]

OPENERS = '"“”„«»‹›()[]{}—–…,;:、。「『」』（）♪'
CLOSERS = '"“”„«»‹›()[]{}—–-,;:、「『」』（）♪'
ADDRESS_WORD = re.compile(r"\w\.\w|://|dot$", re.IGNORECASE)
ADDRESS_WORDS = 12  # of an address that is spelled out, before a dot in it and after
CHUNK_WORDS = 300  # read for addresses at once: a millisecond without a chance for other threads


@dataclass(frozen=True)
class Passage:
    """Words of a transcript as they stand there. `start_s`: when the first was said, None: the transcript has no times.

    `speaker` is None where nobody is named, or the words are more than one's.
    """

    text: str
    start_s: float | None
    speaker: str | None


class Spoken:
    """A transcript prepared once for any number of look-ups."""

    def __init__(self, transcript: Transcript) -> None:
        _, self._said = said(transcript.segments)
        self._firsts = [one.first for one in self._said]
        self._texts = [word for one in self._said for word in one.words]  # words as written
        of_word = {word: word_forms(word) for word in set(self._texts)}
        forms_of = [of_word[word] for word in self._texts]
        self._owners = [nth for nth, found in enumerate(forms_of) for _ in found]  # of words as compared: those written
        self._forms = [form for found in forms_of for form in found]
        self._words = Words([form.form for form in self._forms])

    def find(self, text: str, *, near_s: float | None = None, speaker: str | None = None) -> Passage | None:
        """The passage that a quote is of, in the transcript's own words, or None.

        As they are, else with small edits, see `matching.py`. A quote with an ellipsis in it is of the whole stretch
        from its first part to its last, at most 25 words between two parts: nothing is left out that may have been a
        "not". Of several places the one nearest to `near_s` counts, then one by that speaker, then one that is
        the same to the last sign, then the first.
        """
        runs = self._runs(text, near_s)
        if not runs:
            return None
        written = split_words(text)
        ahead = next((nth for nth, word in enumerate(written) if word_forms(word)), 0)
        spans = [self._span(run, written, ahead) for run in runs]

        def unlike(nth: int) -> tuple[float, bool, bool]:
            begin, end, as_written = spans[nth]
            return self._away_s(begin, near_s), self._speaker(begin, end) != speaker, not as_written

        chosen = min(range(len(runs)), key=unlike)
        begin, end, as_written = spans[chosen]
        shown = " ".join(self._texts[begin:end]) if as_written else self._shown(runs[chosen])
        return Passage(shown, self._start_s(begin), self._speaker(begin, end))

    def says(self, text: str) -> bool:
        """Whether these words were said, in this order, without a gap."""
        return bool(self._words.exact(forms(text)))

    def mentions(self, address: str) -> bool:
        """Whether a web address stands in the transcript, or was said: "example dot com slash path"."""
        return self._pages.name(address)

    @cached_property
    def _pages(self) -> Pages:
        return Pages((" ".join(self._texts[begin:end]) for begin, end in self._near_dots()), heard=True)

    def _near_dots(self) -> list[tuple[int, int]]:
        """The stretches of written words in which an address may stand, none much longer than `CHUNK_WORDS`."""
        dotted: dict[str, bool] = {}
        found: list[tuple[int, int]] = []
        for at, word in enumerate(self._texts):
            if (has := dotted.get(word)) is None:
                has = dotted[word] = ADDRESS_WORD.search(word) is not None
            if not has:
                continue
            begin, end = max(0, at - ADDRESS_WORDS), at + ADDRESS_WORDS + 1
            if found and begin <= found[-1][1] and end - found[-1][0] <= CHUNK_WORDS:
                begin = found.pop()[0]
            found.append((begin, end))
        return found

    def _runs(self, text: str, near_s: float | None) -> list[Run]:
        """The places that a quote may be of, with equal words at all of them."""
        sought, effort = forms(text), Effort()
        if exact := self._words.exact(sought):
            return exact
        edited = stretches(text, self._words, effort) or self._words.close(sought, effort)
        if not edited:
            return []
        best = min(edited, key=lambda run: (run.edits, self._away_s(self._owners[run.first], near_s)))
        return [best, *self._words.exact(self._words.words[best.first : best.last])]

    def _span(self, run: Run, written: Sequence[str], ahead: int) -> tuple[int, int, bool]:
        """The written words (begin, end) of a run, and whether they are `written`, with every sign about them.

        `ahead`: how many of `written` are mere signs before the first word.
        """
        begin, end = self._owners[run.first], self._owners[run.last - 1] + 1
        first, last = begin - ahead, begin - ahead + len(written)
        if first >= 0 and end <= last and self._texts[first:last] == written:
            return first, last, True
        return begin, end, False

    def _shown(self, run: Run) -> str:
        """From the first word to the last, with the stop that follows it, without quotation marks and commas about."""
        begin, end = self._owners[run.first], self._owners[run.last - 1]
        inside = run.first and self._owners[run.first - 1] == begin
        goes_on = run.last < len(self._owners) and self._owners[run.last] == end
        from_, to = (self._forms[run.first].begin if inside else 0), self._forms[run.last - 1].end
        to = to if goes_on else len(self._texts[end])
        words = self._texts[begin : end + 1]
        words[-1] = words[-1][:to] if goes_on else _without_closers(words[-1])
        words[0] = words[0][from_:] if inside else _without_openers(words[0])
        return " ".join(words)

    def _speaker(self, begin: int, end: int) -> str | None:
        who = {one.speaker for one in self._said[self._segment(begin) : self._segment(end - 1) + 1]}
        return who.pop() if len(who) == 1 else None

    def _start_s(self, at: int) -> float | None:
        return self._said[self._segment(at)].at_s(at)

    def _segment(self, at: int) -> int:
        """The place of the segment that has this word."""
        return bisect_right(self._firsts, at) - 1

    def _away_s(self, at: int, near_s: float | None) -> float:
        start_s = self._start_s(at)
        return abs(start_s - near_s) if start_s is not None and near_s is not None and isfinite(near_s) else 0.0


def _without_openers(word: str) -> str:
    bare = word.lstrip(OPENERS)
    bare = bare.lstrip(".") if bare.startswith("..") else bare
    return bare.lstrip("-") if bare.startswith("-") and not bare[1:2].isdigit() else bare


def _without_closers(word: str) -> str:
    bare = word.rstrip(CLOSERS)
    if bare[-1:] in ("'", "’") and not bare[-2:-1].isalnum():
        return bare[:-1].rstrip(CLOSERS)
    return bare
