"""Noun phrases of a transcript: what a heading can be made of.

Belongs here: which runs of words name something, how they are written, where they stand. Does not: which of them names
a topic (`headings.py`). By word classes out of a list, not by grammar: what looks doubtful is left out, as a line
can do without a heading, and a bad one is worse than none.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from inkwell_pipeline.extraction.english import BEFORE_NOUNS, FAINT, JOINS, LEADS, VAGUE
from inkwell_pipeline.extraction.lexicon import WordClass, lexicon
from inkwell_pipeline.extraction.sentences import Sentence
from inkwell_pipeline.extraction.terms import Terms
from inkwell_pipeline.extraction.words import CLOSERS, STOPS

__all__ = ["Phrase", "Spelling", "is_english", "phrases"]

LONGEST_PHRASE = 4
ADDRESS = re.compile(r"@|/|\.(?:com|io|dev|fm|org|net|tech|app)\b", re.IGNORECASE)
OPENERS = "\"'“‘([{"
BREAKS = STOPS + CLOSERS + ",;:–—-…"


class Token(NamedTuple):
    """A word without its punctuation. `ends`: what follows is another phrase."""

    text: str
    low: str  # small letters, no apostrophe
    kind: WordClass
    starts: bool
    ends: bool


@dataclass
class Phrase:
    """A run of words that names something, with the positions of all sentences that have it."""

    terms: tuple[str, ...]
    words: tuple[str, ...]  # small letters
    said_in: list[int] = field(default_factory=list)
    bounded: int = 0  # how often it stood between words that cannot be a part of it
    as_noun: int = 0  # how often so after "the", "of" and their kind


class Spelling:
    """How each word is written inside of sentences, where a capital means a name."""

    def __init__(self) -> None:
        self._forms: dict[str, Counter[str]] = {}

    def add(self, token: Token) -> None:
        if not token.starts or not token.text[:1].isupper() or token.text[1:2].isupper():
            self._forms.setdefault(token.low, Counter())[token.text] += 1

    def of(self, low: str) -> str:
        """The usual form; in small letters where the transcript has none but at sentences' beginnings."""
        forms = self._forms.get(low)
        return forms.most_common(1)[0][0] if forms else low


def is_english(found: Sequence[Sentence]) -> bool:
    """Whether at least a quarter of the words are the small words of English: "the", "and", "you"."""
    known = lexicon()
    total = small = 0
    for sentence in found[:400]:
        for word in sentence.words:
            total += 1
            small += known.classes.get(word.lower().strip(BREAKS)) == "function"
    return small * 4 >= total > 0


def phrases(found: Sequence[Sentence], terms: Terms) -> tuple[list[Phrase], Spelling]:
    """All candidates in order of first mention, and how their words are spelled."""
    tokens_of, spelling = Tokens(), Spelling()
    candidates: dict[tuple[str, ...], Phrase] = {}
    for at, sentence in enumerate(found):
        tokens = tokens_of.of(sentence.words)
        for token in tokens:
            spelling.add(token)
        for first, last, bounded in runs(tokens):
            lows = tuple(token.low for token in tokens[first:last])
            if len(set(lows)) < len(lows):
                continue  # said twice: "progressive progressive web apps"
            phrase = candidates.get(lows)
            if phrase is None:
                phrase = candidates[lows] = Phrase(tuple(dict.fromkeys(terms.of(lows))), lows)
            phrase.said_in.append(at)
            phrase.bounded += bounded
            phrase.as_noun += bounded and first > 0 and tokens[first - 1].low in BEFORE_NOUNS
    return [phrase for phrase in candidates.values() if phrase.terms], spelling


class Tokens:
    """Words to tokens, each word looked at once."""

    def __init__(self) -> None:
        self._known = lexicon()
        self._seen: dict[str, tuple[str, str, WordClass, bool, bool, bool]] = {}

    def of(self, words: Sequence[str]) -> list[Token]:
        found, starts = [], True
        for word in words:
            seen = self._seen.get(word)
            if seen is None:
                seen = self._seen[word] = self._looked_at(word)
            text, low, kind, opens, ends, stops = seen
            found.append(Token(text, low, kind, starts or opens, ends))
            starts = stops
        return found

    def _looked_at(self, word: str) -> tuple[str, str, WordClass, bool, bool, bool]:
        text = word.strip(BREAKS + OPENERS)
        low = text.lower().replace("'", "").replace("’", "")
        named = bool(text) and text[0].isalpha() and not text.endswith(("'s", "’s")) and not ADDRESS.search(text)
        kind: WordClass = self._known.word_class(low) if named else "function"
        return text, low, kind, word[0] in OPENERS, word[-1] in BREAKS, word.rstrip(CLOSERS)[-1:] in tuple(STOPS)


def runs(tokens: Sequence[Token]) -> Iterator[tuple[int, int, bool]]:
    """Slices of tokens that may be phrases, and whether each is the whole of what stands between its neighbours."""
    begin = 0
    while begin < len(tokens):
        end = begin
        while end < len(tokens) and tokens[end].kind in ("noun", "adjective", "gerund"):
            end += 1
            if tokens[end - 1].ends:
                break
        if end > begin:
            yield from parts(tokens, begin, end)
            yield from joined(tokens, begin, end)
        begin = max(end, begin + 1)


def parts(tokens: Sequence[Token], begin: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """The run's ends: "lazy image loading", "image loading", "loading"; of a long one, its pieces too."""
    for last in range(begin + 1, end + 1):
        if not can_end(tokens, begin, last):
            continue
        for first in range(max(begin, last - LONGEST_PHRASE), last):
            if can_begin(tokens, first, last):
                bounded = last == end and (first == begin or not can_begin(tokens, first - 1, last))
                yield first, last, bounded


def can_begin(tokens: Sequence[Token], first: int, last: int) -> bool:
    token = tokens[first]
    if last - first == 1:
        return token.kind == "noun"
    return token.low not in FAINT


def can_end(tokens: Sequence[Token], begin: int, last: int) -> bool:
    token = tokens[last - 1]
    if token.low in VAGUE or len(token.low) < 2:
        return False
    if token.kind == "gerund":  # "tree shaking", "lazy loading"; not "people going", "functions returning"
        return last - begin > 1 and lexicon().band(token.low) >= 3 and not tokens[last - 2].low.endswith("s")
    return token.kind == "noun"


def joined(tokens: Sequence[Token], begin: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """Two phrases with a small word between: "modules in the browser", "laws of thermodynamics"."""
    if tokens[end - 1].ends or end + 1 >= len(tokens) or tokens[end].low not in JOINS or tokens[end].ends:
        return
    second = end + 1 + (tokens[end + 1].low in LEADS and not tokens[end + 1].ends)
    last = second
    while last < len(tokens) and tokens[last].kind in ("noun", "adjective") and last - second < 2:
        last += 1
        if tokens[last - 1].ends:
            break
    first = max(begin, end - 2)
    whole = last < len(tokens) and tokens[last].kind in ("noun", "adjective", "gerund") and not tokens[last - 1].ends
    ends = last > second and not whole and can_end(tokens, begin, end) and can_end(tokens, second, last)
    if ends and can_begin(tokens, first, end) and can_begin(tokens, second, last):
        yield first, last, first == begin
