"""The fake of the model providers, asked by their real SDKs through pydantic-ai."""

import asyncio
from collections.abc import AsyncIterator
from threading import Event
from typing import get_args

import httpx2
import pytest
from pydantic_ai import CachePoint, exceptions

from inkwell_pipeline_tests.fakes.providers import (
    Answer,
    Asked,
    Drop,
    Fault,
    Garbage,
    ModelProvider,
    Stall,
    Trouble,
    Usage,
)
from inkwell_pipeline_tests.fakes.providers.asked import Kind
from inkwell_pipeline_tests.fakes.providers.faults import TroubleName
from inkwell_pipeline_tests.fakes.providers.sdks import ask

KINDS: tuple[Kind, ...] = get_args(Kind)
EVERY_API = pytest.mark.parametrize("kind", KINDS)
AUTOMATIC = pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "anthropic"])
TRANSCRIPT = "word " * 1639 + "."  # 8196 bytes: 2049 tokens
SHORT = "word " * 800  # 1000 tokens


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """`verify`: certificates take long to load, and there are none on loopback."""
    async with httpx2.AsyncClient(timeout=60, verify=False) as client:
        yield client


def usage(provider: ModelProvider) -> list[Usage | None]:
    return [request.usage for request in provider.asked]


@EVERY_API
@pytest.mark.parametrize("streamed", [False, True])
async def test_text_and_usage_arrive(kind: Kind, streamed: bool, client: httpx2.AsyncClient) -> None:
    """The whole prompt is counted, a token for four bytes, and the answer too; the request is remembered."""
    with ModelProvider() as provider:
        response = await ask(provider.url, kind, client, "Hello?", streamed=streamed)

    request = provider.asked[0]
    assert response.text == '{"items": [{"text": "The answer to request 0."}]}'
    assert response.finish_reason == "stop"
    assert (response.usage.input_tokens, response.usage.output_tokens) == (4, 13)
    assert (request.kind, request.prompt.text, request.prompt.is_streamed) == (kind, "Be brief.Hello?", streamed)
    assert (request.status, request.billed, request.usage) == (200, True, Usage(input=4, output=13))
    assert {"authorization", "x-api-key", "x-goog-api-key"} & request.headers.keys()
    assert request.first_byte_s
    assert request.ended_s
    assert request.began_s <= request.first_byte_s <= request.ended_s


async def test_the_answer_is_the_tests_own(client: httpx2.AsyncClient) -> None:
    """It is made of what is asked: the system's text, the user's blocks, and the number of the request."""
    seen: list[Asked] = []

    def answer(asked: Asked) -> str:
        seen.append(asked)
        return asked.user[-1].upper()

    with ModelProvider(answer) as provider:
        response = await ask(provider.url, "anthropic", client, "The transcript.", "say it")

    assert response.text == "SAY IT"
    assert (seen[0].system, seen[0].user) == ("Be brief.", ("The transcript.", "say it"))
    assert (seen[0].number, seen[0].max_tokens, seen[0].is_streamed) == (0, 1000, False)


async def test_a_mistake_in_the_tests_answer_is_not_lost(client: httpx2.AsyncClient) -> None:
    """The client hears of a broken server, and the test of its error."""

    def answer(_: Asked) -> str:
        raise LookupError("no answer for this")

    with (
        pytest.raises(LookupError, match="no answer"),
        ModelProvider(answer) as provider,
        pytest.raises(exceptions.ModelServerError),
    ):
        await ask(provider.url, "openai chat", client)


@EVERY_API
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_long_answer_is_cut(kind: Kind, streamed: bool, client: httpx2.AsyncClient) -> None:
    """At `max_tokens`, which are paid; OpenAI's Responses take no less than 16."""
    with ModelProvider(lambda _: "word " * 100) as provider:
        response = await ask(provider.url, kind, client, streamed=streamed, max_tokens=20)

    assert response.text == "word " * 16
    assert response.finish_reason == "length"
    assert response.usage.output_tokens == 20
    assert provider.asked[0].finish == "length"


@EVERY_API
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_refusal_is_told_the_providers_way(kind: Kind, streamed: bool, client: httpx2.AsyncClient) -> None:
    """It is an answer, not an error, and says why in a place of each provider's own."""
    with ModelProvider(lambda _: Answer("", "refusal", "I will not.")) as provider:
        response = await ask(provider.url, kind, client, streamed=streamed)

    assert (response.finish_reason, response.text) == ("content_filter", None)
    key = "block_reason_message" if kind == "google" else "refusal"
    assert response.provider_details is not None
    assert response.provider_details[key] == "I will not."


async def test_a_breakpoint_is_written_and_then_read(client: httpx2.AsyncClient) -> None:
    """Anthropic keeps what ends at a cache point; what comes after it is paid anew."""
    with ModelProvider() as provider:
        for question in ("Who?", "Where to?"):
            await ask(provider.url, "anthropic", client, TRANSCRIPT, CachePoint(), question)

    first, second = usage(provider)
    assert first == Usage(input=1, cache_write=2052, output=13)
    assert second == Usage(input=2, cache_read=2052, output=13)


async def test_what_was_kept_is_found_before_a_later_breakpoint(client: httpx2.AsyncClient) -> None:
    """Anthropic looks back over the blocks, and writes only what comes after those it has."""
    with ModelProvider() as provider:
        await ask(provider.url, "anthropic", client, TRANSCRIPT, CachePoint(), "Who?")
        await ask(provider.url, "anthropic", client, TRANSCRIPT, "word " * 80, CachePoint(), "Who?")

    assert usage(provider)[1] == Usage(input=1, cache_write=100, cache_read=2052, output=13)


async def test_pydantic_ai_reads_the_cache_of_anthropic(client: httpx2.AsyncClient) -> None:
    """Its input tokens are all of the prompt, those read and written among them."""
    with ModelProvider() as provider:
        await ask(provider.url, "anthropic", client, TRANSCRIPT, CachePoint(), "Who?")
        counted = (await ask(provider.url, "anthropic", client, TRANSCRIPT, CachePoint(), "Who?", streamed=True)).usage

    assert (counted.input_tokens, counted.cache_read_tokens, counted.cache_write_tokens) == (2053, 2052, 0)


async def test_nothing_is_kept_without_a_breakpoint_or_below_the_minimum(client: httpx2.AsyncClient) -> None:
    """Anthropic keeps no prefix unasked, and none of less than 1024 tokens."""
    with ModelProvider() as provider:
        for _ in range(2):
            await ask(provider.url, "anthropic", client, TRANSCRIPT, "Who?")
            await ask(provider.url, "anthropic", client, SHORT, CachePoint(), "Who?")

    assert all(one and not one.cache_write and not one.cache_read for one in usage(provider))


async def test_another_beginning_is_another_prefix(client: httpx2.AsyncClient) -> None:
    """One byte of it is enough, as is another model's name."""
    with ModelProvider() as provider:
        await ask(provider.url, "anthropic", client, TRANSCRIPT, CachePoint(), "Who?")
        await ask(provider.url, "anthropic", client, TRANSCRIPT.replace(".", "!"), CachePoint(), "Who?")

    assert [one.cache_read for one in usage(provider) if one] == [0, 0]


@AUTOMATIC
async def test_what_was_seen_is_read_in_steps_of_128_tokens(kind: Kind, client: httpx2.AsyncClient) -> None:
    """OpenAI and Google keep prompts unasked, from 1024 tokens on: 2051 in common are 2048. They charge no writing."""
    with ModelProvider() as provider:
        for question in ("Who?", "Where?"):
            response = await ask(provider.url, kind, client, TRANSCRIPT, question)

    first, second = usage(provider)
    assert first == Usage(input=2053, output=13)
    assert second == Usage(input=5, cache_read=2048, output=13)
    assert (response.usage.input_tokens, response.usage.cache_read_tokens) == (2053, 2048)


@AUTOMATIC
async def test_a_short_prompt_is_not_kept(kind: Kind, client: httpx2.AsyncClient) -> None:
    with ModelProvider() as provider:
        for _ in range(2):
            await ask(provider.url, kind, client, SHORT)

    assert [one.cache_read for one in usage(provider) if one] == [0, 0]


@EVERY_API
async def test_two_at_once_both_pay(kind: Kind, client: httpx2.AsyncClient) -> None:
    """A prefix can be read when the response that wrote it has begun, not before."""
    both_are_here = Event()

    def latency_s(asked: Asked) -> float:
        if asked.number == 1:
            both_are_here.set()
        assert both_are_here.wait(30)
        return 0.0

    with ModelProvider(latency_s=latency_s) as provider:
        question = (TRANSCRIPT, CachePoint(), "Who?")
        await asyncio.gather(*(ask(provider.url, kind, client, *question) for _ in range(2)))
        await ask(provider.url, kind, client, *question)

    assert [one.cache_read > 0 for one in usage(provider) if one] == [False, False, True]
    assert provider.memory.most_in_flight == 2


@EVERY_API
async def test_a_prefix_stays_five_minutes_from_its_last_use(kind: Kind, client: httpx2.AsyncClient) -> None:
    now_s = 0.0
    with ModelProvider(clock=lambda: now_s) as provider:
        for now_s in (0.0, 299.0, 598.0, 899.0):  # noqa: B007  the clock reads it
            await ask(provider.url, kind, client, TRANSCRIPT, CachePoint(), "Who?")

    assert [one.cache_read > 0 for one in usage(provider) if one] == [False, True, True, False]


TROUBLES: dict[TroubleName, type[exceptions.ModelAPIError]] = {
    "rate limit": exceptions.ModelRateLimitError,
    "overloaded": exceptions.ModelOverloadedError,
    "unavailable": exceptions.ModelUnavailableError,
    "broken": exceptions.ModelServerError,
    "wrong key": exceptions.ModelAuthenticationError,
    "no model": exceptions.ModelNotFoundError,
    "too long": exceptions.ModelContextWindowExceededError,
    "no quota": exceptions.ModelQuotaExceededError,
    "bad request": exceptions.ModelRequestRejectedError,
}


@EVERY_API
@pytest.mark.parametrize("name", TROUBLES)
async def test_pydantic_ai_knows_each_trouble(kind: Kind, name: TroubleName, client: httpx2.AsyncClient) -> None:
    """By the provider's own body; it costs nothing, and is asked once."""
    trouble = Trouble(name, retry_after_s=7)
    with ModelProvider(faults=[trouble]) as provider, pytest.raises(TROUBLES[name]) as raised:
        await ask(provider.url, kind, client)

    assert raised.value.retry_after == 7
    assert [(one.billed, one.usage, one.fault) for one in provider.asked] == [(False, None, "Trouble")]


@EVERY_API
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("fault", "billed"), [(Drop(), False), (Drop(billed=True), True), (Drop(midway=True, billed=True), True)]
)
async def test_a_connection_that_ends(
    kind: Kind, streamed: bool, fault: Fault, billed: bool, client: httpx2.AsyncClient
) -> None:
    """Before the answer, or in its midst; whether the work had been done, the bill says."""
    with ModelProvider(faults=[fault]) as provider, pytest.raises(exceptions.ModelConnectionError) as raised:
        await ask(provider.url, kind, client, streamed=streamed)

    assert raised.value.phase == "read"
    assert [one.billed for one in provider.asked] == [billed]


@EVERY_API
async def test_an_answer_that_does_not_come(kind: Kind, client: httpx2.AsyncClient) -> None:
    """The client gives up by its own time-out, and the fake sees it go."""
    with ModelProvider(faults=[Stall(seconds=60)]) as provider:
        with pytest.raises(exceptions.ModelTimeoutError):
            await ask(provider.url, kind, client, timeout=0.2)
        await asyncio.to_thread(provider.memory.wait_until, lambda memory: not memory.in_flight)

    assert [(one.hung_up, one.billed) for one in provider.asked] == [(True, False)]


@EVERY_API
async def test_bytes_that_are_no_json(kind: Kind, client: httpx2.AsyncClient) -> None:
    with ModelProvider(faults=[Garbage()]) as provider, pytest.raises(exceptions.ModelAPIError, match="decode"):
        await ask(provider.url, kind, client)


async def test_a_client_that_hangs_up_pays(client: httpx2.AsyncClient) -> None:
    """The provider works on for nobody; what the client gave up is on the bill."""
    with ModelProvider(latency_s=60) as provider:
        with pytest.raises(exceptions.ModelTimeoutError):
            await ask(provider.url, "anthropic", client, timeout=0.2)
        await asyncio.to_thread(provider.memory.wait_until, lambda memory: not memory.in_flight)

    assert [(one.hung_up, one.billed, one.first_byte_s) for one in provider.asked] == [(True, True, None)]
