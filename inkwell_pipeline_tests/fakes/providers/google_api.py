"""Google's Gemini API, as it is spoken: `generateContent` and `streamGenerateContent`.

Belongs here: their spelling. Does not: what is counted or cached (`prefix_cache.py`).
Source: https://ai.google.dev/api/generate-content
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from inkwell_pipeline_tests.fakes.providers.asked import Block, Json, Kind, Malformed, Prompt, Reply, blocks_of, pieces
from inkwell_pipeline_tests.fakes.providers.faults import Status

__all__ = ["GoogleApi"]

FINISH_REASONS = {"done": "STOP", "length": "MAX_TOKENS", "refusal": "SAFETY"}
RPC = "type.googleapis.com/google.rpc"
SCHEMAS = ("responseSchema", "responseJsonSchema")


class GoogleApi:
    """`is_streamed` belongs to the path, so that each of the two has an object of its own."""

    kind: Kind = "google"
    request_id_header: str | None = None  # it has only `responseId` in the body

    def __init__(self, *, is_streamed: bool) -> None:
        self._is_streamed = is_streamed

    def prompt(self, body: Json) -> Prompt:
        if not body.get("contents"):
            raise Malformed("* GenerateContentRequest.contents: contents is not specified")
        config = body.get("generationConfig") or {}
        return Prompt(tuple(_blocks(body, config)), config.get("maxOutputTokens"), self._is_streamed)

    def whole(self, reply: Reply) -> Json:
        return self._body(reply, reply.answer.text, is_last=True)

    def events(self, reply: Reply, body: Json) -> Iterator[bytes]:
        said = list(pieces(reply.answer.text)) or [""]
        for at, piece in enumerate(said):
            chunk = self._body(reply, piece, is_last=at == len(said) - 1)
            yield f"data: {json.dumps(chunk)}\r\n\r\n".encode()

    def _body(self, reply: Reply, text: str, *, is_last: bool) -> Json:
        answer, usage = reply.answer, reply.usage
        counts = {"promptTokenCount": usage.prompt, "totalTokenCount": usage.prompt}
        if usage.cache_read:
            counts["cachedContentTokenCount"] = usage.cache_read
        if is_last:
            counts |= {"candidatesTokenCount": usage.output, "totalTokenCount": usage.prompt + usage.output}
        at = datetime.fromtimestamp(reply.at_s, UTC).isoformat().replace("+00:00", "Z")
        named = {"modelVersion": reply.model, "responseId": f"response-{reply.number:024d}", "createTime": at}
        if answer.finish == "refusal" and not answer.text:
            blocked = {"blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": answer.explanation}
            return {"promptFeedback": blocked, "usageMetadata": counts, **named}
        candidate: Json = {"content": {"role": "model", "parts": [{"text": text}]}, "index": 0}
        if is_last:
            candidate["finishReason"] = FINISH_REASONS[answer.finish]
            candidate |= {"finishMessage": answer.explanation} if answer.explanation else {}
        return {"candidates": [candidate], "usageMetadata": counts, **named}

    def error(self, status: Status, request_id: str) -> Json:
        details: list[Json] = []
        if status.error_code and status.code == 429:
            violation = {"quotaId": status.error_code}
            details.append({"@type": f"{RPC}.QuotaFailure", "violations": [violation]})
        elif status.error_code:
            details.append({"@type": f"{RPC}.ErrorInfo", "reason": status.error_code, "domain": "googleapis.com"})
        if status.retry_after_s is not None:
            details.append({"@type": f"{RPC}.RetryInfo", "retryDelay": f"{status.retry_after_s:g}s"})
        error: Json = {"code": status.code, "message": status.message, "status": status.type}
        return {"error": error | ({"details": details} if details else {})}


def _blocks(body: Json, config: Json) -> Iterator[Block]:
    yield from blocks_of("tools", body.get("tools"))
    for name in SCHEMAS:
        if schema := config.get(name):
            yield Block("tools", json.dumps(schema))
    yield from blocks_of("system", (body.get("systemInstruction") or {}).get("parts"))
    for message in body["contents"]:
        yield from blocks_of(message.get("role", "user"), message.get("parts"))
