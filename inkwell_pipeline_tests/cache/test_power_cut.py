"""The power is cut while entries are stored: what was confirmed is there afterwards, and nothing is torn.

On file systems of the test's own, so where it may mount them: as root, on Linux. `INKWELL_CACHE_KILLS` says how often
the power is cut, a fourth of it each (`test_processes.py`).
"""

import asyncio
import os
import random
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from inkwell_pipeline.cache import TranscriptionCache
from inkwell_pipeline.errors import InkwellError, TransientError
from inkwell_pipeline.system import System
from inkwell_pipeline_tests.fakes.power import KINDS, Disk

CUTS = int(os.environ.get("INKWELL_CACHE_KILLS", "20")) // 4
CHANCE = random.Random(int(os.environ.get("INKWELL_CACHE_KILLS_SEED", "1953")))
NEVER_WRITTEN, WORDS = 0, 2_000


class NoSync(System):
    """A system that says of everything at once that it lasts."""

    @staticmethod
    def fsync(descriptor: int) -> None:
        """Does nothing."""

    start_writing = fsync


@pytest.fixture(params=KINDS)
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    with ExitStack() as stack:
        try:
            mounted = stack.enter_context(Disk(tmp_path / "disk", request.param))
        except OSError as error:
            pytest.skip(str(error))
        yield mounted


def test_what_was_confirmed_is_there_after_a_power_cut(disk: Disk) -> None:
    """New keys and old ones, small values and large ones, at any moment, time and again on one disk."""
    confirmed: dict[str, int] = {}

    for _ in range(CUTS):
        asyncio.run(stores(disk, System(), confirmed))
        disk.restore_power()
        found = asyncio.run(numbers(disk, confirmed))

        assert all(found[key] >= number for key, number in confirmed.items()), (found, confirmed)
        confirmed |= found
    assert any(number > 1 for number in confirmed.values()), "old ones were stored anew"


def test_without_fsync_it_would_not_be(disk: Disk) -> None:
    """The cut is one: what nobody has fsynced goes with it, so that the test above can fail."""
    confirmed: dict[str, int] = {}

    asyncio.run(stores(disk, NoSync(), confirmed))
    disk.restore_power()
    try:
        found = asyncio.run(numbers(disk, confirmed))
    except TransientError:  # a file system may know a name whose file was never written, and say so
        found = {}

    assert any(found.get(key, NEVER_WRITTEN) < number for key, number in confirmed.items())


async def stores(disk: Disk, system: System, confirmed: dict[str, int]) -> None:
    """Stores, many keys at once, each with a number that grows, until the power is cut."""
    cache = TranscriptionCache(disk.path / "cache", None, lock_dir=disk.path.parent / "locks", system=system)

    begun = asyncio.Event()

    async def store(key: str, number: int) -> None:
        await cache.set(key, value_of(key, number))
        if not disk.is_cut:
            confirmed[key] = number
        begun.set()

    async def store_one_anew(key: str) -> None:
        for number in count(confirmed.get(key, NEVER_WRITTEN) + 1):
            await store(key, number)

    async def store_new_ones(name: str) -> None:
        for number in count(len(confirmed)):
            await store(f"{name}-{number}", 1)

    tasks = [asyncio.create_task(store_one_anew(key)) for key in ("a", "b", "c", "large")]
    tasks += [asyncio.create_task(store_new_ones(f"new-{number}")) for number in range(4)]
    await begun.wait()
    await asyncio.sleep(CHANCE.uniform(0.02, 0.2))  # the moment is the fault; nothing waits for it
    await asyncio.to_thread(disk.cut_power)
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(error, InkwellError) for error in ended), ended
    await cache.aclose()


def value_of(key: str, number: int) -> str:
    return f"{number} " * (WORDS * 100 if key == "large" else WORDS)


async def numbers(disk: Disk, confirmed: dict[str, int]) -> dict[str, int]:
    """The number in each key's value, which is whole; where there is none, that of what was never written."""
    async with TranscriptionCache(disk.path / "cache", None, lock_dir=disk.path.parent / "locks") as cache:
        values = await cache.get_many(list(confirmed))
    found = {}
    for key, value in zip(confirmed, values, strict=True):
        found[key] = NEVER_WRITTEN
        if value is not None:
            (word,) = set(value.split())
            assert value == value_of(key.rpartition("-")[0] or key, int(word)), key
            found[key] = int(word)
    return found
