"""Quotes with an ellipsis in them: where their parts stand, one after the other.

Belongs here: how near the parts must be. Does not: finding one part (`matching.py`).
Pure, and bounded as `matching.py` is.
"""

import re
from collections.abc import Sequence

from inkwell_pipeline.extraction.matching import Effort, Run, Words, small_edits
from inkwell_pipeline.extraction.wordforms import forms

__all__ = ["stretches"]

ELLIPSIS = re.compile(r"…|\.\s?\.\s?\.")
ANCHOR_WORDS = 3  # one of the parts has so many: a word or two stand anywhere
GAP_WORDS = 25  # a sentence's length; what is further apart was not said as one thing
MOST_ANCHORS = 50


def stretches(text: str, words: Words, effort: Effort) -> list[Run]:
    """Where the parts of a quote stand in their order, each from the first part to the last, what is between too."""
    parts = [part for part in map(forms, ELLIPSIS.split(text)) if part]
    anchor = max(range(len(parts)), key=lambda nth: len(parts[nth]), default=0)
    if len(parts) < 2 or len(parts[anchor]) < ANCHOR_WORDS:
        return []
    found = []
    for place in (words.exact(parts[anchor]) or words.close(parts[anchor], effort))[:MOST_ANCHORS]:
        run: Run | None = place
        for part in parts[anchor + 1 :]:
            run = run and _joined(run, part, words, effort, after=True)
        for part in reversed(parts[:anchor]):
            run = run and _joined(run, part, words, effort, after=False)
        if run:
            found.append(run)
    return found


def _joined(run: Run, part: Sequence[str], words: Words, effort: Effort, *, after: bool) -> Run | None:
    """The run as far as the nearest place of the part after it, or before it."""
    reach = GAP_WORDS + len(part)
    if after:
        within = run.last, min(len(words.words), run.last + reach + small_edits(len(part)))
    else:
        within = max(0, run.first - reach - small_edits(len(part))), run.first
    places = words.exact(part, within) or words.close(part, effort, within)
    if not places:
        return None
    nearest = min(places, key=lambda each: each.first) if after else max(places, key=lambda each: each.last)
    return Run(min(run.first, nearest.first), max(run.last, nearest.last), run.edits + nearest.edits)
