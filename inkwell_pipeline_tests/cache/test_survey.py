"""What a cache's folder holds: each file is told for what it is, and only what is of no use is ever deleted."""

import asyncio
import errno
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Container, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from inkwell_pipeline.cache import Amount, Survey, Trim
from inkwell_pipeline.cache.entry import encoded
from inkwell_pipeline.cache.store import Store
from inkwell_pipeline.files import temporary_name
from inkwell_pipeline.system import System

DAY_S = 86400
REPORT = Trim(deletes=False)


def key_of(number: int) -> str:
    return sha256(bytes([number])).hexdigest()


def place(folder: Path, key: str) -> Path:
    return folder / key[:2] / f"{key}.entry"


def entry_at(path: Path, key: str, *, value: str = "paid for", days_ago: float = 0) -> Path:
    """The file of an entry that was stored `days_ago`, wherever it is wanted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    stored = datetime.now(UTC) - timedelta(days=days_ago)
    path.write_bytes(b"".join(encoded(key, value, None, stored=stored)))
    return path


def stored(folder: Path, number: int, **about: Any) -> Path:
    return entry_at(place(folder, key_of(number)), key_of(number), **about)


def left_behind(folder: Path) -> Path:
    """Where a writer that is dead now had its temporary file."""
    writer = subprocess.Popen([sys.executable, "-c", ""])
    writer.wait()
    (folder / "writing").mkdir(exist_ok=True)
    return folder / "writing" / temporary_name().replace(f"-{os.getpid()}-", f"-{writer.pid}-")


async def survey(folder: Path, trim: Trim, *, ttl_seconds: float | None = None, system: System | None = None) -> Survey:
    async with Store(folder, ttl_seconds=ttl_seconds, system=system or System()) as store:
        return await store.survey(trim)


def files_in(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def one_of_each(folder: Path) -> dict[str, Path]:
    """A file of every kind."""
    writing = folder / "writing" / temporary_name()
    files = {
        "named": stored(folder, 1),
        "orphan": stored(folder, 2, days_ago=5),
        "expired": stored(folder, 3, days_ago=50),
        "damaged": stored(folder, 4),
        "copy": entry_at(place(folder, key_of(1)).with_name(f"{key_of(1)} (conflicted copy).entry"), key_of(1)),
        "only copy": entry_at(folder / "00" / "moved.entry", key_of(9)),
        "no entry": folder / "00" / f"{key_of(8)}.sync-conflict-20260101.entry",
        "foreign": folder / ".DS_Store",
        "foreign temporary": folder / "00" / "draft.tmp",
        "left behind": left_behind(folder),
        "being written": writing,
    }
    files["damaged"].write_bytes(files["damaged"].read_bytes()[:-1])
    for name in ("no entry", "foreign", "foreign temporary", "left behind", "being written"):
        files[name].write_bytes(b"whatever")
    return files


NAMED: Container[str] = {key_of(1), key_of(3), key_of(4)}


async def test_a_report_tells_each_file_and_deletes_none(tmp_path: Path) -> None:
    """Every kind is counted as what it is; a file that is being written is nobody's business."""
    files = one_of_each(tmp_path)
    before = {path: path.read_bytes() for path in files_in(tmp_path)}

    found = await survey(tmp_path, Trim(deletes=False, named=NAMED), ttl_seconds=30 * DAY_S)

    def amount(*names: str) -> Amount:
        return Amount(len(names), sum(files[name].stat().st_size for name in names))

    assert found.entries == amount("named", "orphan")
    assert found.orphans == amount("orphan")
    assert (found.expired, found.damaged) == (amount("expired"), amount("damaged"))
    assert (found.left_behind, found.copies) == (amount("left behind"), amount("copy"))
    foreign = ("only copy", "no entry", "foreign", "foreign temporary")
    assert found.foreign == amount(*foreign)
    assert set(found.foreign_paths) == {str(files[name]) for name in foreign}
    assert (found.unreadable, found.deleted, found.troubles) == (Amount(), Amount(), ())
    assert {path: path.read_bytes() for path in files_in(tmp_path)} == before


async def test_a_trim_deletes_what_is_of_no_use_and_nothing_else(tmp_path: Path) -> None:
    """Expired, damaged, left behind, and a copy whose original is whole; orphans and all that is not ours stay."""
    files = one_of_each(tmp_path)
    before = files_in(tmp_path)
    gone = {files[name] for name in ("expired", "damaged", "left behind", "copy")}
    size_bytes = sum(path.stat().st_size for path in gone)

    found = await survey(tmp_path, Trim(named=NAMED), ttl_seconds=30 * DAY_S)

    assert before - files_in(tmp_path) == gone
    assert found.deleted == Amount(len(gone), size_bytes)
    assert found.entries.files == 2


async def test_nothing_expires_by_default(tmp_path: Path) -> None:
    """What was paid for is kept for good, unless the config, or this run, says otherwise."""
    old = stored(tmp_path, 1, days_ago=9000)

    assert (await survey(tmp_path, Trim())).expired == Amount()
    assert old.exists()
    assert (await survey(tmp_path, Trim(older_than_s=9001 * DAY_S))).expired == Amount()
    assert (await survey(tmp_path, Trim(older_than_s=8999 * DAY_S))).expired.files == 1
    assert not old.exists()


async def test_orphans_go_only_where_an_age_is_said_and_only_older_ones(tmp_path: Path) -> None:
    """A run that was killed before its manifest has paid for its orphans; one at work has no manifest yet."""
    young, old, named = (stored(tmp_path, number, days_ago=days) for number, days in ((1, 1), (2, 9), (3, 9)))

    assert (await survey(tmp_path, Trim(named={key_of(3)}))).orphans.files == 2
    found = await survey(tmp_path, Trim(named={key_of(3)}, orphans_older_than_s=7 * DAY_S))

    assert files_in(tmp_path) == {young, named}
    assert (found.orphans.files, found.deleted.files, found.entries.files) == (2, 1, 2)
    assert not old.exists()


async def test_without_manifests_there_are_no_orphans(tmp_path: Path) -> None:
    """Who does not know which entries are named calls none an orphan."""
    stored(tmp_path, 1, days_ago=99)

    found = await survey(tmp_path, Trim(named=None, orphans_older_than_s=DAY_S))

    assert (found.orphans, found.entries.files, found.deleted) == (Amount(), 1, Amount())


async def test_a_whole_entry_of_a_dead_writer_goes_to_its_place(tmp_path: Path) -> None:
    """It was paid for, and only the last step is missing."""
    entry_at(left_behind(tmp_path), key_of(1), value="paid")

    found = await survey(tmp_path, Trim())

    assert found.left_behind.files == 1
    assert files_in(tmp_path) == {place(tmp_path, key_of(1))}


async def test_one_file_under_two_names_is_no_copy(tmp_path: Path) -> None:
    """By a link, or a file system that takes ab and AB for one: to delete the copy would be to delete the entry."""
    original = stored(tmp_path, 1)
    (tmp_path / "00").mkdir()
    (tmp_path / "00" / original.name).hardlink_to(original)
    (tmp_path / "01").symlink_to(original.parent)

    found = await survey(tmp_path, Trim())

    assert original.exists()
    assert (found.copies, found.deleted, found.entries.files) == (Amount(), Amount(), 1)


async def test_a_copy_stays_where_the_original_is_damaged(tmp_path: Path) -> None:
    """Then it is the only one that somebody could still use."""
    stored(tmp_path, 1).write_bytes(b"damaged")
    copy = entry_at(tmp_path / "00" / "copy.entry", key_of(1))

    await survey(tmp_path, Trim())

    assert copy.exists()


async def test_what_is_no_file_is_named_and_not_opened(tmp_path: Path) -> None:
    """A pipe that is opened waits for a writer, for ever."""
    pipe = place(tmp_path, key_of(1))
    pipe.parent.mkdir()
    os.mkfifo(pipe)
    folder = place(tmp_path, key_of(2))
    folder.mkdir(parents=True)

    found = await asyncio.wait_for(survey(tmp_path, Trim()), 10)

    assert set(found.foreign_paths) == {str(pipe), str(folder)}
    assert pipe.exists()
    assert folder.exists()


class OneBadFile(System):
    """A disk that cannot read one file."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)

    def open(self, path: str, flags: int, mode: int = 0o777) -> int:  # type: ignore[override]
        if str(path) == self._path:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return os.open(path, flags, mode)


async def test_an_unreadable_entry_is_told_and_left_alone(tmp_path: Path) -> None:
    """Trouble of the machine is no damage, and keeps nobody from trimming the rest."""
    bad, expired = stored(tmp_path, 1, days_ago=9), stored(tmp_path, 2, days_ago=9)

    found = await survey(tmp_path, Trim(older_than_s=DAY_S), system=OneBadFile(bad))

    assert files_in(tmp_path) == {bad}
    assert not expired.exists()
    assert found.unreadable.files == 1
    assert [str(trouble) for trouble in found.troubles] == [f"cannot read the cache entry {bad}: Input/output error"]


async def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    """The first run of the job may come before the first run of a feed."""
    assert await survey(tmp_path / "none", Trim()) == Survey()


class Slow(System):
    """A disk that takes its time after each read: whatever others do between a look and a deletion, they do now."""

    def read(self, descriptor: int, size: int) -> bytes:
        data = os.read(descriptor, size)
        time.sleep(0.002)
        return data


async def test_nothing_whole_is_lost_to_a_trim_beside_readers_and_writers(tmp_path: Path) -> None:
    """Damaged and expired entries are replaced while two trims delete them: what `put` confirmed is there."""
    keys = [key_of(number) for number in range(8)]
    kept = [key_of(number) for number in range(8, 24)]
    done = asyncio.Event()

    ttl_s = 30 * DAY_S
    async with (
        Store(tmp_path, ttl_seconds=ttl_s) as ours,
        Store(tmp_path, ttl_seconds=ttl_s, system=Slow()) as theirs,
        Store(tmp_path, ttl_seconds=ttl_s, system=Slow()) as trimmed,
    ):
        for key in kept:
            await ours.put(partial(str, key), key, None)

        async def write(key: str) -> None:
            for number in range(40):
                if number % 2:
                    place(tmp_path, key).write_bytes(b"damaged")
                else:
                    await asyncio.to_thread(entry_at, place(tmp_path, key), key, days_ago=99)
                await ours.put(partial(str, key), f"{key} {number}", None)

        async def read() -> None:
            while not done.is_set():
                found = await theirs.lookup_many([partial(str, key) for key in kept])
                assert [entry and entry.value for entry in found] == kept

        async def trim(store: Store) -> None:
            while not done.is_set():
                await store.survey(Trim())

        async with asyncio.TaskGroup() as group:
            others = [group.create_task(work) for work in (read(), trim(theirs), trim(trimmed))]
            await asyncio.gather(*map(write, keys))
            done.set()
            await asyncio.gather(*others)
        found = await theirs.lookup_many([partial(str, key) for key in keys])

    assert [entry and entry.value for entry in found] == [f"{key} 39" for key in keys]


class Endless(System):
    """A folder of thirty thousand names, told one by one, of files that are all gone when one looks."""

    def scandir(self, path: str) -> AbstractContextManager[Iterator[Any]]:
        names = ["00"] if not path.endswith("00") else (f"{number:064x}.entry" for number in range(30_000))
        return nullcontext(SimpleNamespace(path=f"{path}/{name}") for name in names)


@pytest.mark.parametrize("walk", ["survey", "get_stats", "clear"])
async def test_no_walk_holds_all_names(tmp_path: Path, walk: str) -> None:
    """All of these names are 6 MB; a batch of them is 50 KB."""
    async with Store(tmp_path, ttl_seconds=None, system=Endless()) as store:
        tracemalloc.start()
        try:
            await (store.survey(REPORT) if walk == "survey" else getattr(store, walk)())
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert peak_bytes < 1 << 19
