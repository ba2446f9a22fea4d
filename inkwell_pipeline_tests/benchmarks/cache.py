"""The cache beside the limit and its rivals: reads and writes of many small entries in one process.

Belongs here: the rows of one process, and what was asked of them. Does not: the ways themselves (`cache_rivals.py`,
`cache_sqlite.py`, `cache_ours.py`), many processes, slow disks, large entries (the other `cache_` modules).
`python -m inkwell_pipeline_tests.benchmarks cache` prints all that is about the cache.
"""

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from inkwell_pipeline_tests.benchmarks.cache_entries import Asked, Keys, Shelf, make_items, make_shelf, wrong
from inkwell_pipeline_tests.benchmarks.cache_ours import ours, ours_at_once, ours_writes, ours_writes_at_once
from inkwell_pipeline_tests.benchmarks.cache_rivals import (
    ReadWay,
    Storage,
    WriteWay,
    raw_read,
    synchronous,
    synchronous_writes,
    textbook,
    textbook_writes,
    yielding,
)
from inkwell_pipeline_tests.benchmarks.cache_sqlite import (
    fill,
    sqlite_at_once,
    sqlite_one_by_one,
    sqlite_writes,
    sqlite_writes_at_once,
)
from inkwell_pipeline_tests.benchmarks.rows import Figures, Row, in_turn, print_lines, table, verdict
from inkwell_pipeline_tests.benchmarks.stall import run, watching

__all__ = ["READ_WAYS", "print_tables", "read_figures"]

DISK = Storage()
LIMIT, LIMIT_KNOWN = "the limit: a raw loop, keys from transcripts", "the limit: a raw loop, keys known"
SYNC, YIELDING = "synchronous in coroutines", "synchronous, sleep(0) every 25"
TEXTBOOK, SQLITE, SQLITE_ONCE = "textbook: aiofiles.open a file", "SQLite in a thread", "SQLite in a thread, one query"
GET, GET_MANY = "ours: gathered get", "ours: get_many"
DIGESTS = ", by digest"
BARE, BARE_FUTURES = "bare gather of so many coroutines, no file", "bare gather of so many futures, no file"
SET, SET_MANY, TEXTBOOK_SET = "ours: gathered set", "ours: set_many", "textbook: aiofiles, os.replace, fsync"
RAW_SET = "synchronous in coroutines, fsync"
READ_WAYS: dict[str, ReadWay] = {
    SYNC: synchronous,
    YIELDING: yielding,
    TEXTBOOK: textbook,
    SQLITE: sqlite_one_by_one,
    SQLITE_ONCE: sqlite_at_once,
    GET: ours,
    GET_MANY: ours_at_once,
}
AT_ONCE = (SQLITE_ONCE, GET_MANY)  # no operation of these is awaited by itself
WRITE_WAYS: dict[str, WriteWay] = {
    RAW_SET: synchronous_writes,
    TEXTBOOK_SET: textbook_writes,
    "SQLite in a thread, synchronous=FULL": sqlite_writes,
    "SQLite in a thread, one commit for all": sqlite_writes_at_once,
    SET: ours_writes,
    SET_MANY: ours_writes_at_once,
}


def print_tables(*, entries: int = 1_000, large: int = 200, writes: int = 200, rounds: int = 5) -> None:
    """Reads of 5 KB and of 200 KB, cold reads, writes."""
    for count, size_bytes in ((entries, 5_000), (large, 200_000)):
        with tempfile.TemporaryDirectory() as name:
            shelf = asyncio.run(make_shelf(Path(name), count, size_bytes))
            fill(shelf)
            rows = in_turn(_reads(shelf), rounds=rounds)
            _print_reads(f"{count:,} entries of {size_bytes // 1000} KB, warm", rows)
            if size_bytes == 5_000:
                print_lines(_asked_of_reads(rows))
                print_lines(_ten_reads(shelf, rounds))
            _print_cold(shelf, size_bytes, rounds)
    _print_writes(writes, 2 * rounds - 1)  # what a disk takes to store varies most


def _reads(shelf: Shelf) -> dict[str, Callable[[], Figures]]:
    count = len(shelf.asked)
    return {
        LIMIT_KNOWN: lambda: _raw(shelf, known=True),
        LIMIT: lambda: _raw(shelf, known=False),
        "open, read, json.loads of as many bytes, no check": lambda: _json(shelf),
        **{name: _measure(way, shelf, name) for name, way in READ_WAYS.items()},
        **{
            f"{name}{DIGESTS}": _measure(READ_WAYS[name], shelf, name, known=True)
            for name in (TEXTBOOK, SQLITE_ONCE, GET, GET_MANY)
        },
        BARE: lambda: run(_bare(count, coroutines=True)),
        BARE_FUTURES: lambda: run(_bare(count, coroutines=False)),
    }


def _measure(way: ReadWay, shelf: Shelf, name: str, *, known: bool = False) -> Callable[[], Figures]:
    return lambda: run(read_figures(way, shelf, known=known, singly=name not in AT_ONCE))


async def read_figures(
    way: ReadWay,
    shelf: Shelf,
    *,
    known: bool = False,
    singly: bool = True,
    storage: Storage = DISK,
    before: Callable[[], None] = lambda: None,
) -> Figures:
    """All entries of the shelf read in one go; then, with `singly`, up to 100 one after the other.

    `before` is called when the way is open and warm.
    """
    waits_s: list[float] = []
    async with way(shelf, Keys(known=known), storage) as read:
        await read(shelf.asked[:1])  # its threads are started now
        before()
        async with watching() as watch:
            values = await read(shelf.asked)
        if wrong(shelf.asked, values):
            raise ValueError(f"{way} read wrongly")
        for one in shelf.asked[:100] if singly else ():
            began = time.perf_counter()
            await read([one])
            waits_s.append(time.perf_counter() - began)
    return Figures(len(shelf.asked), watch.took_s, watch.longest_stall_s, watch.blocked_share, waits_s)


def _raw(shelf: Shelf, *, known: bool, before: Callable[[], None] = lambda: None) -> Figures:
    before()
    waits_s: list[float] = []
    keys, began = Keys(known=known), time.perf_counter()
    values = raw_read(shelf.asked, keys)
    took_s = time.perf_counter() - began
    if wrong(shelf.asked, values):
        raise ValueError("the raw loop read wrongly")
    for one in shelf.asked[:100]:
        began = time.perf_counter()
        raw_read([one], Keys(known=known))
        waits_s.append(time.perf_counter() - began)
    return Figures(len(shelf.asked), took_s, waits_s=waits_s)


def _json(shelf: Shelf) -> Figures:
    """The limit of a cache that looks at nothing: a JSON file each."""
    folder = shelf.folder.parent / "json"
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{one.key}.json" for one in shelf.asked]
    if not paths[0].exists():
        for one, path in zip(shelf.asked, paths, strict=True):
            path.write_text(json.dumps({"value": one.value, "stored": 0.0}))
    began = time.perf_counter()
    for path in paths:
        with open(path) as file:  # noqa: PTH123  # as the limit does: Path.open takes a tenth more
            json.loads(file.read())
    return Figures(len(paths), time.perf_counter() - began)


async def _bare(count: int, *, coroutines: bool) -> Figures:
    """What a gather costs by itself: all futures have their result in the next turn."""
    loop = asyncio.get_running_loop()

    async def wait(future: asyncio.Future[None]) -> None:
        await future

    async with watching() as watch:
        futures: list[asyncio.Future[None]] = [loop.create_future() for _ in range(count)]
        loop.call_later(0.001, _resolve, futures)
        await asyncio.gather(*(map(wait, futures) if coroutines else futures))
    return Figures(count, watch.took_s, watch.longest_stall_s, watch.blocked_share)


def _resolve(futures: Sequence[asyncio.Future[None]]) -> None:
    for future in futures:
        future.set_result(None)


def _print_reads(title: str, rows: dict[str, Row]) -> None:
    def limit_of(row: Row) -> Row | None:
        if row.name in (BARE, BARE_FUTURES):
            return None
        return rows[LIMIT_KNOWN if row.name.endswith((DIGESTS, LIMIT_KNOWN)) else LIMIT]

    print_lines(table(title, rows.values(), limit_of))


def _asked_of_reads(rows: dict[str, Row]) -> list[str]:
    get, many, by_textbook = rows[GET].ops_per_s, rows[GET_MANY].ops_per_s, rows[TEXTBOOK].ops_per_s
    limit, bare_s = rows[LIMIT].ops_per_s, rows[BARE].longest_stall_s or 0.0
    stall_s, many_stall_s = rows[GET].longest_stall_s or 0.0, rows[GET_MANY].longest_stall_s or 0.0
    return [
        verdict("get_many, of the limit", many / limit, least=0.40),
        verdict("gathered gets, of the limit", get / limit, least=0.15),
        verdict("get_many, times the textbook way", many / by_textbook, least=3),
        verdict("gathered gets, times the textbook way", get / by_textbook, least=3),
        verdict("gathered gets' longest stall, times the bare gather's", stall_s / bare_s, most=1.5),
        verdict("get_many's longest stall", many_stall_s * 1000, most=3, unit=" ms"),
    ]


def _ten_reads(shelf: Shelf, rounds: int) -> list[str]:
    """The seed's example: ten reads in parallel, within 50 ms."""
    ten = Shelf(shelf.folder, shelf.asked[:10])
    ways = {name: READ_WAYS[name] for name in (SYNC, TEXTBOOK, GET)}
    rows = in_turn({name: _measure(way, ten, GET_MANY) for name, way in ways.items()}, rounds=rounds)
    took = ", ".join(f"{name} {row.took_s * 1000:.1f} ms" for name, row in rows.items())
    return [f"  ten reads in parallel: {took}", verdict("ten gets", rows[GET].took_s * 1000, most=50, unit=" ms")]


def _print_cold(shelf: Shelf, size_bytes: int, rounds: int) -> None:
    title = f"{len(shelf.asked):,} entries of {size_bytes // 1000} KB, cold"
    if not hasattr(os, "posix_fadvise"):
        print_lines(["", f"{title}: not measured, this system drops no file from its cache on demand"])
        return

    def forget() -> None:
        for path in shelf.folder.parent.rglob("*"):
            if path.is_file():
                _forget(path)

    def measure(way: ReadWay, name: str) -> Callable[[], Figures]:
        return lambda: run(read_figures(way, shelf, singly=False, before=forget))

    rows = in_turn(
        {
            LIMIT: lambda: _raw(shelf, known=False, before=forget),
            **{name: measure(READ_WAYS[name], name) for name in (YIELDING, TEXTBOOK, SQLITE_ONCE, GET, GET_MANY)},
        },
        rounds=rounds,
    )
    _print_reads(f"{title} (POSIX_FADV_DONTNEED)", rows)


def _forget(path: Path) -> None:
    """Has the system drop the file from its cache; what was fsynced it can drop."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def _print_writes(count: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folders = {way: Path(name) / str(number) for number, way in enumerate(WRITE_WAYS)}
        for folder in folders.values():
            folder.mkdir()
        seeds = iter(range(1, 1_000))

        def measure(name: str) -> Callable[[], Figures]:
            def write() -> Figures:
                items = make_items(count + 25, 5_000, seed=next(seeds))
                singly = name not in (SET_MANY, "SQLite in a thread, one commit for all")
                return run(_written(WRITE_WAYS[name], folders[name], items, count, singly=singly))

            return write

        for way, folder in folders.items():  # all folders that ours need are there, and the databases
            run(_written(WRITE_WAYS[way], folder, make_items(5 * count, 500), 5 * count, singly=False))
        rows = in_turn({name: measure(name) for name in WRITE_WAYS}, rounds=rounds)
    print_lines(table(f"{count:,} new entries of 5 KB stored, fsync", rows.values(), lambda _: rows[RAW_SET]))
    by_textbook = rows[TEXTBOOK_SET].ops_per_s
    print_lines([verdict("gathered sets, times the textbook way", rows[SET].ops_per_s / by_textbook, least=1.5)])


async def _written(way: WriteWay, folder: Path, items: Sequence[Asked], count: int, *, singly: bool) -> Figures:
    """The first `count` in one go; with `singly` the others one after the other."""
    waits_s: list[float] = []
    async with way(folder) as write:
        async with watching() as watch:
            await write(items[:count])
        for one in items[count:] if singly else ():
            began = time.perf_counter()
            await write([one])
            waits_s.append(time.perf_counter() - began)
    return Figures(count, watch.took_s, watch.longest_stall_s, watch.blocked_share, waits_s)
