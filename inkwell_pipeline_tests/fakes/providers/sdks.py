"""The providers' real SDKs, through pydantic-ai, directed at a provider on loopback.

Belongs here: a request in one line, for tests of the fake itself. Does not: how the pipeline asks.
"""

from typing import Any

import httpx2
from pydantic_ai import ModelRequest, ModelResponse, ModelSettings
from pydantic_ai.direct import model_request, model_request_stream
from pydantic_ai.messages import SystemPromptPart, UserContent, UserPromptPart
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.google import GoogleProvider
from pydantic_ai.providers.openai import OpenAIProvider

from inkwell_pipeline_tests.fakes.providers.asked import Kind

__all__ = ["ask", "model"]

ONCE: ModelSettings = {"max_retries": 0, "max_tokens": 1000}


def model(kind: Kind, url: str, client: httpx2.AsyncClient) -> Model:
    if kind == "anthropic":
        return AnthropicModel(
            "claude-sonnet-5", provider=AnthropicProvider(api_key="k", base_url=url, http_client=client)
        )
    if kind == "google":
        return GoogleModel("gemini-2.5-flash", provider=GoogleProvider(api_key="k", base_url=url, http_client=client))
    openai = OpenAIProvider(api_key="k", base_url=f"{url}/v1", http_client=client)
    return (OpenAIChatModel if kind == "openai chat" else OpenAIResponsesModel)("gpt-5.2", provider=openai)


async def ask(
    url: str,
    kind: Kind,
    client: httpx2.AsyncClient,
    *user: UserContent,
    streamed: bool = False,
    **settings: Any,
) -> ModelResponse:
    """One request, without the SDK's own retries; `settings` are pydantic-ai's."""
    messages = [ModelRequest(parts=[SystemPromptPart("Be brief."), UserPromptPart(list(user or ("Hello?",)))])]
    chosen, asked = ONCE | settings, model(kind, url, client)
    if not streamed:
        return await model_request(asked, messages, model_settings=chosen)  # type: ignore[arg-type]
    async with model_request_stream(asked, messages, model_settings=chosen) as stream:  # type: ignore[arg-type]
        async for _ in stream:
            pass
        return stream.get()
