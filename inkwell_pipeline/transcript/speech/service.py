"""A service that hears: any with OpenAI's `/audio/transcriptions`, on this machine or behind a key.

Belongs here: what is sent, how an answer is asked for, again where that may help, and what it costs. Does not: the
form (`upload.py`), cutting long files (`pieces.py`), reading an answer (`recognised.py`), the ledger (`costs/`).
Source: OpenAI's API reference, "Create transcription": `verbose_json`, with the times of segments and words, is
Whisper's; `diarized_json` that of models that tell speakers apart; others give `json`, which has no times.
"""

import asyncio
import json
import logging
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit, urlunsplit

from pydantic import ValidationError

from inkwell_pipeline.attempts import Sleep, ask_again
from inkwell_pipeline.cache import TranscriptionCache
from inkwell_pipeline.clock import Clock
from inkwell_pipeline.costs import Bill, Errand, Till
from inkwell_pipeline.errors import ConfigError, InkwellError, PermanentError, TransientError
from inkwell_pipeline.hosts import without_secrets
from inkwell_pipeline.http import Http, Reply, reply_error
from inkwell_pipeline.metering import counters
from inkwell_pipeline.models import Transcript
from inkwell_pipeline.retry import Patience
from inkwell_pipeline.source_settings import ServiceSource
from inkwell_pipeline.threads import computed
from inkwell_pipeline.transcript.reading import MAX_TRANSCRIPT_BYTES, UnreadableTranscript
from inkwell_pipeline.transcript.speech.hearer import Heard, Recording, usual_timeout_s
from inkwell_pipeline.transcript.speech.pieces import Piece, joined, pieces_of
from inkwell_pipeline.transcript.speech.recognised import read_recognised
from inkwell_pipeline.transcript.speech.upload import Form, upload

__all__ = ["ServiceHearer", "Services"]

SPEECH = "speech to text"  # in the ledger, where a template's name stands otherwise; no template has blanks in its
SETTLED_S = 60.0  # after its end the ledger has a request's row
PATIENCE = Patience(attempts=4, longest_wait_s=120.0, total_s=600.0)
FORM_BYTES = 4096  # around the file, at most
MEGABYTE = 1_048_576  # OpenAI's 25 MB are of this kind
GPT_MINUTES = 20.0  # gpt-4o's models take 1,500 seconds at most
SAID_CHARACTERS = 300  # of a service's own words in an error
UNKNOWN_FIELDS = re.compile(r"response_format|timestamp_granularities|verbose_json", re.IGNORECASE)
log = logging.getLogger(__name__)

Fields = Sequence[tuple[str, str]]
TIMES_OF_WORDS: Fields = (
    ("response_format", "verbose_json"),
    ("timestamp_granularities[]", "segment"),
    ("timestamp_granularities[]", "word"),
)
TIMES: Fields = (("response_format", "verbose_json"),)
WORDS_ALONE: Fields = (("response_format", "json"),)
SPEAKERS: Fields = (("response_format", "diarized_json"), ("chunking_strategy", "auto"))


@dataclass(frozen=True)
class Services:
    """What all services of a run have in common."""

    http: Http  # the config names its hosts: it may ask private ones
    till: Till
    cache: TranscriptionCache
    clock: Clock
    sleep: Sleep


@dataclass(frozen=True)
class _Answer:
    """`error`: why there is none. `again`: it may help to ask once more."""

    body: bytes = b""
    error: InkwellError | None = None
    again: bool = False
    fields_unknown: bool = False


class ServiceHearer:
    """One service of the config, with one of its models."""

    def __init__(self, source: ServiceSource, services: Services, *, diarize: bool) -> None:
        self._source, self._services = source, services
        self._diarize = diarize and "diarize" in source.model

    @property
    def name(self) -> str:
        return self._source.name

    @property
    def identity(self) -> str:
        source = self._source
        return f"url {source.url.rstrip('/')} {source.model} {source.language or ''}{' diarize' * self._diarize}"

    @property
    def timeout_s(self) -> float | None:
        return self._source.timeout_s

    @property
    def usd_per_minute(self) -> Decimal | None:
        return self._source.usd_per_minute

    def check(self) -> None:
        self._key()

    async def hear(self, recording: Recording) -> Heard:
        """In pieces where the service takes no file of that size; each is in the cache before the next is sent."""
        source, most_bytes = self._source, int(self._source.max_mb * MEGABYTE) - FORM_BYTES
        minutes = source.piece_minutes or (GPT_MINUTES if source.model.startswith("gpt-4o") else None)
        pieces = await pieces_of(recording, most_bytes=most_bytes, longest_s=None if minutes is None else minutes * 60)
        if len(pieces) == 1:
            return await self._heard(pieces[0], recording, 0, is_whole=True)
        found = []
        for number, piece in enumerate(pieces):
            name = f"piece:3 {self.identity} {recording.audio.sha256} {piece.start_s:.2f}-{piece.end_s:.2f}"
            heard = await self._kept(name)
            if heard is None:
                heard = await self._heard(piece, recording, number, is_whole=False)
                canonical = await computed(heard.transcript(self.name).canonical)
                await self._services.cache.set(name, canonical, cost_usd=heard.cost_usd)
                recording.progress.answered = False
            found.append(heard)
            recording.heard(piece.start_s + (piece.length_s or 0.0))
        return joined(found)

    async def _kept(self, name: str) -> Heard | None:
        """What a run that was cut short has paid for."""
        cache = self._services.cache
        (entry,) = await cache.by_key([cache.key(name)])
        if entry is None:
            return None
        try:
            kept = await computed(Transcript.model_validate_json, entry.value)
        except ValidationError:
            return None
        counters().saved_usd += entry.cost_usd or Decimal(0)
        return Heard(kept.segments, kept.language, entry.cost_usd, kept.remarks)

    async def _heard(self, piece: Piece, recording: Recording, number: int, *, is_whole: bool) -> Heard:
        cost_usd = self._cost(piece.length_s)
        body = await self._body(piece, recording, number, cost_usd)
        counters().paid(cost_usd)
        counters().heard_s += piece.length_s or 0.0
        try:
            heard = await computed(read_recognised, body, begins_s=None if is_whole else piece.start_s)
        except UnreadableTranscript as error:
            recording.progress.answered = False
            raise PermanentError(f"its answer cannot be read as a transcript: {error.text}") from None
        return Heard(heard.segments, heard.language, cost_usd, heard.remarks)

    async def _body(self, piece: Piece, recording: Recording, number: int, cost_usd: Decimal | None) -> bytes:
        """The answer, asked for with as much as the service knows of."""
        ways = self._ways()
        for way, fields in enumerate(ways):
            answer = await self._patiently(piece, recording, number, cost_usd, fields)
            if answer.error is None:
                return answer.body
            if not answer.fields_unknown or way + 1 == len(ways):
                raise answer.error
            log.info("%s: %s; asking for less", recording.title, answer.error.text)
        raise AssertionError("there is one way at least")

    def _ways(self) -> list[Fields]:
        source = self._source
        if "diarize" in source.model:
            ways = [SPEAKERS, WORDS_ALONE] if self._diarize else [WORDS_ALONE]
        elif source.model.startswith("gpt-4o"):
            ways = [WORDS_ALONE]
        else:
            ways = [TIMES_OF_WORDS, TIMES, WORDS_ALONE]
        always = [("model", source.model), *([("language", source.language)] if source.language else [])]
        return [[*always, *fields] for fields in ways]

    async def _patiently(
        self, piece: Piece, recording: Recording, number: int, cost_usd: Decimal | None, fields: Fields
    ) -> _Answer:
        def trouble(answer: _Answer) -> TransientError | None:
            return answer.error if answer.again and isinstance(answer.error, TransientError) else None

        async def once() -> _Answer:
            recording.progress.answered = False
            if recording.progress.stopping:
                raise asyncio.CancelledError
            form = await upload(piece.path, fields)  # before anything is held for it
            usual_s = recording.timeout_s if piece.length_s is None else usual_timeout_s(piece.length_s)
            timeout_s = self._source.timeout_s or usual_s
            errand = Errand(
                recording.feed,
                recording.key,
                SPEECH,
                self._source.model,
                order=(recording.place, number),
                audio_s=piece.length_s,
                longest_s=timeout_s + SETTLED_S,
            )
            return await self._services.till.pay(
                errand, cost_usd, lambda: self._once(form, recording, timeout_s, cost_usd)
            )

        services = self._services
        return await ask_again(once, trouble=trouble, sleep=services.sleep, clock=services.clock, patience=PATIENCE)

    async def _once(
        self, form: Form, recording: Recording, timeout_s: float, cost_usd: Decimal | None
    ) -> Bill[_Answer]:
        """Exactly one request. One that took its whole time is not made again: it would take, and cost, as much."""
        parts = urlsplit(self._source.url)
        url = urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/audio/transcriptions", fragment=""))
        began = self._services.clock()
        try:
            reply, body = await self._services.http.post(
                url,
                form.content(),
                headers={**form.headers, **self._authorization()},
                feed=None,
                episode=None,
                whole_s=timeout_s,
                max_bytes=MAX_TRANSCRIPT_BYTES,
            )
        except InkwellError as error:
            spent_s = (self._services.clock() - began).total_seconds()
            again = spent_s < timeout_s * 0.9
            return Bill(_Answer(error=error, again=again), None if error.was_sent else Decimal(0), error.text)
        if reply.status == 200:
            recording.progress.answered = True
            return Bill(_Answer(body), cost_usd)
        refused = self._refused(reply, body)
        unknown = reply.status in (400, 422) and UNKNOWN_FIELDS.search(refused.text) is not None
        return Bill(_Answer(error=refused, again=True, fields_unknown=unknown), Decimal(0), refused.text)

    def _refused(self, reply: Reply, body: bytes) -> InkwellError:
        error = reply_error(reply, now=self._services.clock())
        if said := _said(body, key=self._key()):
            error.text = f"{error.text}: {said}"
        if reply.status in (401, 403):
            error.todo = f"check the key in the environment variable {self._source.key_env}"
        elif reply.status == 413:
            error.todo = "lower `max_mb` of this source in the config, so that long files are cut"
        elif isinstance(error, PermanentError):
            error.todo = "check `url` and `model` of this source in the config"
        return error

    def _cost(self, seconds: float | None) -> Decimal | None:
        per_minute = self._source.usd_per_minute
        if per_minute is None or seconds is None:
            return per_minute if per_minute == 0 else None
        return per_minute * Decimal(str(round(seconds, 3))) / 60

    def _authorization(self) -> Mapping[str, str]:
        key = self._key()
        return {"Authorization": f"Bearer {key}"} if key else {}

    def _key(self) -> str | None:
        """None: there is none, and a server of one's own asks for none. Raises: ConfigError."""
        name = self._source.key_env
        if key := os.environ.get(name):
            return key
        is_named = "key_env" in self._source.model_fields_set
        if is_named or urlsplit(self._source.url).hostname == "api.openai.com":
            url = without_secrets(self._source.url)
            raise ConfigError(f"the environment variable {name}, with the key of {url}, is not set")
        return None


def _said(body: bytes, *, key: str | None) -> str:
    """The service's own words, where it has any, without the key, which some say back."""
    text = body[:100_000].decode("utf-8", "replace")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        error = found.get("error", found.get("detail", found.get("message")))
        text = str(error.get("message", error) if isinstance(error, dict) else error or "")
    elif text.lstrip().startswith("<"):
        return ""
    text = text.replace(key, "***") if key else text
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:SAID_CHARACTERS]
