"""Advertisements: which sentences belong to a sponsor's read.

Belongs here: where a read begins and ends. Does not: its cues (`english.py`).
A read is known by what is said of it ("sponsored by"), by what it asks for ("head over to", a code, an address), and
by the sponsor's name, which is hardly said anywhere else.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence

from inkwell_pipeline.extraction.english import ADVERT, ADVERT_ASKS
from inkwell_pipeline.extraction.lexicon import lexicon
from inkwell_pipeline.extraction.sentences import Sentence
from inkwell_pipeline.extraction.terms import stem
from inkwell_pipeline.extraction.words import bare

__all__ = ["adverts"]

READ_S = 180.0  # from what opens a read to what closes it
BEFORE_S, AFTER_S = 60.0, 120.0  # a sponsor's words stand so near to what is said of the sponsor
OWN_SHARE = 0.7  # of a word's mentions: so many there make it the sponsor's
TAIL_S = 25.0
ADDRESS_NAME = re.compile(r"\b([a-z]{4,})(?:@\w+)?(?:\.| dot )(?:com|io|dev|app|tech|co)\b")


def adverts(found: Sequence[Sentence], words: Sequence[Sequence[str]]) -> list[bool]:
    """Whether each sentence is a part of one. `words`: the terms of each sentence."""
    lows = [sentence.text.lower() for sentence in found]
    cues = [bool(ADVERT.search(low)) for low in lows]
    if not any(cues):
        return [False] * len(found)
    asks = [bool(ADVERT_ASKS.search(low)) for low in lows]
    own, names = own_words(found, words, lows, cues)
    named = [bool(names.intersection(mine)) for mine in words]
    marks = list(cues)
    for first, last in reads(found, cues, asks, named):
        marks[first : last + 1] = [True] * (last + 1 - first)
    return grown(found, words, marks, own)


def own_words(
    found: Sequence[Sentence], words: Sequence[Sequence[str]], lows: Sequence[str], cues: Sequence[bool]
) -> tuple[frozenset[str], frozenset[str]]:
    """Terms that stand near cues and hardly elsewhere; and those among them that name a sponsor."""
    cues_s = sorted(sentence.place_s for sentence, cue in zip(found, cues, strict=True) if cue)
    total = Counter(term for mine in words for term in mine)
    inside = Counter(
        term for sentence, mine in zip(found, words, strict=True) if near(cues_s, sentence.place_s) for term in mine
    )
    own = {term for term, count in inside.items() if count >= 2 and count >= OWN_SHARE * total[term]}
    known = lexicon()
    names: set[str] = set()
    for sentence, low, cue in zip(found, lows, cues, strict=True):
        if cue:
            said = {bare(word) for word in sentence.words[1:] if word[:1].isupper()}
            said.update(ADDRESS_NAME.findall(low))
            names.update(stem(word) for word in said if len(word) >= 4 and known.band(word) >= 5)
    return frozenset(own), frozenset(own & names)


def near(cues_s: Sequence[float], place_s: float) -> bool:
    """Whether a cue stands close enough to this place."""
    at = bisect_left(cues_s, place_s - AFTER_S)
    return at < len(cues_s) and cues_s[at] <= place_s + BEFORE_S


def reads(
    found: Sequence[Sentence], cues: Sequence[bool], asks: Sequence[bool], named: Sequence[bool]
) -> list[tuple[int, int]]:
    """First and last position of each read: from a cue, or a sponsor's name, to the last thing that is asked for."""
    spans: list[tuple[int, int]] = []
    opens = [at for at in range(len(found)) if cues[at] or named[at]]
    closes = [at for at in range(len(found)) if cues[at] or (asks[at] and near_name(named, at))]
    closes_s = [found[at].place_s for at in closes]
    for at in opens:
        nth = bisect_right(closes_s, found[at].place_s + READ_S) - 1
        if nth >= 0 and closes[nth] > at:
            spans.append((at, closes[nth]))
    return spans


def near_name(named: Sequence[bool], at: int) -> bool:
    """Whether a sponsor is named in a sentence or in the three before it."""
    return any(named[max(0, at - 3) : at + 1])


def grown(
    found: Sequence[Sentence], words: Sequence[Sequence[str]], marks: Sequence[bool], own: frozenset[str]
) -> list[bool]:
    """With the sentences around a read that are in its own words too."""
    out = list(marks)
    for order in (range(len(found)), range(len(found) - 1, -1, -1)):
        last_s = None
        for at in order:
            place_s = found[at].place_s
            close = last_s is not None and abs(place_s - last_s) <= TAIL_S
            if out[at] or (close and len(own.intersection(words[at])) >= 2):
                out[at], last_s = True, place_s
    return out
