"""What a table was measured on.

Belongs here: the lines above the tables. Does not: the tables.
"""

import os
import platform
import re
import sqlite3
import tempfile
from pathlib import Path

__all__ = ["machine_lines"]


def machine_lines() -> list[str]:
    """Processor, system, Python, the file system of the temporary folder, and how busy the machine is with others."""
    load, _, _ = os.getloadavg()
    return [
        f"{_processor()}, {os.cpu_count()} cores; {platform.system()} {platform.release()}; files on {_disk()}",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}; {load:.1f} processes at work before",
    ]


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.+)$", known.read_text(), re.MULTILINE) if known.exists() else None
    return found[1] if found else platform.machine()


def _disk() -> str:
    """The file system that `tempfile` writes to: that of the longest mount point above it."""
    mounts, folder = Path("/proc/mounts"), Path(tempfile.gettempdir()).resolve()
    if not mounts.exists():
        return "an unknown file system"
    points = [line.split()[:3] for line in mounts.read_text().splitlines()]
    above = [(len(point), kind) for _, point, kind in points if folder.is_relative_to(point)]
    return max(above)[1]
