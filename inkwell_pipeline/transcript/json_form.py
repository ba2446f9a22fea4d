"""JSON to segments: the podcast namespace's form, and what transcribers export.

Belongs here: the names of fields, and how words and lines become something that one says. Does not: telling forms
apart (`forms.py`).
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from statistics import median
from typing import Any

from inkwell_pipeline.models import Segment
from inkwell_pipeline.transcript.reading import Reading, Tally, UnreadableTranscript, folded, plain
from inkwell_pipeline.transcript.speakers import label, with_full_names
from inkwell_pipeline.transcript.times import in_time, parse_timestamp_s

__all__ = ["LISTS", "read_json"]

LISTS = ("segments", "utterances", "transcript", "transcripts", "captions", "cues", "lines", "paragraphs", "results")
TEXTS = ("body", "text", "content", "transcript", "punctuated_word", "word")
STARTS = ("startTime", "start_time", "start", "startTimeMs", "start_ms", "startMs", "time", "timestamp", "offset")
ENDS = ("endTime", "end_time", "end", "endTimeMs", "end_ms", "endMs")
SPEAKERS = ("speaker", "speakerName", "speaker_name", "speaker_label", "voice", "name")
SENTENCE_END = re.compile(r"""[.?!…。？！]["'”’)\]]{0,2}$""")
LONGEST_WORDS = 60  # of one segment that is made of words, where no sentence ends
LONGEST_PAUSE_S = 2.0  # between words of one segment
WORD_LEVEL = 2  # words in a segment, in the median, up to which segments are words rather than lines


@dataclass(frozen=True)
class _Entry:
    start_s: float | None
    end_s: float | None
    speaker: str | None
    text: str  # with the white space around it, which says whether words are parted


def read_json(text: str) -> Reading:
    """Segments in order of their times. Words become sentences, lines of one time and speaker one segment.

    Reads `segments` of {startTime, endTime, speaker, body} in seconds; also a bare list, {start, end, text} (Whisper),
    `utterances` in milliseconds (AssemblyAI) or seconds below `results` (Deepgram), times as `00:00:01.000`, and names
    of speakers in a list `speakers` of {id, name}. Raises: UnreadableTranscript.
    Source: podcast namespace, transcripts.md, "JSON"; the rest from what those programs write.
    """
    try:
        document = json.loads(text)
    except RecursionError:
        raise UnreadableTranscript("its JSON is nested too deep") from None
    except ValueError as error:
        raise UnreadableTranscript(f"its JSON is broken ({error})") from None
    tally = Tally("segments")
    unit_s = 0.001 if _in_milliseconds(document) else 1.0
    names = _names(document)
    entries = [entry for raw in _list(document) if (entry := _entry(raw, tally, names=names, unit_s=unit_s))]
    if not entries:
        raise UnreadableTranscript("its JSON has no segments with words")
    segments = [_segment(group) for group in _groups(in_time(entries, lambda entry: entry.start_s))]
    return Reading(with_full_names(segments), tally.remarks)


def _list(document: object, depth: int = 3) -> list[object]:
    """The first list of objects with words, below the names under which transcribers keep them."""
    if isinstance(document, list):
        return document if any(isinstance(raw, dict) and _first(raw, TEXTS) is not None for raw in document) else []
    if isinstance(document, dict) and depth:
        for name in LISTS:
            if found := _list(document.get(name), depth - 1):
                return found
    return []


def _in_milliseconds(document: object) -> bool:
    """AssemblyAI's utterances: whole numbers, where all others write seconds with a fraction somewhere."""
    if not isinstance(document, dict) or not isinstance(document.get("utterances"), list):
        return False
    starts = [raw.get("start") for raw in document["utterances"] if isinstance(raw, dict)]
    return bool(starts) and all(isinstance(start, int) for start in starts)


def _names(document: object) -> dict[str, str]:
    listed = document.get("speakers") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        return {}
    return {
        str(raw["id"]): raw["name"]
        for raw in listed
        if isinstance(raw, dict) and "id" in raw and isinstance(raw.get("name"), str)
    }


def _entry(raw: object, tally: Tally, *, names: Mapping[str, str], unit_s: float) -> _Entry | None:
    tally.total += 1
    text = _first(raw, TEXTS) if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or not isinstance(text, str) or not folded(text):
        tally.leave_out("without words")
        return None
    start_s, end_s = _time(raw, STARTS, unit_s), _time(raw, ENDS, unit_s)
    if start_s is None:
        end_s = None
        if (written := _first(raw, STARTS)) is not None:
            tally.without_time(json.dumps(written)[:40])
    speaker = _first(raw, SPEAKERS)
    speaker = _first(speaker, ("name", "id")) if isinstance(speaker, dict) else speaker
    known = str(speaker) if isinstance(speaker, str | int) and not isinstance(speaker, bool) else ""
    return _Entry(
        start_s=start_s,
        end_s=None if end_s is None or start_s is None else max(start_s, end_s),
        speaker=label(folded(names.get(known, known))),
        text=plain(text),
    )


def _first(raw: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((raw[name] for name in names if raw.get(name) is not None), None)


def _time(raw: Mapping[str, Any], names: Sequence[str], unit_s: float) -> float | None:
    """Seconds; None where none is stated, or what is stated is no time."""
    name = next((name for name in names if raw.get(name) is not None), "")
    value = raw.get(name)
    if isinstance(value, str):
        try:
            value = parse_timestamp_s(value)
        except UnreadableTranscript:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**12:
        return None
    seconds = value * (0.001 if name.lower().endswith("ms") else unit_s)
    return round(seconds, 3) if isfinite(seconds) else None


def _groups(entries: Sequence[_Entry]) -> Iterator[list[_Entry]]:
    """What belongs in one segment: words up to a sentence's end, a pause or a change of speaker; lines of one time."""
    by_word = median(len(entry.text.split()) for entry in entries) <= WORD_LEVEL and len(entries) > 1
    group: list[_Entry] = []
    for entry in entries:
        if group and not (_same_sentence(group, entry) if by_word else _same_time(group[-1], entry)):
            yield group
            group = []
        group.append(entry)
    yield group


def _same_time(one: _Entry, other: _Entry) -> bool:
    return one.start_s is not None and replace(one, text="") == replace(other, text="")


def _same_sentence(group: Sequence[_Entry], entry: _Entry) -> bool:
    last = group[-1]
    ended_s = last.end_s if last.end_s is not None else last.start_s
    paused = ended_s is not None and entry.start_s is not None and entry.start_s - ended_s > LONGEST_PAUSE_S
    if entry.speaker != last.speaker or paused or (entry.start_s is None) != (last.start_s is None):
        return False
    return len(group) < LONGEST_WORDS and not SENTENCE_END.search(last.text.strip())


def _segment(group: Sequence[_Entry]) -> Segment:
    parted = not any(entry.text[:1].isspace() for entry in group)
    text = (" " if parted else "").join(entry.text for entry in group)
    ends = [entry.end_s for entry in group if entry.end_s is not None]
    return Segment(
        start_s=group[0].start_s,
        end_s=max(ends) if ends else None,
        speaker=group[0].speaker,
        text=re.sub(r" +(?=[,.;:?!…](?:\s|$))", "", folded(text)) if len(group) > 1 else folded(text),
    )
