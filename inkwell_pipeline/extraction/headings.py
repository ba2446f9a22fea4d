"""Short headings out of the speech: the noun phrase that a stretch of talk is about.

Belongs here: which of the phrases said around a place names its topic, and how it is printed. Does not: which phrases
there are (`phrases.py`), where a line stands (`topics.py`).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from math import log

from inkwell_pipeline.extraction.lexicon import lexicon
from inkwell_pipeline.extraction.phrases import Phrase, Spelling, is_english, phrases
from inkwell_pipeline.extraction.sentences import Sentence
from inkwell_pipeline.extraction.terms import Counts, Terms

__all__ = ["Headings"]

FEWEST_MENTIONS = 2
LONGEST_HEADING = 6
# What a phrase's score is made of, in the order of their weight. A logistic fit: does a phrase that was said around a
# line share a word with the label of a topic that people noted there (24,000 phrases of 73 episodes; by episode, the
# best phrase does for 34 of 100 lines, where any does for 71)?
LOCAL, CUE, PHRASE, EVERYWHERE = 1.0, 1.0, 0.6, -1.4
SECOND_BELOW = 1.0  # so much less a second phrase may score than the first
COMMON_NOUN = -0.5  # "system", "future": by itself it says little
COMMON_BAND = 2
WORTH = 1.0  # below, what was said there has no name


class Headings:
    """The phrases of one transcript by place, to be asked for the heading of a stretch.

    `cues`: for each sentence, how much it speaks of a topic by its form (a turn to it, a question on it).
    """

    def __init__(
        self,
        found: Sequence[Sentence],
        terms: Terms,
        counts: Counts,
        *,
        cues: Sequence[float],
        adverts: Sequence[bool],
    ) -> None:
        self.counts, self.cues = counts, cues
        candidates, self.spelling = phrases(found, terms) if is_english(found) else ([], Spelling())
        self.candidates = [phrase for phrase in candidates if solid(phrase, self.spelling)]
        said = sorted(
            (found[at].place_s, nth, at)
            for nth, phrase in enumerate(self.candidates)
            for at in phrase.said_in
            if not adverts[at]
        )
        self.places_s = [place_s for place_s, _, _ in said]
        self.said = [(nth, at) for _, nth, at in said]

    def best(
        self, place_s: float, from_s: float, to_s: float, *, used: Collection[str]
    ) -> tuple[str, frozenset[str]] | None:
        """The heading for what is said between two places, and its terms; None where nothing names it.

        `used`: terms of the heading before, which would say the same twice.
        """
        within: dict[int, list[int]] = {}
        for nth, at in self.said[bisect_left(self.places_s, from_s) : bisect_right(self.places_s, to_s)]:
            within.setdefault(nth, []).append(at)
        scored = [
            (self.score(self.candidates[nth], place_s, said_in), nth)
            for nth, said_in in within.items()
            if not used or not set(self.candidates[nth].terms) <= set(used)
        ]
        scored.sort(key=lambda pair: (-pair[0], pair[1]))
        if not scored or scored[0][0] < WORTH:
            return None
        first = self.candidates[scored[0][1]]
        text, taken = self.printed(first), frozenset(first.terms)
        for score, nth in scored[1:12]:
            second = self.candidates[nth]
            enough = score >= scored[0][0] - SECOND_BELOW and len(within[nth]) >= FEWEST_MENTIONS
            if enough and not common(second) and fits(first, second):
                return f"{text} and {self.written(second)}", taken | frozenset(second.terms)
        return text, taken

    def score(self, phrase: Phrase, place_s: float, said_in: Sequence[int]) -> float:
        """How likely a phrase names the topic of this place, as a logarithm; `said_in`: its sentences near by."""
        local = sum(self.counts.local(term, place_s) for term in phrase.terms)
        return (
            LOCAL * log(0.1 + local)
            + CUE * max(self.cues[at] for at in said_in)
            + PHRASE * (len(phrase.words) > 1)
            + COMMON_NOUN * common(phrase)
            + EVERYWHERE * 60 * len(phrase.said_in) / self.counts.span_s
        )

    def written(self, phrase: Phrase) -> str:
        return " ".join(map(self.spelling.of, phrase.words))

    def printed(self, phrase: Phrase) -> str:
        text = self.written(phrase)
        return text[:1].upper() + text[1:] if text.split()[0].islower() else text


def solid(phrase: Phrase, spelling: Spelling) -> bool:
    """Whether it can be trusted to be one phrase: a noun; said twice; or once, between words that bound it."""
    size = len(phrase.words)
    if size == 1:
        word = phrase.words[0]
        return phrase.as_noun > 0 or not spelling.of(word).islower() or (word.endswith("s") and phrase.bounded > 0)
    return phrase.bounded > 0 and (size == 2 or len(phrase.said_in) >= FEWEST_MENTIONS)


def common(phrase: Phrase) -> bool:
    return len(phrase.words) == 1 and lexicon().band(phrase.words[0]) <= COMMON_BAND


def fits(first: Phrase, second: Phrase) -> bool:
    """Whether two phrases make one heading: "Sessions and JSON Web tokens"."""
    if len(first.words) + len(second.words) + 1 > LONGEST_HEADING or set(first.words) & set(second.words):
        return False
    return not set(first.terms) & set(second.terms)
