"""How much a sentence matters where it stands: what an episode turns to, and how well it reads by itself.

Belongs here: what is seen of a sentence, and the scores made of it. Does not: the lists of words and cues
(`english.py`), counts (`terms.py`), how many are taken, and which together (`topics.py`, `sections.py`).

Sources: central sentences by the weight of their words, Nenkova and Vanderwende, "SumBasic" (2005); spoken cues of a
new topic, Hirschberg and Litman (1993). The weights of `IDEA`'s topic cues, and those of `Counts.local`, are a logistic
fit: does a term stand in the label of a topic that people noted within 90 seconds (73 episodes, 130,000 places,
cross-validated by episode: AUC 0.79)? The others were tried, and judged by reading.
"""

from collections.abc import Sequence
from math import log, sqrt
from typing import NamedTuple

from inkwell_pipeline.extraction.english import (
    ASKS,
    CLAIMS,
    CUT_OFF,
    DANGLING,
    HOUSEKEEPING,
    OPENS_BADLY,
    PERSONAL,
    TAG_QUESTION,
    TALKY,
    TURNS,
    VAGUE_WORDS,
    VERBS,
)
from inkwell_pipeline.extraction.sentences import Sentence
from inkwell_pipeline.extraction.terms import Counts
from inkwell_pipeline.extraction.words import bare

__all__ = ["Ranking", "rank"]

SHORT_WORDS = 6
TOPIC_TERMS = 5  # of a sentence, the most local ones: more is a list


class Features(NamedTuple):
    """What is seen of one sentence; as weights, what each of it is worth."""

    topic: float  # how much it is about what is talked about here, as a logarithm
    frequent: float  # how much it holds of the whole transcript's frequent terms
    title: float  # share of the title's terms
    asks: float
    turn: float  # it turns to something new
    after_turn: float  # the sentence before it did
    after_question: float
    claim: float
    full: float  # of the twenty words that a thought takes
    broken: float  # not a sentence of the transcript but a piece of one, or without a verb, or cut off
    opening: float  # it begins as a continuation; a line can do without that word, a quote cannot
    rough: float  # flaws that an ear forgives and an eye does not
    vague: float  # share of words that point to what was said before
    personal: float  # share of "I", "my" and their kind


NOTHING = Features(*[0.0] * len(Features._fields))
CUES = NOTHING._replace(turn=1.65, after_turn=1.0, asks=1.7)
IDEA = Features(
    topic=0.7,
    frequent=0.0,
    title=0.0,
    asks=0.3,
    turn=1.3,
    after_turn=0.9,
    after_question=0.9,
    claim=0.1,
    full=0.4,
    broken=-1.2,
    opening=-0.3,
    rough=-1.0,
    vague=-2.0,
    personal=0.0,
)
LINE = Features(  # of the sentences around a place that is worth a line: the one to print
    topic=0.7,
    frequent=0.0,
    title=0.0,
    asks=-1.0,
    turn=1.0,
    after_turn=0.7,
    after_question=0.7,
    claim=0.3,
    full=0.5,
    broken=-1.5,
    opening=-0.4,
    rough=-1.3,
    vague=-3.0,
    personal=-1.0,
)
CENTRAL = Features(
    topic=0.3,
    frequent=5.0,
    title=1.0,
    asks=-2.0,
    turn=-1.0,
    after_turn=-1.0,
    after_question=0.0,
    claim=0.4,
    full=0.5,
    broken=-1.5,
    opening=-0.5,
    rough=-1.0,
    vague=-5.0,
    personal=-6.0,
)
QUOTE = Features(
    topic=0.4,
    frequent=2.0,
    title=0.2,
    asks=-3.0,
    turn=-0.5,
    after_turn=0.0,
    after_question=0.0,
    claim=1.0,
    full=2.0,
    broken=-3.0,
    opening=-3.0,
    rough=-3.0,
    vague=-6.0,
    personal=-3.0,
)


class Ranking(NamedTuple):
    """What `rank` found, each list as long as the sentences: higher is better, no unit.

    `cues`: how much a sentence speaks of a topic by its form. `idea`: at its place begins what is worth a line. `line`:
    reads well as one. `central`: near to what the whole is about. `quote`: can stand alone, verbatim.
    """

    seen: list[Features]
    cues: list[float]
    idea: list[float]
    line: list[float]
    central: list[float]
    quote: list[float]


def rank(
    found: Sequence[Sentence], words: Sequence[Sequence[str]], counts: Counts, *, title: frozenset[str]
) -> Ranking:
    """Scores for every sentence. `words`: the terms of each; `title`: those of the episode's title."""
    seen: list[Features] = []
    for sentence, mine in zip(found, words, strict=True):
        seen.append(features(sentence, mine, counts, title, before=seen[-1] if seen else None))
    return Ranking(
        seen=seen,
        cues=[dot(CUES, each) for each in seen],
        idea=[dot(IDEA, each) for each in seen],
        line=[dot(LINE, each) for each in seen],
        central=[dot(CENTRAL, each) for each in seen],
        quote=[dot(QUOTE, each) for each in seen],
    )


def dot(weights: Features, values: Features) -> float:
    return sum(weight * value for weight, value in zip(weights, values, strict=True))


def features(
    sentence: Sentence, mine: Sequence[str], counts: Counts, title: frozenset[str], *, before: Features | None
) -> Features:
    """What there is to see of one sentence."""
    low = sentence.text.lower()
    distinct = sorted(set(mine))  # sorted: sums of floats depend on their order, a set's on the hash seed
    local = sorted((counts.local(term, sentence.place_s) for term in distinct), reverse=True)
    weight = sum(len(counts.places[term]) for term in distinct) / counts.most
    asks = low[-1] in "?？" and not TAG_QUESTION.search(low)
    return Features(
        topic=log(1 + sum(local[:TOPIC_TERMS])),
        frequent=weight / sqrt(max(SHORT_WORDS, sentence.length)),
        title=len(title.intersection(distinct)) / max(1, len(title)),
        asks=float(asks),
        turn=float(bool(TURNS.search(low))),
        after_turn=before.turn if before else 0.0,
        after_question=before.asks if before else 0.0,
        claim=float(bool(CLAIMS.search(low))),
        full=min(1.0, sentence.length / 20),
        broken=broken(sentence, low, asks=asks),
        opening=float(bool(OPENS_BADLY.match(low))),
        rough=rough(sentence, low),
        vague=share(sentence, VAGUE_WORDS),
        personal=share(sentence, PERSONAL),
    )


def share(sentence: Sentence, words: frozenset[str]) -> float:
    """How many of the sentence's words are among these, of 1."""
    return sum(bare(word) in words for word in sentence.words) / len(sentence.words)


def broken(sentence: Sentence, low: str, *, asks: bool) -> float:
    """How much of a whole sentence is missing: 0 is nothing."""
    last = bare(sentence.words[-1])
    quotes = sum(low.count(mark) for mark in '"“”')
    return (
        (not sentence.whole)
        + (last in CUT_OFF or low.endswith(("...", "…", "—", "--")))
        + (low.isascii() and not VERBS.search(low))  # English or not, a text with other letters is not judged
        + (not asks and bool(ASKS.match(low)))  # a question that the captions end with a full stop
        + 0.5 * (sentence.words[0][:1].islower())
        + 0.5 * (quotes % 2)
    )


def rough(sentence: Sentence, low: str) -> float:
    """How badly it reads by itself: 0 is well; each flaw adds about one."""
    return (
        0.7 * bool(TALKY.search(low))
        + 0.5 * (bare(sentence.words[0]) in DANGLING)
        + 2.0 * bool(HOUSEKEEPING.search(low))
        + 3.0 * (sentence.length < SHORT_WORDS)
        + 0.1 * max(0, sentence.length - 25)
    )
