"""Where words stand in a long text, exactly or with small edits.

Belongs here: what a small edit is, and finding in bounded time whatever the words. Does not: which words are the same
(`wordforms.py`), what a place in the text means (`spoken.py`).
Pure. Of n words in the text, preparing is linear in n, and so is a look-up but for a bounded amount of comparing.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import NamedTuple

from inkwell_pipeline.extraction.wordforms import weighty

__all__ = ["Effort", "Run", "Words", "small_edits"]

EDITS_IN_100 = 15
LONGEST_EDITED = 300  # words; nobody quotes more by heart, and comparing costs the square of the length
MOST_PLACES = 1_000  # of one run of words; letters of a long one count against them, see `exact`
LETTERS = 200_000
MOST_CELLS = 40_000  # compared for one quote: some 20 ms; a candidate of 20 words takes 140, one of 300 all but half
PIECE_PLACES = 200
MOST_ALIGNED = (1 << 12) - 1  # more than `LONGEST_EDITED` with its edits
OF_QUOTE = 1 << 12
EDIT = 1 << 24
NOTHING = MOST_ALIGNED * OF_QUOTE  # of a cell before any word is the same


@dataclass
class Effort:
    """How many cells may still be compared for one quote, whatever parts of it are looked for."""

    cells: int = MOST_CELLS


class Run(NamedTuple):
    """Words of the text, from `first` to before `last`, and how many edits make the words looked for of them."""

    first: int
    last: int
    edits: int


class Reach(NamedTuple):
    """How far words go along a text: edits, and after how many words of each side the last two were the same."""

    edits: int
    of_quote: int
    of_text: int


def small_edits(words: int) -> int:
    """How many words may be added, left out or exchanged in a quote of so many; none below 7 or beyond 300."""
    return words * EDITS_IN_100 // 100 if words <= LONGEST_EDITED else 0


class Words:
    """A text's words, prepared once for any number of look-ups."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = words
        self._text = f" {' '.join(words)} "
        self._starts = list(accumulate((len(word) + 1 for word in words), initial=0))

    @cached_property
    def _everywhere(self) -> tuple[int, int]:
        return 0, len(self.words)

    def exact(self, words: Sequence[str], within: tuple[int, int] | None = None) -> list[Run]:
        """Where the words stand in this order without a gap; the first 1,000 places, fewer for thousands of words."""
        first, last = within or self._everywhere
        if not words or last - first < len(words):
            return []
        sought = f" {' '.join(words)} "
        most = max(1, min(MOST_PLACES, LETTERS // len(sought)))
        return [Run(at, at + len(words), 0) for at in self._places(sought, first, last, most)]

    def close(self, words: Sequence[str], effort: Effort, within: tuple[int, int] | None = None) -> list[Run]:
        """Where they stand with small edits, from the first to the last word that is the same; fewest edits first.

        Of k + 1 pieces of the words one is untouched by k edits: only where one stands are the rest compared. Pieces
        that stand in few places go first, until the effort is spent.
        """
        most, (first, last) = small_edits(len(words)), within or self._everywhere
        if not most or effort.cells <= 0:
            return []
        found: dict[tuple[int, int], Run] = {}
        for begin, end, at in self._candidates(words, most, first, last):
            if effort.cells <= 0:
                break
            before = words[:begin][::-1], self.words[max(first, at - begin - most) : at][::-1]
            after = words[end:], self.words[at + end - begin : min(last, at + len(words) - begin + most)]
            left, spent = aligned(*before, most)
            effort.cells -= spent
            if left is None:
                continue
            right, spent = aligned(*after, most - left.edits)
            effort.cells -= spent
            if right is not None:
                run = Run(at - left.of_text, at + end - begin + right.of_text, left.edits + right.edits)
                found[run[:2]] = min(run, found.get(run[:2], run), key=lambda each: each.edits)
        return sorted(found.values(), key=lambda each: (each.edits, each.first))

    def _candidates(self, words: Sequence[str], most: int, first: int, last: int) -> Iterator[tuple[int, int, int]]:
        """A piece of the words (begin, end), and a place in the text where it stands."""
        cuts = [len(words) * nth // (most + 1) for nth in range(most + 2)]
        pieces = []
        for begin, end in pairwise(cuts):
            sought = f" {' '.join(words[begin:end])} "
            pieces.append((begin, end, list(self._places(sought, first, last, PIECE_PLACES))))
        for begin, end, places in sorted(pieces, key=lambda piece: len(piece[2])):
            for at in places:
                yield begin, end, at

    def _places(self, sought: str, first: int, last: int, most: int) -> Iterator[int]:
        begin, end = self._starts[first], self._starts[last] + 1
        for _ in range(most):
            begin = self._text.find(sought, begin, end)
            if begin < 0:
                return
            yield bisect_left(self._starts, begin)
            begin += 1


def aligned(quote: Sequence[str], text: Sequence[str], most: int) -> tuple[Reach | None, int]:
    """The quote laid along the beginning of the text with at most so many edits, and how many cells that took.

    A word that a sentence turns on is the same on both sides, or the way is barred; so it is where the words at the
    quote's end were edited, and such a word stands in their place. Cells off the diagonal by more than `most` are not
    looked at, and none after the row in which all ways have too many edits.

    A cell is one number, three to ten times as fast as a tuple: edits first, of equal edits the way least that has
    come further in the quote, then the one that is shorter in the text.
    """
    if not quote:
        return Reach(0, 0, 0), 1
    barred = (most + 1) * EDIT
    turns_text = [weighty(word) for word in text]
    free = next((at for at, turns in enumerate(turns_text[:most]) if turns), min(most, len(text)))
    row = [barred] * most + [ahead * EDIT + NOTHING for ahead in range(free + 1)] + [barred] * (most - free)
    for nth, word in enumerate(quote):
        row = _next_row(row, nth, word, text, turns_text)
        if min(row) >= barred:
            return None, (nth + 1) * len(row)
    edits, rest = divmod(min(row), EDIT)
    reach = Reach(edits, MOST_ALIGNED - rest // OF_QUOTE, rest % OF_QUOTE)
    beyond = turns_text[reach.of_text : reach.of_text + len(quote) - reach.of_quote]
    return None if any(beyond) else reach, len(quote) * len(row)


def _next_row(row: list[int], nth: int, word: str, text: Sequence[str], turns_text: Sequence[bool]) -> list[int]:
    """The cells after the quote's word number `nth`, out of those before it."""
    width, turns, length = len(row), weighty(word), len(text)
    barred = (width // 2 + 1) * EDIT
    same = (MOST_ALIGNED - nth - 1) * OF_QUOTE + 1
    following: list[int] = []
    before = barred
    for offset, at in enumerate(range(nth - width // 2, nth + width - width // 2)):  # at: the text's word
        best = barred
        if 0 <= at < length:
            barred_text = turns_text[at]
            if text[at] == word:
                best = row[offset] // EDIT * EDIT + same + at
            elif not (turns or barred_text):
                best = row[offset] + EDIT
            if before + EDIT < best and not barred_text:
                best = before + EDIT
        if not turns and -1 <= at < length and offset + 1 < width and row[offset + 1] + EDIT < best:
            best = row[offset + 1] + EDIT
        before = min(best, barred)
        following.append(before)
    return following
