"""What one asset's body did: its look-ups, what it spent, how much it read and wrote, and how long it waited for that.

Belongs here: the counters of the asset at work, a context variable, so that two at once do not count each other's.
Does not: how long the loop was held (`loop_meter.py`), and the names under which the figures are published
(`reports.py`).

Whoever works for several callers at once, as the cache's batches do, takes each one's `counters()` when it is called,
in the caller's context, and counts on these on the loop's thread: in a task or a thread of its own, `counters()` would
be somebody else's or nobody's.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal

__all__ = ["Counters", "counters", "counting"]


@dataclass(slots=True)
class Counters:
    """What was looked up, moved and spent. Times in seconds, money in USD."""

    cache_hits: int = 0
    cache_misses: int = 0
    cache_read_bytes: int = 0
    cache_written_bytes: int = 0
    cache_io_s: float = 0.0
    cost_usd: Decimal = Decimal(0)
    saved_usd: Decimal = Decimal(0)
    model_calls: int = 0
    unpriced_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    heard_s: float = 0.0  # of audio that somebody made a transcript of

    def looked_up(self, found: int, asked: int) -> None:
        """Of `asked` entries, `found` were there."""
        self.cache_hits += found
        self.cache_misses += asked - found

    def paid(self, cost_usd: Decimal | None) -> None:
        """What something cost; None: nobody knows."""
        if cost_usd is None:
            self.unpriced_calls += 1
        else:
            self.cost_usd += cost_usd

    def moved(self, *, read_bytes: int = 0, written_bytes: int = 0) -> None:
        """Entries' files, whole: what is not their text, and those that turn out expired or damaged, count too."""
        self.cache_read_bytes += read_bytes
        self.cache_written_bytes += written_bytes

    def waited(self, length_s: float) -> None:
        """One caller's wait for the cache. Waits at the same time add up: the sum may exceed the body's time."""
        self.cache_io_s += length_s

    @contextmanager
    def cache_io(self) -> Iterator[None]:
        """What is awaited inside is a wait for the cache, whatever comes of it."""
        began_s = time.perf_counter()
        try:
            yield
        finally:
            self.waited(time.perf_counter() - began_s)


_at_work: ContextVar[Counters] = ContextVar("inkwell_counters")


def counters() -> Counters:
    """The counters of the asset at work; where none is, counters that nobody reads."""
    return _at_work.get(None) or Counters()


@contextmanager
def counting() -> Iterator[Counters]:
    """New counters for all that is awaited inside, tasks started there too."""
    token = _at_work.set(Counters())
    try:
        yield _at_work.get()
    finally:
        _at_work.reset(token)
