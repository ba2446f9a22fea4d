"""Which runs are at work: each holds a lock on a file for as long as its process lives.

Belongs here: taking the lock, and closing in Dagster's history the runs whose process is dead: killed, or gone with the
machine. Dagster itself leaves those started for good, and two of them fill its limit on runs at once.
Does not: who asks (`resources.py` and `run.py` when a run begins, `launcher.py` for the daemon).
A lock rather than a process's number: a number comes again, and a lock also tells across containers on one disk.
All of it blocks.
"""

import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import dagster as dg

from inkwell_pipeline.files import sweep_now, temporary_name, trouble
from inkwell_pipeline.settings import Settings
from inkwell_pipeline.threads import in_thread

__all__ = ["alive", "at_work", "close_dead_runs", "has_lock", "hold", "is_dead", "release"]

FOLDER, SUFFIX = "inkwell_runs", ".lock"
ENDED = (
    "The process of this run ended without a word: it was killed, or the machine went down. What it had done is kept; "
    "the next run goes on from there."
)
NOT_OURS_TO_SWEEP = {"cache", "dagster"}  # the first sweeps itself


def hold(instance: dg.DagsterInstance, run_id: str) -> int | None:
    """Takes the run's lock; gives what `release` wants. None where it is held already, or nobody would look at it.

    Raises: TransientError, with the path.
    """
    if not instance.is_persistent:
        return None
    path = _path(instance, run_id)
    if path.exists():
        return None
    # locked before it has its name: nobody finds it without its owner
    unnamed = path.with_name(temporary_name())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        unnamed.rename(path)
    except OSError as error:
        raise trouble(error, path, "write") from error
    return descriptor


def release(instance: dg.DagsterInstance, run_id: str, held: int | None) -> None:
    """Gives the lock back. The process's end does so, too, and then the file stays: that is how the dead are known."""
    if held is not None:
        _path(instance, run_id).unlink(missing_ok=True)
        os.close(held)


@contextmanager
def alive(instance: dg.DagsterInstance, run_id: str) -> Iterator[None]:
    """Holds the run's lock meanwhile. Raises: TransientError, with the path."""
    held = hold(instance, run_id)
    try:
        yield
    finally:
        release(instance, run_id, held)


@asynccontextmanager
async def at_work(context: dg.InitResourceContext, settings: Settings) -> AsyncIterator[None]:
    """Around a run's resources, off its loop: closes runs that have died, and holds this one's lock."""
    instance, run = context.instance, context.run
    if instance is None or run is None:  # resources built by hand
        yield
        return
    await in_thread(close_dead_runs, instance, data_dir=settings.data_dir)
    held = await in_thread(hold, instance, run.run_id)
    try:
        yield
    finally:
        await in_thread(release, instance, run.run_id, held)


def is_dead(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether the run has had a lock that nobody holds. A run without any is not known to be dead."""
    with _free(_path(instance, run_id)) as free:
        return free


def has_lock(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether the run has said that it is at work, and not yet that it is over; it may be dead since."""
    return _path(instance, run_id).exists()


def close_dead_runs(instance: dg.DagsterInstance, *, data_dir: Path) -> list[str]:
    """Marks runs whose process is dead as failed, and removes what their writes have left in `data_dir`.

    Gives their ids. Costs a look into a folder where none has died.
    """
    if not instance.is_persistent:
        return []
    closed = []
    for path in sorted(_folder(instance).glob(f"*{SUFFIX}")):
        with _free(path) as free:
            if free:
                closed.append(path.name.removesuffix(SUFFIX))
                _close(instance, closed[-1])
                path.unlink(missing_ok=True)
    if closed:
        _sweep(data_dir)
        sweep_now(_folder(instance))
    return closed


def _close(instance: dg.DagsterInstance, run_id: str) -> None:
    run = instance.get_run_by_id(run_id)
    if run is None or run.is_finished:
        return
    if run.status == dg.DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, ENDED)
    else:
        instance.report_run_failed(run, ENDED)


def _sweep(data_dir: Path) -> None:
    for folder, folders, _ in os.walk(data_dir):
        if Path(folder) == data_dir:
            folders[:] = [name for name in folders if name not in NOT_OURS_TO_SWEEP]
        sweep_now(Path(folder))


@contextmanager
def _free(path: Path) -> Iterator[bool]:
    """Whether the file is there and nobody holds its lock; meanwhile nobody else is told so."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        yield False
        return
    try:
        free = False
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            free = True
        yield free
    finally:
        os.close(descriptor)


def _path(instance: dg.DagsterInstance, run_id: str) -> Path:
    return _folder(instance) / f"{run_id}{SUFFIX}"


def _folder(instance: dg.DagsterInstance) -> Path:
    return Path(instance.root_directory).absolute() / FOLDER
