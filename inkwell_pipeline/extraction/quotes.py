"""Quotes: statements that stand by themselves, in the transcript's own words.

Belongs here: which are taken. Does not: what makes a sentence quotable (`ranking.py`), proof of
the words (`evidence.py`).
"""

from inkwell_pipeline.extraction.analysis import Analysis
from inkwell_pipeline.extraction.topics import lines
from inkwell_pipeline.models import Item

__all__ = ["quotes"]

FEWEST, MOST = 3, 6
ONE_EVERY_S = 600.0
WORDS = (8, 45)


def quotes(analysis: Analysis) -> tuple[Item, ...]:
    """Three to six, in order of time, none of them a topic line again."""
    taken = {line.at for line in lines(analysis)}
    first_s, last_s = analysis.body()
    able = [
        at
        for at, sentence in enumerate(analysis.found)
        if WORDS[0] <= len(sentence.words) <= WORDS[1] and first_s <= sentence.place_s <= last_s and analysis.usable(at)
    ]
    others = [at for at in able if at not in taken]
    count = max(FEWEST, min(MOST, round(analysis.span_s / ONE_EVERY_S)))
    chosen = analysis.spread(others or able, analysis.ranking.quote, count=count, apart_s=analysis.span_s / count / 3)
    found = [analysis.found[at] for at in chosen]
    return tuple(
        Item(text=s.text, start_s=s.start_s, speaker=s.speaker)
        for s in sorted(found, key=lambda sentence: sentence.start_s or 0.0)
    )
