"""OpenAI's two APIs, as they are spoken: Responses and Chat Completions.

Belongs here: their spelling. Does not: what is counted or cached (`prefix_cache.py`).
Source: https://platform.openai.com/docs/api-reference, of both and of their streaming.
"""

import json
from collections.abc import Iterator

from inkwell_pipeline_tests.fakes.providers.asked import (
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

__all__ = ["ChatApi", "ResponsesApi"]

SYSTEM_ROLES = {"system", "developer"}
FINISH_REASONS = {"done": "stop", "length": "length", "refusal": "stop"}


class ResponsesApi:
    kind: Kind = "openai responses"
    request_id_header: str | None = "x-request-id"

    def prompt(self, body: Json) -> Prompt:
        asked = body.get("input") or []
        messages = [{"role": "user", "content": asked}] if isinstance(asked, str) else asked
        system = [Block("system", body["instructions"])] if body.get("instructions") else []
        blocks = (*_head(body, (body.get("text") or {}).get("format")), *system, *_messages(messages))
        return Prompt(blocks, body.get("max_output_tokens"), bool(body.get("stream")))

    def whole(self, reply: Reply) -> Json:
        is_cut = reply.answer.finish == "length"
        return _response(reply) | {
            "status": "incomplete" if is_cut else "completed",
            "incomplete_details": {"reason": "max_output_tokens"} if is_cut else None,
            "output": [_item(reply, is_done=True)],
            "usage": _usage(reply.usage, "input", "output"),
        }

    def events(self, reply: Reply, body: Json) -> Iterator[bytes]:
        for number, event in enumerate(self._events(reply)):
            yield f"event: {event['type']}\ndata: {json.dumps({**event, 'sequence_number': number})}\n\n".encode()

    def _events(self, reply: Reply) -> Iterator[Json]:
        whole, part, begun = self.whole(reply), _part(reply), _response(reply)
        kind, key = ("refusal", "refusal") if part["type"] == "refusal" else ("output_text", "text")
        place = {"item_id": f"msg_{reply.number:024d}", "output_index": 0, "content_index": 0}
        yield {"type": "response.created", "response": begun}
        yield {"type": "response.in_progress", "response": begun}
        yield {"type": "response.output_item.added", "output_index": 0, "item": _item(reply, is_done=False)}
        yield {"type": "response.content_part.added", **place, "part": part | {key: ""}}
        for piece in pieces(part[key]):
            yield {"type": f"response.{kind}.delta", **place, "delta": piece} | _logprobs(kind)
        yield {"type": f"response.{kind}.done", **place, key: part[key]} | _logprobs(kind)
        yield {"type": "response.content_part.done", **place, "part": part}
        yield {"type": "response.output_item.done", "output_index": 0, "item": whole["output"][0]}
        yield {"type": f"response.{whole['status']}", "response": whole}

    def error(self, status: Status, request_id: str) -> Json:
        return _error(status)


class ChatApi:
    kind: Kind = "openai chat"
    request_id_header: str | None = "x-request-id"

    def prompt(self, body: Json) -> Prompt:
        if not body.get("messages"):
            raise Malformed("Invalid 'messages': empty array.")
        blocks = (*_head(body, body.get("response_format")), *_messages(body["messages"]))
        max_tokens = body.get("max_completion_tokens") or body.get("max_tokens")
        return Prompt(blocks, max_tokens, bool(body.get("stream")))

    def whole(self, reply: Reply) -> Json:
        part = _part(reply)
        message = {"role": "assistant", "content": part.get("text"), "refusal": part.get("refusal")}
        choice = {"index": 0, "message": message, "finish_reason": FINISH_REASONS[reply.answer.finish]}
        usage = _usage(reply.usage, "prompt", "completion")
        return _completion(reply, "chat.completion") | {"choices": [choice | {"logprobs": None}], "usage": usage}

    def events(self, reply: Reply, body: Json) -> Iterator[bytes]:
        part = _part(reply)
        key, text = ("refusal", part["refusal"]) if "refusal" in part else ("content", part["text"])
        deltas: list[Json] = [{"role": "assistant", key: ""}, *({key: piece} for piece in pieces(text)), {}]
        for index, delta in enumerate(deltas):
            finish = FINISH_REASONS[reply.answer.finish] if index == len(deltas) - 1 else None
            yield _chunk(reply, {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
        if (body.get("stream_options") or {}).get("include_usage"):
            yield _chunk(reply, {"choices": [], "usage": _usage(reply.usage, "prompt", "completion")})
        yield b"data: [DONE]\n\n"

    def error(self, status: Status, request_id: str) -> Json:
        return _error(status)


def _head(body: Json, schema: Json | None) -> Iterator[Block]:
    """What stands before all messages: tools, and the schema of the output."""
    yield from blocks_of("tools", body.get("tools"))
    if schema and schema.get("type") != "text":
        yield Block("tools", json.dumps(schema))


def _messages(messages: list[Json]) -> Iterator[Block]:
    for message in messages:
        role = message.get("role", "user")
        yield from blocks_of("system" if role in SYSTEM_ROLES else role, message.get("content"))


def _part(reply: Reply) -> Json:
    if reply.answer.finish == "refusal":
        return {
            "type": "refusal",
            "refusal": reply.answer.explanation or reply.answer.text or "I can't help with that.",
        }
    return {"type": "output_text", "text": reply.answer.text, "annotations": [], "logprobs": []}


def _logprobs(kind: str) -> Json:
    return {"logprobs": []} if kind == "output_text" else {}


def _response(reply: Reply) -> Json:
    return {
        "id": f"resp_{reply.number:024d}",
        "object": "response",
        "created_at": reply.at_s,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "model": reply.model,
        "output": [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": None,
    }


def _item(reply: Reply, *, is_done: bool) -> Json:
    status = "in_progress" if not is_done else "incomplete" if reply.answer.finish == "length" else "completed"
    content = [_part(reply)] if is_done else []
    item = {"id": f"msg_{reply.number:024d}", "type": "message", "role": "assistant"}
    return item | {"status": status, "content": content}


def _completion(reply: Reply, what: str) -> Json:
    return {"id": f"chatcmpl-{reply.number:024d}", "object": what, "created": reply.at_s, "model": reply.model}


def _chunk(reply: Reply, more: Json) -> bytes:
    return f"data: {json.dumps(_completion(reply, 'chat.completion.chunk') | more)}\n\n".encode()


def _usage(usage: Usage, asked: str, answered: str) -> Json:
    """`prompt_tokens` and `completion_tokens`, or `input_tokens` and `output_tokens`; the first with cached ones."""
    return {
        f"{asked}_tokens": usage.prompt,
        f"{asked}_tokens_details": {"cached_tokens": usage.cache_read, "cache_write_tokens": 0},
        f"{answered}_tokens": usage.output,
        f"{answered}_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.prompt + usage.output,
    }


def _error(status: Status) -> Json:
    return {
        "error": {"message": status.message, "type": status.type, "param": None, "code": status.error_code},
    }
