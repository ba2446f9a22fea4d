"""One at a time, among tasks, threads and processes: a lock on a file, asked for without a thread that waits.

Belongs here: taking and giving back. Does not: what is done meanwhile, and which file stands for what.
The system gives a dead holder's lock back. No lock file is ever deleted: one that is deleted while somebody holds or
opens it is no lock any more.
"""

from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from pathlib import Path

import aiofiles.os
from filelock import AsyncFileLock

from inkwell_pipeline.files import trouble

__all__ = ["held"]

ASK_AGAIN_S = 0.05


@asynccontextmanager
async def held(path: Path, *, executor: Executor | None = None) -> AsyncIterator[None]:
    """Holds the lock meanwhile; threads of `executor` (None: the loop's own) ask for it. Its folder is made.

    Raises: TransientError, where the file cannot be had.
    """
    # each its own object: two of one process exclude each other too; a thread takes the lock, another gives it back
    lock = AsyncFileLock(path, thread_local=False, executor=executor, preserve_lock_file=True, mode=0o600)
    try:
        await aiofiles.os.wrap(_make_folder)(path.parent, executor=executor)
        await lock.acquire(poll_interval=ASK_AGAIN_S)
    except OSError as error:
        raise trouble(error, path, "take the lock") from error
    try:
        yield
    finally:
        await lock.release()


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
