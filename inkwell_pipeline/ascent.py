"""The most numbers of a row that never go back: times that can all be true, sections that nobody has moved. Pure.

Does not belong here: what is done with those that go back.
"""

from bisect import bisect_right
from collections.abc import Sequence

__all__ = ["longest_ascent"]


def longest_ascent(numbers: Sequence[float]) -> list[int]:
    """Indices, in order, of the longest run in which no number is less than the one before; neighbours or not.

    Method: patience sorting (Schensted, "Longest increasing and decreasing subsequences", 1961); n log n.
    """
    tails: list[float] = []  # the smallest end of a run of each length
    ends: list[int] = []  # the index of that end
    before: list[int | None] = []
    for index, number in enumerate(numbers):
        length = bisect_right(tails, number)
        before.append(ends[length - 1] if length else None)
        tails[length : length + 1], ends[length : length + 1] = [number], [index]
    run: list[int] = []
    at = ends[-1] if ends else None
    while at is not None:
        run.append(at)
        at = before[at]
    return run[::-1]
