"""Providers' SDKs, asked through pydantic-ai: one request in, one `Reply` or `NoReply` out.

Belongs here: all that knows pydantic-ai, its exceptions mapped once. Does not: whether to ask again, and what it costs
us (`desk.py`), which providers there are (`providers.py`), the process that this runs in (`asker.py`).
"""

import os
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from inkwell_pipeline.costs import Prices, Rates, Usage
from inkwell_pipeline.errors import PermanentError, TransientError
from inkwell_pipeline.extraction.asking import Finish, NoReply, Reply
from inkwell_pipeline.extraction.prompts import Prompt
from inkwell_pipeline.imports import uncollected

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelRequest, ModelResponse
    from pydantic_ai.models import Model as PydanticModel
    from pydantic_ai.providers import Provider

__all__ = ["Sdk"]

CONNECT_S = 10.0
SILENCE_S = 120.0  # without a byte: an answer comes whole, so this is the longest that a model may take to write it
REQUEST_S = 180.0
OWN_CLIENT = ("anthropic", "google", "openai", "openai-chat", "openai-responses")
LONGEST_WORDS = 500  # of a provider's, in an error's line


class Sdk:
    """pydantic-ai, imported when it is first prepared."""

    def __init__(self) -> None:
        self._models: dict[str, PydanticModel | PermanentError] = {}
        self._prices = Prices({})
        self._ask: Any = None
        self._infer: Any = None
        self._http: Any = None

    @property
    def is_prepared(self) -> bool:
        return self._ask is not None

    def prepare(self, environment: Mapping[str, str], names: Collection[str], own_prices: Mapping[str, Rates]) -> None:
        """Blocks for seconds, at first. Keys and addresses are those of `environment`."""
        with uncollected():
            self._load()
            self._prices = Prices(own_prices)
            self._prices.load()
            if dict(environment) != dict(os.environ):
                os.environ.clear()
                os.environ.update(environment)
                self._models = {}
            for name in names:
                self._model(name)

    def _load(self) -> None:
        if self._ask is not None:
            return
        import httpx2
        import pydantic_ai.direct
        from pydantic_ai.models import infer_model

        self._ask, self._infer = pydantic_ai.direct.model_request, infer_model
        self._http = httpx2.AsyncClient(
            timeout=httpx2.Timeout(SILENCE_S, connect=CONNECT_S, pool=None),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=100),
        )

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
            # some gateways do not tell: then nobody knows, and it is not nothing
            cost_usd=self._prices.cost(name, usage, at=at) if usage.input else None,
            request_id=response.provider_response_id,
        )

    def cost_usd(self, name: str, usage: Usage, at: datetime) -> Decimal | None:
        return self._prices.cost(name, usage, at=at)

    def most_usd(self, name: str, input_tokens: int, output_tokens: int, at: datetime) -> Decimal | None:
        return self._prices.ceiling(name, input_tokens=input_tokens, output_tokens=output_tokens, at=at)

    def _model(self, name: str) -> "PydanticModel | PermanentError":
        if name not in self._models:
            self._models[name] = self._built(name)
        return self._models[name]

    def _built(self, name: str) -> "PydanticModel | PermanentError":
        """The model, or why there is none; building one takes 40 ms."""
        from pydantic_ai.exceptions import UserError

        try:
            model: PydanticModel = self._infer(name, provider_factory=self._provider)
        except (UserError, ImportError, ValueError) as error:
            return PermanentError(f"model {name}: {error}", todo="see the name of the model in the config")
        client: Any = getattr(model, "client", None)
        if hasattr(client, "max_retries"):
            client.max_retries = 0  # as the setting has it, which makes another client for each request
        return model

    def _provider(self, name: str) -> "Provider[Any]":
        """With our own HTTP client, for pydantic-ai's gives up after other times."""
        from pydantic_ai.providers import infer_provider, infer_provider_class

        if name in OWN_CLIENT:
            made: Provider[Any] = infer_provider_class(name)(http_client=self._http)  # type: ignore[call-arg]
            return made
        return infer_provider(name)


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
    """Ours of what pydantic-ai raises, in the provider's words; of what it does not map, too: it is one episode's."""
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
    return NoReply(PermanentError(f"{name}: {type(error).__name__}: {_words(error)}"), billed="maybe")


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
    """Whether the provider itself said, with a status, that it did not do the work.

    503 is a provider that is down, 529 Anthropic's for one that is overloaded; another 5xx may come after the work.
    """
    status = getattr(error, "status_code", None)
    return status is not None and (400 <= status < 500 or status in (503, 529))


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
