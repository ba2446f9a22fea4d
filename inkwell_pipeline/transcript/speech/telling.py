"""How far a hearing has come, in a few lines of the log: percent, speed, time left.

Belongs here: what a program's line says of it, and when that is worth a line of ours. Does not: reading the lines
(`programs.py`).
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from inkwell_pipeline.timecode import timecode

__all__ = ["Telling", "telling"]

LEAST_S = 15.0  # between two lines
SILENT_S = 60.0  # after which one that says nothing is said to be still at work
PERCENT = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d{1,9})?)\s?%")
MOMENT = re.compile(
    r"\[?(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,]\d{2,3}\s*-{1,2}>\s*(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,]\d{2,3}"
)
log = logging.getLogger(__name__)


class Telling:
    """One episode's. `length_s` None: unknown, and then no percent is. `now_s`: a clock that only runs on."""

    def __init__(
        self, title: str, by: str, *, length_s: float | None, timeout_s: float, now_s: Callable[[], float]
    ) -> None:
        self._title, self._by, self._length_s, self._timeout_s, self._now_s = title, by, length_s, timeout_s, now_s
        self._began_s = self._told_s = now_s()
        self._share = 0.0

    def line(self, text: str) -> None:
        """A line that the hearer wrote: a percentage, or the time of a caption, says how far it is."""
        if (moment := MOMENT.search(text)) is not None:
            hours, minutes, seconds = moment.group(4, 5, 6)
            self.heard(int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds))
        elif (percent := PERCENT.search(text)) is not None:
            self._came_to(float(percent[1]) / 100)

    def heard(self, seconds: float) -> None:
        """So much of the audio is done."""
        if self._length_s:
            self._came_to(seconds / self._length_s)

    def still(self) -> None:
        """Time has passed."""
        now_s = self._now_s()
        if now_s - self._told_s >= SILENT_S:
            self._told_s = now_s
            spent, left = timecode(now_s - self._began_s), timecode(self._timeout_s)
            log.info("%s: %s is still at work, for %s so far; it is ended after %s", self._title, self._by, spent, left)

    def _came_to(self, share: float) -> None:
        """No step back, no end before the end: programs begin again with each part of their work."""
        if not self._share < share <= 1.0:
            return
        self._share = share
        now_s = self._now_s()
        if now_s - self._told_s >= LEAST_S:
            self._told_s = now_s
            log.info("%s: %s", self._title, self._says(now_s - self._began_s))

    def _says(self, spent_s: float) -> str:
        left = timecode(spent_s / self._share - spent_s)
        percent = f"{self._by}: {self._share:.0%}"
        if not self._length_s:
            return f"{percent}, about {left} left"
        done_s = self._share * self._length_s
        place = f"{timecode(done_s)} of {timecode(self._length_s)}"
        return f"{percent} ({place}), {done_s / spent_s:.1f}x as fast as it was spoken, about {left} left"


@asynccontextmanager
async def telling(told: Telling) -> AsyncIterator[None]:
    """Says meanwhile that it is still at work, where nothing else is said."""

    async def remind() -> None:
        while True:
            await asyncio.sleep(SILENT_S / 4)
            told.still()

    reminding = asyncio.create_task(remind())
    try:
        yield
    finally:
        reminding.cancel()
