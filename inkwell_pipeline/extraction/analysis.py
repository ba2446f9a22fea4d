"""A transcript looked at once: what every section is made from.

Belongs here: the order of the steps, and what is asked of their results by more than one section. Does not: any step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from inkwell_pipeline.extraction.adverts import adverts
from inkwell_pipeline.extraction.announcement import announcement
from inkwell_pipeline.extraction.english import FAREWELL
from inkwell_pipeline.extraction.headings import Headings
from inkwell_pipeline.extraction.people import INTRODUCED_S, NOBODY, introduced, is_role, named_speakers, people
from inkwell_pipeline.extraction.ranking import Ranking, rank
from inkwell_pipeline.extraction.sentences import Sentence, sentences
from inkwell_pipeline.extraction.terms import Counts, Terms
from inkwell_pipeline.models import Chapter, Person, Segment

__all__ = ["Analysis", "analyse"]

HEAD_S, TAIL_S = 120.0, 240.0  # greetings, and picks and farewells, of an episode of an hour
SHORT_EPISODE_S, LONG_EPISODE_S = 720.0, 1500.0  # up to the first none of head and tail is skipped, from the other all
LONGEST_CHARACTERS = 600
FAREWELL_SHARE = 0.2


@dataclass(frozen=True)
class Analysis:
    """Sentences, and what is known of each; all lists are as long as `found`."""

    found: tuple[Sentence, ...]
    terms: tuple[frozenset[str], ...]
    adverts: tuple[bool, ...]
    announced: tuple[int, ...]  # positions of the host's announcement of the episode, often empty
    ranking: Ranking
    headings: Headings
    chapters: tuple[Chapter, ...]
    title: frozenset[str]  # its terms
    people: tuple[Person, ...]
    farewell_s: float  # the place from which on there are only picks, plugs and thanks

    @property
    def span_s(self) -> float:
        """From the first sentence to the last."""
        return self.found[-1].place_s - self.found[0].place_s if self.found else 0.0

    def body(self) -> tuple[float, float]:
        """Where the episode itself lies, in places. Short episodes have short heads and tails, or none."""
        if not self.found:
            return 0.0, 0.0
        share = (self.span_s - SHORT_EPISODE_S) / (LONG_EPISODE_S - SHORT_EPISODE_S)
        share = max(0.0, min(1.0, share))
        first_s, last_s = self.found[0].place_s + HEAD_S * share, self.found[-1].place_s - TAIL_S * share
        return first_s, max(first_s, min(last_s, self.farewell_s))

    def usable(self, at: int) -> bool:
        """Whether a sentence may stand in a note at all."""
        return not self.adverts[at] and len(self.found[at].text) <= LONGEST_CHARACTERS

    def crowded(self, at: int, other: int, *, apart_s: float) -> bool:
        """Whether one of two sentences is enough: too near in time, or more than half of their terms shared."""
        mine, others = self.terms[at], self.terms[other]
        gap_s = abs(self.found[at].place_s - self.found[other].place_s)
        return gap_s < apart_s or len(mine & others) * 2 > len(mine | others)

    def spread(self, able: Sequence[int], scores: Sequence[float], *, count: int, apart_s: float) -> list[int]:
        """The best `count` of `able`, no two nearer than `apart_s` or of mostly the same words; in order."""
        taken: list[int] = []
        for at in sorted(able, key=lambda at: (-scores[at], at)):
            if len(taken) == count:
                break
            if not any(self.crowded(at, other, apart_s=apart_s) for other in taken):
                taken.append(at)
        return sorted(taken)


def analyse(segments: Sequence[Segment], *, title: str = "", chapters: Sequence[Chapter] = ()) -> Analysis:
    """Everything about a transcript that sections are made from; takes some 0.2 s for 60 KB."""
    speakers = named_speakers(segments, title)
    found = tuple(s for s in sentences(labelled(segments, speakers)) if any(map(str.isalnum, s.text)))
    terms = Terms()
    words = [terms.of(sentence.words) for sentence in found]
    named = frozenset(terms.of(title.split()))
    counts = Counts(found, words)
    spoken_adverts = [
        advert or is_role(sentence.speaker) for sentence, advert in zip(found, adverts(found, words), strict=True)
    ]
    ranking = rank(found, words, counts, title=named)
    return Analysis(
        found=found,
        terms=tuple(map(frozenset, words)),
        adverts=tuple(spoken_adverts),
        announced=tuple(announcement(found, spoken_adverts)),
        ranking=ranking,
        headings=Headings(found, terms, counts, cues=ranking.cues, adverts=spoken_adverts),
        chapters=tuple(chapter for chapter in chapters if chapter.in_contents),
        title=named,
        farewell_s=farewell(found),
        people=people(speakers, introduced(opening(found), title, small=small_words(found)), segments),
    )


def labelled(segments: Sequence[Segment], speakers: Mapping[str, str]) -> list[Segment]:
    """The segments under their speakers' names, where these are known: "AB" becomes "Ada Byron", "Unknown" nobody."""
    out = []
    for segment in segments:
        label = segment.speaker
        name = None if label is None or label.lower() in NOBODY else speakers.get(label, label)
        out.append(segment if name == label else segment.model_copy(update={"speaker": name}))
    return out


def opening(found: Sequence[Sentence]) -> list[str]:
    """What is said in the first minutes, when people are introduced."""
    return [s.text for s in found if s.place_s <= found[0].place_s + INTRODUCED_S]


def small_words(found: Sequence[Sentence]) -> frozenset[str]:
    """Every word that stands in small letters somewhere."""
    return frozenset(word.strip(".,!?;:") for sentence in found for word in sentence.words if word.islower())


def farewell(found: Sequence[Sentence]) -> float:
    """Where the end of an episode begins: the first word of it in the last fifth; infinite where there is none."""
    if not found:
        return inf
    late_s = found[-1].place_s - (found[-1].place_s - found[0].place_s) * FAREWELL_SHARE
    return next((s.place_s for s in found if s.place_s >= late_s and FAREWELL.search(s.text.lower())), inf)
