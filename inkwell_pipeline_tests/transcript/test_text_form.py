"""Plain text and Markdown: names and times as people write them before the words."""

import pytest

from inkwell_pipeline.models import Segment
from inkwell_pipeline.transcript import UnreadableTranscript, read_transcript
from inkwell_pipeline.transcript.reading import Reading

LONG = "Rivers are measured by rulers that somebody has promised to read every morning of the year, and nobody does."


def reading(text: str) -> Reading:
    return read_transcript(text.encode(), declared="text")


def read(text: str) -> list[tuple[float | None, str | None, str]]:
    return [(one.start_s, one.speaker, one.text) for one in reading(text).segments]


@pytest.mark.parametrize(
    "line",
    [
        "Ada Brook: [12:34] words",
        "[12:34] Ada Brook: words",
        "(12:34) Ada Brook: words",
        "12:34 Ada Brook: words",
        "**Ada Brook:** \\[12:34\\] words",
        "*Ada Brook (0:12:34)*: words",
        "Ada Brook [00:12:34]: words",
        "Ada Brook (12:34)\nwords",
        "Ada Brook  12:34\nwords",
        "12:34\nAda Brook: words",
        "> **Ada Brook** (12:34): words",
    ],
)
def test_a_name_and_a_time_before_the_words(line: str) -> None:
    """As the tools and the hands of publishers write them; a bare time counts where three lines have one."""
    text = "\n\n".join([line, "0:12:40 more", "0:12:50 more", "0:12:55 more"])

    assert read(text)[0] == (754, "Ada Brook", "words")


def test_a_name_without_times() -> None:
    """One of two words, or one that comes again; a segment a turn, paragraphs of one turn together."""
    text = f"Ada Brook: one\n\ntwo\n\nBo: three\n\nAda Brook: four\n\nBo: {LONG}"

    assert read(text) == [
        (None, "Ada Brook", "one two"),
        (None, "Bo", "three"),
        (None, "Ada Brook", "four"),
        (None, "Bo", LONG),
    ]


def test_a_time_inside_a_turn_begins_a_segment_of_the_same_speaker() -> None:
    """In square brackets, at the beginning of a paragraph or in the middle; one with words beside it is spoken of."""
    text = "Ada Brook: one\n\n[8:15] two [9:00] three [inaudible 9:30]\n\nBo Li: four"

    assert read(text) == [
        (None, "Ada Brook", "one"),
        (495, "Ada Brook", "two"),
        (540, "Ada Brook", "three [inaudible 9:30]"),
        (None, "Bo Li", "four"),
    ]


def test_paragraphs_without_names_and_times_are_segments() -> None:
    """Wrapped lines are put together; no time is guessed."""
    assert reading(f"{LONG}\nand so\non.\n\nMore.").segments == (
        Segment(start_s=None, end_s=None, speaker=None, text=f"{LONG} and so on."),
        Segment(start_s=None, end_s=None, speaker=None, text="More."),
    )


def test_lines_are_paragraphs_where_no_line_is_empty() -> None:
    """One line for each turn."""
    assert read("Ada: one\nBo: two\nAda: three\nBo: four") == [
        (None, "Ada", "one"),
        (None, "Bo", "two"),
        (None, "Ada", "three"),
        (None, "Bo", "four"),
    ]


def test_bare_times_in_few_lines_are_words() -> None:
    """`10:30 is when we met` is no time of the audio."""
    assert read(f"10:30 is when we met.\n\n{LONG}")[0] == (None, None, "10:30 is when we met.")


def test_whisper_s_lines_are_read() -> None:
    """`[from --> to]  words`, as its command prints them."""
    text = "[00:00.000 --> 00:04.000]  One.\n[00:04.000 --> 00:09.000]  Two.\n"

    assert read(text) == [(0, None, "One."), (4, None, "Two.")]


def test_markdown_is_words() -> None:
    """Emphasis, links, escapes, entities; headings, rules and front matter are not spoken."""
    head = "---\ntitle: x\n---\n# Transcript\n\n"
    text = f"{head}**Ada Brook:** a *b* [c](https://d.example) \\[e\\] &amp; f\n\n***\n\n{LONG}"
    found = reading(text)

    assert [(one.speaker, one.text) for one in found.segments] == [("Ada Brook", f"a b c [e] & f {LONG}")]
    assert found.remarks == ("1 of 3 paragraphs left out: 1 that are headings",)


def test_a_name_without_words_is_counted() -> None:
    """A break that the publisher marks says nothing, and has no words to give its time to."""
    found = reading("Ada Lo: one\n\n**Break**: \\[32:27\\]\n\nAda Lo: two\n\n**Break**: \\[51:42\\]")

    assert [one.text for one in found.segments] == ["one", "two"]
    assert found.remarks == ("2 of 4 paragraphs left out: 2 without words",)


@pytest.mark.parametrize("text", ["", "   \n\n", "Not found", "Error: no such file", "# Heading\n"])
def test_a_few_words_are_no_transcript(text: str) -> None:
    """What a host answers where nothing is."""
    with pytest.raises(UnreadableTranscript, match=r"no words|words, and no speakers"):
        reading(text)


def test_a_text_without_speakers_and_times_is_no_captions() -> None:
    """Captions were promised: it is an answer that went wrong."""
    with pytest.raises(UnreadableTranscript, match="text without speakers and times"):
        read_transcript((LONG * 2).encode(), declared="vtt")
