"""Terms: what a transcript's words count as, and where each of them stands.

Belongs here: folding and endings, counts near a place and elsewhere. Does not: what a sentence is worth (`ranking.py`).

Sources: words frequent here and rare elsewhere as topic marks, Kleinberg, "Bursty and hierarchical structure in
streams" (2002), with fixed windows instead of his automaton.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import exp, log

from inkwell_pipeline.extraction.english import EVERYDAY
from inkwell_pipeline.extraction.sentences import Sentence

__all__ = ["Counts", "Terms", "stem"]

NEAR_S = 60.0  # on either side
AHEAD_S = 120.0  # about two minutes of talk are one topic
TERM = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


class Terms:
    """Words to terms, each word looked at once."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, ...]] = {}

    def of(self, words: Sequence[str]) -> list[str]:
        """The terms of these words, in order; everyday words have none."""
        found: list[str] = []
        seen = self._seen
        for word in words:
            mine = seen.get(word)
            if mine is None:
                mine = seen[word] = terms(word)
            found += mine
        return found


def terms(word: str) -> tuple[str, ...]:
    """What a word counts as: folded, without possessive and endings; pairs of Han letters and kana."""
    found = []
    for match in TERM.findall(word.casefold()):
        term = match[:-2] if match[-2:] in ("'s", "’s") else match.replace("'", "").replace("’", "")
        if term[:1] >= "\u2e80":  # no spaces there: a pair of letters is about a word
            found += [term[at : at + 2] for at in range(max(1, len(term) - 1))]
        elif len(term) > 1 and term not in EVERYDAY and not term.isdigit():
            found.append(stem(term))
    return tuple(found)


def stem(term: str) -> str:
    """Without the endings that English adds to one word; at least four letters stay."""
    for ending in ("ing", "ies", "ed", "es", "s"):
        if term.endswith(ending) and len(term) - len(ending) >= 4:
            return term[: -len(ending)]
    return term


class Counts:
    """How often each term stands where: places in order, by term."""

    def __init__(self, found: Sequence[Sentence], words: Sequence[Sequence[str]]) -> None:
        self.places: dict[str, list[float]] = {}
        for sentence, mine in zip(found, words, strict=True):
            for term in mine:
                self.places.setdefault(term, []).append(sentence.place_s)
        for places in self.places.values():
            places.sort()
        self.most = max(map(len, self.places.values()), default=1)
        self.span_s = max(1.0, found[-1].place_s - found[0].place_s) if found else 1.0

    def local(self, term: str, place_s: float) -> float:
        """How much this place is about the term: relative odds, 0 where it does not stand nearby.

        Much said from here on counts most: a topic begins with its words. What is said all the time counts less.
        """
        places = self.places.get(term)
        if not places:
            return 0.0
        here = bisect_left(places, place_s)
        near = bisect_right(places, place_s + NEAR_S) - bisect_left(places, place_s - NEAR_S)
        ahead = bisect_right(places, place_s + AHEAD_S) - here
        behind = here - bisect_left(places, place_s - AHEAD_S)
        if not near:
            return 0.0
        a_minute = 60 * len(places) / self.span_s
        return exp(
            0.27 * log(near) + 1.4 * log(1 + ahead) + 0.3 * log(1 + behind) - a_minute
        )  # fitted, see `ranking.py`
