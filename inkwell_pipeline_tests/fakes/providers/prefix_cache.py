"""The providers' prompt caches: which tokens of a prompt are read, which are written, and how long they stay.

Belongs here: the rules. Does not: what tokens cost (`bill.py`). A prompt is looked up when it arrives, and kept when
its response begins: those that arrive before that pay too.
Sources: Anthropic's, OpenAI's and Google's guides to prompt caching.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate
from threading import Lock
from typing import Protocol

from inkwell_pipeline_tests.fakes.providers.asked import Prompt
from inkwell_pipeline_tests.fakes.providers.bill import Tokens, Usage

__all__ = ["AutomaticCache", "BreakpointCache", "Found", "PrefixCache", "minimum_for"]

STAYS_S = 300.0  # from the last use
LOOKS_BACK = 20  # blocks before a breakpoint
AUTOMATIC_MINIMUM, AUTOMATIC_STEP = 1024, 128  # tokens
MINIMA = {"haiku-4-5": 4096, "opus-4-5": 4096}  # tokens, by a part of the model's name; 1024 for the rest


def minimum_for(model: str) -> int:
    """Tokens that a prefix must have for Anthropic to keep it."""
    return next((minimum for part, minimum in MINIMA.items() if part in model), 1024)


@dataclass(frozen=True)
class Found:
    """The prompt's tokens, with no output yet, and the names under which its prefixes are to be kept."""

    usage: Usage
    keys: tuple[tuple[str, str], ...] = ()


class PrefixCache(Protocol):
    def look_up(self, model: str, prompt: Prompt) -> Found: ...

    def keep(self, found: Found) -> None:
        """The response has begun."""


class BreakpointCache:
    """Anthropic's: prefixes end at `cache_control`, and are the same byte for byte."""

    def __init__(self, tokens: Tokens, clock: Callable[[], float], minimum: Callable[[str], int]) -> None:
        self._tokens, self._clock, self._minimum = tokens, clock, minimum
        self._lock, self._kept = Lock(), dict[tuple[str, str], float]()  # until when

    def look_up(self, model: str, prompt: Prompt) -> Found:
        names = [(model, digest) for digest in _digests(prompt)]
        ends = list(accumulate(len(block.text) for block in prompt.blocks))
        breakpoints = [
            at
            for at, block in enumerate(prompt.blocks)
            if block.is_breakpoint and self._tokens(prompt.text[: ends[at]]) >= self._minimum(model)
        ]
        whole = self._tokens(prompt.text)
        if not breakpoints:
            return Found(Usage(input=whole))
        last = self._tokens(prompt.text[: ends[breakpoints[-1]]])
        hit = self._longest(names, breakpoints)
        read = 0 if hit is None else self._tokens(prompt.text[: ends[hit]])
        keys = {names[at] for at in breakpoints} | ({names[hit]} if hit is not None else set())
        return Found(Usage(input=whole - last, cache_write=last - read, cache_read=read), tuple(keys))

    def _longest(self, names: list[tuple[str, str]], breakpoints: list[int]) -> int | None:
        """The last block of the longest prefix that is kept."""
        looked_at = {at for end in breakpoints for at in range(max(0, end - LOOKS_BACK), end + 1)}
        now = self._clock()
        with self._lock:
            return max((at for at in looked_at if self._kept.get(names[at], now) > now), default=None)

    def keep(self, found: Found) -> None:
        with self._lock:
            self._kept.update(dict.fromkeys(found.keys, self._clock() + STAYS_S))


class AutomaticCache:
    """OpenAI's, and Google's implicit one: the longest beginning that was seen before, in steps of 128 tokens."""

    def __init__(self, tokens: Tokens, clock: Callable[[], float]) -> None:
        self._tokens, self._clock = tokens, clock
        self._lock, self._seen = Lock(), dict[tuple[str, str], float]()  # until when, by model and prompt

    def look_up(self, model: str, prompt: Prompt) -> Found:
        now = self._clock()
        with self._lock:
            seen = [text for (of, text), until in self._seen.items() if of == model and until > now]
        common = max((_common(text, prompt.text) for text in seen), default=0)
        read = self._tokens(prompt.text[:common])
        read = read // AUTOMATIC_STEP * AUTOMATIC_STEP if read >= AUTOMATIC_MINIMUM else 0
        return Found(Usage(self._tokens(prompt.text) - read, cache_read=read), ((model, prompt.text),))

    def keep(self, found: Found) -> None:
        with self._lock:
            self._seen.update(dict.fromkeys(found.keys, self._clock() + STAYS_S))


def _digests(prompt: Prompt) -> Iterator[str]:
    """A name for the prefix that ends at each block."""
    digest = sha256()
    for block in prompt.blocks:
        digest.update(repr((block.role, block.text)).encode())
        yield digest.hexdigest()


def _common(one: str, other: str) -> int:
    """How many characters at the beginning are the same."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one.startswith(other[:middle]):
            low = middle
        else:
            high = middle - 1
    return low
