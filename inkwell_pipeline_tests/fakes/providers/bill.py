"""What a provider counts and charges: tokens, usage, and its price in USD.

Belongs here: figures of one request, and sums of them. Does not: what was read from a cache (`prefix_cache.py`); how a
provider tells its counts (`anthropic_api.py` and its like).
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import TypeAlias

__all__ = ["Rates", "Tokens", "Usage", "tokens"]

Tokens: TypeAlias = Callable[[str], int]  # must not count less for a longer text
MILLION = 1_000_000


def tokens(text: str) -> int:
    """A token for four bytes of UTF-8, rounded up."""
    return ceil(len(text.encode()) / 4)


@dataclass(frozen=True)
class Rates:
    """USD per million tokens."""

    input: Decimal
    cache_write: Decimal
    cache_read: Decimal
    output: Decimal


@dataclass(frozen=True)
class Usage:
    """Tokens, each counted once: `input` are those that were neither written to a cache nor read from one."""

    input: int = 0
    cache_write: int = 0
    cache_read: int = 0
    output: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input + other.input,
            self.cache_write + other.cache_write,
            self.cache_read + other.cache_read,
            self.output + other.output,
        )

    @property
    def prompt(self) -> int:
        """All tokens of the prompt."""
        return self.input + self.cache_write + self.cache_read

    def uncached(self) -> "Usage":
        """The same prompt and output, with no cache."""
        return Usage(input=self.prompt, output=self.output)

    def cost_usd(self, rates: Rates) -> Decimal:
        return (
            self.input * rates.input
            + self.cache_write * rates.cache_write
            + self.cache_read * rates.cache_read
            + self.output * rates.output
        ) / MILLION
