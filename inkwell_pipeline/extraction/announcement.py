"""The host's announcement: the first minute's sentences that say who is there, and what will be talked about.

Belongs here: where it begins and ends. Does not: the cues (`english.py`), what else a summary holds (`summary.py`).
Nobody says better what an episode is about: publishers' own descriptions are often the same text.
"""

from collections.abc import Sequence

from inkwell_pipeline.extraction.english import (
    ANNOUNCES,
    CARRIES_ON,
    GREETS,
    NAMES_ITSELF,
    OPENS_EPISODE,
    SUBJECT,
    WELCOMES_LISTENERS,
)
from inkwell_pipeline.extraction.sentences import Sentence
from inkwell_pipeline.extraction.words import bare

__all__ = ["announcement"]

WITHIN_S = 180.0  # it comes in the first three minutes, or in the first tenth
FEWEST_WORDS = 6
MOST_WORDS = 150  # a longer one has become talk
MOST_SENTENCES = 7
ASIDE_WORDS = 6  # "Hello." between two of the host's sentences does not end it


def announcement(found: Sequence[Sentence], adverts: Sequence[bool]) -> list[int]:
    """Positions of its sentences, in order; often none."""
    if not found:
        return []
    until_s = found[0].place_s + max(WITHIN_S, (found[-1].place_s - found[0].place_s) / 10)
    early = [at for at, sentence in enumerate(found) if sentence.place_s <= until_s]
    whole = preamble(found, adverts, early)
    if whole:
        return whole
    best: list[int] = []
    for at in early:
        if at not in best and begins(found[at]) and not adverts[at]:
            run = carried_on(found, adverts, at)
            best = max(best, run, key=lambda run: worth(found, run))
    return best


def preamble(found: Sequence[Sentence], adverts: Sequence[bool], early: Sequence[int]) -> list[int]:
    """All that one host says before a guest is greeted, somebody else speaks or a question is asked.

    Empty where that is no announcement: too long, or without a word on guest or subject.
    """
    run: list[int] = []
    host = found[0].speaker
    for at in early:
        sentence, low = found[at], found[at].text.lower()
        if adverts[at] or only_names(sentence, low):
            continue
        if GREETS.match(low) or low.rstrip()[-1:] == "?":
            if run and not WELCOMES_LISTENERS.match(low):
                break
        elif sentence.speaker != host and sentence.length > ASIDE_WORDS:
            if run:
                break
            host, run = sentence.speaker, [at]
        elif sentence.speaker == host and sentence.length >= FEWEST_WORDS:
            run.append(at)
    said = sum(found[at].length for at in run)
    first = next((nth for nth, at in enumerate(run) if begins(found[at])), None)
    if first is None or said > MOST_WORDS or len(run) > MOST_SENTENCES:
        return []
    return run[first:]


def only_names(sentence: Sentence, low: str) -> bool:
    """Whether a sentence says no more than what the show is called, or who is speaking."""
    return bool(NAMES_ITSELF.match(low)) and not begins(sentence)


def begins(sentence: Sentence) -> bool:
    low = sentence.text.lower()
    if (
        sentence.length < FEWEST_WORDS
        or low.rstrip()[-1:] == "?"
        or (GREETS.match(low) and not WELCOMES_LISTENERS.match(low))
    ):
        return False
    return announces(low)


def announces(low: str) -> bool:
    """Whether a sentence in small letters says who is there, or what it will be about."""
    return bool(OPENS_EPISODE.search(low)) or bool(ANNOUNCES.search(low) and SUBJECT.search(low))


def carried_on(found: Sequence[Sentence], adverts: Sequence[bool], first: int) -> list[int]:
    """The run of sentences from the first on, as long as they speak of the guest or of what is to come."""
    run, words = [first], found[first].length
    names = capitalised(found[first])
    for at in range(first + 1, min(len(found), first + 3 * MOST_SENTENCES)):
        sentence, low = found[at], found[at].text.lower()
        aside = sentence.speaker != found[first].speaker or sentence.length < FEWEST_WORDS
        if aside and (sentence.length > ASIDE_WORDS or GREETS.match(low)):
            break
        if aside or only_names(sentence, low):
            continue
        words += sentence.length
        if adverts[at] or words > MOST_WORDS or len(run) == MOST_SENTENCES or not carries_on(sentence, names):
            break
        names |= capitalised(sentence)
        run.append(at)
    return run


def carries_on(sentence: Sentence, names: frozenset[str]) -> bool:
    low = sentence.text.lower()
    if low.rstrip()[-1:] == "?" or GREETS.match(low):
        return False
    return announces(low) or bool(CARRIES_ON.match(low)) or bare(sentence.words[0]) in names


def capitalised(sentence: Sentence) -> frozenset[str]:
    """Words with a capital inside the sentence, in small letters: names, for the most part."""
    return frozenset(bare(word) for word in sentence.words[1:] if word[:1].isupper() and len(word) > 2)


def worth(found: Sequence[Sentence], run: Sequence[int]) -> tuple[int, int]:
    """How much a run announces: sentences that name the subject first, then its words, up to a point."""
    says = sum(bool(SUBJECT.search(found[at].text.lower())) for at in run)
    return says, min(60, sum(found[at].length for at in run))
