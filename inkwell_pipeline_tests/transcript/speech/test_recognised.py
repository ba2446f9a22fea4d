"""What recognisers write: each dialect's times, words and doubts; and damage, which is told as such."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkwell_pipeline.models import Segment, SpokenWord
from inkwell_pipeline.transcript import UnreadableTranscript
from inkwell_pipeline.transcript.speech.hearer import Heard
from inkwell_pipeline.transcript.speech.recognised import begins_like_captions, read_recognised
from inkwell_pipeline_tests.builders import as_json, srt, transcript, vtt
from inkwell_pipeline_tests.fuzzing import examples

HUGE = 10**400  # JSON's whole numbers have no end, floats do


def short(value: object) -> str:
    """A test's name."""
    return repr(value[:40] if isinstance(value, bytes) else value)[:40]


def heard(document: Any) -> Heard:
    return read_recognised(json.dumps(document).encode())


def read(*segments: dict[str, Any], **more: Any) -> tuple[Segment, ...]:
    return heard({"segments": list(segments), **more}).segments


def line(start_s: Any, text: str, end_s: Any = None, **more: Any) -> dict[str, Any]:
    return {"start": start_s, "end": end_s, "text": text, **more}


def word(start_s: Any, text: str, **more: Any) -> dict[str, Any]:
    return {"word": text, "start": start_s, "end": start_s + 0.5 if isinstance(start_s, float) else None, **more}


def test_openai_s_words_go_to_the_segments_they_begin_in() -> None:
    """`verbose_json` has those of all segments in one list; a quote's time is that of its first word."""
    first, second = read(
        line(0.0, " The gauge.", 2.0, id=0, avg_logprob=-0.1, no_speech_prob=0.01),
        line(2.0, " It rains.", 4.0, id=1),
        text="The gauge. It rains.",
        words=[word(0.0, "The"), word(1.0, "gauge"), word(2.0, "It"), word(3.0, "rains")],
    )

    assert (first.text, first.start_s, first.end_s) == ("The gauge.", 0, 2)
    assert first.words == (SpokenWord("The", 0, 0.5), SpokenWord("gauge", 1, 1.5))
    assert [(one.text, one.start_s) for one in second.words] == [("It", 2), ("rains", 3)]


def test_one_list_of_words_may_be_in_any_order() -> None:
    """They are told apart by their times alone."""
    words = [word(3.0, "rains"), word(0.0, "The"), word(2.0, "It"), word(1.0, "gauge")]

    found = read(line(0.0, "The gauge."), line(2.0, "It rains."), words=words)

    assert [[one.text for one in segment.words] for segment in found] == [["The", "gauge"], ["It", "rains"]]


def test_segments_in_any_order_get_their_own_words() -> None:
    """A service that joins the parts of its work as they are done."""
    found = read(line(5.0, "five"), line(0.0, "zero"), words=[word(0.0, "zero"), word(5.0, "five")])

    assert [(one.text, [spoken.text for spoken in one.words]) for one in found] == [
        ("zero", ["zero"]),
        ("five", ["five"]),
    ]


def test_a_segment_s_own_words_count() -> None:
    """faster-whisper's and WhisperX's, with how sure each is."""
    (found,) = read(
        line(1.0, " It rains.", 3.0, words=[word(1.0, " It", probability=0.9), word(2.0, " rains.", score=0.5)])
    )

    assert found.words == (SpokenWord("It", 1, 1.5, 0.9), SpokenWord("rains.", 2, 2.5, 0.5))


def test_a_segment_s_own_words_count_before_those_of_a_list() -> None:
    """They are its own for certain; and the list's, with nothing to say of this one, are no reason to lose them."""
    own = line(0.0, "It rains", words=[word(0.0, "It"), word(1.0, "rains")])

    (found,) = read(own, words=[word(0.5, "elsewhere")])

    assert [one.text for one in found.words] == ["It", "rains"]


@pytest.mark.parametrize("start", [None, -1, "soon", True, float("nan"), float("inf"), HUGE], ids=short)
def test_a_word_without_a_time_is_none(start: Any) -> None:
    """An aligner leaves out what it cannot place; the text has it all the same."""
    (found,) = read(line(1.0, "It rains", words=[word(start, "It"), word(2.0, "rains")]))

    assert (found.text, [one.text for one in found.words]) == ("It rains", ["rains"])


@pytest.mark.parametrize("end", [None, 0.5, -1, "late", float("nan"), float("inf"), HUGE], ids=short)
def test_an_end_before_its_beginning_is_none(end: Any) -> None:
    """And a word's lies at its beginning at least."""
    (found,) = read(line(1.0, "It", end, words=[{"word": "It", "start": 1.0, "end": end}]))

    assert (found.start_s, found.end_s) == (1, None)
    assert found.words == (SpokenWord("It", 1, 1),)


@pytest.mark.parametrize("start", [None, -1, -0.001, "soon", True, float("nan"), float("-inf"), 1e9, HUGE], ids=short)
def test_what_is_no_time_is_none_and_the_words_stay_where_they_were(start: Any) -> None:
    """In the order of talk: a sentence from the middle is not the first thing that was said."""
    found = read(line(1.0, "one", 2.0), line(start, "two", 3.0), line(4.0, "three", 5.0))

    assert [(one.text, one.start_s, one.end_s) for one in found] == [
        ("one", 1, 2),
        ("two", None, None),
        ("three", 4, 5),
    ]


@pytest.mark.parametrize("begins", [-500, float("nan"), 10**12, HUGE, "0", None], ids=short)
def test_milliseconds_that_are_no_time_are_none(begins: Any) -> None:
    """whisper.cpp's are held to what all others are."""
    document = {
        "transcription": [
            {"offsets": {"from": begins, "to": 900}, "text": " one"},
            {"offsets": {"from": 1000, "to": 2000}, "text": " two"},
        ]
    }

    assert {one.text: one.start_s for one in heard(document).segments} == {"one": None, "two": 1}


def test_whisper_cpp_counts_milliseconds() -> None:
    """Its language lies beside the segments, below `result`."""
    document = {
        "systeminfo": "AVX = 1",
        "result": {"language": "de"},
        "transcription": [
            {
                "timestamps": {"from": "00:00:01,250", "to": "00:00:02,500"},
                "offsets": {"from": 1250, "to": 2500},
                "text": " Es regnet.",
                "tokens": [{"text": " Es", "offsets": {"from": 1250, "to": 1500}, "id": 1, "p": 0.9}],
            }
        ],
    }

    found = heard(document)

    assert found.segments == (Segment(start_s=1.25, end_s=2.5, speaker=None, text="Es regnet."),)
    assert found.language == "de"


@pytest.mark.parametrize(
    ("written", "speaker"),
    [
        ("A", "Speaker A"),
        ("SPEAKER_01", "Speaker 01"),
        ("speaker 2", "Speaker 2"),
        ("Ada Brook", "Ada Brook"),
        ("agent", "agent"),
        ("", None),
        ("Unknown", None),
        (None, None),
        (["A"], None),
    ],
)
def test_speakers_are_told_apart(written: Any, speaker: str | None) -> None:
    """`diarized_json` names them by letters, or by names whose voices it was given; `Unknown` is nobody."""
    (found,) = read({"type": "transcript.text.segment", "id": "seg_1", **line(0.0, "Hi you.", 1.0, speaker=written)})

    assert found.speaker == speaker


@pytest.mark.parametrize(
    ("doubts", "confidence"),
    [
        ({"avg_logprob": 0.0}, 1.0),
        ({"avg_logprob": -0.6931471805599453}, 0.5),
        ({"avg_logprob": 0.2}, 1.0),
        ({"confidence": 0.75, "avg_logprob": -3}, 0.75),
        ({"avg_logprob": float("nan")}, None),
        ({"avg_logprob": -HUGE}, None),
        ({"confidence": True}, None),
        ({}, None),
    ],
    ids=short,
)
def test_how_sure_it_is(doubts: dict[str, Any], confidence: float | None) -> None:
    """Between 0 and 1, whichever way it is written."""
    assert read(line(0.0, "Hi you.", **doubts))[0].confidence == confidence


@pytest.mark.parametrize(
    ("document", "language"),
    [
        ({"language": " EN "}, "en"),
        ({"language": "english"}, "english"),
        ({"language": ""}, None),
        ({"language": 5}, None),
        ({"result": {"language": "fr"}}, "fr"),
        ({"result": "done"}, None),
        ({}, None),
    ],
)
def test_the_language_that_it_heard(document: dict[str, Any], language: str | None) -> None:
    """As it is written, in small letters."""
    assert heard({"segments": [line(0.0, "Hi you.")], **document}).language == language


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"usage": {"type": "tokens", "total_tokens": 9}},
        {"logprobs": [{"token": "It", "logprob": -0.1}]},
        {"segments": []},
        {"segments": None},
        {"words": [word(0.0, "It"), word(1.0, "rains.")]},
    ],
    ids=["alone", "usage", "logprobs", "no segments", "null segments", "words alone"],
)
def test_a_text_is_kept_whatever_lies_beside_it(more: dict[str, Any]) -> None:
    """It is paid for: OpenAI's `json`, with what was asked for besides, and servers that leave lists empty."""
    found = heard({"text": " It rains.", **more})

    assert " ".join(one.text for one in found.segments) == "It rains."


def test_a_text_alone_has_no_times() -> None:
    """None are invented."""
    assert heard({"text": "It\n rains."}).segments == (
        Segment(start_s=None, end_s=None, speaker=None, text="It rains."),
    )


@pytest.mark.parametrize("data", [vtt(), srt(), as_json()], ids=["vtt", "srt", "json"])
def test_other_forms_are_read_as_a_publisher_s_are(data: bytes) -> None:
    """A program may write any of them."""
    assert read_recognised(data).segments == transcript().segments


def test_what_a_reader_left_out_is_told() -> None:
    """Beside what was cut."""
    cues = [("1.000", ""), ("2.000", "[Music]"), ("4.000", "It rains.")]
    text = "".join(f"00:0{begin} --> 00:09.000\n{words}\n\n" for begin, words in cues)

    found = read_recognised(f"WEBVTT\n\n{text}".encode())

    assert [(one.start_s, one.text) for one in found.segments] == [(4, "It rains.")]
    assert len(found.remarks) == 2
    assert found.remarks[0].startswith("1 of 3 cues left out: ")
    assert found.remarks[1] == "1 segments left out in which nobody speaks, the first at 0:02"


def test_plain_text_with_times_is_read() -> None:
    """What some programs print."""
    found = read_recognised(b"Ada Brook (0:00): It rains.\n\nBo Li (0:05): Does it?\n")

    assert [(one.start_s, one.speaker, one.text) for one in found.segments] == [
        (0, "Ada Brook", "It rains."),
        (5, "Bo Li", "Does it?"),
    ]


def test_what_nobody_said_is_cut_with_a_line_that_says_so() -> None:
    """By the recogniser's own doubt."""
    found = heard(
        {"segments": [line(0.0, "Thank you.", no_speech_prob=0.9, avg_logprob=-1.5), line(65.0, "It rains.")]},
    )

    assert [one.text for one in found.segments] == ["It rains."]
    assert found.remarks == ("1 segments left out in which nobody speaks, the first at 0:00",)


@pytest.mark.parametrize("text", [["It rains."], {"it": "rains"}, None, "", " \n"])
def test_what_is_no_text_is_no_words(text: Any) -> None:
    """Python's own way to write a list is nothing that anybody said."""
    found = read({"start": 0.0, "text": text}, line(1.0, "It rains."))

    assert [one.text for one in found] == ["It rains."]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"null",
        b'{"text": 5}',
        b'{"error": {"message": "no"}}',
        b'{"segments": [{"start": 0, "text": " "}]}',
        b'{"segments": [{"start": 0, "te',
        b'{"segments": ' + b"[" * 100_000,
        b'{"segments": [{"start": 0, "text": ' + b"[" * 900 + b"]" * 900 + b"}]}",
        b'{"segments": [{"start": ' + b"9" * 5000 + b', "text": "a"}]}',
        b"ID3\x04" + bytes(200),
        bytes(range(256)),
    ],
    ids=short,
)
def test_what_holds_no_words_is_unreadable(data: bytes) -> None:
    """An error's body, a file cut in the middle, audio, one that would take the interpreter's stack."""
    with pytest.raises(UnreadableTranscript):
        read_recognised(data)


@pytest.mark.parametrize(
    "data",
    [
        b'{"text": ""}',
        b'{"text": "", "segments": []}',
        b'{"segments": [{"start": 0, "text": "[BLANK_AUDIO]"}]}',
        b"WEBVTT\n\n",
        b"WEBVTT\nKind: captions\nLanguage: en\n\nNOTE made by a program\n",
        b"[]",
        b"WEBVTT - made by a program\n",
    ],
    ids=short,
)
def test_silence_is_an_answer(data: bytes) -> None:
    """Music, an outro: it has been heard, and is not to be paid for again."""
    assert read_recognised(data).segments == ()


def test_other_transcribers_lists_are_the_common_readers() -> None:
    """Their times are in other units, their words not sentences; `text` beside them is all of it once more."""
    words = [
        {"text": word, "start": 250 + nth * 400, "end": 600 + nth * 400} for nth, word in enumerate(("Hello", "there"))
    ]
    utterance = {"start": 250, "end": 1400, "text": "Hello there.", "speaker": "A"}
    found = heard({"text": "Hello there.", "words": words, "utterances": [utterance]})

    assert [(one.start_s, one.end_s, one.text) for one in found.segments] == [(0.25, 1.4, "Hello there.")]


ODD = st.sampled_from([float("nan"), float("inf"), -1.0, 1e300, HUGE, -HUGE, "\ud83d", "[BLANK_AUDIO]", "no " * 20])
NAMES = st.sampled_from(
    [
        *("segments", "transcription", "words", "word", "text", "start", "end", "offsets", "from", "to", "speaker"),
        *("language", "result", "avg_logprob", "no_speech_prob", "confidence", "probability", "x"),
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | ODD
    | st.sampled_from(["a b", "0:01"])
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=20,
)
NUMBERS = st.none() | st.floats(-5, 50) | st.integers(-5, 50) | ODD
WORDS = st.lists(
    st.fixed_dictionaries({"word": st.sampled_from([" a", "b.", ""]), "start": NUMBERS, "end": NUMBERS}) | VALUES,
    max_size=5,
)
SEGMENTS = st.lists(
    st.fixed_dictionaries(
        {"text": st.sampled_from([" a b", "c", "[Music]"]) | VALUES},
        optional={
            "start": NUMBERS,
            "end": NUMBERS,
            "words": WORDS,
            "avg_logprob": NUMBERS,
            "no_speech_prob": NUMBERS,
            "offsets": st.fixed_dictionaries({"from": NUMBERS, "to": NUMBERS}) | VALUES,
        },
    )
    | VALUES,
    max_size=6,
)
DOCUMENTS = st.fixed_dictionaries(
    {}, optional={"segments": SEGMENTS, "transcription": SEGMENTS, "words": WORDS, "text": VALUES, "language": VALUES}
)


@pytest.mark.fuzz
@settings(max_examples=examples(200))
@given(DOCUMENTS | VALUES)
def test_no_document_breaks_it(document: object) -> None:
    """Its own error, or segments whose times are times and go on."""
    try:
        found = heard(document)
    except UnreadableTranscript:
        return
    starts = [one.start_s for one in found.segments if one.start_s is not None]
    assert all(before <= after for before, after in pairwise(starts))
    for one in found.segments:
        assert one.text == " ".join(one.text.split()) != ""
        assert one.start_s is None or 0 <= one.start_s <= (one.start_s if one.end_s is None else one.end_s) < 1e7
        assert one.start_s is not None or one.end_s is None
        assert all(0 <= spoken.start_s <= spoken.end_s for spoken in one.words)
    canonical = found.transcript("test").canonical().encode()
    assert len(json.loads(canonical)["segments"]) == len(found.segments)


@pytest.mark.parametrize(
    ("data", "is_so"),
    [
        (vtt(), True),
        (b"\xef\xbb\xbf" + vtt(), True),
        (srt(), True),
        (as_json(), True),
        (b'\n[{"start": 0}]', True),
        (b"00:01.000 --> 00:02.000\nHi.", True),
        (b"It rains.", False),
        (b"[00:01] It rains.", False),
        (b"1\nIt rains.", False),
        (b"", False),
    ],
    ids=short,
)
def test_captions_are_known_by_their_first_bytes(data: bytes, is_so: bool) -> None:
    """What a program prints may be its captions, or its talk."""
    assert begins_like_captions(data) is is_so
