"""Entries on disk: whole or not there, whatever happens to the file, the task, the process or the machine."""

import asyncio
import errno
import json
import os
import re
import resource
import shutil
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkwell_pipeline.cache.store import Store
from inkwell_pipeline.errors import TransientError
from inkwell_pipeline.system import System

KEY, OTHER_KEY = "ab" * 32, "cd" * 32
A_WHILE_S = 30.0  # nothing takes so long but a dead end
ANY_TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates too, which UTF-8 alone has no bytes for


def store_at(folder: Path, *, ttl_seconds: float | None = None) -> Store:
    return Store(folder, ttl_seconds=ttl_seconds)


async def put(store: Store, value: str = "kept", *, key: str = KEY) -> None:
    await store.put(partial(str, key), value, None)


async def value_in(store: Store, key: str = KEY) -> str | None:
    entry = await store.lookup(partial(str, key))
    return None if entry is None else entry.value


def the_file(folder: Path, key: str = KEY) -> Path:
    return folder / key[:2] / f"{key}.entry"


def names_in(folder: Path, pattern: str = "*.tmp") -> set[str]:
    return {path.name for path in folder.rglob(pattern) if path.is_file()}


def checked(content: bytes) -> bytes:
    """A file whose checksum is right."""
    return sha256(content).hexdigest().encode() + b"\n" + content


@given(value=ANY_TEXT, cost_usd=st.none() | st.decimals(allow_nan=False))
@settings(max_examples=50, deadline=None)
async def test_an_entry_comes_back_as_it_was_stored(value: str, cost_usd: Decimal | None) -> None:
    """Any text, the empty one too, and any cost: the store knows nothing of what it keeps."""
    with TemporaryDirectory() as folder:
        await store_at(Path(folder)).put(partial(str, KEY), value, cost_usd)
        entry = await store_at(Path(folder)).lookup(partial(str, KEY))

    assert entry is not None
    assert (entry.key, entry.value, entry.cost_usd) == (KEY, value, cost_usd)


async def test_an_entry_says_when_it_was_stored(tmp_path: Path) -> None:
    """Aware and UTC, so that nobody's time zone makes an entry older."""
    await put(store_at(tmp_path))

    entry = await store_at(tmp_path).lookup(partial(str, KEY))

    assert entry is not None
    assert entry.stored.tzinfo is UTC
    assert abs(datetime.now(UTC) - entry.stored) < timedelta(minutes=5)


async def test_lookups_are_in_the_order_asked(tmp_path: Path) -> None:
    """More keys than a batch holds, one asked twice, one missing: a value for each, where it was asked."""
    store = store_at(tmp_path)
    keys = [sha256(bytes([number])).hexdigest() for number in range(100)]
    await store.put_many([(partial(str, key), key[:8]) for key in keys])
    asked = [*reversed(keys), OTHER_KEY, keys[0]]

    found = await store.lookup_many([partial(str, key) for key in asked])

    assert [entry and entry.value for entry in found] == [key[:8] if key in keys else None for key in asked]


async def test_no_time_to_live_means_expired_at_once(tmp_path: Path) -> None:
    """`ttl_seconds=0` is a cache that never hits; what it finds it deletes."""
    await put(store_at(tmp_path))

    assert await value_in(store_at(tmp_path, ttl_seconds=0)) is None
    assert not the_file(tmp_path).exists()


async def test_an_entry_without_an_end_stays_for_good(tmp_path: Path) -> None:
    """None is never: a transcript that was paid for thirty years ago is still paid for."""
    await put(store_at(tmp_path))
    content = the_file(tmp_path).read_bytes().partition(b"\n")[2]
    head, _, text = content.partition(b"\n")
    old = json.dumps({**json.loads(head), "stored": "1996-11-24T00:00:00+00:00"}).encode()
    the_file(tmp_path).write_bytes(checked(old + b"\n" + text))

    assert await value_in(store_at(tmp_path, ttl_seconds=None)) == "kept"
    assert await value_in(store_at(tmp_path, ttl_seconds=2592000)) is None


async def test_a_file_cut_anywhere_is_a_miss_and_deleted(tmp_path: Path) -> None:
    """A power cut or a full disk can end a file at any byte; half a result must never become a note."""
    store = store_at(tmp_path)
    await put(store, "half\nof this is worth nothing")
    whole = the_file(tmp_path).read_bytes()

    for length in range(len(whole)):
        the_file(tmp_path).write_bytes(whole[:length])
        assert await value_in(store) is None, length
        assert not the_file(tmp_path).exists(), length


async def test_a_flipped_bit_anywhere_is_a_miss_and_deleted(tmp_path: Path) -> None:
    """Also in the cost and in the date: a wrong cost in a note would be believed."""
    store = store_at(tmp_path)
    await store.put(partial(str, KEY), "a result", Decimal("0.0123"))
    whole = the_file(tmp_path).read_bytes()

    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 7  # not the highest bit alone: a digit becomes another digit
        the_file(tmp_path).write_bytes(changed)
        assert await value_in(store) is None, (place, bytes(changed))
        assert not the_file(tmp_path).exists(), place


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"null\n",
        b'{"version": 1}\nkept',
        b"[" * 100_000,
        b"\xff\xfe\x00",
        checked(b""),
        checked(b"[]\nkept"),
        checked(b'{"version": 2, "key": "' + KEY.encode() + b'"}\nkept'),
        checked(b'{"version": 1, "key": "' + KEY.encode() + b'"}\nkept'),
    ],
    ids=lambda content: repr(content[-20:]),
)
async def test_a_foreign_file_is_a_miss_and_deleted(tmp_path: Path, content: bytes) -> None:
    """What another program, or another version of ours, left under an entry's name is no error and no result."""
    the_file(tmp_path).parent.mkdir()
    the_file(tmp_path).write_bytes(content)

    assert await value_in(store_at(tmp_path)) is None
    assert not the_file(tmp_path).exists()


async def test_another_keys_file_is_a_miss_and_deleted(tmp_path: Path) -> None:
    """A file renamed by hand or by a sync program must not answer for another episode."""
    store = store_at(tmp_path)
    await put(store, key=OTHER_KEY)
    the_file(tmp_path).parent.mkdir()
    the_file(tmp_path, OTHER_KEY).rename(the_file(tmp_path))

    assert await value_in(store) is None
    assert not the_file(tmp_path).exists()


async def test_what_cannot_be_read_is_an_error_with_the_path_and_stays(tmp_path: Path) -> None:
    """Trouble of the machine is not damage: deleting would throw away what was paid for."""
    the_file(tmp_path).mkdir(parents=True)

    with pytest.raises(TransientError, match=re.escape(str(the_file(tmp_path)))):
        await value_in(store_at(tmp_path))

    assert the_file(tmp_path).is_dir()


@contextmanager
def no_descriptor_left() -> Iterator[None]:
    """This process has as many files open as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 256), hard))
    held: list[int] = []
    try:
        with suppress(OSError):
            while True:
                held.append(os.open(os.devnull, os.O_RDONLY))
        yield
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_too_many_open_files_deletes_nothing(tmp_path: Path) -> None:
    """EMFILE is over in a moment; also a store that opens its folder just then says what and where."""
    await put(store_at(tmp_path))
    store = store_at(tmp_path)

    with no_descriptor_left(), pytest.raises(TransientError, match=f"{KEY}.*open files"):
        await value_in(store)

    assert await value_in(store) == "kept"


async def test_what_cannot_be_swept_is_in_nobodys_way(tmp_path: Path) -> None:
    """A folder with a temporary file's name is odd, but no reason to pay for a result again."""
    await put(store_at(tmp_path))
    the_file(tmp_path).with_name("odd.tmp").mkdir()

    assert await value_in(store_at(tmp_path)) == "kept"
    with pytest.raises(TransientError, match=re.escape(str(tmp_path))):
        await store_at(tmp_path).clear()


async def test_entries_are_for_their_owner_alone(tmp_path: Path) -> None:
    """Transcripts of private feeds lie in them, also where the machine has other users."""
    await put(store_at(tmp_path / "cache"))

    file = the_file(tmp_path / "cache")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (file.parent, tmp_path / "cache")} == {0o700}


async def test_fifty_tasks_may_set_one_key_at_once(tmp_path: Path) -> None:
    """The last of them stands, whole; nobody's write fails because of another's, and nothing else is left."""
    store = store_at(tmp_path)
    values = [str(number) * 10_000 for number in range(10, 60)]

    await asyncio.gather(*(put(store, value) for value in values))

    assert await value_in(store) in values
    assert names_in(tmp_path, "*.*") == {the_file(tmp_path).name}


async def test_fifty_tasks_may_set_fifty_keys_at_once(tmp_path: Path) -> None:
    """All are there, also where many make the same folder."""
    store = store_at(tmp_path)
    values = {KEY[:2] + sha256(bytes([number])).hexdigest()[2:]: str(number) for number in range(50)}

    await asyncio.gather(*(put(store, value, key=key) for key, value in values.items()))

    assert [await value_in(store, key) for key in values] == list(values.values())


async def test_setting_while_another_clears_is_no_error(tmp_path: Path) -> None:
    """The entry is there or was cleared; its writer, who has just paid, must not fail."""
    store, other = store_at(tmp_path), store_at(tmp_path)

    for number in range(50):
        await asyncio.gather(put(store, str(number)), other.clear(), other.get_stats())
        assert await value_in(store) in (str(number), None)


def test_an_expired_entry_that_another_replaced_is_not_deleted(tmp_path: Path) -> None:
    """Between reading an old entry and deleting it, another process may have paid for a new one."""
    asyncio.run(put(store_at(tmp_path), "old"))
    with the_file(tmp_path).open("rb") as read:
        asyncio.run(put(store_at(tmp_path), "new"))

        store_at(tmp_path)._folder._discard(str(the_file(tmp_path)), read.fileno())

    assert asyncio.run(value_in(store_at(tmp_path))) == "new"
    assert names_in(tmp_path) == set()


def test_a_new_entry_is_never_taken_for_the_deleted_one(tmp_path: Path) -> None:
    """File systems give a deleted file's number to the next new file: deleted, then stored again, is another entry."""
    asyncio.run(put(store_at(tmp_path), "old"))
    with the_file(tmp_path).open("rb") as read:
        the_file(tmp_path).unlink()
        asyncio.run(put(store_at(tmp_path), "new"))

        store_at(tmp_path)._folder._discard(str(the_file(tmp_path)), read.fileno())

    assert asyncio.run(value_in(store_at(tmp_path))) == "new"


async def test_a_reader_of_damage_does_not_take_a_writers_result(tmp_path: Path) -> None:
    """The same race between real threads: however they meet, the paid result is there afterwards."""
    reader, writer = store_at(tmp_path), store_at(tmp_path)
    the_file(tmp_path).parent.mkdir()

    for number in range(200):
        the_file(tmp_path).write_bytes(b"damaged")
        await asyncio.gather(value_in(reader), put(writer, str(number)), value_in(reader))
        assert await value_in(writer) == str(number)


class TroubleAfterARace(System):
    """Just before a reader takes a damaged entry away, another's comes to its place; then the disk fails."""

    def __init__(self, place: Path, fresh: bytes) -> None:
        self._place, self._fresh, self._failing = place, fresh, False
        self.replace, self.stat = self._replace, self._stat  # type: ignore[assignment]

    def _replace(self, source: str, target: str) -> None:
        if source == str(self._place):
            self._place.with_suffix(".new").write_bytes(self._fresh)
            self._place.with_suffix(".new").replace(self._place)
            self._failing = True
        Path(source).replace(target)

    def _stat(self, path: str) -> os.stat_result:
        if self._failing:
            self._failing = False
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return Path(path).stat()


async def test_trouble_while_damage_is_deleted_takes_nobodys_result(tmp_path: Path) -> None:
    """What was taken away and cannot be looked at goes back: it may be what another has just paid for."""
    await put(store_at(tmp_path), "another's")
    fresh = the_file(tmp_path).read_bytes()
    the_file(tmp_path).write_bytes(b"damaged")
    store = Store(tmp_path, ttl_seconds=None, system=TroubleAfterARace(the_file(tmp_path), fresh))

    with pytest.raises(TransientError, match=KEY):
        await value_in(store)

    assert await value_in(store) == "another's"


async def test_damage_is_deleted_also_where_our_folder_was(tmp_path: Path) -> None:
    """Somebody has tidied up `writing` since we made it: it is made again."""
    store = store_at(tmp_path)
    await put(store)
    shutil.rmtree(tmp_path / "writing")
    the_file(tmp_path).write_bytes(b"damaged")

    assert await value_in(store) is None
    assert not the_file(tmp_path).exists()


class NoLinks(System):
    """A file system without links, as on many memory sticks."""

    def __init__(self) -> None:
        self.link = self._link  # type: ignore[assignment]

    def _link(self, source: str, target: str) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM), source, None, target)


async def test_a_file_system_without_links_will_do(tmp_path: Path) -> None:
    """A new entry comes to its place by a rename there, as an old one's successor does everywhere."""
    store = Store(tmp_path, ttl_seconds=None, system=NoLinks())
    for value in ("first", "second"):
        await put(store, value)
        assert await value_in(store) == value

    assert names_in(tmp_path) == set()


class AllAtOnce(System):
    """Nothing is fsynced until so many files are being written; which folders they are in is remembered."""

    def __init__(self, writes: int) -> None:
        self.folders: list[str] = []
        self._together = threading.Barrier(writes)
        self._passed = False
        self.open, self.fsync = self._open, self._fsync  # type: ignore[assignment]

    def _open(self, path: str, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_CREAT:
            self.folders.append(str(Path(path).parent))
        return os.open(path, flags, mode)

    def _fsync(self, descriptor: int) -> None:
        if stat.S_ISREG(os.fstat(descriptor).st_mode) and not self._passed:
            self._together.wait(A_WHILE_S)
            self._passed = True
        os.fsync(descriptor)


async def test_each_write_has_a_folder_to_itself(tmp_path: Path) -> None:
    """Four that are fsynced at once; two in one folder would wait for each other on some file systems."""
    system = AllAtOnce(4)
    store = Store(tmp_path, ttl_seconds=None, system=system)

    await asyncio.gather(*(put(store, key=f"{number}" * 64) for number in range(4)))

    assert len(set(system.folders)) == 4


async def test_one_that_cannot_be_swept_keeps_no_other(tmp_path: Path) -> None:
    """A dead writer's whole entry is found among odd files, in whatever order the system tells them."""
    await put(store_at(tmp_path))
    the_file(tmp_path).rename(tmp_path / "writing" / ".a.tmp")
    for number in range(20):
        (tmp_path / "writing" / f".odd-{number}.tmp").mkdir()

    assert await value_in(store_at(tmp_path)) == "kept"
