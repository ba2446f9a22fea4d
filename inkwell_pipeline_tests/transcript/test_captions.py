"""Captions: WebVTT and SRT, and their dialects, become segments in order, with speakers where they are named."""

import pytest

from inkwell_pipeline.models import Segment
from inkwell_pipeline.transcript import UnreadableTranscript, read_transcript
from inkwell_pipeline.transcript.reading import Reading
from inkwell_pipeline.transcript.times import parse_timestamp_s
from inkwell_pipeline_tests.builders import LINES, cues, srt, vtt
from inkwell_pipeline_tests.growth import LINEAR, growth


def reading(text: str) -> Reading:
    return read_transcript(text.encode(), declared="vtt")


def read(text: str) -> tuple[Segment, ...]:
    return reading(text).segments


def said(text: str) -> list[tuple[str | None, str]]:
    return [(segment.speaker, segment.text) for segment in read(text)]


def test_a_vtt_has_times_voices_and_words() -> None:
    """The whole of it: one segment a cue, seconds from the start of the audio."""
    first, *_, last = read_transcript(vtt()).segments

    assert first == Segment(start_s=0, end_s=5, speaker="Ada Brook", text=LINES[0])
    assert (last.start_s, last.end_s, last.text) == (25, 30, LINES[-1])


def test_an_srt_s_speaker_speaks_until_the_next_is_named() -> None:
    """Publishers name a speaker where the speaker changes, not in each cue."""
    assert {segment.speaker for segment in read_transcript(srt()).segments} == {"Ada Brook"}


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
    with pytest.raises(UnreadableTranscript, match="is no time"):
        parse_timestamp_s(text)


def test_a_number_glued_to_the_next_cue_is_no_words() -> None:
    """Where no empty line parts two cues, the last line before a time is that cue's number."""
    text = "1\n00:00:01,000 --> 00:00:02,000\nHi\n2\n00:00:02,000 --> 00:00:03,000\nIn\n1999\n"

    assert said(text) == [(None, "Hi"), (None, "In 1999")]


def test_entities_are_letters_and_tags_are_nothing() -> None:
    """Words as they were spoken, with inline times and markup gone."""
    text = cues("Tom &amp; Jerry <b>said</b> <00:00:01.500><c.blue>hi</c>&nbsp;there")

    assert said(text) == [(None, "Tom & Jerry said hi there")]


def test_a_sign_for_less_is_no_tag() -> None:
    """SRT does not escape: words between two signs were taken for markup, and lost."""
    assert said(cues("1 < 2 and 3 > 2")) == [(None, "1 < 2 and 3 > 2")]


@pytest.mark.parametrize(("begins", "repeated"), [("", "<v "), ("<v", " "), ("", "<v.x"), ("", "<")])
def test_tags_that_never_end_cost_no_more_than_their_length(begins: str, repeated: str) -> None:
    """A pattern that looked from each of them to the end of the text held the process for half a minute."""

    def read_open_tags(number: int) -> None:
        read(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{begins}{repeated * number} words\n")

    assert growth(read_open_tags, 10_000) < LINEAR


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
        (["SPEAKER 1: Hi.", ">> SPEAKER 2: Yes."], [None, None]),  # names for nobody
        (["Unknown Speaker: Hi."], [None]),
        (["[Ada]: Hi.", "(Bo): Yes.", "[Ada]: So.", "(Bo): No."], ["Ada", "Bo", "Ada", "Bo"]),
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


def test_times_without_words_are_unreadable() -> None:
    """A file of empty cues says nothing."""
    with pytest.raises(UnreadableTranscript):
        read("WEBVTT\n\n00:01.000 --> 00:02.000\n\n00:02.000 --> 00:03.000\n<v Ada></v>\n")


def test_a_voice_goes_on_where_only_its_changes_are_marked() -> None:
    """As the podcast namespace advises: a file that never names a voice twice in a row names the changes."""
    text = "WEBVTT\n\n" + "".join(
        f"00:0{n}.000 --> 00:0{n + 1}.000\n{line}\n\n" for n, line in enumerate(["<v Ada>a", "b", "<v Bo>c", "d"])
    )

    assert said(text) == [("Ada", "a"), ("Ada", "b"), ("Bo", "c"), ("Bo", "d")]


@pytest.mark.parametrize("label", ["SPEAKER_1", "Speaker 2", "unknown", "spk_0", "A", "speaker"])
def test_a_label_that_names_nobody_is_no_speaker(label: str) -> None:
    """Speakers become people in the notes."""
    assert said(f"WEBVTT\n\n00:01.000 --> 00:02.000\n<v {label}>Hi\n") == [(None, "Hi")]


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        (">> Bo Li: hi\n>> yes", [("Bo Li", "hi"), (None, "yes")]),
        ("- Hi.\n- Yes?", [(None, "Hi."), (None, "Yes?")]),
        ("Ada Lo: hi.\nBo Li: yes.", [("Ada Lo", "hi."), ("Bo Li", "yes.")]),
    ],
)
def test_two_speakers_in_a_cue_are_two_segments(text: str, segments: list[tuple[str | None, str]]) -> None:
    """A mark or a name at the beginning of a line begins a turn."""
    assert said(cues(text)) == segments


@pytest.mark.parametrize("text", ["Ada said: hi. Bo: yes.", "- one thing", "x >> y", "the operator >>= binds"])
def test_signs_and_colons_inside_a_line_are_words(text: str) -> None:
    """Unless the rest of the file says that they are marks, or names."""
    assert said(cues(text)) == [(None, text)]


def test_a_known_name_inside_a_line_begins_a_segment() -> None:
    """Where it is a speaker elsewhere in the file, and stands behind a sentence."""
    found = said(cues("Bo Li: so.", "Ada Lo: hi. Bo Li: yes.", "as I told Bo Li: no"))

    assert found[1:] == [("Ada Lo", "hi."), ("Bo Li", "yes."), ("Bo Li", "as I told Bo Li: no")]


def test_a_mark_without_a_name_is_a_change_to_somebody() -> None:
    """The words after it are not the named speaker's."""
    assert said(cues(">> Bo Li: hi", "more", ">> who are you?", "still", "yes. >> no.")) == [
        ("Bo Li", "hi"),
        ("Bo Li", "more"),
        (None, "who are you?"),
        (None, "still"),
        (None, "yes."),
        (None, "no."),
    ]


def test_a_mark_behind_a_voice_does_not_take_the_voice_away() -> None:
    """Broadcasters' captions, converted: both say that the speaker changes, one says to whom."""
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ada>>> hi. >> yes.\n\n00:02.000 --> 00:03.000\n<v Bo>>> no.\n"

    assert said(text) == [("Ada", "hi. >> yes."), ("Bo", "no.")]


def test_an_empty_line_inside_a_cue_ends_no_words() -> None:
    """Below it there is neither a time nor a block of WebVTT's own: an editor's empty line."""
    assert said(cues("one\n\ntwo", "three")) == [(None, "one two"), (None, "three")]


def test_what_is_left_out_is_counted_with_its_reason() -> None:
    """Nothing goes without a line that says so."""
    found = reading(cues("one", "", "<i></i>", "two"))

    assert [segment.text for segment in found.segments] == ["one", "two"]
    assert found.remarks == ("2 of 4 cues left out: 2 without words",)


def test_a_cue_whose_time_cannot_be_read_keeps_its_place_and_its_words() -> None:
    """Its words were said; when, nobody knows."""
    found = reading("1\n00:01,000 --> 00:02,000\none\n\n2\n00:xx --> 00:03,000\ntwo\n\n00:04 --> 00:05\nthree\n")

    assert [(segment.start_s, segment.text) for segment in found.segments] == [(1, "one"), (None, "two"), (4, "three")]
    assert found.remarks == ("1 of 3 cues kept without a time, not usable as written: '00:xx'",)


@pytest.mark.parametrize(
    ("timing", "times"),
    [
        ("00:01.000 -->", (1, None)),  # no end
        ("00:01.000 --> soon", (1, None)),
        ("00:00:01. --> 00:00:02.", (1, 2)),  # no milliseconds
        ("00: 00: 01, 500 --> 00:00:02", (1.5, 2)),  # a translator's spaces
        ("00:00:01,5 -> 00:00:02,5", (1.5, 2.5)),
        ("00:00:01 → 00:00:02", (1, 2)),
        ("00:01.000 --> 00:02.000 align:start position:0% line:84%", (1, 2)),
    ],
)
def test_times_with_parts_missing_or_misspelt_are_read(timing: str, times: tuple[float, float | None]) -> None:
    """As far as they say something."""
    (segment,) = read(f"WEBVTT\n\n{timing}\nwords\n")

    assert (segment.start_s, segment.end_s, segment.text) == (*times, "words")


def test_an_arrow_in_the_words_is_no_time() -> None:
    """People talk about code."""
    assert said(cues("we go from a --> b\nand 3 more")) == [(None, "we go from a --> b and 3 more")]


def test_cues_that_overlap_keep_both_words() -> None:
    """Two people talk at once: in the order of their beginnings."""
    text = "00:01.000 --> 00:09.000\none\n\n00:02.000 --> 00:03.000\ntwo\n"

    assert [(segment.start_s, segment.end_s) for segment in read(text)] == [(1, 9), (2, 3)]


def test_doubly_escaped_entities_are_letters_and_named_ones_are_meant() -> None:
    """`&amp;#39;` is a publisher's mistake; `&amp;nbsp;` is what a talk about HTML is about."""
    assert said(cues("it&amp;#39;s &amp;quot;so&amp;quot; with &amp;nbsp;")) == [(None, 'it\'s "so" with &nbsp;')]
