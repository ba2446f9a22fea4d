"""A service with OpenAI's `/audio/transcriptions`, over real loopback HTTP, that remembers what it was sent.

Belongs here: the form it takes, what it gives by `response_format`, its limits and faults. Does not: hearing. It has
the script of a spoken file, and gives of it what lies in the audio that it is sent: pieces come in their order, each as
long as its file, so that it knows where each begins, however often it is sent.
"""

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from io import BytesIO
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from inkwell_pipeline.transcript.speech.length import length_of
from inkwell_pipeline_tests.fakes.spoken import Spoken, SpokenLine

__all__ = ["Sent", "SpeechService"]

PATH = "/v1/audio/transcriptions"


@dataclass(frozen=True)
class Sent:
    """One request that came whole."""

    fields: tuple[tuple[str, str], ...]
    sha256: str
    size_bytes: int
    length_s: float
    name: str
    authorization: str | None

    def field(self, name: str) -> str | None:
        return next((value for key, value in self.fields if key == name), None)


@dataclass
class SpeechService:
    """`statuses`: answered once each, before all else; `most_bytes`: of a file, above which it answers 413.

    `knows`: the response formats that it takes. `billed_usd`: what it has charged, by the minute.
    """

    server: HTTPServer
    spoken: Spoken
    key: str | None = None
    most_bytes: int = 26_214_400
    knows: Sequence[str] = ("json", "verbose_json")
    words: bool = True
    statuses: list[int] = field(default_factory=list)
    retry_after: str | None = None
    body: bytes | None = None
    delay_s: float = 0.0
    refuses_after: int | None = None  # requests that came whole, after which it answers 404
    usd_per_minute: Decimal = Decimal("0.006")
    billed_usd: Decimal = Decimal(0)
    sent: list[Sent] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    _begins_s: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.server.expect_request(re.compile(".*")).respond_with_handler(self._answer)

    @property
    def url(self) -> str:
        return str(self.server.url_for("/v1"))

    def _answer(self, request: Request) -> Response:
        if request.path != PATH or request.method != "POST":
            return Response(status=404)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return self._answered(request)
        finally:
            self.at_once -= 1

    def _answered(self, request: Request) -> Response:
        file = request.files["file"]
        data = file.read()
        length_s = length_of(BytesIO(data), "") or 0.0
        fields = tuple((key, value) for key, values in request.form.lists() for value in values)
        one = Sent(
            fields,
            sha256(data).hexdigest(),
            len(data),
            length_s,
            file.filename or "",
            request.headers.get("Authorization"),
        )
        self.sent.append(one)
        if self.key is not None and one.authorization != f"Bearer {self.key}":
            return _error(401, "Incorrect API key provided")
        if self.statuses:
            headers = {"Retry-After": self.retry_after} if self.retry_after else {}
            return Response("busy", status=self.statuses.pop(0), headers=headers)
        if self.refuses_after is not None and len(self.sent) > self.refuses_after:
            return _error(404, "The model does not exist")
        if len(data) > self.most_bytes:
            return _error(413, f"Maximum content size limit ({self.most_bytes}) exceeded")
        form = one.field("response_format") or "json"
        if form not in self.knows:
            return _error(400, f"response_format '{form}' is not compatible with model {one.field('model')}")
        if not self.words and one.field("timestamp_granularities[]"):
            return _error(422, "unknown field: timestamp_granularities[]")
        time.sleep(self.delay_s)
        self.billed_usd += self.usd_per_minute * Decimal(str(round(length_s, 3))) / 60
        if self.body is not None:
            return Response(self.body, content_type="application/json")
        return Response(json.dumps(self._given(one, form)), content_type="application/json")

    def _given(self, one: Sent, form: str) -> dict[str, Any]:
        begin_s = self._begins_s.setdefault(one.sha256, self._begins_s.get("next", 0.0))
        self._begins_s["next"] = max(self._begins_s.get("next", 0.0), begin_s + one.length_s)
        middle = [(line, (line.start_s + line.end_s) / 2) for line in self.spoken.lines]
        lines = [line for line, at_s in middle if begin_s <= at_s < begin_s + one.length_s]
        text = " ".join(line.text for line in lines)
        if form == "json":
            return {"text": text}
        segments = [_segment(line, begin_s, number) for number, line in enumerate(lines)]
        return {
            "task": "transcribe",
            "language": "english",
            "duration": one.length_s,
            "text": text,
            "segments": segments,
        }


def _segment(line: SpokenLine, begin_s: float, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "start": round(line.start_s - begin_s, 2),
        "end": round(line.end_s - begin_s, 2),
        "text": f" {line.text}",
        "avg_logprob": -0.2,
        "no_speech_prob": 0.01,
        "speaker": "A",
    }


def _error(status: int, message: str) -> Response:
    return Response(json.dumps({"error": {"message": message}}), status=status, content_type="application/json")
