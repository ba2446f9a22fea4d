"""How work grows with its input: the thread's own time for one length beside that for four of it.

Belongs here: the comparison. Does not: how fast anything is (`benchmarks/`).
"""

import time
from collections.abc import Callable

__all__ = ["LINEAR", "growth"]

TIMES, REPEATS = 4, 3
LINEAR = (TIMES + TIMES**2) / 2  # half way between what grows with its input and what grows with the input's square


def growth(work: Callable[[int], object], length: int) -> float:
    """How many times as long `work` takes for four times the length.

    Other processes do not count, and of each length the shortest of three does: what a collection or a cold start adds
    is in neither.
    """
    return _cpu_s(work, TIMES * length) / _cpu_s(work, length)


def _cpu_s(work: Callable[[int], object], length: int) -> float:
    took_s = []
    for _ in range(REPEATS):
        began_s = time.thread_time()
        work(length)
        took_s.append(time.thread_time() - began_s)
    return min(took_s)
