"""How long audio is, by what is in the file.

Belongs here: asking tinytag, and not believing nonsense, of a feed's either. Does not: comparing the two (`drift.py`).
"""

from math import isfinite
from pathlib import Path
from typing import BinaryIO

__all__ = ["is_stated", "length_of", "length_s"]

LEAST_BYTES = 1_000  # many feeds state 0 or 1 byte
LONGEST_S = 1e6  # eleven days; more is a damaged header


def length_s(audio: Path, suffix: str) -> float | None:
    """Seconds of a file; None where it does not say. Reads a few kilobytes of most; blocks. Raises: OSError."""
    with audio.open("rb") as file:
        return length_of(file, suffix)


def length_of(file: BinaryIO, suffix: str) -> float | None:
    """The same of an open file. `suffix` tells the form where its first bytes do not. Blocks."""
    from tinytag import TinyTag, TinyTagException

    try:
        found = TinyTag.get(f"audio{suffix}", file_obj=file, tags=False).duration
    except (TinyTagException, ValueError):  # no form that it knows; damaged
        return None
    return found if found is not None and isfinite(found) and 0 < found < LONGEST_S else None


def is_stated(size_bytes: int | None) -> bool:
    """Whether what a feed says of a file's size is more than a stopgap."""
    return size_bytes is not None and size_bytes >= LEAST_BYTES
