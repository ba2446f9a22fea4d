"""The TranscriptionCache as others rely on it: against a dict, among processes, and after a kill."""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from inkwell_pipeline.cache import ExtractionCache, TranscriptionCache
from inkwell_pipeline.files import temporary_name
from inkwell_pipeline.metering import counting

URL = "https://example.com/1.vtt"
ROUNDS = 10
WRITERS = 4

# What a writer's process does: one key, ever new values that are long enough to be torn, a line for each.
WRITER = """
import asyncio, itertools, sys
from inkwell_pipeline.cache import TranscriptionCache
from inkwell_pipeline.cache.entry import encoded

async def write(folder, url, name, times):
    cache = TranscriptionCache(folder)
    for number in range(times) if times else itertools.count():
        await cache.set(url, f"{name}-{number} " * 20_000)
        value = await cache.get(url)
        assert value is not None and len(set(value.split())) == 1 and len(value.split()) == 20_000, value
        print(number, flush=True)

asyncio.run(write(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
"""


@contextmanager
def writer(folder: Path, name: str, *, times: int = 0) -> Iterator[subprocess.Popen[str]]:
    """A process that sets URL `times` times (0: until it is killed), and reads it back each time."""
    command = [sys.executable, "-c", WRITER, str(folder), URL, name, str(times)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def all_bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*.entry"))


async def test_what_was_set_is_got_by_its_url(tmp_path: Path) -> None:
    """Missing is None, "" is a transcript of nothing said."""
    cache = TranscriptionCache(tmp_path)
    await cache.set(URL, "said")
    await cache.set(URL + "?2", "")

    assert await cache.get_many([URL + "?2", URL + "?3", URL]) == ["", None, "said"]


async def test_a_transcripts_cost_comes_back(tmp_path: Path) -> None:
    """Speech recognition is paid for by the minute; a publisher's transcript has no cost that is known."""
    cache = TranscriptionCache(tmp_path)
    await cache.set(URL, "said", cost_usd=Decimal("0.36"))
    await cache.set_many([(URL + "?2", "said")])

    found = await cache.lookup_many([URL, URL + "?2"])

    assert [entry and entry.cost_usd for entry in found] == [Decimal("0.36"), None]


async def test_a_key_says_nothing_of_a_private_url(tmp_path: Path) -> None:
    """A manifest keeps the key, and manifests are shown; the token of a private feed stays out of them."""
    cache = TranscriptionCache(tmp_path)
    url = "https://ada:hunter2@example.com/1.vtt?token=s3cr3t"
    await cache.set(url, "said")

    (entry,) = await cache.by_key([cache.key(url)])

    assert entry is not None
    assert (entry.value, entry.key) == ("said", cache.key(url))
    assert int(entry.key, 16), "nothing but hexadecimal digits"
    assert b"s3cr3t" not in all_bytes_in(tmp_path)


async def test_look_ups_are_counted_and_reads_by_key_are_not(tmp_path: Path) -> None:
    """As in the ExtractionCache: only what might have to be fetched is a look-up."""
    cache = TranscriptionCache(tmp_path)
    await cache.set(URL, "said")

    with counting() as counted:
        await cache.get(URL)
        await cache.get_many([URL, "another"])
        await cache.lookup_many(["another"])
        await cache.by_key([cache.key(URL)])

    assert (counted.cache_hits, counted.cache_misses) == (2, 2)


async def test_expired_transcripts_are_deleted_when_asked_for(tmp_path: Path) -> None:
    """A cache with `ttl_seconds=0` never hits."""
    await TranscriptionCache(tmp_path).set(URL, "said")

    assert await TranscriptionCache(tmp_path, ttl_seconds=0).get(URL) is None
    assert (await TranscriptionCache(tmp_path).get_stats())["file_count"] == 0


async def test_both_caches_may_share_a_folder(tmp_path: Path) -> None:
    """Their keys never meet, whatever a URL looks like."""
    transcripts, extractions = TranscriptionCache(tmp_path), ExtractionCache(tmp_path)
    await transcripts.set('["extraction", "summary", "1", "said", "", ""]', "a transcript")
    await extractions.set("summary", "1", "said", "a summary")

    assert await extractions.get("summary", "1", "said") == "a summary"
    assert await transcripts.get('["extraction", "summary", "1", "said", "", ""]') == "a transcript"
    assert (await transcripts.get_stats())["file_count"] == 2


def test_processes_on_one_key_never_see_a_torn_value(tmp_path: Path) -> None:
    """Four runs at once set and read one key: every value read is one that somebody wrote, whole; none is lost."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), URL, f"w{number}", "100"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(WRITERS)
    ]
    ended = [(process.communicate(timeout=60)[1], process.returncode) for process in processes]

    assert ended == [("", 0)] * WRITERS
    value = asyncio.run(TranscriptionCache(tmp_path).get(URL))
    assert value is not None
    assert set(value.split()) <= {f"w{number}-99" for number in range(WRITERS)}
    assert [path.name for path in tmp_path.rglob("*.*") if path.is_file()] == [
        f"{TranscriptionCache(tmp_path).key(URL)}.entry"
    ]


def test_a_killed_writer_leaves_whole_entries_alone(tmp_path: Path) -> None:
    """SIGKILL at any moment of a write: the old value or the new one, and nothing of it in the way of the next."""
    moments = random.Random(1953)  # the moments are the fault; nothing waits for them

    for number in range(ROUNDS):
        with writer(tmp_path, f"w{number}") as process:
            assert process.stdout is not None
            process.stdout.readline()  # it has written once
            time.sleep(moments.uniform(0, 0.03))
        value = asyncio.run(TranscriptionCache(tmp_path).get(URL))

        assert value is not None
        (word,) = set(value.split())
        assert len(value.split()) == 20_000
        assert word.startswith(f"w{number}-")
        assert len(list(tmp_path.rglob("*.*"))) == 1, "the first use sweeps what the killed one left"


@pytest.mark.parametrize("opening", ["first use", "clear"])
def test_temporary_files_of_dead_writers_go_and_those_of_living_ones_stay(tmp_path: Path, opening: str) -> None:
    """A killed run leaves its half-written file to the next one; a run at work must still find its own."""
    cache = TranscriptionCache(tmp_path)
    asyncio.run(TranscriptionCache(tmp_path).set(URL, "said"))
    if opening == "clear":
        asyncio.run(cache.get(URL))
    with writer(tmp_path / "elsewhere", "dead", times=1) as dead, writer(tmp_path / "elsewhere", "living") as living:
        dead.wait(timeout=60)
        left, at_work = (temporary_name().replace(f"-{os.getpid()}-", f"-{process.pid}-") for process in (dead, living))
        for name in (left, at_work):
            (tmp_path / "writing" / name).write_bytes(b"half")

        asyncio.run(cache.clear() if opening == "clear" else cache.get(URL))

        assert {path.name for path in (tmp_path / "writing").glob("*.tmp")} == {at_work}
