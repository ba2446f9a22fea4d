"""The summary: the host's announcement, and what is central to the episode.

Belongs here: which sentences, in which order. Does not: finding the announcement (`announcement.py`), worth
(`ranking.py`).
"""

from collections.abc import Sequence

from inkwell_pipeline.extraction.analysis import Analysis
from inkwell_pipeline.extraction.sentences import Sentence
from inkwell_pipeline.extraction.wording import readable
from inkwell_pipeline.extraction.words import CLOSERS, STOPS
from inkwell_pipeline.models import Item

__all__ = ["summary"]

SENTENCES = 4
FEWEST_CENTRAL = 2
WORDS = (8, 32)


def summary(analysis: Analysis) -> tuple[Item, ...]:
    """One text without a time: the announcement in full where there is one, then central sentences by time."""
    lead = [at for at in analysis.announced if analysis.usable(at)]
    first_s, last_s = analysis.body()
    rest = [
        at
        for at, sentence in enumerate(analysis.found)
        if first_s <= sentence.place_s <= last_s
        and WORDS[0] <= sentence.length <= WORDS[1]
        and analysis.usable(at)
        and at not in lead
    ]
    rest = rest or [at for at in range(len(analysis.found)) if analysis.usable(at) and at not in lead]
    wanted = max(FEWEST_CENTRAL, SENTENCES - len(lead))
    central = analysis.spread(rest, analysis.ranking.central, count=wanted, apart_s=analysis.span_s / 12)
    spoken = [*joined([analysis.found[at] for at in lead]), *(analysis.found[at].words for at in central)]
    text = " ".join(filter(None, map(readable, spoken)))
    return (Item(text=text),) if text else ()


def joined(found: Sequence[Sentence]) -> list[tuple[str, ...]]:
    """The words of each sentence; pieces of a long one together again."""
    texts: list[tuple[str, ...]] = []
    open_end = False
    for sentence in found:
        if open_end:
            texts[-1] += sentence.words
        else:
            texts.append(sentence.words)
        open_end = sentence.words[-1].rstrip(CLOSERS)[-1:] not in tuple(STOPS)
    return texts
