"""A disk of its own whose power can be cut: a file system in a file, shut down with all that has not reached the file.

Belongs here: making, cutting, mounting again. Does not: what should have lasted. Needs root and a Linux that mounts
files; the cut is the ioctl by which file systems test themselves (EXT4_IOC_SHUTDOWN, XFS_IOC_GOINGDOWN; xfs_io(8),
`shutdown`).
"""

import fcntl
import os
import shutil
import struct
import subprocess
from pathlib import Path

__all__ = ["KINDS", "Disk"]

KINDS = {
    "ext4": ("mkfs.ext4", "-q"),
    "ext4 without a journal": ("mkfs.ext4", "-q", "-O", "^has_journal"),
    "xfs": ("mkfs.xfs", "-q"),
}
SIZE_BYTES = 400 << 20  # sparse; mkfs.xfs refuses less than 300 MB
SHUTDOWN, NO_LOG_FLUSH = 0x8004587D, 2


class Disk:
    """A file system in `folder`, mounted at `path` between `__enter__` and `__exit__`."""

    def __init__(self, folder: Path, kind: str) -> None:
        """Raises: OSError, where this machine has no such disks, with the reason."""
        self.path, self._image = folder / "mounted", folder / "image"
        self.is_cut = False
        mkfs = KINDS[kind]
        if os.geteuid():
            raise OSError("only root may mount")
        if shutil.which(mkfs[0]) is None:
            raise OSError(f"no {mkfs[0]} here")
        self.path.mkdir(parents=True)
        with self._image.open("wb") as image:
            image.truncate(SIZE_BYTES)
        _run(*mkfs, str(self._image))

    def __enter__(self) -> "Disk":
        self._mount()
        return self

    def __exit__(self, *_: object) -> None:
        _run("umount", str(self.path))
        self._image.unlink()

    def cut_power(self) -> None:
        """From now on nothing reaches the disk any more; calls that need it fail.

        Not all: XFS lets fsyncs return that the cut has overtaken. Where the power is really cut, nobody is there to
        hear of it; so a test is to count what it hears before `is_cut`. And ext4 without a journal still writes names
        and sizes when it is unmounted; there it is the contents alone that are lost.
        """
        self.is_cut = True
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(descriptor)

    def restore_power(self) -> None:
        """As the machine's next start does it: without what was in memory. No file of it may be open."""
        _run("umount", str(self.path))
        subprocess.run(["fsck", "-p", str(self._image)], check=False, capture_output=True)  # 1: it has mended something
        self._mount()
        self.is_cut = False

    def _mount(self) -> None:
        _run("mount", "-o", "loop", str(self._image), str(self.path))


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
