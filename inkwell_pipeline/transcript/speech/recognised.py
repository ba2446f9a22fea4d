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
from typing import Any, TypeAlias

from inkwell_pipeline.models import Segment, SpokenWord
from inkwell_pipeline.timecode import LONGEST_S
from inkwell_pipeline.transcript.encoding import decoded
from inkwell_pipeline.transcript.forms import read_transcript
from inkwell_pipeline.transcript.json_form import LISTS
from inkwell_pipeline.transcript.reading import folded
from inkwell_pipeline.transcript.speakers import label
from inkwell_pipeline.transcript.speech.hearer import Heard
from inkwell_pipeline.transcript.speech.invented import Doubt, without_invented
from inkwell_pipeline.transcript.times import in_time

__all__ = ["begins_like_captions", "read_recognised"]

OTHER_LISTS = frozenset(LISTS) - {"segments"}  # what other transcribers call theirs, whose times have other units
LANGUAGE = re.compile(r"[A-Za-z][A-Za-z ()-]{1,40}")  # `en`, `english`, `zh-Hans`
PAUSE_S, MOST_WORDS = 0.7, 40  # where segments end that are made of words alone
TOLD_APART = re.compile(r"(?i)(?:speaker[ _#-]{0,2})?([a-z]|[0-9]{1,3})")
TIMED = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:WEBVTT|[{\[]\s*[\"{]|(?:\d+\s*\n)?\s*\d+:\d\d(?::\d\d)?[.,]\d+\s*-+>)")
_Doubted: TypeAlias = tuple[Segment, Doubt]
_Found: TypeAlias = tuple[list[_Doubted], str | None]  # the segments, and the language


def begins_like_captions(data: bytes) -> bool:
    """Whether it is VTT, SRT or JSON, by its first bytes."""
    return TIMED.match(data[:1000]) is not None


def read_recognised(data: bytes, *, begins_s: float | None = None) -> Heard:
    """Segments in order of time, without what was invented; none where nobody speaks, which is an answer, too.

    Raises: UnreadableTranscript.
    `begins_s`: where in the whole its first second lies, for a piece of it; all times are then the whole's.
    """
    text, _ = decoded(data)
    found = _whispered(text)
    if found is None and (text.strip() == "[]" or (text.lstrip().startswith("WEBVTT") and "-->" not in text)):
        found = ([], None)
    if found is None:
        reading = read_transcript(data)
        segments, language, remarks = [(segment, Doubt()) for segment in reading.segments], None, reading.remarks
    else:
        (segments, language), remarks = found, ()
    if begins_s is not None:
        segments = [(_later(segment, begins_s), doubt) for segment, doubt in segments]
    kept, cut = without_invented(segments)
    return Heard(tuple(kept), language, remarks=(*remarks, *cut))


def _later(segment: Segment, by_s: float) -> Segment:
    moved = {
        "start_s": None if segment.start_s is None else round(segment.start_s + by_s, 3),
        "end_s": None if segment.end_s is None else round(segment.end_s + by_s, 3),
        "words": tuple(
            SpokenWord(word.text, round(word.start_s + by_s, 3), round(word.end_s + by_s, 3), word.confidence)
            for word in segment.words
        ),
    }
    return segment.model_copy(update=moved)


def _whispered(text: str) -> _Found | None:
    """None where it is in another form, which the common reader knows."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    listed = document.get("segments") or document.get("transcription")
    segments = [found for raw in _dicts(listed) if (found := _segment(raw))]
    if not segments and any(isinstance(document.get(name), list) and document[name] for name in OTHER_LISTS):
        return None
    words = sorted(_words(document.get("words")), key=lambda word: word.start_s)  # OpenAI's API: of all segments
    if any(segment.start_s is not None for segment, _ in segments):
        return _with_words(in_time(segments, lambda one: one[0].start_s), words), _language(document)
    if words and not segments:
        return [(segment, Doubt()) for segment in _of_words(words)], _language(document)
    said = document.get("text", "" if listed == [] else None)
    if not isinstance(said, str) or segments:
        return None
    whole = Segment(start_s=None, end_s=None, speaker=None, text=folded(said))
    return ([(whole, Doubt())] if whole.text else []), _language(document)


def _dicts(listed: Any) -> Iterator[Mapping[str, Any]]:
    return (raw for raw in (listed if isinstance(listed, list) else ()) if isinstance(raw, dict))


def _language(document: Mapping[str, Any]) -> str | None:
    result = document.get("result")  # whisper.cpp
    language = document.get("language") or (result.get("language") if isinstance(result, dict) else None)
    return language.strip().lower() if isinstance(language, str) and LANGUAGE.fullmatch(language.strip()) else None


def _segment(raw: Mapping[str, Any]) -> tuple[Segment, Doubt] | None:
    text = _text(raw.get("text"))
    if not text:
        return None
    start_s, end_s = _span(raw)
    logprob = _number(raw.get("avg_logprob"))
    confidence = _number(raw.get("confidence"))
    if confidence is None and logprob is not None:
        confidence = round(exp(max(-100.0, min(0.0, logprob))), 3)
    segment = Segment(
        start_s=start_s,
        end_s=end_s if start_s is not None and end_s is not None and end_s >= start_s else None,
        speaker=_speaker(_text(raw.get("speaker"))),
        text=text,
        words=tuple(sorted(_words(raw.get("words")), key=lambda word: word.start_s)),
        confidence=confidence,
    )
    return segment, Doubt(no_speech=_number(raw.get("no_speech_prob")), logprob=logprob)


def _text(raw: Any) -> str:
    return folded(raw) if isinstance(raw, str) else ""


def _speaker(name: str) -> str | None:
    """A name; or told apart, though nobody knows their names: `Speaker A`. None for `Unknown`."""
    told = TOLD_APART.fullmatch(name)
    return f"Speaker {told[1].upper()}" if told else label(name)


def _span(raw: Mapping[str, Any]) -> tuple[float | None, float | None]:
    if isinstance(offsets := raw.get("offsets"), dict):  # whisper.cpp, in milliseconds
        return _time(offsets.get("from"), unit_s=0.001), _time(offsets.get("to"), unit_s=0.001)
    return _time(raw.get("start")), _time(raw.get("end"))


def _words(raw: Any) -> Iterator[SpokenWord]:
    """Those with a time."""
    for one in _dicts(raw):
        text = _text(one.get("word") or one.get("text"))
        start_s, end_s = _time(one.get("start")), _time(one.get("end"))
        if not text or start_s is None:
            continue
        numbers = (_number(one.get(name)) for name in ("probability", "confidence", "score"))
        sure = next((found for found in numbers if found is not None), None)
        yield SpokenWord(text, start_s, max(start_s, end_s) if end_s is not None else start_s, sure)


def _with_words(segments: Sequence[_Doubted], words: Sequence[SpokenWord]) -> list[_Doubted]:
    """Each segment that has a time with those of the words that begin from then to the next one's."""
    timed = [nth for nth, (segment, _) in enumerate(segments) if segment.start_s is not None]
    placed, at = list(segments), 0
    for nth, following in zip(timed, [*timed[1:], None], strict=True):
        ends_s = float("inf") if following is None else segments[following][0].start_s or 0.0
        begin = at
        while at < len(words) and words[at].start_s < ends_s:
            at += 1
        segment, doubt = segments[nth]
        if not segment.words and at > begin:
            placed[nth] = segment.model_copy(update={"words": tuple(words[begin:at])}), doubt
    return placed


def _of_words(words: Sequence[SpokenWord]) -> Iterator[Segment]:
    """Where there are words alone: a segment from one pause to the next."""
    group: list[SpokenWord] = []
    for word in words:
        if group and (word.start_s - group[-1].end_s > PAUSE_S or len(group) == MOST_WORDS):
            yield _joined(group)
            group = []
        group.append(word)
    if group:
        yield _joined(group)


def _joined(words: Sequence[SpokenWord]) -> Segment:
    text = " ".join(word.text for word in words)
    return Segment(start_s=words[0].start_s, end_s=words[-1].end_s, speaker=None, text=text, words=tuple(words))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None


def _time(value: Any, *, unit_s: float = 1.0) -> float | None:
    number = _number(value)
    return round(number * unit_s, 3) if number is not None and 0 <= number * unit_s < LONGEST_S else None
