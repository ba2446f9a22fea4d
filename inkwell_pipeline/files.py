"""Files that last: the one atomic write of the project, the one safe append, and the reads that go with them.

Belongs here: small whole operations; those that end in `_now` block, for a caller in a thread (`threads.py`).
Does not: what is in the files, and where they lie.
Guarantee: a reader sees the whole old or the whole new content; with `durable` it
survives a power cut (fsync of file and folder; F_FULLFSYNC on macOS).
"""

import errno
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from inkwell_pipeline.errors import InkwellError, TransientError
from inkwell_pipeline.processes import may_live, this_process
from inkwell_pipeline.system import System
from inkwell_pipeline.threads import in_thread

__all__ = [
    "OUR_TEMPORARY",
    "SYSTEM",
    "TEMPORARY_SUFFIX",
    "append_line_now",
    "create_file_now",
    "is_left_behind",
    "read_bytes",
    "read_bytes_now",
    "read_from_now",
    "replace_file_now",
    "sweep_now",
    "sync_folder",
    "temporary_name",
    "trouble",
]

TEMPORARY_SUFFIX = ".tmp"
OUR_TEMPORARY = re.compile(r"\.[0-9a-f]{8}-\d+-[0-9a-f]{32}\.tmp")
REMEDIES = (
    ({errno.ENOSPC, errno.EDQUOT}, "make room on that disk, then run again: what was done is kept"),
    ({errno.EACCES, errno.EPERM, errno.EROFS}, "allow it there, or name another place in the config"),
    (
        {errno.ENOTDIR, errno.EEXIST},
        "a file is where a folder should be: move it, or name another place in the config",
    ),
    ({errno.EMFILE, errno.ENFILE}, "run again, or allow more open files (ulimit -n)"),
)
UNSYNCABLE = {errno.EINVAL, errno.ENOTSUP}  # some file systems have no fsync for folders; the rename is all we have
SYSTEM = System()


def trouble(error: OSError, path: Path, doing: str) -> InkwellError:
    """Ours of what the operating system says of a file: one line with the path, and what to do."""
    todo = next((todo for numbers, todo in REMEDIES if error.errno in numbers), None)
    return TransientError(f"cannot {doing} {path}: {error.strerror or error}", todo=todo)


def replace_file_now(
    path: Path, data: bytes, *, durable: bool = True, mode: int = 0o666, only_if: bytes | None = None
) -> bool:
    """Puts `data` at `path` at once, making its folders; `mode` is for a new file. For synchronous callers; blocks.

    With `only_if`, just where the file still holds that; False where it does not, and nothing is written.
    Raises: TransientError, with the path (no space, no permission, too many open files).
    """
    try:
        with _temporary_beside(path, data, durable=durable, mode=mode) as temporary:
            # compared last: a user's editor may save while we wait for the disk
            if only_if is not None and read_bytes_now(path) != only_if:
                return False
            temporary.replace(path)
        if durable:
            sync_folder(path.parent)
    except OSError as error:
        raise trouble(error, path, "write") from error
    return True


def create_file_now(path: Path, data: bytes) -> bool:
    """Puts `data` at `path`, whole, if nothing is there, making its folders; False where something is. Blocks.

    Raises: TransientError, with the path.
    """
    try:
        with _temporary_beside(path, data, durable=True, mode=0o666) as temporary:
            try:
                os.link(temporary, path)  # unlike a rename, it never replaces
            except FileExistsError:
                return False
            except OSError:  # not every file system has links: there the name is taken first, then filled
                try:
                    path.open("xb").close()
                except FileExistsError:
                    return False
                temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise trouble(error, path, "write") from error
    return True


@contextmanager
def _temporary_beside(path: Path, data: bytes, *, durable: bool, mode: int) -> Iterator[Path]:
    """A file of our own with `data`, in the same folder, since a rename is atomic there alone; gone at the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(temporary_name())
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            with suppress(FileNotFoundError):  # what the owner allowed stays allowed, and no more
                os.fchmod(descriptor, path.stat().st_mode & 0o777)
            file.write(data)
            file.flush()
            if durable:
                SYSTEM.fsync(descriptor)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def temporary_name() -> str:
    """A name of its own for every write, which says whose it is."""
    return f".{this_process()}-{uuid4().hex}{TEMPORARY_SUFFIX}"


def is_left_behind(temporary: Path, *, now_s: float) -> bool:
    """Whether the writer of a temporary file is dead, `now_s` being Unix time. Blocks.

    On this machine the process tells; another machine's file (a shared folder) is left alone for an hour. After it
    every file is: its write has long ended, and a number of a process that lives may be a later one's.
    """
    writer = temporary.name.removeprefix(".").rpartition("-")[0]
    if not may_live(writer):
        return True
    with suppress(FileNotFoundError):
        return now_s - temporary.stat().st_mtime > 3600
    return False


def sweep_now(folder: Path) -> None:
    """Removes what dead writers of ours have left in `folder`, and nothing that has another name. Blocks."""
    with suppress(OSError):  # what cannot be swept is in nobody's way
        for temporary in folder.glob(f".*{TEMPORARY_SUFFIX}"):
            if OUR_TEMPORARY.fullmatch(temporary.name) and is_left_behind(temporary, now_s=time.time()):
                temporary.unlink(missing_ok=True)


def sync_folder(folder: Path | str, *, system: System = SYSTEM) -> None:
    """Makes a rename in `folder` last: its entry lies in the folder, not in the file (POSIX fsync). Raises: OSError."""
    descriptor = system.open(folder, os.O_RDONLY)
    try:
        system.fsync(descriptor)
    except OSError as error:
        if error.errno not in UNSYNCABLE:
            raise
    finally:
        system.close(descriptor)


def read_bytes_now(path: Path) -> bytes | None:
    """The file's content; None where there is no such file. Blocks. Raises: TransientError, with the path."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise trouble(error, path, "read") from error


async def read_bytes(path: Path) -> bytes | None:
    """`read_bytes_now` off the loop."""
    return await in_thread(read_bytes_now, path)


def append_line_now(path: Path, line: bytes) -> None:
    """Adds a line to a file, which lasts then; makes both file and folder. Blocks. Raises: TransientError.

    Any number of processes may add at once: it is one write at the end (O_APPEND). What another left torn is ended
    first, so that it costs no line but its own.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_new = not path.exists()
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            data = (b"\n" if torn else b"") + line + b"\n"
            if os.write(descriptor, data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            SYSTEM.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            sync_folder(path.parent)
    except OSError as error:
        raise trouble(error, path, "write") from error


def read_from_now(path: Path, begins_at: int) -> bytes:
    """The file's content from that byte on; nothing where there is no such file. Blocks. Raises: TransientError."""
    try:
        with path.open("rb") as file:
            file.seek(begins_at)
            return file.read()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise trouble(error, path, "read") from error
