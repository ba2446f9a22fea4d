"""Imports that are waited for, made shorter.

Belongs here: what surrounds an import. Does not: a run's garbage collector (`defs/running.py`).
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

__all__ = ["hidden", "uncollected"]


@contextmanager
def uncollected() -> Iterator[None]:
    """No garbage collection meanwhile, nor later one of what is there at the end: imported modules live on.

    A full collection beside Dagster, or beside an SDK, looks at half a million objects: 0.1 s, and finds nothing.
    The end of a run in this process gives them back to the collector (`defs/running.py`).
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


@contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Modules that a library imports only where it finds them are not found meanwhile, if they have not been yet."""
    modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]  # None: not to be found
    hiding = [name for name in names if name not in modules]
    modules.update(dict.fromkeys(hiding))
    try:
        yield
    finally:
        for name in hiding:
            modules.pop(name, None)
