"""Rolling captions: what is shown twice is said once, and what is said twice stays twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwell_pipeline.transcript import read_transcript

LINES = ["we measure the river", "yeah", "yeah", "by reading a ruler", "every", "morning of the year", "yeah"]


def youtube(lines: list[str], *, marks: bool = True) -> str:
    """Automatic captions after yt-dlp: two cues a line, the first with the line before on top and a time a word."""
    text = "WEBVTT\nKind: captions\nLanguage: en\n\n"
    for number, line in enumerate(lines):
        begin, end, hold = f"00:{number:02}.160", f"00:{number:02}.990", f"00:{number + 1:02}.160"
        first, *words = line.split(" ")
        spoken = first + "".join(f"<00:{number:02}.{500 + n}><c> {word}</c>" for n, word in enumerate(words))
        above = lines[number - 1] if number else " "
        text += f"{begin} --> {end} align:start position:0%\n{above}\n{spoken if marks else line}\n\n"
        text += f"{end} --> {hold} align:start position:0%\n{line}\n \n\n"
    return text


def said(text: str) -> list[str]:
    return [segment.text for segment in read_transcript(text.encode()).segments]


@pytest.mark.parametrize("marks", [True, False])
def test_youtube_s_lines_are_said_once(marks: bool) -> None:
    """Each is new in one cue, held by the next, and on top of the third; `yeah` twice for real is twice."""
    reading = read_transcript(youtube(LINES, marks=marks).encode())

    assert [segment.text for segment in reading.segments] == LINES
    assert reading.remarks == ("7 of 14 cues left out: 7 that only repeat the one before",)
    assert (reading.segments[1].start_s, reading.segments[1].end_s) == (1.16, 2.16)


def test_captions_converted_to_srt_are_said_once() -> None:
    """ffmpeg drops the marks and the lines of a space; the repeats stay."""
    text = ""
    for number, cue in enumerate(youtube(LINES).split("\n\n")[1:-1]):
        timing, *words = cue.split("\n")
        bare = [LINES[number // 2] if "<" in word else word for word in words if word.strip()]
        text += f"{number + 1}\n{timing.partition(' align')[0].replace('.', ',')}\n" + "\n".join(bare) + "\n\n"

    assert said(text) == LINES


@given(st.lists(st.sampled_from(["yeah", "no", "the river", "the river is high", "a b c d"]), min_size=3, max_size=30))
def test_no_line_is_lost_or_doubled(lines: list[str]) -> None:
    """Whatever is said again and again."""
    assert said(youtube(lines)) == lines


def test_a_line_that_grows_is_said_once() -> None:
    """Live captions, a word a cue."""
    cues = ["we", "we measure", "we measure the", "we measure the river", "by", "by reading"]
    text = "".join(f"00:0{n}.000 --> 00:0{n + 1}.000\n{cue}\n\n" for n, cue in enumerate(cues))

    assert " ".join(said(text)) == "we measure the river by reading"


def test_a_word_that_is_marked_in_turn_is_said_once() -> None:
    """Whisper's highlighted words: the cue is the same but for its marks, and lasts to the last of them."""
    words = ["we", "measure", "the", "river"]
    text = "WEBVTT\n\n"
    for n, word in enumerate(words):
        text += f"00:0{n}.000 --> 00:0{n + 1}.000\n{' '.join(words).replace(word, f'<u>{word}</u>', 1)}\n\n"

    (segment,) = read_transcript(text.encode()).segments
    assert (segment.text, segment.start_s, segment.end_s) == ("we measure the river", 0, 4)


def test_captions_that_do_not_roll_keep_what_is_said_twice() -> None:
    """A speaker repeats a line; one repetition is no way of showing captions."""
    lines = ["no", "no", "no", "the river\nis high", "is high\nand rising", "yes", "so", "we", "go"]
    text = "".join(f"00:0{n}.000 --> 00:0{n + 1}.000\n{line}\n\n" for n, line in enumerate(lines))

    assert said(text) == [line.replace("\n", " ") for line in lines]
