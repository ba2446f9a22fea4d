"""What a recogniser gives: segments with the times of their words, how sure it is, and the language.

Belongs here: the JSON of Whisper and of services that speak like it, with what the common reader leaves aside. Does
not: all other forms (`forms.py`), and what of it was never said (`invented.py`).
Pure. Sources: OpenAI's API reference, "Create transcription", its `verbose_json` and `diarized_json`; faster-whisper's
`Segment` and `Word`; whisper.cpp's `-oj` and `-ojf`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from math import exp, isfinite
from typing import Any

from inkwell_pipeline.models import Segment, SpokenWord
from inkwell_pipeline.transcript.encoding import decoded
from inkwell_pipeline.transcript.forms import read_transcript
from inkwell_pipeline.transcript.reading import UnreadableTranscript, folded
from inkwell_pipeline.transcript.speakers import label
from inkwell_pipeline.transcript.speech.hearer import Heard
from inkwell_pipeline.transcript.speech.invented import Doubt, without_invented

__all__ = ["begins_like_captions", "read_recognised"]

TIMED = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:WEBVTT|[{\[]\s*[\"{]|(?:\d+\s*\n)?\s*\d+:\d\d(?::\d\d)?[.,]\d+\s*-+>)")


def begins_like_captions(data: bytes) -> bool:
    """Whether it is VTT, SRT or JSON, by its first bytes."""
    return TIMED.match(data[:1000]) is not None


def read_recognised(data: bytes) -> Heard:
    """Segments in order of time, without what was invented. Raises: UnreadableTranscript."""
    text, _ = decoded(data)
    found = _whispered(text)
    if found is None:
        reading = read_transcript(data)
        kept, said = without_invented([(segment, Doubt()) for segment in reading.segments])
        return _heard(kept, None, (*reading.remarks, *said))
    segments, language = found
    kept, said = without_invented(segments)
    return _heard(kept, language, said)


def _heard(segments: Sequence[Segment], language: str | None, remarks: Sequence[str]) -> Heard:
    if not segments:
        raise UnreadableTranscript("; ".join(("it holds no words that were said", *remarks)))
    return Heard(tuple(segments), language, remarks=tuple(remarks))


def _whispered(text: str) -> tuple[list[tuple[Segment, Doubt]], str | None] | None:
    """None where it is in another form, which the common reader knows."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    listed = document.get("segments") or document.get("transcription")
    if not isinstance(listed, list):
        return _untimed(document)
    words = list(_words(document.get("words")))  # OpenAI's API has those of all segments in one list
    segments = [found for raw in listed if isinstance(raw, dict) and (found := _segment(raw))]
    if words:
        segments = _with_words(segments, words)
    if not segments or all(segment.start_s is None for segment, _ in segments):
        return None
    segments.sort(key=lambda one: one[0].start_s or 0.0)
    return segments, _language(document)


def _untimed(document: Mapping[str, Any]) -> tuple[list[tuple[Segment, Doubt]], str | None] | None:
    """`{"text": …}`: all that some models give."""
    text = document.get("text")
    if not isinstance(text, str) or any(isinstance(value, list) for value in document.values()):
        return None
    words = folded(text)
    said = Segment(start_s=None, end_s=None, speaker=None, text=words)
    return ([(said, Doubt())] if words else []), _language(document)


def _language(document: Mapping[str, Any]) -> str | None:
    result = document.get("result")  # whisper.cpp
    language = document.get("language") or (result.get("language") if isinstance(result, dict) else None)
    return language.strip().lower() if isinstance(language, str) and language.strip() else None


def _segment(raw: Mapping[str, Any]) -> tuple[Segment, Doubt] | None:
    text = folded(str(raw.get("text") or ""))
    if not text:
        return None
    start_s, end_s = _span(raw)
    logprob = _number(raw.get("avg_logprob"))
    confidence = _number(raw.get("confidence"))
    if confidence is None and logprob is not None:
        confidence = round(exp(min(0.0, logprob)), 3)
    speaker = raw.get("speaker")
    segment = Segment(
        start_s=start_s,
        end_s=end_s if start_s is not None and end_s is not None and end_s >= start_s else None,
        speaker=_speaker(speaker) if isinstance(speaker, str) else None,
        text=text,
        words=tuple(_words(raw.get("words"))),
        confidence=confidence,
    )
    return segment, Doubt(no_speech=_number(raw.get("no_speech_prob")), logprob=logprob)


def _speaker(name: str) -> str | None:
    """Told apart, though nobody knows their names: `Speaker A`."""
    name = folded(name)
    letters = name.upper().removeprefix("SPEAKER").strip(" _-#")
    return label(name) or (f"Speaker {letters}" if letters else None)


def _span(raw: Mapping[str, Any]) -> tuple[float | None, float | None]:
    if isinstance(offsets := raw.get("offsets"), dict):  # whisper.cpp, in milliseconds
        start_ms, end_ms = _number(offsets.get("from")), _number(offsets.get("to"))
        return (None if start_ms is None else start_ms / 1000), (None if end_ms is None else end_ms / 1000)
    return _time(raw.get("start")), _time(raw.get("end"))


def _words(raw: Any) -> Iterator[SpokenWord]:
    """Those with a time."""
    for one in raw if isinstance(raw, list) else ():
        if not isinstance(one, dict):
            continue
        text = folded(str(one.get("word") or one.get("text") or ""))
        start_s, end_s = _time(one.get("start")), _time(one.get("end"))
        if not text or start_s is None:
            continue
        sure = next(
            (found for name in ("probability", "confidence", "score") if (found := _number(one.get(name))) is not None),
            None,
        )
        yield SpokenWord(text, start_s, max(start_s, end_s) if end_s is not None else start_s, sure)


def _with_words(segments: Sequence[tuple[Segment, Doubt]], words: Sequence[SpokenWord]) -> list[tuple[Segment, Doubt]]:
    """Each segment with those of the words that begin in it."""
    placed = []
    waiting = sorted(words, key=lambda word: word.start_s)
    at = 0
    for number, (segment, doubt) in enumerate(segments):
        following = segments[number + 1][0].start_s if number + 1 < len(segments) else None
        ends_s = following if following is not None else float("inf")
        begin = at
        while at < len(waiting) and waiting[at].start_s < ends_s:
            at += 1
        placed.append(
            (segment if segment.words else segment.model_copy(update={"words": tuple(waiting[begin:at])}), doubt)
        )
    return placed


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return float(value)


def _time(value: Any) -> float | None:
    seconds = _number(value)
    return round(seconds, 3) if seconds is not None and 0 <= seconds < 1e7 else None
