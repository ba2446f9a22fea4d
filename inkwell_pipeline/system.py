"""The operating system's calls on files, each under its own name, as `os` has them.

Belongs here: one call each, and what it takes on this system to mean the same. Does not: any decision (`files.py`,
`cache/folder.py`). A seam for tests and measurements: a `System` of theirs lets any call fail, or take 10 ms, below
everything of ours.
"""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager

__all__ = ["System"]


def _fsync(descriptor: int) -> None:
    """Makes what was written last, past a power cut.

    macOS' fsync leaves it in the drive's own cache; F_FULLFSYNC goes further (fsync(2) there), where a file system
    has it.
    """
    if sys.platform == "darwin":
        import fcntl

        try:
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        except OSError as error:
            if error.errno != errno.ENOTSUP:
                raise
        else:
            return
    os.fsync(descriptor)


def _start_writing(descriptor: int) -> None:
    """Has the system begin with what an fsync will wait for, where it can be told so (Linux, posix_fadvise(2))."""
    if sys.platform == "linux":
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


class System:
    """Every call blocks, and raises OSError."""

    open = staticmethod(os.open)
    fstat = staticmethod(os.fstat)
    read = staticmethod(os.read)
    write = staticmethod(os.write)
    start_writing = staticmethod(_start_writing)
    fsync = staticmethod(_fsync)
    close = staticmethod(os.close)
    replace = staticmethod(os.replace)
    link = staticmethod(os.link)
    unlink = staticmethod(os.unlink)
    mkdir = staticmethod(os.mkdir)
    stat = staticmethod(os.stat)

    def scandir(self, path: str) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
        return os.scandir(path)
