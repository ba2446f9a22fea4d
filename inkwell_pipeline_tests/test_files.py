"""The one atomic write: whole or not there, nobody's file lost, and an error that says where."""

import asyncio
import os
import re
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkwell_pipeline.errors import InkwellError, TransientError
from inkwell_pipeline.files import (
    create_file_now,
    is_left_behind,
    read_bytes,
    replace_file_now,
    sweep_now,
    temporary_name,
)
from inkwell_pipeline.threads import in_thread
from inkwell_pipeline_tests.fakes.full_disk import no_room_for


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def process_name(pid: int | str) -> str:
    """The temporary file of another process on this machine."""
    return temporary_name().replace(f"-{os.getpid()}-", f"-{pid}-")


@given(first=st.binary(), second=st.binary())
@settings(max_examples=30, deadline=None)
async def test_a_file_holds_what_was_put_last(first: bytes, second: bytes) -> None:
    """Any bytes, in folders that are made on the way; nothing else is left beside it."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "a", "b", "note.md")
        await in_thread(replace_file_now, path, first)
        await in_thread(replace_file_now, path, second, durable=False)

        assert await read_bytes(path) == second
        assert names_in(path.parent) == ["note.md"]


def test_a_reader_sees_the_old_or_the_new_content_and_nothing_between(tmp_path: Path) -> None:
    """Obsidian, a sync program or another run reads at any moment: never half a file, never none."""
    path, ended = tmp_path / "note.md", threading.Event()
    contents = [bytes([letter]) * 200_000 for letter in b"ab"]
    replace_file_now(path, contents[0])

    def read() -> set[bytes]:
        seen = set()
        while not ended.is_set():
            seen.add(path.read_bytes())
        return seen

    with ThreadPoolExecutor() as threads:
        readers = [threads.submit(read) for _ in range(2)]
        for number in range(200):
            replace_file_now(path, contents[number % 2], durable=False)
        ended.set()

    assert set().union(*(reader.result() for reader in readers)) <= set(contents)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
async def test_what_the_owner_allowed_stays_allowed(tmp_path: Path, mode: int) -> None:
    """A note that its owner made private, or shared, is so after every run."""
    path = tmp_path / "note.md"
    path.touch()
    path.chmod(mode)

    await in_thread(replace_file_now, path, b"new", mode=0o666)

    assert mode_of(path) == mode


async def test_a_new_file_has_the_mode_asked_for(tmp_path: Path) -> None:
    """`mode` is for new files, and the user's umask holds as everywhere."""
    umask = os.umask(0o027)
    try:
        await in_thread(replace_file_now, tmp_path / "private", b"", mode=0o600)
        await in_thread(replace_file_now, tmp_path / "usual", b"")
    finally:
        os.umask(umask)

    assert mode_of(tmp_path / "private") == 0o600
    assert mode_of(tmp_path / "usual") == 0o640


async def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    """A full disk costs the new content, not the old; the error names the file and is worth another try."""
    path = tmp_path / "note.md"
    await in_thread(replace_file_now, path, b"old")

    with no_room_for(5000), pytest.raises(TransientError, match=f"^cannot write {re.escape(str(path))}: ."):
        await in_thread(replace_file_now, path, b"new" * 5000)

    assert await read_bytes(path) == b"old"
    assert names_in(tmp_path) == ["note.md"]


@pytest.mark.parametrize("in_the_way", ["a folder of that name", "a file where the folder should be"])
async def test_an_error_of_the_machine_is_one_line_with_the_path(tmp_path: Path, in_the_way: str) -> None:
    """The user reads what was to be done, to which file, and why not."""
    path = tmp_path / "notes" / "note.md"
    if in_the_way == "a folder of that name":
        path.mkdir(parents=True)
    else:
        path.parent.touch()

    with pytest.raises(InkwellError) as caught:
        await in_thread(replace_file_now, path, b"new")

    assert re.fullmatch(rf"cannot write {re.escape(str(path))}: \w.+", str(caught.value))


def test_a_new_file_is_made_once(tmp_path: Path) -> None:
    """Where something is, it stays: a note that the user made under our name is theirs."""
    path = tmp_path / "folder" / "note.md"

    assert create_file_now(path, b"ours")
    assert not create_file_now(path, b"again")
    assert path.read_bytes() == b"ours"
    assert names_in(path.parent) == ["note.md"]


def test_nothing_that_is_there_is_overwritten(tmp_path: Path) -> None:
    """A folder, an empty file and a link to nowhere are something, too."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").touch()
    (tmp_path / "link").symlink_to("nowhere")

    assert not any(create_file_now(tmp_path / name, b"ours") for name in ("folder", "empty", "link"))
    assert (tmp_path / "empty").read_bytes() == b""


def test_one_of_many_makes_the_file(tmp_path: Path) -> None:
    """Two runs with notes of the same name: one gets it, and knows; the others look for another name."""
    path = tmp_path / "note.md"
    contents = [f"note {number}".encode() for number in range(32)]

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda content: create_file_now(path, content), contents))

    assert sum(made) == 1
    assert path.read_bytes() == contents[made.index(True)]


def test_a_file_that_could_not_be_made_is_not_there(tmp_path: Path) -> None:
    """The empty place that was taken for it is given back: the next run makes the file."""
    path = tmp_path / "note.md"

    with no_room_for(5000), pytest.raises(TransientError, match=re.escape(str(path))):
        create_file_now(path, b"new" * 5000)

    assert names_in(tmp_path) == []


async def test_what_is_not_there_reads_as_none(tmp_path: Path) -> None:
    """Nor is anything below a file. What is there and cannot be read is an error with the path."""
    (tmp_path / "file").touch()

    assert await read_bytes(tmp_path / "none") is None
    assert await read_bytes(tmp_path / "file" / "none") is None
    with pytest.raises(TransientError, match=f"^cannot read {re.escape(str(tmp_path))}: ."):
        await read_bytes(tmp_path)


async def test_many_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    """Each has a temporary name of its own: one fixed name loses half of the writes, or mixes two."""
    path = tmp_path / "note.md"
    contents = [bytes([number]) * 50_000 for number in range(50)]

    await asyncio.gather(*(in_thread(replace_file_now, path, content) for content in contents))

    assert await read_bytes(path) in contents
    assert names_in(tmp_path) == ["note.md"]
    assert len({temporary_name() for _ in range(1000)}) == 1000


def test_a_living_writers_file_is_not_left_behind(tmp_path: Path) -> None:
    """Ours, and that of another process that still runs; process 1 is another user's, or ours where we are root."""
    for name in (temporary_name(), process_name(os.getppid()), process_name(1)):
        (tmp_path / name).touch()
        assert not is_left_behind(tmp_path / name, now_s=time.time())


def test_a_dead_writers_file_is_left_behind(tmp_path: Path) -> None:
    """Whether it was killed a moment ago or has a number that no process can have."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()

    for pid in (dead.pid, 2**31 - 1, 10**30):
        assert is_left_behind(tmp_path / process_name(pid), now_s=time.time())


def test_another_machines_file_is_left_behind_after_an_hour(tmp_path: Path) -> None:
    """On a shared folder nobody can ask for its process; within the hour its write may still be at work."""
    host, _, rest = temporary_name().partition("-")
    path = tmp_path / f"{host[::-1]}0-{rest}"
    path.touch()
    written_s = path.stat().st_mtime

    assert not is_left_behind(path, now_s=written_s + 3599)
    assert is_left_behind(path, now_s=written_s + 3601)


def test_an_hour_old_file_is_left_behind_though_its_number_lives(tmp_path: Path) -> None:
    """In a container every run has the same few process numbers: the living one is a later one."""
    path = tmp_path / temporary_name()
    path.touch()

    assert is_left_behind(path, now_s=path.stat().st_mtime + 3601)


@pytest.mark.parametrize("name", ["x.tmp", ".tmp", ".host-notes.tmp", ".-x-1.tmp"])
def test_a_temporary_file_that_names_no_process_is_left_behind(tmp_path: Path, name: str) -> None:
    """No writer of this version makes such a name."""
    assert is_left_behind(tmp_path / name, now_s=time.time())


def test_a_replacement_gives_way_to_what_was_saved_meanwhile(tmp_path: Path) -> None:
    """An editor saves while we write: theirs stays, and the caller is told."""
    path = tmp_path / "note.md"
    path.write_bytes(b"theirs")

    assert not replace_file_now(path, b"ours", only_if=b"what we read")
    assert path.read_bytes() == b"theirs"
    assert replace_file_now(path, b"ours", only_if=b"theirs")
    assert path.read_bytes() == b"ours"
    assert [file.name for file in tmp_path.iterdir()] == ["note.md"]


async def test_one_of_many_creators_wins_and_its_file_is_whole_at_once(tmp_path: Path) -> None:
    """The name is never there before the words: a run beside this one reads whose note it is."""
    path = tmp_path / "note.md"
    contents = [bytes([number]) * 100_000 for number in range(20)]

    won = await asyncio.gather(*(in_thread(create_file_now, path, content) for content in contents))

    assert won.count(True) == 1
    assert path.read_bytes() == contents[won.index(True)]


def test_a_sweep_takes_what_dead_writers_of_ours_left_and_nothing_else(tmp_path: Path) -> None:
    """A vault is the user's: another program's temporary file is not ours to remove."""
    ours = temporary_name()
    host, _, number = ours.removeprefix(".").partition("-")
    dead = tmp_path / f".{host}-{2**22 + 1}-{number.partition('-')[2]}"  # more than a process number can be
    for path in (tmp_path / ours, dead, tmp_path / ".obsidian.tmp", tmp_path / "note.md"):
        path.touch()

    sweep_now(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {ours, ".obsidian.tmp", "note.md"}
