"""A held loop's time by cause: what the marks of its turns say.

Belongs here: the causes, and the rules by which a turn's time goes to them; pure. Does not: how marks are had
(`loop_watch.py`), and the table (`blocked.py`).

A turn is attributed by samples of the loop's thread, each for the time since the one before. The samples come with the
thread's CPU time: time off the CPU is a wait for the GIL or the machine, unless what was seen waits by its nature (a
write to SQLite, a file, an import). Collections of garbage are timed, not sampled; they hold the GIL, so that one in
any thread counts. What no sample fell into is `not sampled`. The parts add up to the whole.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["CAUSES", "Attributed", "Mark", "Piece", "attributed"]

OURS, WRITES, COLLECTED, IMPORTS, DAGSTER, LOOP, WAITS, UNKNOWN = CAUSES = (
    "ours",
    "Dagster's writes",
    "garbage collection",
    "imports",
    "Dagster, the rest",
    "asyncio and libraries",
    "waits for GIL or machine",
    "not sampled",
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment of a turn: when, and how much CPU time the loop's thread had had. A sample has a cause and a place."""

    at_s: float
    cpu_s: float
    cause: str = ""
    place: str = ""
    waits_by_nature: bool = False


@dataclass(frozen=True)
class Piece:
    """A turn, or what of it is in one body or between two: `body` counts from 0; None is between."""

    body: int | None
    began: Mark
    ended: Mark

    @property
    def length_s(self) -> float:
        return self.ended.at_s - self.began.at_s


@dataclass
class Attributed:
    """Seconds by cause, turns longer than 2 ms alone; and by place, for whoever wants to mend it."""

    causes: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    places: defaultdict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))  # cause and place

    @property
    def blocked_s(self) -> float:
        return sum(self.causes.values())

    def add(self, cause: str, place: str, length_s: float) -> None:
        self.causes[cause] += length_s
        self.places[cause, place] += length_s


def attributed(
    pieces: Sequence[Piece], samples: Sequence[Mark], collections: Sequence[tuple[float, float, int]], *, thread: int
) -> Attributed:
    """The pieces' time by cause; it adds up to their lengths. Pure."""
    total, times_s = Attributed(), [sample.at_s for sample in samples]
    for piece in pieces:
        inside = samples[bisect_left(times_s, piece.began.at_s) : bisect_right(times_s, piece.ended.at_s)]
        before = piece.began
        for mark in (*inside, piece.ended):
            seen = mark if mark.cause else inside[-1] if inside else Mark(0, 0, UNKNOWN, waits_by_nature=True)
            _attribute(total, before, mark, seen, collections, thread=thread)
            before = mark
    return total


def _attribute(
    total: Attributed,
    began: Mark,
    ended: Mark,
    seen: Mark,
    collections: Sequence[tuple[float, float, int]],
    *,
    thread: int,
) -> None:
    """The time between two marks of a turn: collections, then what was seen, on the CPU and off it."""
    length_s, cpu_s = ended.at_s - began.at_s, ended.cpu_s - began.cpu_s
    for from_s, to_s, collecting in collections:
        collected_s = min(to_s, ended.at_s) - max(from_s, began.at_s)
        if collected_s > 0:
            total.add(COLLECTED, "in the loop's thread" if collecting == thread else "in another", collected_s)
            length_s -= collected_s
            cpu_s -= collected_s if collecting == thread else 0
    on_cpu_s = length_s if seen.waits_by_nature else min(max(cpu_s, 0), length_s)
    total.add(seen.cause, seen.place, on_cpu_s)
    total.add(WAITS, seen.place, length_s - on_cpu_s)
