"""Models of providers, asked through pydantic-ai: one request in, one `Reply` or `NoReply` out.

Belongs here: all that knows pydantic-ai, its exceptions mapped once. Does not: whether to ask again, and what it costs
us (`llm.py`), which providers there are (`providers.py`).
Importing pydantic-ai with an SDK takes three to six seconds on two cores, and 20 answers parsed at once hold a loop for
38 to 85 ms: both happen on a loop of their own (`side_loop.py`), which begins when the first call is foreseen.
"""

import gc
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from inkwell_pipeline.clock import Clock
from inkwell_pipeline.costs import Prices, Usage
from inkwell_pipeline.errors import PermanentError, TransientError
from inkwell_pipeline.extraction.asking import Finish, NoReply, Reply
from inkwell_pipeline.extraction.prompts import Prompt
from inkwell_pipeline.side_loop import SideLoop

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelRequest, ModelResponse
    from pydantic_ai.models import Model as PydanticModel
    from pydantic_ai.providers import Provider

__all__ = ["SdkDoor", "SdkModel"]

CONNECT_S = 10.0
SILENCE_S = 120.0  # without a byte: an answer comes whole, so this is the longest that a model may take to write it
REQUEST_S = 180.0
OWN_CLIENT = ("anthropic", "google", "openai", "openai-chat", "openai-responses")
LONGEST_WORDS = 500  # of a provider's, in an error's line


class SdkModel:
    """One model of a provider, by its name in the config."""

    def __init__(self, name: str, loop: "SideLoop[_Sdk]", clock: Clock) -> None:
        self.name, self._loop, self._clock = name, loop, clock

    async def reply(self, prompt: Prompt) -> Reply | NoReply:
        """Sends one request; its answer is priced as of now. Raises: PermanentError, where there is no such model."""
        at = self._clock()
        return await self._loop.run(lambda sdk: sdk.reply(self.name, prompt, at))

    async def most_usd(self, *, input_tokens: int, output_tokens: int) -> Decimal | None:
        at = self._clock()
        return await self._loop.run(lambda sdk: sdk.most_usd(self.name, input_tokens, output_tokens, at))

    async def least_usd(self, *, input_tokens: int, cached: bool, output_tokens: int) -> Decimal | None:
        at, read = self._clock(), input_tokens if cached else 0
        usage = Usage(input=input_tokens, cache_read=read, output=output_tokens)
        return await self._loop.run(lambda sdk: sdk.cost_usd(self.name, usage, at))


class SdkDoor:
    """All providers' models of one run, and the loop that they are asked on."""

    def __init__(self, names: Collection[str], *, prices: Prices, clock: Clock) -> None:
        """`names`: the models that may be asked."""
        self.names, self._prices, self._clock = names, prices, clock
        self.loop: SideLoop[_Sdk] = SideLoop(self._set_up, _close)

    def model(self, name: str) -> SdkModel:
        return SdkModel(name, self.loop, self._clock)

    def _set_up(self) -> "_Sdk":
        return _Sdk(self.names, self._prices)


class _Sdk:
    """pydantic-ai, imported; lives on the side loop."""

    def __init__(self, names: Collection[str], prices: Prices) -> None:
        """Blocks for seconds."""
        with _uncollected():
            self._load(names, prices)

    def _load(self, names: Collection[str], prices: Prices) -> None:
        import httpx2
        import pydantic_ai.direct
        from pydantic_ai.models import infer_model

        self._ask, self._infer = pydantic_ai.direct.model_request, infer_model
        self._prices = prices
        self._http = httpx2.AsyncClient(
            timeout=httpx2.Timeout(SILENCE_S, connect=CONNECT_S, pool=None),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=100),
        )
        self._models: dict[str, PydanticModel | PermanentError] = {}
        prices.load()
        for name in names:
            self._model(name)

    async def reply(self, name: str, prompt: Prompt, at: datetime) -> Reply | NoReply:
        model = self._model(name)
        if isinstance(model, PermanentError):
            return NoReply(model)
        try:
            response = await self._ask(model, [_message(prompt)], model_settings=_settings(name, model, prompt))
        except Exception as error:
            return _mapped(error, name)
        usage, finish = _usage(response), _finish(response)
        text = "".join(part.content for part in response.parts if part.part_kind == "text")
        return Reply(
            text=(_refusal(response) or text) if finish == "refused" else text,
            finish=finish,
            usage=usage,
            cost_usd=self._prices.cost(name, usage, at=at),
            request_id=response.provider_response_id,
        )

    async def cost_usd(self, name: str, usage: Usage, at: datetime) -> Decimal | None:
        return self._prices.cost(name, usage, at=at)

    async def most_usd(self, name: str, input_tokens: int, output_tokens: int, at: datetime) -> Decimal | None:
        return self._prices.ceiling(name, input_tokens=input_tokens, output_tokens=output_tokens, at=at)

    async def close(self) -> None:
        await self._http.aclose()

    def _model(self, name: str) -> "PydanticModel | PermanentError":
        if name not in self._models:
            self._models[name] = self._built(name)
        return self._models[name]

    def _built(self, name: str) -> "PydanticModel | PermanentError":
        """The model, or why there is none; building one takes 40 ms."""
        from pydantic_ai.exceptions import UserError

        try:
            model = self._infer(name, provider_factory=self._provider)
        except (UserError, ImportError, ValueError) as error:
            return PermanentError(f"model {name}: {error}", todo="see the name of the model in the config")
        client: Any = getattr(model, "client", None)
        if hasattr(client, "max_retries"):
            client.max_retries = 0  # as the setting has it, which makes another client for each request
        return model

    def _provider(self, name: str) -> "Provider[Any]":
        """With our own HTTP client, whose connections belong to this loop and end with it."""
        from pydantic_ai.providers import infer_provider, infer_provider_class

        if name in OWN_CLIENT:
            made: Provider[Any] = infer_provider_class(name)(http_client=self._http)  # type: ignore[call-arg]
            return made
        return infer_provider(name)


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage collection meanwhile, and none of what was made: an SDK's hundred thousand objects live to the end.

    Looked through again and again, they took 0.7 s of a run of 50 episodes from its loop.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


async def _close(sdk: _Sdk) -> None:
    await sdk.close()


def _message(prompt: Prompt) -> "ModelRequest":
    """Instructions, then what all templates of the episode share, then the question."""
    from pydantic_ai.messages import CachePoint, ModelRequest, SystemPromptPart, UserPromptPart

    point = (CachePoint(),) if prompt.caches else ()
    content: list[str | CachePoint] = [prompt.shared, *point, prompt.question]
    return ModelRequest(parts=[SystemPromptPart(prompt.instructions), UserPromptPart(content)])


def _settings(name: str, model: "PydanticModel", prompt: Prompt) -> Any:
    """One attempt, no longer than that; no thinking, which would count against `max_tokens` and be paid as output."""
    settings: dict[str, Any] = {
        "max_tokens": prompt.max_tokens,
        "timeout": SILENCE_S,
        "request_timeout": REQUEST_S,
        "thinking": False,
        "framing_announcement": "never",
    }
    if not hasattr(getattr(model, "client", None), "max_retries"):
        settings["max_retries"] = 0
    if name.startswith(("openai:", "openai-responses:")):
        # OpenAI looks for a prefix on the machine that the first tokens choose, and ours are all alike
        settings["openai_prompt_cache_key"] = sha256(prompt.shared.encode("utf-8", "replace")).hexdigest()[:32]
    return settings


def _usage(response: "ModelResponse") -> Usage:
    said = response.usage
    return Usage(
        input=said.input_tokens,
        cache_write=said.cache_write_tokens,
        cache_read=said.cache_read_tokens,
        output=said.output_tokens,
    )


def _finish(response: "ModelResponse") -> Finish:
    if response.finish_reason == "content_filter" or _refusal(response):
        return "refused"
    return "cut" if response.finish_reason == "length" else "done"


def _refusal(response: "ModelResponse") -> str:
    """The provider's words, where it refuses."""
    details = response.provider_details or {}
    return next(
        (str(details[name]) for name in ("refusal", "block_reason_message", "block_reason") if details.get(name)), ""
    )


def _mapped(error: Exception, name: str) -> NoReply:
    """Ours of what pydantic-ai raises, in the provider's words. Raises: what is no answer of a provider's."""
    from pydantic_ai import exceptions as theirs

    says = f"{name}: {_words(error)}"
    if isinstance(error, theirs.ModelConnectionError):
        return NoReply(TransientError(says), billed="no" if error.phase in ("pool", "connect") else "maybe")
    if isinstance(error, theirs.ContentFilterError):
        return NoReply(PermanentError(f"{name} refused: {_words(error)}"), billed="maybe")
    if isinstance(error, theirs.ModelRequestRejectedError | theirs.ModelQuotaExceededError | theirs.UserError):
        return NoReply(PermanentError(says, todo=_todo(error, name)))
    if isinstance(error, theirs.AgentRunError):
        transient = TransientError(says)
        transient.retry_after_s = getattr(error, "retry_after", None)
        return NoReply(transient, billed="no" if _was_refused(error) else "maybe")
    raise error


def _todo(error: Exception, name: str) -> str | None:
    """What helps against what a provider will say again and again."""
    from pydantic_ai import exceptions as theirs

    match error:
        case theirs.ModelQuotaExceededError():
            return f"see your account at the provider of {name}, then run again"
        case theirs.ModelAuthenticationError():
            return "see the key in the environment, and what it may be used for"
        case theirs.ModelNotFoundError():
            return "see the name of the model in the config"
        case theirs.ModelContextWindowExceededError():
            return "take a model that reads more at once for this feed"
        case _:
            return None


def _was_refused(error: Exception) -> bool:
    """Whether the provider itself said, with a status, that it did not do the work."""
    status = getattr(error, "status_code", None)
    return status is not None and status >= 400


def _words(error: Exception) -> str:
    """What the provider said, without what pydantic-ai has around it."""
    body = getattr(error, "body", None)
    if isinstance(body, dict):
        inner = body.get("error", body)
        message = inner.get("message") if isinstance(inner, dict) else None
        if isinstance(message, str) and message:
            status = getattr(error, "status_code", None)
            return f"{message[:LONGEST_WORDS]} (HTTP {status})" if status else message[:LONGEST_WORDS]
    return str(error)[:LONGEST_WORDS] or type(error).__name__
