"""A spoken sentence as an editor would print it.

Belongs here: what an ear does not miss, left out. Does not: where a sentence ends (`sentences.py`), which one is
worth printing (`ranking.py`). Never for quotes: those keep every word.
"""

import re
from collections.abc import Sequence

from inkwell_pipeline.extraction.lexicon import vocabulary
from inkwell_pipeline.extraction.words import CLOSERS, STOPS, bare

__all__ = ["readable"]

# What people say before they say something. The second list goes only before a comma: "no one" stays.
OPENINGS = vocabulary("and but so or um uh erm oh ah yeah yep yup okay ok alright anyway hmm mhm")
OPENINGS_WITH_COMMA = vocabulary(
    "well yes no right like then now cool nice sure exactly totally absolutely definitely awesome also plus"
)
OPENING_PAIRS = frozenset(
    {("you", "know"), ("i", "mean"), ("all", "right"), ("of", "course"), ("and", "then"), ("so", "then")}
)
SO_STAYS_BEFORE = vocabulary("much many far long that called few little good")
REASONS = vocabulary("because cause cuz whereas")
SUBJECTS = vocabulary(
    "i you we they he she it the a an this that there these those i'm you're we're it's that's because if"
)
ASIDES = frozenset({("you", "know"), ("i", "mean"), ("like",), ("um",), ("uh",), ("right",), ("sort", "of")})
HESITATIONS = vocabulary("um uh erm umm uhh")
TAG_QUESTION = re.compile(r", (?:right|you know|yeah|okay|ok)\?$", re.IGNORECASE)  # nobody is asked anything
DOUBLED_ON_PURPOSE = vocabulary("had that")


def readable(words: Sequence[str]) -> str:
    """A sentence as an editor would print it: no "um", no "yeah, so" before it, no stutter.

    Never for quotes. Words are left out, none is changed but for the capital and the stop at the ends.
    """
    kept = without_opening(without_stutter(without_asides(list(words))))
    if not kept:
        return ""
    first = kept[0][:1].upper() + kept[0][1:] if kept[0].islower() else kept[0]
    text = TAG_QUESTION.sub("", " ".join([first, *kept[1:]])).rstrip(",;:–—-")
    return text if text[-1:] in tuple(STOPS + CLOSERS) or not text else text + "."


def without_opening(words: list[str]) -> list[str]:
    """Without fillers at its head, as long as a sentence of five words is left."""
    while len(words) > 5:
        first, comma = bare(words[0]), words[0][-1:] in ",;…-"
        if (first, bare(words[1])) in OPENING_PAIRS:
            words = words[2:]
        elif first in REASONS and not any(word[-1:] == "," for word in words):
            words = words[1:]  # the clause is a sentence without it; "Because of A, B" is not
        elif first == "like" and bare(words[1]) in SUBJECTS:
            words = words[1:]
        elif first == "so" and bare(words[1]) in SO_STAYS_BEFORE:
            break
        elif not first or first in OPENINGS or (comma and first in OPENINGS_WITH_COMMA):
            words = words[1:]
        else:
            break
    return words


def without_asides(words: list[str]) -> list[str]:
    """Without hesitations, and without "you know" and its kind between commas."""
    kept: list[str] = []
    index = 0
    while index < len(words):
        size = aside_at(words, index, after_comma=not kept or kept[-1][-1:] == ",")
        if size:
            stop = words[index + size - 1][-1:]
            if stop in tuple(STOPS) and kept:  # the sentence's end was said with the aside
                kept[-1] = kept[-1].rstrip("," + STOPS) + stop
            index += size
        else:
            kept.append(words[index])
            index += 1
    return kept


def aside_at(words: list[str], index: int, *, after_comma: bool) -> int:
    """How many words from here on are an aside; 0: none."""
    if bare(words[index]) in HESITATIONS:
        return 1
    for size in (2, 1):
        run = words[index : index + size]
        if len(run) < size or not after_comma or not index:
            continue
        if run[-1][-1:] in tuple(",.") and tuple(bare(word) for word in run) in ASIDES:
            return size
    return 0


def without_stutter(words: list[str]) -> list[str]:
    """Without the first of two equal runs of one to three words: "it's it's", "you can you can"."""
    kept: list[str] = []
    for word in words:
        kept.append(word)
        for size in (3, 2, 1):
            tail = [bare(each) for each in kept[-2 * size :]]
            if len(tail) == 2 * size and tail[:size] == tail[size:] and tail[0] not in DOUBLED_ON_PURPOSE:
                if all(tail) and not any(each[-1] in STOPS for each in kept[-2 * size : -size]):
                    del kept[-2 * size : -size]
                break
    return kept
