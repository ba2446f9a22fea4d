"""A disk that is full, as far as this process can tell, or a real one that is small."""

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["no_room_for", "small_disk"]


@contextmanager
def no_room_for(size_bytes: int) -> Iterator[None]:
    """No file may grow to `size_bytes`: the operating system refuses the write half-way, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes - 1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[Path]:
    """A file system of its own, of that size. Skips the test where nobody may mount one."""
    disk = folder / "disk"
    disk.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(disk)]
    if subprocess.run(mounting, check=False, capture_output=True).returncode:
        pytest.skip("this user may mount nothing")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
