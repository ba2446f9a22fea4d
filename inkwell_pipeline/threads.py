"""Work off the event loop: which thread it goes to.

Belongs here: the pools and the hop. Does not: the work.
Two pools of our own, since the loop's default pool also resolves names:
- I/O: an operation on files, written whole and wrapped once by aiofiles, so that it is one hop (measured: two to
  three times as fast as opening the file through aiofiles, which hops for every call); and what a C library does
  without the GIL, which need not wait for the one thread that computes.
- computing: one thread alone. Pure Python holds the GIL for 5 ms at a time, and the loop waits for every thread in
  the queue before it: ten that compute held it for up to 0.3 s a turn, and were no faster than one.
Context variables do not go with the work.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

import aiofiles.os

__all__ = ["computed", "in_thread"]

P = ParamSpec("P")
T = TypeVar("T")

_io = ThreadPoolExecutor(max_workers=4, thread_name_prefix="inkwell-io")
_computing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inkwell-computing")


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Awaits a synchronous function that waits for a disk, or works for a while without the GIL."""
    return await aiofiles.os.wrap(function)(*args, executor=_io, **kwargs)


async def computed(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Awaits a synchronous function that computes for more than a millisecond."""
    return await aiofiles.os.wrap(function)(*args, executor=_computing, **kwargs)
