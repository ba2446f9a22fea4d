"""Short headings out of the speech: the noun phrase that a stretch of talk is about.

Belongs here: which of the phrases said around a place names its topic, and how it is printed. Does not: which phrases
there are (`phrases.py`), where a line stands (`topics.py`).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence

from inkwell_pipeline.extraction.phrases import Phrase, Spelling, is_english, phrases
from inkwell_pipeline.extraction.sentences import Sentence
from inkwell_pipeline.extraction.terms import Counts, Terms

__all__ = ["Headings"]

FEWEST_MENTIONS = 2
LONGEST_HEADING = 6
WORTH = 3.0  # of a phrase: below, what was said there has no name


class Headings:
    """The phrases of one transcript by place, to be asked for the heading of a stretch."""

    def __init__(self, found: Sequence[Sentence], terms: Terms, counts: Counts) -> None:
        self.counts = counts
        candidates, self.spelling = phrases(found, terms) if is_english(found) else ([], Spelling())
        self.candidates = [phrase for phrase in candidates if solid(phrase)]
        places = sorted((at_s, nth) for nth, phrase in enumerate(self.candidates) for at_s in phrase.places_s)
        self.places_s = [at_s for at_s, _ in places]
        self.nths = [nth for _, nth in places]

    def best(self, place_s: float, from_s: float, to_s: float, *, used: Collection[str]) -> tuple[str, frozenset[str]] | None:
        """The heading for what is said between two places, and its terms; None where nothing names it.

        `used`: terms of headings near by, which would say the same twice.
        """
        within = self.nths[bisect_left(self.places_s, from_s) : bisect_right(self.places_s, to_s)]
        scored: list[tuple[float, int]] = []
        for nth in dict.fromkeys(within):
            phrase = self.candidates[nth]
            if not used or not set(phrase.terms) <= set(used):
                scored.append((self.score(phrase, place_s, from_s, to_s), nth))
        scored.sort(key=lambda pair: (-pair[0], pair[1]))
        if not scored or scored[0][0] < WORTH:
            return None
        first = self.candidates[scored[0][1]]
        second = next((c for s, n in scored[1:12] if s >= 0.6 * scored[0][0] and fits(first, c := self.candidates[n])), None)
        text = self.printed(first)
        taken = frozenset(first.terms)
        if second is not None:
            text, taken = f"{text} and {self.written(second)}", taken | frozenset(second.terms)
        return text, taken

    def score(self, phrase: Phrase, place_s: float, from_s: float, to_s: float) -> float:
        """How well a phrase names the topic: its terms' weight here, and whether it is a term of its own."""
        places = phrase.places_s
        here = bisect_right(places, to_s) - bisect_left(places, from_s)
        weight = sum(self.counts.local(term, place_s) for term in phrase.terms)
        return weight * (1 + 0.5 * (here > 1)) * (1 + 0.1 * (len(phrase.terms) > 1))

    def written(self, phrase: Phrase) -> str:
        return " ".join(map(self.spelling.of, phrase.words))

    def printed(self, phrase: Phrase) -> str:
        text = self.written(phrase)
        return text[:1].upper() + text[1:] if text.split()[0].islower() else text


def solid(phrase: Phrase) -> bool:
    """Whether it can be trusted to be one phrase: a word; said twice; or once, between words that bound it."""
    size = len(phrase.words)
    return size == 1 or (len(phrase.places_s) >= FEWEST_MENTIONS and phrase.bounded > 0) or (size == 2 and phrase.bounded > 0)


def fits(first: Phrase, second: Phrase) -> bool:
    """Whether two phrases make one heading: "Sessions and JSON Web tokens"."""
    if len(first.words) + len(second.words) + 1 > LONGEST_HEADING or set(first.words) & set(second.words):
        return False
    return not set(first.terms) & set(second.terms)
