"""A time that passes when somebody waits, and at no other moment.

Belongs here: a clock and its sleep. Does not: what is waited for.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

__all__ = ["FakeTime"]


@dataclass
class FakeTime:
    """A clock, noon UTC at first, and a sleep that puts it forward and keeps what was waited for, in seconds."""

    moment: datetime = datetime(2024, 4, 1, 12, 0, tzinfo=UTC)
    waited_s: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.moment

    async def sleep(self, seconds: float) -> None:
        self.waited_s.append(seconds)
        self.moment += timedelta(seconds=seconds)
        await asyncio.sleep(0)
