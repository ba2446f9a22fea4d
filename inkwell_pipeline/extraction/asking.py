"""The door between our side of a request and whoever answers it: what is sent, what comes back.

Belongs here: the protocol and its values. Does not: any model (`sdk.py`, `pretend.py`), prompts (`prompts.py`), retries
and costs (`llm.py`).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol, TypeAlias

from inkwell_pipeline.costs import Usage
from inkwell_pipeline.errors import InkwellError
from inkwell_pipeline.extraction.prompts import Prompt

__all__ = ["Finish", "Model", "NoReply", "Reply"]


Finish: TypeAlias = Literal["done", "cut", "refused"]


@dataclass(frozen=True)
class Reply:
    """What a model answered. `finish`: whether it came to its end, was cut at `max_tokens`, or is a refusal.

    `cost_usd` is None where no price is known. `request_id` is the provider's.
    """

    text: str
    finish: Finish
    usage: Usage
    cost_usd: Decimal | None
    request_id: str | None = None


@dataclass(frozen=True)
class NoReply:
    """Why there is no answer. A TransientError is worth another request.

    `billed` says whether the provider may ask for money all the same: where the request was on its way, and nobody
    knows what became of it.
    """

    error: InkwellError
    billed: Literal["no", "maybe"] = "no"


class Model(Protocol):
    """Answers prompts. Methods may be awaited by many tasks at once."""

    @property
    def name(self) -> str:
        """As in the config: `provider:model`."""

    async def reply(self, prompt: Prompt) -> Reply | NoReply:
        """Sends exactly one request. Raises: PermanentError, where the model cannot be had at all."""

    async def most_usd(self, *, input_tokens: int, output_tokens: int) -> Decimal | None:
        """The most that a request of so many tokens can cost; None where no price is known."""

    async def least_usd(self, *, input_tokens: int, cached: bool, output_tokens: int) -> Decimal | None:
        """The least; `cached`: where the provider's prefix cache may have all of its input."""
