"""Whether the transcript has the words that an extractor says were spoken. Pure.

Belongs here: the comparison of words. Does not: choosing quotes (an extractor's work), showing them (`notes/`).
"""

import re
import unicodedata

from inkwell_pipeline.models import Section, Transcript

__all__ = ["only_verbatim"]

WORD = re.compile(r"[^\W_]+")


def only_verbatim(section: Section, transcript: Transcript) -> Section:
    """A quotes section without the quotes whose words do not stand in the transcript, in this order, without a gap.

    Case, punctuation and white space do not count. What is left out is counted in `unverified`. Another kind of
    section comes back as it is.
    """
    if section.kind != "quotes" or not section.items:
        return section
    said = f" {' '.join(filter(None, (_words(segment.text) for segment in transcript.segments)))} "
    found = tuple(item for item in section.items if (words := _words(item.text)) and f" {words} " in said)
    missing = len(section.items) - len(found)
    return section.model_copy(update={"items": found, "unverified": section.unverified + missing})


def _words(text: str) -> str:
    """The words alone, in small letters; an apostrophe is a part of its word, as it is no sound of its own."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(WORD.findall(re.sub(r"['’]", "", plain)))
