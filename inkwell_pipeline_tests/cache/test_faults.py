"""Trouble of the machine: every call in turn fails, and nothing that was confirmed is lost or taken for damage."""

import asyncio
import errno
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from inkwell_pipeline.cache import ExtractionCache
from inkwell_pipeline.errors import TransientError
from inkwell_pipeline_tests.fakes.system import FaultySystem

TROUBLE = (errno.EMFILE, errno.ENOSPC, errno.EACCES, errno.EIO)
LARGE = "a long result " * 30_000
Operation = Callable[[ExtractionCache], Awaitable[object]]

OPERATIONS: dict[str, Operation] = {
    "get": lambda cache: cache.get("summary", "1", "whole"),
    "get of a large one": lambda cache: cache.get("summary", "1", "large"),
    "get of a missing one": lambda cache: cache.get("summary", "1", "missing"),
    "get of a damaged one": lambda cache: cache.get("summary", "1", "damaged"),
    "get of another's leavings": lambda cache: cache.get("summary", "1", "left behind"),
    "get_many": lambda cache: cache.get_many([("summary", "1", said) for said in ("whole", "damaged", "large")]),
    "set": lambda cache: cache.set("summary", "1", "new", "new"),
    "set again": lambda cache: cache.set("summary", "1", "whole", "new"),
    "set_many": lambda cache: cache.set_many([("summary", "1", "whole", "new"), ("summary", "1", "new", LARGE)]),
    "get_or_compute": lambda cache: cache.get_or_compute("summary", "1", "new", computed),
    "clear": lambda cache: cache.clear(),
    "get_stats": lambda cache: cache.get_stats(),
}


async def computed() -> str:
    return "new"


async def a_used_cache(folder: Path) -> None:
    """Entries whole, large and damaged, and a whole one that a dead writer could not move to its place."""
    async with ExtractionCache(folder) as cache:
        await cache.set_many([("summary", "1", said, said) for said in ("whole", "damaged")])
        await cache.set("summary", "1", "large", LARGE)
        key = await cache.set("summary", "1", "left behind", "left behind")
        damaged = await cache.set("summary", "1", "damaged", "damaged")
    path_of(folder, damaged).write_bytes(b"not an entry")
    path_of(folder, key).rename(folder / "writing" / ".left-behind.tmp")


def path_of(folder: Path, key: str) -> Path:
    return folder / key[:2] / f"{key}.entry"


async def outcome_of(operation: Operation, folder: Path, system: FaultySystem) -> object:
    cache = ExtractionCache(folder, system=system)
    try:
        return await operation(cache)
    except TransientError as error:
        return error
    finally:
        await cache.aclose()


@pytest.mark.parametrize("name", OPERATIONS)
async def test_any_call_may_fail(tmp_path: Path, name: str) -> None:
    """The operation says so with a path, or does its work; what was stored before is there when the trouble is over."""
    await a_used_cache(tmp_path / "sound")
    sound = FaultySystem()
    right = await outcome_of(OPERATIONS[name], tmp_path / "sound", sound)
    assert not isinstance(right, TransientError)
    await a_used_cache(tmp_path / "used")
    descriptors = open_descriptors()

    for index in range(len(sound.calls)):
        for number in TROUBLE:
            folder = tmp_path / f"{index}-{number}"
            shutil.copytree(tmp_path / "used", folder)
            came = await outcome_of(OPERATIONS[name], folder, FaultySystem(fails_at=index, number=number))
            at = (name, index, sound.calls[index], errno.errorcode[number])
            if isinstance(came, TransientError):
                assert str(folder) in str(came), at
            elif name != "get of another's leavings":  # where the sweep fails, it is still missing
                assert came == right, at
            assert await is_kept(folder, name, failed=isinstance(came, TransientError)), at

    assert open_descriptors() <= descriptors


def open_descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


async def is_kept(folder: Path, name: str, *, failed: bool) -> bool:
    """Whether all that was confirmed is there, and damage is still no result."""
    if name == "clear":
        return True
    async with ExtractionCache(folder) as cache:
        whole, large, damaged, left, new = await cache.get_many(
            [("summary", "1", said) for said in ("whole", "large", "damaged", "left behind", "new")]
        )
    stores = name in ("set again", "set_many")
    return (
        (whole in ({"whole", "new"} if failed else {"new"}) if stores else whole == "whole")
        and (large, damaged) == (LARGE, None)
        and left in ("left behind", None)
        and (
            failed or not (stores or name in ("set", "get_or_compute")) or new in ("new", LARGE) or name == "set again"
        )
    )


async def test_where_a_folder_cannot_be_synced_set_is_an_error(tmp_path: Path) -> None:
    """The value may be there, but it might not be after a power cut: it is not confirmed."""
    await a_used_cache(tmp_path)
    sound = FaultySystem()
    await outcome_of(OPERATIONS["set again"], tmp_path, sound)
    last_sync = max(index for index, call in enumerate(sound.calls) if call == "fsync")
    await a_used_cache(tmp_path)

    came = await outcome_of(OPERATIONS["set again"], tmp_path, FaultySystem(fails_at=last_sync, number=errno.EIO))

    assert isinstance(came, TransientError)


async def test_where_a_file_system_has_no_sync_for_folders_set_is_none(tmp_path: Path) -> None:
    """EINVAL from a folder's fsync is no trouble: the rename is all that such a file system offers."""
    await a_used_cache(tmp_path)
    sound = FaultySystem()
    await outcome_of(OPERATIONS["set again"], tmp_path, sound)
    last_sync = max(index for index, call in enumerate(sound.calls) if call == "fsync")

    came = await outcome_of(OPERATIONS["set again"], tmp_path, FaultySystem(fails_at=last_sync, number=errno.EINVAL))

    assert isinstance(came, str)


async def test_one_that_cannot_be_read_costs_the_others_nothing(tmp_path: Path) -> None:
    """Errors are an entry's own: of gathered gets just the one with the trouble raises."""
    await a_used_cache(tmp_path)
    async with ExtractionCache(tmp_path) as cache:
        key = await cache.set("summary", "1", "a folder", "")
        path_of(tmp_path, key).unlink()
        path_of(tmp_path, key).mkdir()

        with pytest.raises(TransientError, match=key):
            await cache.get_many([("summary", "1", "whole"), ("summary", "1", "a folder")])
        came = await asyncio.gather(
            cache.get("summary", "1", "a folder"), cache.get("summary", "1", "whole"), return_exceptions=True
        )

    assert isinstance(came[0], TransientError)
    assert came[1] == "whole"
