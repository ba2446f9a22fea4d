"""Processes by name, as they stand in files that several of them read: whose it is, and whether that one still lives.

Belongs here: the name and the question. Does not: what follows for the file (`files.py`, `costs/budget.py`).
"""

import os
import platform
from hashlib import sha256

__all__ = ["may_live", "this_machine", "this_process"]

_HOST = sha256(platform.node().encode()).hexdigest()[:8]


def this_machine() -> str:
    """8 hexadecimal digits, for files that several machines may see."""
    return _HOST


def this_process() -> str:
    """`<8 hexadecimal digits of the machine>-<process id>`."""
    return f"{_HOST}-{os.getpid()}"


def may_live(process: str) -> bool:
    """Whether the process of this name may live. One on another machine may; a name that is none of ours is nobody's.

    A process id comes again: what is older than any work takes must not count, whatever this says.
    """
    host, _, number = process.partition("-")
    if not number.isdecimal():
        return False
    if host != _HOST:
        return True
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, OverflowError):  # the latter: a number that no process can have
        return False
    except PermissionError:  # it lives, and is another user's
        return True
    return True
