"""JSON: the podcast namespace's form and other transcribers', words and lines put together."""

import json
from typing import Any

import pytest

from inkwell_pipeline.models import Segment
from inkwell_pipeline.transcript import UnreadableTranscript, read_transcript
from inkwell_pipeline.transcript.reading import Reading


def reading(document: Any) -> Reading:
    return read_transcript(json.dumps(document).encode(), declared="json")


def read(document: Any) -> tuple[Segment, ...]:
    return reading(document).segments


def line(start_s: Any, body: str, speaker: Any = "Ada Brook", **more: Any) -> dict[str, Any]:
    return {"startTime": start_s, "endTime": start_s, "speaker": speaker, "body": body, **more}


def words(text: str, speaker: str = "Ada Brook", start_s: float = 0.0) -> list[dict[str, Any]]:
    return [line(start_s + n / 2, word, speaker) for n, word in enumerate(text.split())]


def test_a_line_is_a_segment() -> None:
    """Times in seconds, the speaker's name, the words."""
    document = {"version": "1.0.0", "segments": [{"startTime": 1, "endTime": 2.5, "speaker": "Ada", "body": "Hi you."}]}

    assert read(document) == (Segment(start_s=1, end_s=2.5, speaker="Ada", text="Hi you."),)


def test_words_become_sentences_of_one_speaker() -> None:
    """A segment ends where a sentence does, or where another speaks; its times are its words'."""
    found = read({"segments": [*words("It rains. It pours"), *words("Does it ?", "Bo Li", 2.0)]})

    assert [(one.speaker, one.text) for one in found] == [
        ("Ada Brook", "It rains."),
        ("Ada Brook", "It pours"),
        ("Bo Li", "Does it?"),
    ]
    assert [(one.start_s, one.end_s) for one in found] == [(0, 0.5), (1, 1.5), (2, 3)]


def test_a_pause_ends_a_segment_of_words() -> None:
    """Where nothing is punctuated, it is all that parts them."""
    assert [one.text for one in read({"segments": [*words("one two"), *words("three four", start_s=9)]})] == [
        "one two",
        "three four",
    ]


def test_words_that_bring_their_spaces_are_joined_as_they_are() -> None:
    """Transcribers that cut words into pieces."""
    assert read([line(0, " rain"), line(0.1, "ing"), line(0.2, " again")])[0].text == "raining again"


def test_lines_of_one_time_and_speaker_are_one_segment() -> None:
    """Buzzsprout cuts a caption into its lines, both with the caption's times."""
    document = [line(0, "It is so nice to"), line(0, "be here again."), line(0, "Is it?", "Bo Li")]

    assert [one.text for one in read(document)] == ["It is so nice to be here again.", "Is it?"]


@pytest.mark.parametrize(
    "document",
    [
        [{"start": 1.0, "end": 2.0, "text": "Hi you."}],
        {"text": "Hi you.", "segments": [{"id": 0, "start": 1.0, "end": 2.0, "text": " Hi you.", "words": []}]},
        {"utterances": [{"start": 1000, "end": 2000, "text": "Hi you.", "speaker": "A"}]},
        {"results": {"utterances": [{"start": 1.0, "end": 2.0, "transcript": "Hi you.", "speaker": 0}]}},
        {"segments": [{"start_ms": 1000, "end_ms": 2000, "text": "Hi you."}]},
        [{"start": "00:00:01.000", "end": "00:00:02.000", "text": "Hi you.", "voice": "Speaker 1"}],
    ],
    ids=["bare list", "Whisper", "AssemblyAI", "Deepgram", "milliseconds", "clock"],
)
def test_dialects_give_the_same(document: Any) -> None:
    """Names of fields and units differ; labels that name nobody are no speakers."""
    assert read(document) == (Segment(start_s=1, end_s=2, speaker=None, text="Hi you."),)


def test_speakers_are_named_in_a_list() -> None:
    """By what their segments call them."""
    document = {"speakers": [{"id": 0, "name": "Ada Brook"}], "segments": [line(0, "Hi you all.", 0)]}

    assert read(document)[0].speaker == "Ada Brook"


def test_segments_are_in_order_of_time() -> None:
    """Whatever the file's."""
    assert [one.start_s for one in read([line(5, "is that a b"), line(1, "this a b c")])] == [1, 5]


def test_what_has_no_words_is_counted_and_what_has_no_time_is_kept() -> None:
    """Nothing goes without a line that says so."""
    document = [line(0, "one two three"), line(1, " "), {"startTime": 2}, line("soon", "four five six"), "x"]

    found = reading(document)

    assert [(one.start_s, one.text) for one in found.segments] == [(0, "one two three"), (None, "four five six")]
    assert found.remarks == (
        "3 of 5 segments left out: 3 without words",
        "1 of 5 segments kept without a time, not usable as written: '\"soon\"'",
    )


@pytest.mark.parametrize(
    "text",
    ['{"segments": []}', '{"error": "not found"}', "[]", "{}", '{"segments": [{"startTime": 1', "[" * 100_000, "[[1]]"],
)
def test_json_without_segments_is_unreadable(text: str) -> None:
    """An error's body, a file cut in the middle, or one that would take the interpreter's stack."""
    with pytest.raises(UnreadableTranscript, match="JSON"):
        read_transcript(text.encode())


def test_half_of_a_letter_is_left_out() -> None:
    """`\\ud83d` alone is no text that a file could hold."""
    assert read([line(0, "hi \ud83d you there")])[0].text == "hi you there"
