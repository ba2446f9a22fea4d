"""English words in general: what class each is likely to be of, and how common it is in talk.

Belongs here: reading `common_words.txt` (says what it holds, and from where). Does not: cues (`english.py`).
"""

from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

__all__ = ["Lexicon", "WordClass", "lexicon", "vocabulary"]

WordClass = Literal["noun", "verb", "gerund", "adjective", "adverb", "function"]
CLASSES: dict[str, WordClass] = {
    "noun": "noun",
    "verb": "verb",
    "gerund": "gerund",
    "adjective": "adjective",
    "adverb": "adverb",
    "function": "function",
}
UNKNOWN_BAND = 6  # no word of everyday talk
# Endings that tell the class of a word which the list does not have; any other is taken for a noun.
ENDINGS: tuple[tuple[str, WordClass], ...] = (
    ("ly", "adverb"),
    ("ing", "gerund"),
    ("ed", "verb"),
    ("able", "adjective"),
    ("ible", "adjective"),
    ("ful", "adjective"),
    ("less", "adjective"),
    ("ous", "adjective"),
    ("ish", "adjective"),
)


def vocabulary(text: str) -> frozenset[str]:
    """The words of a list that stands in the code as a text, so that it can be read and mended."""
    return frozenset(text.split())


class Lexicon(NamedTuple):
    """Words in small letters, without apostrophes."""

    classes: dict[str, WordClass]
    bands: dict[str, int]

    def word_class(self, word: str) -> WordClass:
        found = self.classes.get(word)
        if found is None and word.endswith("s") and not word.endswith("ss"):
            found = self.classes.get(word[:-1])
        if found is not None:
            return found
        return next((kind for ending, kind in ENDINGS if word.endswith(ending) and len(word) > len(ending) + 2), "noun")

    def band(self, word: str) -> int:
        """From 1, in most episodes whatever they are about, to 6, not everyday at all."""
        return self.bands.get(word, UNKNOWN_BAND)


@cache
def lexicon() -> Lexicon:
    """The list that comes with the package, read once (some 20 ms)."""
    found = Lexicon({}, {})
    kind, band = CLASSES["noun"], UNKNOWN_BAND
    text = files("inkwell_pipeline.extraction").joinpath("common_words.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        if line.endswith(":"):
            name, number = line[:-1].split()
            kind, band = CLASSES[name], int(number)
            continue
        for word in line.split():
            found.classes.setdefault(word, kind)
            found.bands.setdefault(word, band)
    return found
