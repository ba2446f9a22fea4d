"""Forms are told by what is in a file; what it is called is a hint."""

import pytest

from inkwell_pipeline.transcript import UnreadableTranscript, read_transcript
from inkwell_pipeline.transcript.forms import Form
from inkwell_pipeline_tests.builders import LINES, as_html, as_json, as_text, srt, vtt

FORMS = {"vtt": vtt(), "srt": srt(), "json": as_json(), "html": as_html(), "text": as_text()}


@pytest.mark.parametrize("declared", [None, "vtt", "json", "srt", "html", "text"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read_whatever_it_is_called(form: str, declared: Form | None) -> None:
    """Types and names lie; each gives the same words, speaker and times."""
    segments = read_transcript(FORMS[form], declared=declared).segments

    assert [one.text for one in segments] == list(LINES)
    assert {one.speaker for one in segments} == {"Ada Brook"}
    assert [one.start_s for one in segments] == [0, 5, 10, 15, 20, 25]


@pytest.mark.parametrize("before", [b"\n\n", b" \t", b"\xef\xbb\xbf\n", b"\r\n"])
@pytest.mark.parametrize("form", FORMS)
def test_empty_lines_before_a_form_make_no_difference(form: str, before: bytes) -> None:
    """Templates leave them."""
    assert read_transcript(before + FORMS[form]) == read_transcript(FORMS[form])


@pytest.mark.parametrize("form", FORMS)
def test_utf_16_is_every_form_s(form: str) -> None:
    """JSON and HTML too."""
    assert read_transcript(FORMS[form].decode().encode("utf-16")) == read_transcript(FORMS[form])


@pytest.mark.parametrize("data", [b"", b"\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\x00\xff\xfe", b"WEBVTT\n\n"])
def test_nothing_is_no_transcript(data: bytes) -> None:
    """An empty transcript would make a note that looks complete."""
    with pytest.raises(UnreadableTranscript):
        read_transcript(data)


def test_xml_of_another_kind_is_no_text() -> None:
    """Its marks would be read as words."""
    with pytest.raises(UnreadableTranscript, match="XML"):
        read_transcript(b"<?xml version='1.0'?><tt><head/><x begin='0s'>" + b"words " * 50 + b"</x></tt>")
