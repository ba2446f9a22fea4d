"""Captions: two formats and their dialects become segments in order, with speakers where they are named."""

import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inkwell_pipeline.models import Segment
from inkwell_pipeline.transcript import UnreadableCaptions, parse_captions
from inkwell_pipeline.transcript.captions import parse_timestamp_s
from inkwell_pipeline_tests.builders import LINES, srt, vtt

REAL = sorted((Path(__file__).resolve().parents[3] / "shared" / "data" / "transcripts").glob("*.[vs][tr]t"))


def read(text: str) -> tuple[Segment, ...]:
    return parse_captions(text.encode())


def said(text: str) -> list[tuple[str | None, str]]:
    return [(segment.speaker, segment.text) for segment in read(text)]


def cues(*texts: str) -> str:
    """SRT, a cue of five seconds for each text."""
    return "".join(
        f"{n}\n00:00:{5 * n:02},000 --> 00:00:{5 * n + 5:02},000\n{text}\n\n" for n, text in enumerate(texts)
    )


def test_a_vtt_has_times_voices_and_words() -> None:
    """The whole of it: one segment a cue, seconds from the start of the audio."""
    first, *_, last = parse_captions(vtt())

    assert first == Segment(start_s=0, end_s=5, speaker="Ada Brook", text=LINES[0])
    assert (last.start_s, last.end_s, last.text) == (25, 30, LINES[-1])


def test_an_srt_s_speaker_speaks_until_the_next_is_named() -> None:
    """Publishers name a speaker where the speaker changes, not in each cue."""
    assert {segment.speaker for segment in parse_captions(srt())} == {"Ada Brook"}


def test_several_voices_in_a_cue_are_several_segments() -> None:
    """Nobody is given another's words."""
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ada>Hi <i>you</i>.</v> <v.loud Bo Lee>Yes?</v>\n"

    assert said(text) == [("Ada", "Hi you."), ("Bo Lee", "Yes?")]


def test_a_voice_ends_with_its_cue() -> None:
    """A VTT that has voices names them in each cue; one without is nobody's."""
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ada>Hi\n\n00:02.000 --> 00:03.000\n(music)\n"

    assert said(text) == [("Ada", "Hi"), (None, "(music)")]


def test_bare_seconds_are_times() -> None:
    """No specification allows them; a daily show publishes them."""
    assert read("WEBVTT\n\n0.860 --> 7.380\nHi\n")[0].start_s == 0.86


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("00:00:01,500", 1.5), ("01:02.25", 62.25), ("100:00:00.000", 360000), ("7.38", 7.38), ("1:00:00", 3600)],
)
def test_a_time_is_seconds(text: str, seconds: float) -> None:
    """Hours may be left out and have any number of digits; SRT has a comma for the point."""
    assert parse_timestamp_s(text) == seconds


@pytest.mark.parametrize("text", ["", "a", "1:2:3:4", "1:-2", "1.2.3", ":", "１e5", "1" * 10])
def test_what_is_no_time_is_said(text: str) -> None:
    """Never a guess."""
    with pytest.raises(UnreadableCaptions, match="is no time"):
        parse_timestamp_s(text)


def test_a_number_glued_to_the_next_cue_is_no_words() -> None:
    """Where no empty line parts two cues, the last line before a time is that cue's number."""
    text = "1\n00:00:01,000 --> 00:00:02,000\nHi\n2\n00:00:02,000 --> 00:00:03,000\nIn\n1999\n"

    assert said(text) == [(None, "Hi"), (None, "In 1999")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_a_byte_order_mark_make_no_difference(mark: str, end: str) -> None:
    """Windows' editors, and old ones."""
    assert parse_captions((mark + vtt().decode()).replace("\n", end).encode()) == parse_captions(vtt())


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_other_encodings_are_read(encoding: str) -> None:
    """UTF-16 has its mark; what is not UTF-8 is Windows-1252."""
    assert parse_captions(cues("Zoë’s café").encode(encoding))[0].text == "Zoë’s café"


def test_entities_are_letters_and_tags_are_nothing() -> None:
    """Words as they were spoken, with inline times and markup gone."""
    text = cues("Tom &amp; Jerry <b>said</b> <00:00:01.500><c.blue>hi</c>&nbsp;there")

    assert said(text) == [(None, "Tom & Jerry said hi there")]


def test_a_sign_for_less_is_no_tag() -> None:
    """SRT does not escape: words between two signs were taken for markup, and lost."""
    assert said(cues("1 < 2 and 3 > 2")) == [(None, "1 < 2 and 3 > 2")]


@pytest.mark.parametrize("open_tags", ["<v " * 40_000, "<v" + " " * 40_000, "<v.x" * 40_000, "<" * 100_000])
def test_tags_that_never_end_cost_no_more_than_their_length(open_tags: str) -> None:
    """A pattern that looked from each of them to the end of the text held the process for half a minute."""
    began = time.perf_counter()
    read(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{open_tags} words\n")

    assert time.perf_counter() - began < 5  # a hundred times what it takes


def test_notes_and_styles_are_not_spoken() -> None:
    """WebVTT's blocks beside the cues."""
    blocks = "WEBVTT - title\nKind: captions\n\nNOTE not\nspoken\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:a\n\n"

    assert said(blocks + "a-name\n00:01.000 --> 00:02.000 align:start\nSpoken\n") == [(None, "Spoken")]


def test_cues_out_of_order_are_sorted() -> None:
    """A time link goes forward with the text; the speaker goes on in the order of time."""
    text = (
        "0:09.000 --> 0:10.000\nmore\n\n0:05.000 --> 0:06.000\nBo Lee: second\n\n0:01.000 --> 0:02.000\nAda Lo: first\n"
    )

    assert said(text) == [("Ada Lo", "first"), ("Bo Lee", "second"), ("Bo Lee", "more")]


def test_a_cue_never_ends_before_it_starts() -> None:
    """A mistyped end is no negative length."""
    assert read("0:05.000 --> 0:01.000\nHi\n")[0].end_s == 5


@pytest.mark.parametrize(
    ("texts", "speakers"),
    [
        (["Wes Bos: Hi.", "More."], ["Wes Bos", "Wes Bos"]),  # two words: a name
        (["Ada: Hi.", "Bo: Yes.", "Ada: So.", "Bo: No."], ["Ada", "Bo", "Ada", "Bo"]),  # each more than once
        (["Announcer: Now!", "Here."], ["Announcer", "Announcer"]),  # a role
        (["SPEAKER 1: Hi.", ">> SPEAKER 2: Yes."], ["SPEAKER 1", "SPEAKER 2"]),
        (["Unknown Speaker: Hi."], [None]),  # a name for nobody
        (["Note: the time.", "More."], [None, None]),  # once, one word: just words
        (["See https://example.com: it is there."], [None]),
    ],
)
def test_a_prefix_is_a_speaker_where_it_looks_like_one(texts: list[str], speakers: list[str | None]) -> None:
    """A name of two words, or one that comes again, or a role; one odd `Note: ` is no speaker."""
    assert [speaker for speaker, _ in said(cues(*texts))] == speakers


def test_words_that_only_look_like_a_prefix_stay_words() -> None:
    """Nothing that was said is dropped."""
    assert said(cues("Note: the time.")) == [(None, "Note: the time.")]


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00\xff\xfe", bytes(range(256)), b"<!doctype html><html><p>00:01 words</p></html>", b'{"segments": []}'],
)
def test_what_holds_no_captions_is_unreadable(data: bytes) -> None:
    """An empty transcript would make a note that looks complete."""
    with pytest.raises(UnreadableCaptions):
        parse_captions(data)


def test_times_without_words_are_unreadable() -> None:
    """A file of empty cues says nothing."""
    with pytest.raises(UnreadableCaptions):
        read("WEBVTT\n\n00:01.000 --> 00:02.000\n\n00:02.000 --> 00:03.000\n<v Ada></v>\n")


LINE = st.sampled_from(
    [
        *(
            "WEBVTT",
            "",
            "1",
            "NOTE x",
            "STYLE",
            "00:01.000 --> 00:02.000",
            "9 --> 3",
            "00:00:05,1 --> 00:00:06,2",
            "-->",
        ),
        *("<v Ada>Hi", "<v>", "Ada Lo: hi", "Ada: ", ">> Bo: x", "&lt;b&gt;", "<", "9999999999 --> 1", "1:2 --> 3:4 x"),
    ]
)


@settings(max_examples=200)
@given(
    st.binary(max_size=200) | st.lists(LINE | st.text(max_size=8), max_size=14).map(lambda ls: "\n".join(ls).encode())
)
@example(b"\xff\xfe1")
def test_captions_are_segments_in_order_or_a_clear_error(data: bytes) -> None:
    """No bytes make the reader raise anything but UnreadableCaptions, go back in time, or give an empty segment."""
    with suppress(UnreadableCaptions):
        segments = parse_captions(data)
        times = [(segment.start_s or 0, segment.end_s or 0) for segment in segments]
        assert all(a[0] <= b[0] for a, b in pairwise(times))
        assert all(start <= end for start, end in times)
        assert all(segment.text.strip() == segment.text != "" for segment in segments)


@pytest.mark.parametrize("path", REAL, ids=[path.name for path in REAL])
def test_every_real_transcript_reads(path: Path) -> None:
    """What publishers and YouTube serve: each has times, and words that hold no markup."""
    segments = parse_captions(path.read_bytes())

    assert all(segment.start_s is not None for segment in segments)
    assert not any("-->" in segment.text or "<v" in segment.text for segment in segments)


@pytest.mark.parametrize(
    ("name", "speakers"),
    [
        ("namespace-example.vtt", {"Gillian", "Sarah"}),
        ("buzzcast.srt", {"Alban", "Dave", "Kevin", "Tom", "Travis"}),
        ("syntax-102.srt", {"Scott Tolinski", "Wes Bos", None}),
    ],
)
def test_the_speakers_of_real_transcripts_are_known(name: str, speakers: set[str | None]) -> None:
    """As a listener would list them; None before the first is named."""
    paths = [path for path in REAL if path.name == name]
    if not paths:
        pytest.skip("the real transcripts are not beside this checkout")

    assert {segment.speaker for segment in parse_captions(paths[0].read_bytes())} == speakers
