"""The peak of this process's memory."""

import re
import resource
from pathlib import Path

__all__ = ["peak_mb"]


def peak_mb() -> float:
    """Of this process; what `getrusage` says on Linux begins with the parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())[0]) / 1_000
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000_000  # bytes, on macOS
