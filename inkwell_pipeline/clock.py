"""What time it is. Whatever waits, remembers or promises takes its clock as a value, so that tests have their own.

Belongs here: the type, and the system's clock. Does not: waiting.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

__all__ = ["Clock", "now"]

Clock: TypeAlias = Callable[[], datetime]  # gives aware UTC


def now() -> datetime:
    """The system's time, aware, UTC."""
    return datetime.now(UTC)
