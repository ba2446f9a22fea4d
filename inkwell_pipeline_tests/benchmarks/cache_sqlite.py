"""A rival of the file cache: SQLite from the standard library, one connection in one thread, WAL.

Belongs here: the same entries as rows, read with the same checks. Reads do not care about `synchronous`; writes are
measured with FULL, since ours are fsynced too: a commit is then on disk when it returns.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

from inkwell_pipeline_tests.benchmarks.cache_entries import Asked, Keys, Shelf, checked, content
from inkwell_pipeline_tests.benchmarks.cache_rivals import Read, Storage, Write

__all__ = ["fill", "sqlite_at_once", "sqlite_one_by_one", "sqlite_writes", "sqlite_writes_at_once"]

PER_QUERY = 500  # variables of one statement; SQLite allowed 999 for long
INSERT = "INSERT OR REPLACE INTO entries VALUES (?, ?)"


def fill(shelf: Shelf) -> None:
    """Puts the shelf's entries into the database beside it."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        connection = thread.submit(_connect, _beside(shelf.folder)).result()
        rows = [(one.key, one.path.read_bytes()) for one in shelf.asked]
        thread.submit(_insert, connection, rows).result()
        thread.submit(connection.close).result()


@asynccontextmanager
async def sqlite_one_by_one(shelf: Shelf, keys: Keys, storage: Storage) -> AsyncIterator[Read]:
    """A query for each entry, each a hop of its own."""
    async with _in_its_thread(_beside(shelf.folder)) as (connection, thread):
        loop = asyncio.get_running_loop()

        def select(one: Asked) -> str | None:
            storage.wait()
            key = keys.of(one)
            row = connection.execute("SELECT content FROM entries WHERE key = ?", (key,)).fetchone()
            return None if row is None else checked(row[0], key)

        async def get(one: Asked) -> str | None:
            return await loop.run_in_executor(thread, select, one)

        async def read(asked: Sequence[Asked]) -> Sequence[str | None]:
            return await asyncio.gather(*map(get, asked))

        yield read


@asynccontextmanager
async def sqlite_at_once(shelf: Shelf, keys: Keys, storage: Storage) -> AsyncIterator[Read]:
    """As few queries as may be, in one hop."""
    async with _in_its_thread(_beside(shelf.folder)) as (connection, thread):

        def select(asked: Sequence[Asked]) -> list[str | None]:
            named = [keys.of(one) for one in asked]
            found: dict[str, str] = {}
            for start in range(0, len(named), PER_QUERY):
                storage.wait()
                some = named[start : start + PER_QUERY]
                marks = ",".join("?" * len(some))
                rows = connection.execute(f"SELECT key, content FROM entries WHERE key IN ({marks})", some)
                found.update((key, checked(entry, key)) for key, entry in rows)
            return [found.get(key) for key in named]

        async def read(asked: Sequence[Asked]) -> Sequence[str | None]:
            return await asyncio.get_running_loop().run_in_executor(thread, select, asked)

        yield read


@asynccontextmanager
async def sqlite_writes(folder: Path) -> AsyncIterator[Write]:
    """A commit for each entry."""
    async with _in_its_thread(folder / "entries.sqlite") as (connection, thread):
        loop, keys = asyncio.get_running_loop(), Keys(known=False)

        async def put(one: Asked) -> None:
            key = keys.of(one)
            await loop.run_in_executor(thread, _insert, connection, [(key, content(key, one.value))])

        async def write(items: Sequence[Asked]) -> None:
            await asyncio.gather(*map(put, items))

        yield write


@asynccontextmanager
async def sqlite_writes_at_once(folder: Path) -> AsyncIterator[Write]:
    """One commit for all: none is safe before all are."""
    async with _in_its_thread(folder / "entries.sqlite") as (connection, thread):

        def insert(items: Sequence[Asked]) -> None:
            keys = Keys(known=False)
            _insert(connection, [(key, content(key, one.value)) for one in items for key in [keys.of(one)]])

        async def write(items: Sequence[Asked]) -> None:
            await asyncio.get_running_loop().run_in_executor(thread, insert, items)

        yield write


@asynccontextmanager
async def _in_its_thread(path: Path) -> AsyncIterator[tuple[sqlite3.Connection, ThreadPoolExecutor]]:
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(max_workers=1) as thread:
        connection = await loop.run_in_executor(thread, _connect, path)
        try:
            yield connection, thread
        finally:
            await loop.run_in_executor(thread, connection.close)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=60)  # of a thread's own: it is closed there, too
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, content BLOB)")
    return connection


def _insert(connection: sqlite3.Connection, rows: Sequence[tuple[str, bytes]]) -> None:
    with connection:
        connection.executemany(INSERT, rows)


def _beside(folder: Path) -> Path:
    return folder.parent / "entries.sqlite"
