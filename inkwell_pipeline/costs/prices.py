"""What tokens cost: the config's own prices first, then genai-prices' list; a model that neither knows has no price.

Belongs here: rates, and what a request cost or can cost at most. Does not: where it is written (`ledger.py`), how many
tokens a text can have (`extraction/tokens.py`).
Money is Decimal, rates are USD per million tokens. genai-prices takes up to a second to import: `Prices.load` does it,
before the first question.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

__all__ = ["Prices", "Rates", "Usage"]

MILLION = Decimal(1_000_000)
LIST_OF = {  # a provider's name in a model's, where the list calls it otherwise
    "openai-chat": "openai",
    "openai-responses": "openai",
    "google-cloud": "google",
    "google-gla": "google",
    "google-vertex": "google",
}


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request, as its provider counted them. `input` has those in it that its cache wrote and read."""

    input: int = 0
    cache_write: int = 0
    cache_read: int = 0
    output: int = 0

    # the names under which genai-prices asks
    @property
    def requests(self) -> int:
        return 1

    @property
    def input_tokens(self) -> int:
        return self.input

    @property
    def cache_write_tokens(self) -> int:
        return self.cache_write

    @property
    def cache_read_tokens(self) -> int:
        return self.cache_read

    @property
    def output_tokens(self) -> int:
        return self.output


@dataclass(frozen=True)
class Rates:
    """The config's price of a model. Without rates of their own, cached tokens cost what others do."""

    input: Decimal
    output: Decimal
    cache_write: Decimal | None = None
    cache_read: Decimal | None = None

    def cost(self, usage: Usage) -> Decimal | None:
        """USD, exactly; None for counts that cannot be."""
        write = self.input if self.cache_write is None else self.cache_write
        read = self.input if self.cache_read is None else self.cache_read
        plain = usage.input - usage.cache_write - usage.cache_read
        if plain < 0:
            return None
        total = plain * self.input + usage.cache_write * write + usage.cache_read * read + usage.output * self.output
        return total / MILLION


class Prices:
    """Prices by a model's name, as the config has it: `provider:model`."""

    def __init__(self, own: Mapping[str, Rates]) -> None:
        """`own`: rates by `provider:model`, or by the model alone."""
        self._own = own
        self._list: Any = None  # genai_prices, once it is loaded; False where it is not installed

    def load(self) -> None:
        """Imports the list. Blocks, for up to a second."""
        if self._list is None:
            try:
                import genai_prices
            except ImportError:
                self._list = False
            else:
                self._list = genai_prices

    def cost(self, model: str, usage: Usage, *, at: datetime) -> Decimal | None:
        """USD of a request at that time; None where no price is known, which is never 0."""
        own = self._own.get(model) or self._own.get(model.partition(":")[2])
        if own is not None:
            return own.cost(usage)
        provider, _, name = model.partition(":")
        self.load()
        if not self._list or not name:
            return None
        try:
            found = self._list.calc_price(
                usage, name, provider_id=LIST_OF.get(provider, provider), genai_request_timestamp=at
            )
        except (LookupError, ValueError):  # no such model; counts that cannot be
            return None
        price: Decimal = found.total_price
        return price

    def ceiling(self, model: str, *, input_tokens: int, output_tokens: int, at: datetime) -> Decimal | None:
        """The most that such a request can cost: all of its input new, and written to the provider's cache."""
        ways = [
            Usage(input=input_tokens, output=output_tokens),
            Usage(input=input_tokens, cache_write=input_tokens, output=output_tokens),
        ]
        costs = [self.cost(model, usage, at=at) for usage in ways]
        known = [cost for cost in costs if cost is not None]
        return max(known) if len(known) == len(ways) else None
