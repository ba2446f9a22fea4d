"""One at a time, or so many, among tasks, threads and processes: locks on files, asked for without a thread that waits.

Belongs here: taking and giving back. Does not: what is done meanwhile, and which file stands for what.
The system gives a dead holder's lock back. No lock file is ever deleted: one that is deleted while somebody holds or
opens it is no lock any more.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from pathlib import Path

import aiofiles.os
from filelock import AsyncFileLock, Timeout

from inkwell_pipeline.files import trouble

__all__ = ["held", "machine_locks", "one_of", "tried"]

ASK_AGAIN_S = 0.05


@asynccontextmanager
async def held(
    path: Path, *, executor: Executor | None = None, ask_again_s: float = ASK_AGAIN_S
) -> AsyncIterator[None]:
    """Holds the lock meanwhile; threads of `executor` (None: the loop's own) ask for it. Its folder is made.

    Raises: TransientError, where the file cannot be had.
    """
    # each its own object: two of one process exclude each other too; a thread takes the lock, another gives it back
    lock = AsyncFileLock(path, thread_local=False, executor=executor, preserve_lock_file=True, mode=0o600)
    try:
        await aiofiles.os.wrap(_make_folder)(path.parent, executor=executor)
        await lock.acquire(poll_interval=ask_again_s)
    except OSError as error:
        raise trouble(error, path, "take the lock") from error
    try:
        yield
    finally:
        await lock.release()


def machine_locks(environment: Mapping[str, str]) -> Path | None:
    """The user's own folder for locks of all runs on a machine, whatever their config; None: there is none. Blocks."""
    try:
        base = Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        folder = base / "inkwell-pipeline" / "locks"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # no home, or none that can be written to
        return None
    return folder if os.access(folder, os.W_OK) else None


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


@asynccontextmanager
async def one_of(paths: Sequence[Path], *, waits: Callable[[], None], ask_again_s: float) -> AsyncIterator[None]:
    """Holds one of several locks meanwhile; `waits` is called once where none is free. Their folder is made.

    Raises: TransientError, where a file cannot be had.
    """
    has_waited = False
    while True:
        for path in paths:
            if (lock := await _tried(path)) is None:
                continue
            try:
                yield
            finally:
                await lock.release()
            return
        if not has_waited:
            has_waited = True
            waits()
        await asyncio.sleep(ask_again_s)


@asynccontextmanager
async def tried(path: Path) -> AsyncIterator[bool]:
    """Holds the lock meanwhile, where nobody else does; gives whether it does. Raises: as `held`."""
    lock = await _tried(path)
    try:
        yield lock is not None
    finally:
        if lock is not None:
            await lock.release()


async def _tried(path: Path) -> AsyncFileLock | None:
    lock = AsyncFileLock(path, thread_local=False, preserve_lock_file=True, mode=0o600)
    try:
        await aiofiles.os.wrap(_make_folder)(path.parent)
        await lock.acquire(timeout=0)
    except Timeout:
        return None
    except OSError as error:
        raise trouble(error, path, "take the lock") from error
    return lock
