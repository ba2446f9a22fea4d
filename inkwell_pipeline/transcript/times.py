"""Times as publishers write them, and their order.

Belongs here: one time's grammar, and which of many times can be true together. Does not: where in a form they stand.
"""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from inkwell_pipeline.ascent import longest_ascent
from inkwell_pipeline.transcript.reading import UnreadableTranscript

__all__ = ["CLOCK", "clock_s", "in_time", "out_of_order", "parse_timestamp_s"]

T = TypeVar("T")

TIMESTAMP = re.compile(r"(?:(?:([0-9]{1,9}):)?([0-9]{1,9}):)?([0-9]{1,9}(?:[.,][0-9]{0,9})?)")
# as people write it into a text: `1:02:03`, `00:12:34.56`, `12:34`, `0: 12:34`; no bare seconds
CLOCK = r"[0-9]{1,3}: ?[0-5][0-9](?::[0-5][0-9])?(?:[.,][0-9]{1,3})?"


def parse_timestamp_s(text: str) -> float:
    """Seconds, for a caption's time.

    Takes `[hours:]mm:ss.mmm` with any number of hours, SRT's comma for the point, and bare seconds.
    Raises: UnreadableTranscript, with the text.
    """
    match = TIMESTAMP.fullmatch(text.strip())
    if match is None:
        raise UnreadableTranscript(f"{text!r} is no time")
    hours, minutes, seconds = match.groups(default="0")
    return round(int(hours) * 3600 + int(minutes) * 60 + float(seconds.replace(",", ".")), 3)


def clock_s(text: str) -> float | None:
    """Seconds, for a time that stands alone in a text; None where the text is something else."""
    return parse_timestamp_s(text.replace(" ", "")) if re.fullmatch(CLOCK, text.strip()) else None


def in_time(items: Sequence[T], start_s: Callable[[T], float | None]) -> list[T]:
    """Sorted by start; what has no time stays behind the item that it followed.

    For captions and JSON, where each item has a time of its own and the file's order says nothing.
    """
    after_s, placed = 0.0, []
    for item in items:
        time_s = start_s(item)
        after_s = after_s if time_s is None else time_s
        placed.append((after_s, item))
    return [item for _, item in sorted(placed, key=lambda one: one[0])]


def out_of_order(times_s: Sequence[float | None]) -> frozenset[int]:
    """The indexes of the fewest times without which none goes back.

    For texts, whose order is the order of talk: there a time that goes back is mistyped, not its paragraph misplaced.
    """
    told = [(index, time_s) for index, time_s in enumerate(times_s) if time_s is not None]
    kept = longest_ascent([time_s for _, time_s in told])
    return frozenset(index for index, _ in told) - {told[at][0] for at in kept}
