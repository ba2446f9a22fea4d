"""What happens to one request that a provider was asked: work, an answer or a fault, and the bill for it.

Belongs here: the steps, and what a test scripts of them. Does not: who may enter (`provider.py`), an API's spelling
(`anthropic_api.py` and its like), HTTP (`server.py`).
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never

from inkwell_pipeline_tests.fakes.providers.asked import Answer, AnswerFor, Api, Asked, Reply, cut
from inkwell_pipeline_tests.fakes.providers.bill import Tokens
from inkwell_pipeline_tests.fakes.providers.faults import Drop, Fault, Garbage, Stall, Status, Trouble, told
from inkwell_pipeline_tests.fakes.providers.memory import Memory, Request
from inkwell_pipeline_tests.fakes.providers.prefix_cache import Found, PrefixCache
from inkwell_pipeline_tests.fakes.providers.server import Connection, HungUp

__all__ = ["Conversation", "Faults", "Script", "tell"]

Faults: TypeAlias = Callable[[Asked], Fault | None] | Sequence[Fault | None]


@dataclass(frozen=True)
class Script:
    """What a test says of answers, times and faults; as `ModelProvider` explains it."""

    answer: AnswerFor
    tokens: Tokens
    latency_s: float | Callable[[Asked], float]
    body_s: float
    faults: Faults

    def fault_for(self, asked: Asked) -> Fault | None:
        if callable(self.faults):
            return self.faults(asked)
        return self.faults[asked.number] if asked.number < len(self.faults) else None

    def latency_for(self, asked: Asked) -> float:
        return self.latency_s(asked) if callable(self.latency_s) else self.latency_s

    def reply_for(self, asked: Asked, found: Found) -> Reply:
        said = self.answer(asked)
        answer = cut(Answer(said) if isinstance(said, str) else said, asked.max_tokens, self.tokens)
        usage = replace(found.usage, output=self.tokens(answer.text))
        return Reply(asked.number, asked.model, answer, usage, int(time.time()))


def tell(connection: Connection, api: Api, request: Request, status: Status) -> None:
    """An error, in the provider's own body."""
    headers = {api.request_id_header: request.id} if api.request_id_header else {}
    if status.retry_after_s is not None and api.kind != "google":
        headers["retry-after"] = str(math.ceil(status.retry_after_s))
    request.status, request.first_byte_s = status.code, time.monotonic()
    connection.reply(status.code, api.error(status, request.id), headers=headers)


class Conversation:
    """One request that was taken up."""

    def __init__(
        self,
        connection: Connection,
        api: Api,
        request: Request,
        *,
        script: Script,
        cache: PrefixCache,
        memory: Memory,
        on_error: Callable[[Exception], None],
    ) -> None:
        self._connection, self._api, self._request, self._script = connection, api, request, script
        self._memory, self._on_error = memory, on_error
        self._headers = {api.request_id_header: request.id} if api.request_id_header else {}
        self._cache, prompt = cache, request.prompt
        self._found = self._cache.look_up(request.model, prompt)
        self._asked = Asked(
            request.number,
            api.kind,
            request.model,
            "\n\n".join(prompt.of("system")),
            prompt.of("user"),
            prompt.text,
            prompt.max_tokens,
            prompt.is_streamed,
        )

    def hold(self) -> None:
        try:
            fault = self._script.fault_for(self._asked)
            latency_s = self._script.latency_for(self._asked)
            reply = self._script.reply_for(self._asked, self._found)
        except Exception as error:
            self._on_error(error)
            tell(self._connection, self._api, self._request, told(Trouble("broken"), self._api.kind))
            return
        try:
            if fault is None:
                self._work(reply, latency_s)
                self._say(reply)
            else:
                self._request.fault = type(fault).__name__
                self._fail(fault, reply, latency_s)
        except (HungUp, OSError):
            self._request.hung_up = True
            if fault is None:
                self._bill(reply)
            raise

    def _work(self, reply: Reply, latency_s: float) -> None:
        """All that is done before the first byte; from then on it is in the cache."""
        if latency_s:
            self._connection.wait(latency_s)
        self._bill(reply)

    def _bill(self, reply: Reply) -> None:
        if not self._request.billed:
            self._cache.keep(self._found)
            self._memory.bill(self._request, reply.usage, reply.answer.finish)

    def _say(self, reply: Reply) -> None:
        self._request.status, self._request.first_byte_s = 200, time.monotonic()
        if self._asked.is_streamed:
            events = list(self._api.events(reply, self._request.body))
            self._connection.stream(events, over_s=self._script.body_s, headers=self._headers)
        else:
            self._connection.reply(200, self._api.whole(reply), after_s=self._script.body_s, headers=self._headers)

    def _fail(self, fault: Fault, reply: Reply, latency_s: float) -> None:
        match fault:
            case Trouble():
                tell(self._connection, self._api, self._request, told(fault, self._api.kind))
            case Status():
                tell(self._connection, self._api, self._request, fault)
            case Drop(midway, billed):
                if billed:
                    self._work(reply, latency_s)
                if midway:
                    self._say_half(reply)
                self._connection.hang_up()
            case Stall(seconds, billed):
                if billed:
                    self._bill(reply)
                self._connection.wait(seconds)
                self._connection.hang_up()
            case Garbage(body):
                self._request.status, self._request.first_byte_s = 200, time.monotonic()
                self._connection.reply_bytes(200, body, headers=self._headers)
            case _:
                assert_never(fault)

    def _say_half(self, reply: Reply) -> None:
        self._request.status, self._request.first_byte_s = 200, time.monotonic()
        if self._asked.is_streamed:
            events = list(self._api.events(reply, self._request.body))
            self._connection.stream(events, over_s=0.0, is_whole=False, headers=self._headers)
        else:
            self._connection.reply_half(self._api.whole(reply), headers=self._headers)
