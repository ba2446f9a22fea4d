"""Whether work grows with its input or with the input's square: the thread's own time for one length beside four of it.

Belongs here: the comparison. Does not: how fast anything is (`benchmarks/`).
"""

import time
from collections.abc import Callable

__all__ = ["grows_with_its_input"]

TIMES, REPEATS = 4, 3
SQUARE = TIMES**2


def grows_with_its_input(work: Callable[[int], object], length: int) -> bool:
    """Whether `work` on four times the length takes nearer to four times as long than to sixteen.

    Other processes do not count, and of each length the shortest of three does: what a collection or a cold start adds
    is in none of both.
    """
    return _cpu_s(work, TIMES * length) < _cpu_s(work, length) * (TIMES + SQUARE) / 2


def _cpu_s(work: Callable[[int], object], length: int) -> float:
    took_s = []
    for _ in range(REPEATS):
        began_s = time.thread_time()
        work(length)
        took_s.append(time.thread_time() - began_s)
    return min(took_s)
