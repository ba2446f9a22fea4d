"""Advertisements: which sentences belong to a sponsor's read.

Belongs here: finding them by cues, and by the words that only they have. Does not: the cues (`english.py`).
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from inkwell_pipeline.extraction.english import ADVERT
from inkwell_pipeline.extraction.sentences import Sentence

__all__ = ["adverts"]

GAP_S = 40.0
BEFORE_S, AFTER_S = 40.0, 75.0  # a read begins with its sponsor's name, and goes on after it


def adverts(found: Sequence[Sentence], words: Sequence[Sequence[str]]) -> list[bool]:
    """Which belong to a sponsor's read: those with a cue, those near one in its own words, all between."""
    cues = [bool(ADVERT.search(sentence.text.lower())) for sentence in found]
    at_s = [sentence.place_s for sentence, cue in zip(found, cues, strict=True) if cue]
    close = [near(at_s, sentence.place_s) for sentence in found]
    total = Counter(term for mine in words for term in mine)
    inside = Counter(term for mine, is_close in zip(words, close, strict=True) if is_close for term in mine)
    own = {term for term, count in inside.items() if count >= 2 and count >= 0.8 * total[term]}
    marks = [
        cue or (is_close and len(own.intersection(mine)) >= 2)
        for cue, is_close, mine in zip(cues, close, words, strict=True)
    ]
    last = None
    for at, mark in enumerate(list(marks)):
        if mark and last is not None and found[at].place_s - found[last].place_s <= GAP_S:
            marks[last:at] = [True] * (at - last)
        last = at if mark else last
    return marks


def near(cues_s: Sequence[float], place_s: float) -> bool:
    """Whether a cue stands close enough to this place."""
    at = bisect_left(cues_s, place_s - AFTER_S)
    return at < len(cues_s) and cues_s[at] <= place_s + BEFORE_S
