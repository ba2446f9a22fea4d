"""Anthropic's Messages API, as it is spoken: prompts from bodies, answers, events and errors.

Belongs here: the spelling of `/v1/messages`. Does not: what is counted or cached (`prefix_cache.py`).
Source: https://platform.claude.com/docs/en/api/messages and its page on streaming.
"""

import json
from collections.abc import Iterator

from inkwell_pipeline_tests.fakes.providers.asked import (
    Answer,
    Block,
    Json,
    Kind,
    Malformed,
    Prompt,
    Reply,
    blocks_of,
    pieces,
)
from inkwell_pipeline_tests.fakes.providers.bill import Usage
from inkwell_pipeline_tests.fakes.providers.faults import Status

__all__ = ["AnthropicApi"]

MOST_BREAKPOINTS = 4
STOP_REASONS = {"done": "end_turn", "length": "max_tokens", "refusal": "refusal"}


class AnthropicApi:
    kind: Kind = "anthropic"
    request_id_header: str | None = "request-id"

    def prompt(self, body: Json, *, is_counted: bool = False) -> Prompt:
        """`is_counted`: as for `count_tokens`, which takes no `max_tokens`."""
        if not is_counted and not isinstance(body.get("max_tokens"), int):
            raise Malformed("max_tokens: Field required")
        if not body.get("messages"):
            raise Malformed("messages: at least one message is required")
        blocks = list(_blocks(body))
        if body.get("cache_control"):  # automatic caching: a breakpoint on the last block
            blocks[-1] = Block(blocks[-1].role, blocks[-1].text, is_breakpoint=True)
        if (found := sum(block.is_breakpoint for block in blocks)) > MOST_BREAKPOINTS:
            raise Malformed(f"A maximum of 4 blocks with cache_control may be provided. Found {found}.")
        return Prompt(tuple(blocks), body.get("max_tokens"), bool(body.get("stream")))

    def whole(self, reply: Reply) -> Json:
        answer = reply.answer
        return _message(reply) | {
            "content": [{"type": "text", "text": answer.text}] if answer.text else [],
            "stop_reason": STOP_REASONS[answer.finish],
            "stop_details": _stop_details(answer),
            "usage": _usage(reply.usage),
        }

    def events(self, reply: Reply, body: Json) -> Iterator[bytes]:
        answer, usage = reply.answer, _usage(reply.usage)
        begun = _message(reply) | {"content": [], "stop_reason": None, "usage": usage | {"output_tokens": 1}}
        yield _event("message_start", message=begun)
        if answer.text:
            yield _event("content_block_start", index=0, content_block={"type": "text", "text": ""})
            for piece in pieces(answer.text):
                yield _event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
            yield _event("content_block_stop", index=0)
        stopped = {"stop_reason": STOP_REASONS[answer.finish], "stop_sequence": None}
        yield _event("message_delta", delta=stopped | {"stop_details": _stop_details(answer)}, usage=usage)
        yield _event("message_stop")

    def error(self, status: Status, request_id: str) -> Json:
        error = {"type": status.type, "message": status.message}
        return {"type": "error", "error": error, "request_id": request_id}


def _blocks(body: Json) -> Iterator[Block]:
    yield from blocks_of("tools", body.get("tools"))
    if output := (body.get("output_config") or {}).get("format"):
        yield Block("tools", json.dumps(output))  # another schema is another prefix
    yield from blocks_of("system", body.get("system"))
    for message in body["messages"]:
        yield from blocks_of(message["role"], message["content"])


def _message(reply: Reply) -> Json:
    name = f"msg_{reply.number:024d}"
    return {"id": name, "type": "message", "role": "assistant", "model": reply.model, "stop_sequence": None}


def _stop_details(answer: Answer) -> Json | None:
    if answer.finish != "refusal":
        return None
    return {"type": "refusal", "category": None, "explanation": answer.explanation}


def _usage(usage: Usage) -> Json:
    return {
        "input_tokens": usage.input,
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation": {"ephemeral_5m_input_tokens": usage.cache_write, "ephemeral_1h_input_tokens": 0},
        "output_tokens": usage.output,
        "service_tier": "standard",
    }


def _event(name: str, **data: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()
