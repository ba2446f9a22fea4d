"""The cache on slow storage: 10 ms for each file that is opened, below the cache; as long for each rival's read.

Belongs here: an episode's four templates beside one, 50 episodes at once, and the loop meanwhile. Does not: the ways.
"""

import math
import tempfile
from collections.abc import Callable
from pathlib import Path

from inkwell_pipeline.cache.store import READERS
from inkwell_pipeline_tests.benchmarks.cache import (
    GET,
    GET_MANY,
    READ_WAYS,
    SQLITE,
    SYNC,
    YIELDING,
    read_figures,
)
from inkwell_pipeline_tests.benchmarks.cache_entries import TEMPLATES, Shelf, make_shelf
from inkwell_pipeline_tests.benchmarks.cache_rivals import Storage
from inkwell_pipeline_tests.benchmarks.cache_sqlite import fill
from inkwell_pipeline_tests.benchmarks.rows import Figures, Row, in_turn, print_lines, verdict
from inkwell_pipeline_tests.benchmarks.stall import run

__all__ = ["print_table"]

DELAY_S = 0.010
ONE_BY_ONE = [SYNC, YIELDING, SQLITE]


def print_table(*, episodes: int = 50, rounds: int = 5, rounds_one_by_one: int = 1) -> None:
    """One template, four, and all of so many episodes, by each way.

    Where one read waits for the other, a round takes seconds, and comes out the same each time.
    """
    counts = (1, len(TEMPLATES), episodes * len(TEMPLATES))
    with tempfile.TemporaryDirectory() as name:
        shelf = run(make_shelf(Path(name), counts[-1], 5_000))
        fill(shelf)
        rows: dict[str, Row] = {}
        at_once = [way for way in READ_WAYS if way not in ONE_BY_ONE]
        for ways, times in ((ONE_BY_ONE, rounds_one_by_one), (at_once, rounds)):
            measures = {
                f"{way}/{count}": _measure(way, Shelf(shelf.folder, shelf.asked[:count]))
                for way in ways
                for count in counts
            }
            rows |= in_turn(measures, rounds=times)
    title = f"slow storage: {DELAY_S * 1000:.0f} ms for each file (or query), ms"
    lines = ["", f"{title:58} {'one':>8} {'four':>8} {f'{counts[-1]}':>8} {'stall ms':>9} {'blocked':>8}"]
    for way in READ_WAYS:
        one, four, all_ = (rows[f"{way}/{count}"] for count in counts)
        took = " ".join(f"{row.took_s * 1000:8.1f}" for row in (one, four, all_))
        lines.append(f"{way:58} {took} {_ms(all_.longest_stall_s)} {(all_.blocked_share or 0) * 100:6.0f} %")
    print_lines([*lines, *_asked(rows, counts)])


def _measure(way: str, shelf: Shelf) -> Callable[[], Figures]:
    return lambda: run(read_figures(READ_WAYS[way], shelf, singly=False, storage=Storage(DELAY_S)))


def _asked(rows: dict[str, Row], counts: tuple[int, int, int]) -> list[str]:
    lines = []
    for way in (GET, GET_MANY):
        one, four, all_ = (rows[f"{way}/{count}"] for count in counts)
        pool_s = math.ceil(counts[-1] / READERS) * DELAY_S
        lines += [
            verdict(f"{way}, four templates, times one", four.took_s / one.took_s, most=1.3),
            verdict(f"{way}, all, times what {READERS} threads need", all_.took_s / pool_s, most=1.3),
            verdict(f"{way}, longest stall", (all_.longest_stall_s or 0) * 1000, most=5, unit=" ms"),
        ]
    return lines


def _ms(seconds: float | None) -> str:
    return f"{(seconds or 0) * 1000:9.1f}"
