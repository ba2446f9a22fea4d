"""Topic lines: where an episode turns to something, under which heading, and the sentence that says most of it.

Belongs here: how many lines there are, where, and what stands in each. Does not: what a sentence is worth
(`ranking.py`), what a heading is made of (`headings.py`).
"""

from math import ceil

from inkwell_pipeline.extraction.analysis import Analysis
from inkwell_pipeline.extraction.wording import readable
from inkwell_pipeline.models import Item

__all__ = ["topic_lines", "topic_positions"]

LINE_EVERY_S = 180.0
FEWEST_LINES, MOST_LINES = 8, 30
LINE_WORDS = (8, 30)  # a shorter one is an answer, or an announcement: "We call that file a feed."
HEADING_S = (30.0, 75.0)  # before a line and after it: what is said there is what it is about


def topic_lines(analysis: Analysis) -> tuple[Item, ...]:
    """One for about three minutes, in order of time; with a heading where something names it."""
    items: list[Item] = []
    before: frozenset[str] = frozenset()
    for at in topic_positions(analysis):
        sentence = analysis.found[at]
        place_s = sentence.place_s
        heading = analysis.headings.best(place_s, place_s - HEADING_S[0], place_s + HEADING_S[1], used=before)
        label, before = heading or (None, before)
        items.append(Item(text=readable(sentence.words), start_s=sentence.start_s, speaker=sentence.speaker, label=label))
    return tuple(sorted(items, key=lambda item: item.start_s or 0.0))


def topic_positions(analysis: Analysis) -> list[int]:
    """Positions of the sentences worth a line, spread over the episode."""
    count = max(FEWEST_LINES, min(MOST_LINES, ceil(analysis.span_s / LINE_EVERY_S)))
    first_s, last_s = analysis.body()
    announced = set(analysis.announced)  # the summary begins with it
    able = [
        at
        for at, sentence in enumerate(analysis.found)
        if first_s <= sentence.place_s <= last_s and analysis.usable(at) and at not in announced
    ]
    whole = [at for at in able if LINE_WORDS[0] <= analysis.found[at].length <= LINE_WORDS[1]]
    able = whole if len(whole) >= count else able
    return analysis.spread(able, analysis.ranking.idea, count=count, apart_s=(last_s - first_s) / count / 2)
