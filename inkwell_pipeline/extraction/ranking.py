"""How much a sentence matters where it stands: what an episode turns to, and what it turns away from.

Belongs here: words that come in bursts, what a sentence shows, advertisements, the scores made of these.
Does not: the lists of words and cues (`english.py`); how many are taken, and which together (`offline.py`).

Sources: words frequent here and rare elsewhere as topic marks, Kleinberg, "Bursty and hierarchical structure
in streams" (2002), with a fixed window instead of his automaton; central sentences by the weight of their
words, Nenkova and Vanderwende, "SumBasic" (2005); spoken cues of a new topic, Hirschberg and Litman (1993).
The weights were tried on 60 episodes that people had made timed show notes for, and by reading.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from math import log, sqrt
from typing import NamedTuple

from inkwell_pipeline.extraction.english import (
    ADVERT,
    ANNOUNCES,
    ASKS,
    CLAIMS,
    CUT_OFF,
    DANGLING,
    EVERYDAY,
    HOUSEKEEPING,
    OPENS_BADLY,
    SUBJECT,
    TAG_QUESTION,
    TALKY,
    TURNS,
    VERBS,
)
from inkwell_pipeline.extraction.sentences import Sentence, bare

__all__ = ["Ranking", "rank"]

SHORT_WORDS = 6
ADVERT_GAP_S = 40.0
BURST_S = 60.0  # on either side: about two minutes of talk are one topic
TERM = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


class Features(NamedTuple):
    """What is seen of one sentence; as weights, what each of it is worth."""

    burst: float  # of its four most local terms, as logarithms
    frequent: float  # how much it holds of the whole transcript's frequent terms
    title: float  # share of the title's terms
    asks: float
    turn: float  # it turns to something new
    after_turn: float  # the sentence before it did
    claim: float
    full: float  # of the twenty words that a thought takes
    broken: float  # not a sentence of the transcript but a piece of one, or without a verb, or cut off
    opening: float  # it begins as a continuation; a line can do without that word, a quote cannot
    rough: float  # flaws that an ear forgives and an eye does not


IDEA = Features(
    burst=0.25,
    frequent=3.0,
    title=0.0,
    asks=0.6,
    turn=1.2,
    after_turn=0.6,
    claim=0.1,
    full=0.4,
    broken=-1.2,
    opening=-0.5,
    rough=-1.0,
)
CENTRAL = Features(
    burst=0.1,
    frequent=5.0,
    title=1.0,
    asks=-2.0,
    turn=-1.0,
    after_turn=-1.0,
    claim=0.4,
    full=0.5,
    broken=-1.5,
    opening=-0.5,
    rough=-1.0,
)
QUOTE = Features(
    burst=0.2,
    frequent=2.0,
    title=0.2,
    asks=-3.0,
    turn=-0.5,
    after_turn=0.0,
    claim=1.0,
    full=2.0,
    broken=-3.0,
    opening=-3.0,
    rough=-3.0,
)


class Ranking(NamedTuple):
    """What `rank` found, each list as long as the sentences: higher is better, no unit.

    `idea`: worth a line. `central`: near to what the whole is about. `quote`: can stand alone, verbatim.
    `announces`: says what the episode is about; from 1 on it does. `advert`: part of a sponsor's read.
    `terms`: the content words.
    """

    idea: list[float]
    central: list[float]
    quote: list[float]
    announces: list[float]
    advert: list[bool]
    terms: list[frozenset[str]]


def rank(found: Sequence[Sentence], *, title: str) -> Ranking:
    """Scores for every sentence, in one pass: the words are counted once."""
    memo: dict[str, tuple[str, ...]] = {}
    words = [content(sentence, memo) for sentence in found]
    counts = Counts(found, words, title=title)
    seen: list[Features] = []
    announces: list[float] = []
    for sentence, mine in zip(found, words, strict=True):
        after_turn = seen[-1].turn if seen else 0.0
        seen.append(features(sentence, mine, counts, after_turn=after_turn))
        low = sentence.text.lower()
        says = bool(ANNOUNCES.search(low)) and bool(SUBJECT.search(low))
        rich = 0.2 * sqrt(len(mine)) + seen[-1].title
        announces.append(says * (1 + rich - 0.3 * min(2.0, seen[-1].rough)))
    return Ranking(
        idea=[dot(IDEA, each) for each in seen],
        central=[dot(CENTRAL, each) for each in seen],
        quote=[dot(QUOTE, each) for each in seen],
        announces=announces,
        advert=adverts(found, words),
        terms=[frozenset(mine) for mine in words],
    )


def dot(weights: Features, values: Features) -> float:
    return sum(weight * value for weight, value in zip(weights, values, strict=True))


class Counts:
    """How often each term stands where: places in order, by term."""

    def __init__(self, found: Sequence[Sentence], words: Sequence[Sequence[str]], *, title: str) -> None:
        self.places: dict[str, list[float]] = {}
        for sentence, mine in zip(found, words, strict=True):
            for term in mine:
                self.places.setdefault(term, []).append(sentence.place_s)
        self.most = max(map(len, self.places.values()), default=1)
        self.span_s = max(1.0, found[-1].place_s - found[0].place_s) if found else 1.0
        self.title = frozenset(term for word in title.split() for term in terms(word))

    def burst(self, term: str, place_s: float) -> float:
        """How far the term's number around this place is above that of an even spread; 0: not at all."""
        places = self.places[term]
        near = bisect_right(places, place_s + BURST_S) - bisect_left(places, place_s - BURST_S)
        expected = len(places) * min(1.0, 2 * BURST_S / self.span_s)
        return log(1 + near * log(near / expected)) if near > max(1.0, expected) else 0.0


def features(sentence: Sentence, mine: Sequence[str], counts: Counts, *, after_turn: float) -> Features:
    """What there is to see of one sentence."""
    low = sentence.text.lower()
    distinct = sorted(set(mine))  # sorted: sums of floats depend on their order, a set's on the hash seed
    bursts = sorted((counts.burst(term, sentence.place_s) for term in distinct), reverse=True)
    weight = sum(len(counts.places[term]) for term in distinct) / counts.most
    asks = low[-1] in "?？" and not TAG_QUESTION.search(low)
    return Features(
        burst=sum(bursts[:4]),
        frequent=weight / sqrt(max(SHORT_WORDS, sentence.length)),
        title=len(counts.title.intersection(distinct)) / max(1, len(counts.title)),
        asks=float(asks),
        turn=float(bool(TURNS.search(low))),
        after_turn=after_turn,
        claim=float(bool(CLAIMS.search(low))),
        full=min(1.0, sentence.length / 20),
        broken=broken(sentence, low, asks=asks),
        opening=float(bool(OPENS_BADLY.match(low))),
        rough=rough(sentence, low),
    )


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


def content(sentence: Sentence, memo: dict[str, tuple[str, ...]]) -> list[str]:
    """The sentence's terms in order; `memo` holds those of words seen before."""
    found: list[str] = []
    for word in sentence.words:
        if word not in memo:
            memo[word] = terms(word)
        found += memo[word]
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
        if mark and last is not None and found[at].place_s - found[last].place_s <= ADVERT_GAP_S:
            marks[last:at] = [True] * (at - last)
        last = at if mark else last
    return marks


def near(cues_s: Sequence[float], place_s: float) -> bool:
    """Whether a cue stands at most 75 seconds before or 40 after: a read begins with its sponsor's name."""
    at = bisect_left(cues_s, place_s - 75)
    return at < len(cues_s) and cues_s[at] <= place_s + 40
