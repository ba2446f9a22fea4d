"""HTML: speakers and times as elements, plain paragraphs, and pages that are no transcripts."""

import pytest

from inkwell_pipeline.models import Segment
from inkwell_pipeline.transcript import UnreadableTranscript, read_transcript
from inkwell_pipeline.transcript.forms import Form
from inkwell_pipeline.transcript.reading import Reading

MARKED_UP = """<cite>Ada Brook:</cite>
<time>0:05</time>
<p>Rivers &amp; rulers.</p>
<p>More of it.</p>
<cite>Bo Li:</cite>
<time>1:02:03</time>
<p>Yes?</p>
"""
LONG = "Rivers are measured by rulers that somebody has promised to read every morning of the year, and nobody does. "


def reading(text: str, declared: Form | None = None) -> Reading:
    return read_transcript(text.encode(), declared=declared)


def read(text: str) -> tuple[Segment, ...]:
    return reading(text).segments


@pytest.mark.parametrize("around", ["", "<!-- saved from url=(1)x --><html><head><title>T</title></head><body>"])
def test_a_cite_and_a_time_hold_until_the_next(around: str) -> None:
    """Paragraphs of one speaker are one segment, from the written time to the next one."""
    assert read(around + MARKED_UP) == (
        Segment(start_s=5, end_s=3723, speaker="Ada Brook", text="Rivers & rulers. More of it."),
        Segment(start_s=3723, end_s=None, speaker="Bo Li", text="Yes?"),
    )


def test_a_cite_without_a_time_has_none() -> None:
    """No time is guessed, and the one before ends nowhere that is known."""
    found = read("<cite>Ada:</cite><time>0:01</time><p>a</p><cite>Bo:</cite><p>b</p><cite>Ada:</cite><p>c</p>")

    assert [(one.start_s, one.end_s, one.speaker) for one in found] == [
        (1, None, "Ada"),
        (None, None, "Bo"),
        (None, None, "Ada"),
    ]


def test_a_cite_inside_its_paragraph_is_the_speaker_too() -> None:
    """As other publishers write it, with the time in brackets."""
    found = read("<p><cite>Ada:</cite> <time>[0:01]</time> a <b>b</b></p><p><cite>Bo</cite> <time>0:02</time>c</p>")

    assert [(one.start_s, one.speaker, one.text) for one in found] == [(1, "Ada", "a b"), (2, "Bo", "c")]


def test_a_name_and_a_time_that_missed_their_elements_are_still_that() -> None:
    """One paragraph of an edited page, with a slip of the pen in its time."""
    found = read("<p>Ada Brook (0: 00:14): a</p><cite>AB:</cite><time>0:00:20</time><p>b</p>")

    assert [(one.start_s, one.speaker, one.text) for one in found] == [(14, "Ada Brook", "a"), (20, "Ada Brook", "b")]


def test_a_time_that_goes_back_is_not_used() -> None:
    """The order of the text is the order of talk: the time is mistyped, and said to be."""
    found = reading("".join(f"<cite>Ada:</cite><time>0:{s}</time><p>{s}</p>" for s in ("10", "20", "03", "30")))

    assert [(one.start_s, one.text) for one in found.segments] == [(10, "10"), (20, "20"), (None, "03"), (30, "30")]
    assert found.remarks == ("1 of 4 paragraphs kept without a time, not usable as written: '0:00:03'",)


def test_initials_are_the_name_that_they_abbreviate() -> None:
    """Edited transcripts write a name out once; with and without accents, or its first parts alone."""
    names = ["Matthías Páll Gissurarson", "Bo Li", "MPG", "BL", "MP", "XY"]
    found = read("".join(f"<cite>{name}:</cite><p>words</p>" for name in names))

    assert [one.speaker for one in found] == [names[0], "Bo Li", names[0], "Bo Li", names[0], "XY"]


def test_initials_of_two_are_nobody_s() -> None:
    """They stay as they were written."""
    found = read("".join(f"<cite>{name}:</cite><p>words</p>" for name in ["Bo Li", "Ben Lu", "BL"]))

    assert found[-1].speaker == "BL"


def test_plain_paragraphs_have_no_times() -> None:
    """Each is a segment; scripts, styles, navigation and headings are not spoken, and headings are counted."""
    page = f"<html><head><style>p {{}}</style></head><body><nav><p>Home</p></nav><h2>Part</h2><p>{LONG}</p>"
    found = reading(f"{page}<script>var a = '<p>x</p>'</script><p>Yes.<br>No.</p><footer>(c)</footer>")

    assert found.segments == (
        Segment(start_s=None, end_s=None, speaker=None, text=LONG.strip()),
        Segment(start_s=None, end_s=None, speaker=None, text="Yes. No."),
    )
    assert found.remarks == ("1 of 3 paragraphs left out: 1 that are headings",)


def test_names_and_times_in_paragraphs_are_read_as_in_a_text() -> None:
    """Most content systems know no `<cite>`."""
    found = read("<p><strong>Ada:</strong> [0:05] a</p><p>b</p><p><b>Bo:</b> (1:00) c</p><div>chrome</div>")

    assert [(one.start_s, one.speaker, one.text) for one in found] == [(5, "Ada", "a b"), (60, "Bo", "c")]


@pytest.mark.parametrize(
    "page",
    [
        "<html><title>404 Not Found</title><p>" + LONG * 2,
        "<html><h1>Sign in</h1><p>" + LONG * 2,
        "<html><p>" + LONG * 2 + "</p><form><input type=password></form>",
        "<html><p>Nothing here.</p>",
        "<html><body></body></html>",
        "<!DOCTYPE html>\n",
        "<rss><channel><item/></channel></rss>",
    ],
)
def test_a_page_of_another_kind_is_no_transcript(page: str) -> None:
    """What a host answers with 200 where the transcript is gone: its words must not become a note."""
    with pytest.raises(UnreadableTranscript):
        reading(page, "html")


def test_a_long_page_is_a_transcript_whatever_its_title_is_about() -> None:
    """People talk about errors and sign-ins, on pages where one can sign in."""
    page = f"<html><title>Error handling and log in</title><input type=password><p>{LONG * 20}</p>"

    assert len(read(page)) == 1


@pytest.mark.parametrize("declared", ["vtt", "srt", "json"])
def test_a_page_without_speakers_and_times_is_no_captions(declared: Form) -> None:
    """Captions were promised; a page that has them marked up is read all the same."""
    with pytest.raises(UnreadableTranscript, match="web page"):
        reading(f"<html><p>{LONG * 2}</p>", declared)

    assert len(reading(MARKED_UP, declared).segments) == 2


def test_a_book_s_title_in_a_page_is_no_speaker() -> None:
    """One `<cite>` among paragraphs is what the element was made for."""
    (segment,) = read(f"<p>{LONG} As in <cite>Of Rivers</cite> by Lee. {LONG}</p>")

    assert segment.speaker is None
    assert "Of Rivers" in segment.text
