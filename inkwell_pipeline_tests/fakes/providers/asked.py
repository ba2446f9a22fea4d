"""What a provider is asked and what it answers, whatever the API: blocks of a prompt, an answer and why it ends.

Belongs here: the words that the APIs have in common. Does not: how an API spells them (`anthropic_api.py` and its
like), or what was asked when (`memory.py`).
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, Protocol, TypeAlias

from inkwell_pipeline_tests.fakes.providers.bill import Tokens, Usage
from inkwell_pipeline_tests.fakes.providers.faults import Status

__all__ = [
    "Answer",
    "AnswerFor",
    "Api",
    "Asked",
    "Block",
    "Finish",
    "Json",
    "Kind",
    "Malformed",
    "Prompt",
    "Reply",
    "blocks_of",
    "cut",
    "default_answer",
    "pieces",
]

Kind: TypeAlias = Literal["anthropic", "openai responses", "openai chat", "google"]
Finish: TypeAlias = Literal["done", "length", "refusal"]
Json: TypeAlias = dict[str, Any]
PIECES = 8  # of a streamed answer


class Malformed(Exception):
    """The request breaks a rule of the API: 400, with this text."""


@dataclass(frozen=True)
class Block:
    """A piece of a prompt. `role`: "tools" (also an output's schema), "system", or that of a message."""

    role: str
    text: str
    is_breakpoint: bool = False  # Anthropic's cache_control is on it


@dataclass(frozen=True)
class Prompt:
    """Blocks in the order in which providers cache them: tools, system, messages."""

    blocks: tuple[Block, ...]
    max_tokens: int | None  # of the answer
    is_streamed: bool

    @cached_property
    def text(self) -> str:
        """All of it, with nothing between the blocks; what its tokens are counted of."""
        return "".join(block.text for block in self.blocks)

    def of(self, role: str) -> tuple[str, ...]:
        return tuple(block.text for block in self.blocks if block.role == role)


@dataclass(frozen=True)
class Asked:
    """A request, as those who script the provider see it. `number` counts from 0, over all kinds and models."""

    number: int
    kind: Kind
    model: str
    system: str
    user: tuple[str, ...]  # the texts of the user's blocks, in order
    prompt: str  # all of it
    max_tokens: int | None
    is_streamed: bool


@dataclass(frozen=True)
class Answer:
    """A text, and why it ends. `explanation` is a refusal's own text.

    Google: a refusal without text blocks the prompt, one with text ends the candidate for SAFETY.
    """

    text: str
    finish: Finish = "done"
    explanation: str | None = None


AnswerFor: TypeAlias = Callable[[Asked], str | Answer]


@dataclass(frozen=True)
class Reply:
    """An answer with all that a body says of it. `at_s`: Unix time."""

    number: int
    model: str
    answer: Answer
    usage: Usage
    at_s: int


class Api(Protocol):
    """One endpoint's spelling. Each event is a whole one, as it goes over the wire."""

    kind: Kind
    request_id_header: str | None

    def prompt(self, body: Json) -> Prompt:
        """Raises: Malformed."""

    def whole(self, reply: Reply) -> Json: ...

    def events(self, reply: Reply, body: Json) -> Iterator[bytes]: ...

    def error(self, status: Status, request_id: str) -> Json: ...


def default_answer(asked: Asked) -> str:
    return json.dumps({"items": [{"text": f"The answer to request {asked.number}."}]})


def cut(answer: Answer, max_tokens: int | None, tokens: Tokens) -> Answer:
    """As much of it as the request allows."""
    if max_tokens is None or tokens(answer.text) <= max_tokens:
        return answer
    low, high = 0, len(answer.text)
    while low < high:
        middle = (low + high + 1) // 2
        if tokens(answer.text[:middle]) <= max_tokens:
            low = middle
        else:
            high = middle - 1
    return replace(answer, text=answer.text[:low], finish="length")


def pieces(text: str) -> Iterator[str]:
    """The text in a few pieces of the same length; none of an empty one."""
    size = -(-len(text) // PIECES)
    return (text[start : start + size] for start in range(0, len(text), size or 1))


def blocks_of(role: str, content: str | list[Json] | None) -> Iterator[Block]:
    """The blocks of a message's content; what is no text counts as its JSON."""
    if isinstance(content, str):
        yield Block(role, content)
        return
    for part in content or ():
        plain = {name: value for name, value in part.items() if name != "cache_control"}
        is_text = isinstance(plain.get("text"), str) and not plain.get("thought")
        yield Block(role, plain["text"] if is_text else json.dumps(plain), bool(part.get("cache_control")))
