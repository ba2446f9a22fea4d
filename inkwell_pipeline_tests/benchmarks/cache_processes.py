"""The cache in 1, 2 and 4 processes at once, all on one folder: operations a second of all together.

Belongs here: starting the processes together and adding up. Does not: the ways.
"""

import multiprocessing
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median

from inkwell_pipeline_tests.benchmarks.cache import (
    GET,
    GET_MANY,
    LIMIT,
    READ_WAYS,
    SQLITE_ONCE,
    TEXTBOOK,
    WRITE_WAYS,
)
from inkwell_pipeline_tests.benchmarks.cache_entries import Keys, Shelf, make_items, make_shelf, open_shelf
from inkwell_pipeline_tests.benchmarks.cache_rivals import Storage, raw_read
from inkwell_pipeline_tests.benchmarks.cache_sqlite import fill
from inkwell_pipeline_tests.benchmarks.rows import print_lines
from inkwell_pipeline_tests.benchmarks.stall import run

__all__ = ["print_table"]

PROCESSES, VALUE_BYTES, AT_A_TIME = (1, 2, 4), 5_000, 50
MOST_WRITES_PER_S = 6_000  # what is not written was made in vain
READS = (LIMIT, TEXTBOOK, SQLITE_ONCE, GET, GET_MANY)
WRITES = tuple(name for name in WRITE_WAYS if "synchronous in" not in name and "one commit" not in name)
WRITE_NUMBER = {way: number for number, way in enumerate(WRITES)}
TOGETHER_S = 60  # a process that is not there by then never comes


@dataclass(frozen=True)
class _Work:
    """What the processes know from the start."""

    root: Path
    entries: int
    seconds: float
    barrier: Barrier


def print_table(*, entries: int = 1_000, seconds: float = 0.3, rounds: int = 3) -> None:
    """A line for each way, with a column for each number of processes."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        fill(run(make_shelf(root, entries, VALUE_BYTES)))
        for number in range(len(WRITES)):
            (root / str(number)).mkdir()
        with ExitStack() as opened:
            pools = [opened.enter_context(_pool(root, entries, seconds, processes)) for processes in PROCESSES]
            rows = {way: list(_medians(pools, way, rounds)) for way in (*READS, *WRITES)}
    columns = "".join(f"{f'{processes} proc.':>10}" for processes in PROCESSES)
    print_lines(["", f"{f'ops/s of {entries:,} entries of 5 KB, all processes together':58}{columns}"])
    print_lines(f"{way:58}" + "".join(f"{one:10,.0f}" for one in found) for way, found in rows.items())


@contextmanager
def _pool(root: Path, entries: int, seconds: float, processes: int) -> Iterator[tuple[ProcessPoolExecutor, int]]:
    context = multiprocessing.get_context("spawn")
    work = _Work(root, entries, seconds, context.Barrier(processes))
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(work,)) as pool:
        yield pool, processes


def _medians(pools: Sequence[tuple[ProcessPoolExecutor, int]], way: str, rounds: int) -> Iterator[float]:
    """Operations a second for each number of processes, which take turns."""
    found: list[list[float]] = [[] for _ in pools]
    for turn in range(rounds):
        for (pool, processes), sums in zip(pools, found, strict=True):
            seeds = [1 + 10_000 * WRITE_NUMBER.get(way, 0) + 100 * turn + 10 * processes + n for n in range(processes)]
            sums.append(sum(pool.map(_measured, [way] * processes, seeds)))
    return map(median, found)


_work: _Work
_shelf: Shelf


def _begin(work: _Work) -> None:
    """Once in each process."""
    global _work, _shelf
    _work, _shelf = work, open_shelf(work.root, work.entries, VALUE_BYTES)


def _measured(way: str, seed: int) -> float:
    """Operations a second of this process; none begins before all are there, so that each has one to do."""
    if way == LIMIT:
        return _raw()
    if way in READ_WAYS:
        return run(_reads(way))
    return run(_writes(way, seed))


def _raw() -> float:
    done, began = 0, _all_there()
    while time.perf_counter() - began < _work.seconds:
        done += len(raw_read(_shelf.asked, Keys(known=False)))
    return done / (time.perf_counter() - began)


async def _reads(way: str) -> float:
    async with READ_WAYS[way](_shelf, Keys(known=False), Storage()) as read:
        await read(_shelf.asked[:1])
        done, began = 0, _all_there()
        while time.perf_counter() - began < _work.seconds:
            done += len(await read(_shelf.asked))
        return done / (time.perf_counter() - began)


async def _writes(way: str, seed: int) -> float:
    items = make_items(int(_work.seconds * MOST_WRITES_PER_S), VALUE_BYTES, seed=seed)
    async with WRITE_WAYS[way](_work.root / str(WRITE_NUMBER[way])) as write:
        done, began = 0, _all_there()
        while time.perf_counter() - began < _work.seconds and done < len(items):
            await write(items[done : done + AT_A_TIME])
            done += AT_A_TIME
        return done / (time.perf_counter() - began)


def _all_there() -> float:
    """When all processes had come to this point."""
    _work.barrier.wait(TOGETHER_S)
    return time.perf_counter()
