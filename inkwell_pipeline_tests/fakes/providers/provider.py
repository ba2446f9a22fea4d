"""A model provider on loopback that speaks Anthropic's, OpenAI's and Google's APIs, and remembers what it was asked.

Belongs here: what happens to a request, step by step. Does not: an API's spelling (`anthropic_api.py` and its like),
the caches' rules (`prefix_cache.py`), HTTP (`server.py`).
"""

import math
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

from inkwell_pipeline_tests.fakes.providers.anthropic_api import AnthropicApi
from inkwell_pipeline_tests.fakes.providers.asked import (
    AnswerFor,
    Api,
    Asked,
    Json,
    Malformed,
    Prompt,
    default_answer,
)
from inkwell_pipeline_tests.fakes.providers.bill import Tokens, tokens
from inkwell_pipeline_tests.fakes.providers.conversation import Conversation, Faults, Script, tell
from inkwell_pipeline_tests.fakes.providers.faults import Status, Trouble, told
from inkwell_pipeline_tests.fakes.providers.google_api import GoogleApi
from inkwell_pipeline_tests.fakes.providers.memory import Memory, Request
from inkwell_pipeline_tests.fakes.providers.openai_api import ChatApi, ResponsesApi
from inkwell_pipeline_tests.fakes.providers.prefix_cache import (
    AutomaticCache,
    BreakpointCache,
    PrefixCache,
    minimum_for,
)
from inkwell_pipeline_tests.fakes.providers.server import Connection, Server

__all__ = ["ModelProvider", "environment_for"]

KEYS = {"x-api-key", "authorization", "x-goog-api-key"}
GOOGLE_PATH = re.compile(r"/v1beta/models/(?P<model>[^:?]+):(?P<method>generateContent|streamGenerateContent)(\?.*)?")
ANTHROPIC = AnthropicApi()
APIS: dict[str, Api] = {"/v1/messages": ANTHROPIC, "/v1/responses": ResponsesApi(), "/v1/chat/completions": ChatApi()}


def environment_for(url: str) -> dict[str, str]:
    """The variables that send all three SDKs to this address, with keys that only look like some."""
    return {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": "sk-ant-fake",
        "OPENAI_BASE_URL": f"{url}/v1",
        "OPENAI_API_KEY": "sk-fake",
        "GOOGLE_GEMINI_BASE_URL": url,
        "GOOGLE_API_KEY": "google-fake",
    }


class ModelProvider:
    """Serves while it is entered.

    `latency_s`: before a response begins; a callable may also block, which holds that request back. `body_s`: from its
    first byte to its last. `faults` in a list are for the requests in order, None for none. `at_once` and `a_minute`
    limit requests, with 429 beyond. `clock`: seconds, for caches and `a_minute`. `minimum_tokens`: of a prefix that
    Anthropic keeps, for all models.
    A request whose client hangs up before its answer is billed: the work was done for nobody.
    An error in `answer`, `faults` or `latency_s` is told as 500, and raised when the provider is left.
    """

    def __init__(
        self,
        answer: AnswerFor = default_answer,
        *,
        tokens: Tokens = tokens,
        latency_s: float | Callable[[Asked], float] = 0.0,
        body_s: float = 0.0,
        faults: Faults = (),
        at_once: int | None = None,
        a_minute: int | None = None,
        retry_after_s: float = 1.0,
        minimum_tokens: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        journal: Path | None = None,
        port: int = 0,
    ) -> None:
        self._script = Script(answer, tokens, latency_s, body_s, faults)
        self._at_once, self._a_minute, self._retry_after_s, self._clock = at_once, a_minute, retry_after_s, clock
        self._entered: list[float] = []  # of the clock
        self._lock, self._errors = Lock(), list[Exception]()
        by_model: Callable[[str], int] = minimum_for if minimum_tokens is None else lambda _: minimum_tokens
        openai = AutomaticCache(tokens, clock)
        self._caches: dict[str, PrefixCache] = {
            "anthropic": BreakpointCache(tokens, clock, by_model),
            "openai responses": openai,
            "openai chat": openai,
            "google": AutomaticCache(tokens, clock),
        }
        self.memory = Memory(journal)
        self._server = Server(self, port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def asked(self) -> list[Request]:
        return self.memory.asked

    def environment(self) -> dict[str, str]:
        return environment_for(self.url)

    def __enter__(self) -> Self:
        self._server.begin()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._server.close()
        self.memory.wait_until(lambda memory: not memory.in_flight)
        self._server.forget()
        if self._errors and error is None:
            raise self._errors[0]

    def figures(self) -> dict[str, Any]:
        """What GET /memory gives."""
        return self.memory.figures()

    def post(self, connection: Connection, body: Json) -> None:
        """Answers one request."""
        path = connection.path.partition("?")[0]
        google = GOOGLE_PATH.fullmatch(connection.path)
        if path == "/v1/messages/count_tokens":
            self.memory.token_counts += 1
            prompt = ANTHROPIC.prompt(body, is_counted=True)
            connection.reply(200, {"input_tokens": self._script.tokens(prompt.text)})
        elif google:
            api = GoogleApi(is_streamed=google["method"] == "streamGenerateContent")
            self._converse(connection, api, google["model"], body)
        elif path in APIS:
            self._converse(connection, APIS[path], str(body.get("model")), body)
        else:
            connection.reply(404, {"error": {"message": f"no such path: {path}"}})

    def _converse(self, connection: Connection, api: Api, model: str, body: Json) -> None:
        error: Status | None = None
        try:
            prompt = api.prompt(body)
        except Malformed as broken:
            prompt = Prompt((), None, False)
            error = replace(told(Trouble("bad request"), api.kind), message=str(broken))
        headers = {name.lower(): value for name, value in connection.headers.items()}
        if not KEYS & headers.keys():
            error = told(Trouble("wrong key"), api.kind)
        headers |= dict.fromkeys(KEYS & headers.keys(), "present")

        def make(number: int) -> Request:
            name, now = f"req_{number:024d}", time.monotonic()
            return Request(number, name, api.kind, model, connection.path, headers, body, prompt, now)

        request = self.memory.begin(make, may_enter=self._may_enter)
        connection.on_last = lambda: self.memory.end(request)
        try:
            if request.fault:
                error = told(Trouble("rate limit", retry_after_s=self._wait_s()), api.kind)
            if error is None:
                cache, script, memory = self._caches[api.kind], self._script, self.memory
                Conversation(
                    connection, api, request, script=script, cache=cache, memory=memory, on_error=self.fails_with
                ).hold()
            else:
                tell(connection, api, request, error)
        finally:
            self.memory.end(request)

    def _may_enter(self, asked: list[Request], in_flight: int) -> bool:
        now = self._clock()
        self._entered = [at for at in self._entered if now - at < 60]
        if self._at_once is not None and in_flight >= self._at_once:
            return False
        if self._a_minute is not None and len(self._entered) >= self._a_minute:
            return False
        self._entered.append(now)
        return True

    def _wait_s(self) -> float:
        """What is told to those beyond a limit."""
        if self._a_minute is not None and len(self._entered) >= self._a_minute:
            return max(1.0, math.ceil(60 - (self._clock() - self._entered[0])))
        return self._retry_after_s

    def fails_with(self, error: Exception) -> None:
        with self._lock:
            self._errors.append(error)
