"""Tiny entries beside entries of 5 MB: whether the large ones starve them.

Belongs here: one tiny read after the other, by itself and while large ones are read all the time. Does not: the ways.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from inkwell_pipeline_tests.benchmarks.cache import GET, READ_WAYS, SQLITE, SYNC, TEXTBOOK
from inkwell_pipeline_tests.benchmarks.cache_entries import Keys, Shelf, make_shelf
from inkwell_pipeline_tests.benchmarks.cache_rivals import Read, Storage
from inkwell_pipeline_tests.benchmarks.cache_sqlite import fill
from inkwell_pipeline_tests.benchmarks.rows import Figures, in_turn, print_lines, table
from inkwell_pipeline_tests.benchmarks.stall import run, watching

__all__ = ["print_table"]

LARGE_BYTES, READERS_OF_LARGE, PAUSE_S = 5_000_000, 4, 0.001


def print_table(*, large_bytes: int = LARGE_BYTES, reads: int = 60, rounds: int = 3) -> None:
    """Waits for tiny entries, without and with large ones beside them."""
    with tempfile.TemporaryDirectory() as name:
        tiny = run(make_shelf(Path(name), 40, 500))
        large = run(make_shelf(Path(name), READERS_OF_LARGE, large_bytes, seed=1))
        fill(Shelf(tiny.folder, [*tiny.asked, *large.asked]))

        def measure(way: str, *, beside: bool) -> Callable[[], Figures]:
            return lambda: run(_waits(way, tiny, large if beside else Shelf(large.folder, []), reads))

        rows = in_turn(
            {
                f"{way}{', large ones beside' if beside else ''}": measure(way, beside=beside)
                for way in (SYNC, TEXTBOOK, SQLITE, GET)
                for beside in (False, True)
            },
            rounds=rounds,
        )
    title = f"tiny entries, alone and beside {READERS_OF_LARGE} x {large_bytes / 1e6:.0f} MB all the time"
    print_lines(table(title, rows.values(), lambda _: None))


async def _waits(way: str, tiny: Shelf, large: Shelf, reads: int) -> Figures:
    waits_s: list[float] = []
    async with READ_WAYS[way](tiny, Keys(known=False), Storage()) as read:
        await read(tiny.asked)
        enough = asyncio.Event()  # and no cancellation: the textbook way would leave its files open
        others = [asyncio.create_task(_until(enough, read, Shelf(large.folder, [one]))) for one in large.asked]
        async with watching() as watch:
            for number in range(reads):
                began = time.perf_counter()
                await read([tiny.asked[number % len(tiny.asked)]])
                waits_s.append(time.perf_counter() - began)
                await asyncio.sleep(PAUSE_S)
        enough.set()
        await asyncio.gather(*others)
    return Figures(reads, watch.took_s, watch.longest_stall_s, watch.blocked_share, waits_s)


async def _until(enough: asyncio.Event, read: Read, large: Shelf) -> None:
    while not enough.is_set():
        await read(large.asked)
        await asyncio.sleep(0)
