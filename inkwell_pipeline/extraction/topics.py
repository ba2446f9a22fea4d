"""Topic lines: where an episode turns to something, under which heading, and the sentence that says most of it.

Belongs here: how many lines there are, where, and what stands in each. Does not: what a sentence is worth
(`ranking.py`), what a heading is made of (`headings.py`).
"""

from collections.abc import Sequence
from itertools import zip_longest
from math import ceil, inf
from typing import NamedTuple

from inkwell_pipeline.extraction.analysis import Analysis
from inkwell_pipeline.extraction.english import ADVERT_ASKS
from inkwell_pipeline.extraction.terms import Terms
from inkwell_pipeline.extraction.wording import readable
from inkwell_pipeline.models import Item

__all__ = ["lines", "topic_lines"]

LINE_EVERY_S = 180.0
FEWEST_LINES, MOST_LINES = 8, 30
LINE_WORDS = (8, 30)  # a shorter one is an answer, or an announcement: "We call that file a feed."
HEADING_S = (30.0, 100.0)  # before a place and after it: what is said there is what it is about
SENTENCE_S = (10.0, 30.0)  # so far from the place its sentence may be
CHAPTER_OPENING_S = 120.0  # a chapter says what it is about in its first two minutes
CHAPTER_ROOM_S = 90.0
NAMES_TOPIC = 1.0  # what it is worth that a sentence has the heading's words


class Line(NamedTuple):
    """A topic: the sentence's position, and its heading where there is one."""

    at: int
    heading: str | None


def topic_lines(analysis: Analysis) -> tuple[Item, ...]:
    """One for about three minutes, in order of time; with a heading where something names it."""
    items = []
    for line in lines(analysis):
        sentence = analysis.found[line.at]
        text = readable(sentence.words)
        items.append(Item(text=text, start_s=sentence.start_s, speaker=sentence.speaker, label=line.heading))
    return tuple(sorted(items, key=lambda item: item.start_s or 0.0))


def lines(analysis: Analysis) -> list[Line]:
    """The episode's topics in the transcript's order: the publisher's chapters, and ours where these leave room."""
    marked = chapter_lines(analysis)
    places_s = [analysis.found[line.at].place_s for line in marked]
    ours = [
        line
        for line in spoken_lines(analysis)
        if all(abs(analysis.found[line.at].place_s - place_s) >= CHAPTER_ROOM_S for place_s in places_s)
    ]
    return sorted([*marked, *ours], key=lambda line: line.at)


def chapter_lines(analysis: Analysis) -> list[Line]:
    """A line for each chapter under its title, with the sentence of its first minutes that says most of it."""
    timed = any(sentence.start_s is not None for sentence in analysis.found)
    found: list[Line] = []
    for chapter, after in zip_longest(analysis.chapters, analysis.chapters[1:]):
        if not timed or ADVERT_ASKS.search(chapter.title.lower()):
            continue
        until_s = min(chapter.start_s + CHAPTER_OPENING_S, after.start_s if after else inf)
        within = [
            at
            for at, sentence in enumerate(analysis.found)
            if chapter.start_s <= sentence.place_s < until_s
            and analysis.usable(at)
            and sentence.length >= LINE_WORDS[0]
        ]
        named = frozenset(Terms().of(chapter.title.split()))
        if within:
            found.append(Line(best_sentence(analysis, within, within[0], named), chapter.title.strip()))
    return found


def spoken_lines(analysis: Analysis) -> list[Line]:
    """The topics that the talk itself shows."""
    found: list[Line] = []
    before: frozenset[str] = frozenset()
    able = eligible(analysis)
    for anchor in anchors(analysis, able):
        place_s = analysis.found[anchor].place_s
        heading = analysis.headings.best(place_s, place_s - HEADING_S[0], place_s + HEADING_S[1], used=before)
        text, before = heading or (None, before)
        taken = {line.at for line in found}
        said = [analysis.terms[at] for at in sorted(taken)[-2:]]
        free = [at for at in able if at not in taken and analysis.terms[at] not in said]
        at = best_sentence(analysis, free, anchor, before if heading else frozenset())
        if at in taken:
            continue
        found.append(Line(at, text))
    return found


def best_sentence(analysis: Analysis, able: Sequence[int], anchor: int, named: frozenset[str]) -> int:
    """Of the sentences near the anchor, the one that reads best and speaks of what the heading names."""
    place_s = analysis.found[anchor].place_s

    def worth(at: int) -> float:
        share = len(named & analysis.terms[at]) / len(named) if named else 0.0
        away_s = abs(analysis.found[at].place_s - place_s)
        return analysis.ranking.line[at] + NAMES_TOPIC * share - away_s / 60

    near = [at for at in able if -SENTENCE_S[0] <= analysis.found[at].place_s - place_s <= SENTENCE_S[1]]
    return max(near, key=lambda at: (worth(at), -at), default=anchor)


def eligible(analysis: Analysis) -> list[int]:
    """Sentences that may stand in a line."""
    first_s, last_s = analysis.body()
    announced = set(analysis.announced)  # the summary begins with it
    able = [
        at
        for at, sentence in enumerate(analysis.found)
        if first_s <= sentence.place_s <= last_s and analysis.usable(at) and at not in announced
    ]
    whole = [at for at in able if LINE_WORDS[0] <= analysis.found[at].length <= LINE_WORDS[1]]
    return whole if len(whole) >= FEWEST_LINES else able


def anchors(analysis: Analysis, able: Sequence[int]) -> list[int]:
    """Where lines stand: spread over the episode, at what it turns to."""
    count = max(FEWEST_LINES, min(MOST_LINES, ceil(analysis.span_s / LINE_EVERY_S)))
    first_s, last_s = analysis.body()
    return analysis.spread(able, analysis.ranking.idea, count=count, apart_s=(last_s - first_s) / count / 2)
