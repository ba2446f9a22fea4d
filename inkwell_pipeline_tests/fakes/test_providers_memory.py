"""What the fake of the model providers remembers, limits and writes down; and the one in a process of its own."""

import asyncio
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import httpx2
import pytest
from pydantic_ai import CachePoint, exceptions
from pydantic_ai.direct import model_request
from pydantic_ai.messages import ModelRequest

from inkwell_pipeline_tests.fakes.providers import Asked, Drop, ModelProvider, Rates, Status, Usage, provider_process
from inkwell_pipeline_tests.fakes.providers.sdks import ask, model

RATES = Rates(input=Decimal(4), cache_write=Decimal(5), cache_read=Decimal("0.4"), output=Decimal(20))
TRANSCRIPT = "word " * 1639 + "."  # 2049 tokens
CACHED = (TRANSCRIPT, CachePoint(), "Who?")  # 2052 tokens to the cache point, with the system's text; 1 after it


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """`verify`: certificates take long to load, and there are none on loopback."""
    async with httpx2.AsyncClient(timeout=60, verify=False) as client:
        yield client


async def test_the_bill(client: httpx2.AsyncClient) -> None:
    """Of what was billed alone, from the provider's own counts; and what the same would have cost with no cache."""
    with ModelProvider(faults=[None, None, Drop()]) as provider:
        for _ in range(2):
            await ask(provider.url, "anthropic", client, *CACHED)
        with pytest.raises(exceptions.ModelConnectionError):
            await ask(provider.url, "anthropic", client, *CACHED)

    assert provider.memory.usage() == Usage(input=2, cache_write=2052, cache_read=2052, output=26)
    assert provider.memory.cost_usd(RATES) == Decimal("0.0116088")
    assert provider.memory.uncached_cost_usd(RATES) == Decimal("0.016944")


async def test_more_at_once_than_allowed(client: httpx2.AsyncClient) -> None:
    """Who comes beyond the limit hears 429 at once, and when to come again."""

    def all_have_come(_: Asked) -> float:
        provider.memory.wait_until(lambda memory: len(memory.asked) == 3)
        return 0.0

    with ModelProvider(at_once=2, latency_s=all_have_come, retry_after_s=3) as provider:
        asked = (ask(provider.url, "openai chat", client) for _ in range(3))
        answers = await asyncio.gather(*asked, return_exceptions=True)

    refused = [one for one in answers if isinstance(one, exceptions.ModelRateLimitError)]
    assert [one.retry_after for one in refused] == [3]
    assert provider.memory.most_in_flight == 2
    assert sorted(one.billed for one in provider.asked) == [False, True, True]


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_place_is_free_when_the_answer_has_been_read(streamed: bool, client: httpx2.AsyncClient) -> None:
    """Who keeps to the limit never hears of it."""
    body = {"model": "claude-sonnet-5", "max_tokens": 9, "messages": [{"role": "user", "content": "a"}]}
    with ModelProvider(at_once=1) as provider:
        for _ in range(20):
            await client.post(
                f"{provider.url}/v1/messages", json=body | {"stream": streamed}, headers={"x-api-key": "k"}
            )

    assert [one.status for one in provider.asked] == [200] * 20


async def test_more_a_minute_than_allowed(client: httpx2.AsyncClient) -> None:
    """The wait that is told is long enough."""
    now_s = 0.0
    with ModelProvider(a_minute=1, clock=lambda: now_s) as provider:
        await ask(provider.url, "anthropic", client)
        now_s = 20.0
        with pytest.raises(exceptions.ModelRateLimitError) as raised:
            await ask(provider.url, "anthropic", client)
        assert raised.value.retry_after == 40
        now_s = 60.0
        await ask(provider.url, "anthropic", client)


async def test_sixty_four_at_once(client: httpx2.AsyncClient) -> None:
    """Each waits for its own answer alone."""

    def all_have_come(_: Asked) -> float:
        provider.memory.wait_until(lambda memory: len(memory.asked) == 64)
        return 0.1

    with ModelProvider(latency_s=all_have_come) as provider:
        await asyncio.gather(*(ask(provider.url, "anthropic", client) for _ in range(64)))
        assert provider.memory.in_flight == 0

    assert provider.memory.most_in_flight == 64


async def test_the_journal_has_a_line_for_each_begin_and_end(client: httpx2.AsyncClient, tmp_path: Path) -> None:
    """So that it can be said of killed processes what they had paid, and who asked the same again."""
    journal = tmp_path / "journal.jsonl"
    with ModelProvider(journal=journal, faults=[Status(529, "overloaded_error", "Overloaded")]) as provider:
        with pytest.raises(exceptions.ModelOverloadedError):
            await ask(provider.url, "anthropic", client)
        await ask(provider.url, "anthropic", client)

    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [(line["event"], line["n"]) for line in lines] == [("began", 0), ("ended", 0), ("began", 1), ("ended", 1)]
    assert lines[0]["prompt_hash"] == lines[2]["prompt_hash"]
    assert [line["billed"] for line in lines[1::2]] == [False, True]
    assert lines[3]["usage"] == {"input": 4, "cache_write": 0, "cache_read": 0, "output": 13}


async def test_tokens_are_counted_beforehand(client: httpx2.AsyncClient) -> None:
    """Anthropic's `count_tokens` says what the prompt will be billed as; it is no request for an answer."""
    with ModelProvider() as provider:
        body = {"model": "claude-sonnet-5", "messages": [{"role": "user", "content": "Hello?"}]}
        said = await client.post(f"{provider.url}/v1/messages/count_tokens", json=body, headers={"x-api-key": "k"})

    assert said.json() == {"input_tokens": 2}
    assert (provider.asked, provider.memory.token_counts) == ([], 1)


async def test_no_more_than_four_breakpoints(client: httpx2.AsyncClient) -> None:
    """Anthropic takes no more, and says so; neither does it take a request without `max_tokens`, or without a key."""
    marked = [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}] * 5
    body = {"model": "claude-sonnet-5", "max_tokens": 9, "messages": [{"role": "user", "content": marked}]}
    unlimited = {"model": "claude-sonnet-5", "messages": [{"role": "user", "content": "a"}]}
    with ModelProvider() as provider:
        key = {"x-api-key": "k"}
        refused = [
            await client.post(f"{provider.url}/v1/messages", json=body, headers=key),
            await client.post(f"{provider.url}/v1/messages", json=unlimited, headers=key),
            await client.post(f"{provider.url}/v1/messages", json=body),
        ]

    assert [one.status_code for one in refused] == [400, 400, 401]
    assert "Found 5" in refused[0].json()["error"]["message"]
    assert refused[0].headers["request-id"] == refused[0].json()["request_id"] == provider.asked[0].id


async def test_the_environment_sends_all_sdks_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models by name alone, as users give them."""
    from pydantic_ai.models import infer_model

    with ModelProvider() as provider:
        for name, value in provider.environment().items():
            monkeypatch.setenv(name, value)
        for named in ("anthropic:claude-sonnet-5", "openai:gpt-5.2", "openai-chat:gpt-5.2", "google:gemini-2.5-flash"):
            asked = infer_model(named)
            async with asked:
                await model_request(asked, [ModelRequest.user_text_prompt("Hello?")])

    assert [one.kind for one in provider.asked] == ["anthropic", "openai responses", "openai chat", "google"]


async def test_a_process_of_its_own(client: httpx2.AsyncClient, tmp_path: Path) -> None:
    """Its work is not in the process that is measured; its memory can be asked for."""
    with provider_process("--latency-ms", "50", "--at-once", "8", "--journal", str(tmp_path / "journal")) as provider:
        asked = model("anthropic", provider.url, client)
        await model_request(asked, [ModelRequest.user_text_prompt("Hello?")])
        memory = await asyncio.to_thread(provider.memory)

    assert (memory["requests"], memory["in_flight"], memory["most_in_flight"]) == (1, 0, 1)
    assert memory["usage"] == {"input": 2, "cache_write": 0, "cache_read": 0, "output": 13}
    assert memory["asked"][0]["first_byte_s"] - memory["asked"][0]["began_s"] >= 0.05
    assert provider.process.returncode == 0
    assert len((tmp_path / "journal").read_text().splitlines()) == 2
