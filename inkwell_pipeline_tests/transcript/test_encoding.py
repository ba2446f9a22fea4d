"""Bytes to text: marks, declarations, guesses; and what is no text at all."""

import pytest

from inkwell_pipeline.transcript import UnreadableTranscript, read_transcript
from inkwell_pipeline.transcript.encoding import decoded
from inkwell_pipeline_tests.builders import cues, vtt

WORDS = "Zoë’s café"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff", "\ufeff\ufeff"])
def test_line_ends_and_a_byte_order_mark_make_no_difference(mark: str, end: str) -> None:
    """Windows' editors, old ones, and tools that add a mark to a mark."""
    assert read_transcript((mark + vtt().decode()).replace("\n", end).encode()) == read_transcript(vtt())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_encodings_are_told_apart(encoding: str) -> None:
    """UTF-16 by its mark or its zeros; what is not UTF-8 is Windows-1252."""
    text, remarks = decoded(cues(WORDS).encode(encoding))

    assert (text, remarks) == (cues(WORDS), ())


@pytest.mark.parametrize(
    ("declaration", "encoding"), [('<meta charset="iso-8859-2">', "iso-8859-2"), ("<meta charset=Shift_JIS>", "cp932")]
)
def test_what_a_page_says_of_itself_counts_where_it_is_not_utf_8(declaration: str, encoding: str) -> None:
    """Pages of older systems."""
    words = "Łódź" if encoding == "iso-8859-2" else "川の話"

    assert words in decoded(f"{declaration}<p>{words}</p>".encode(encoding))[0]


def test_a_page_in_utf_8_is_utf_8_whatever_it_says() -> None:
    """A template's declaration is older than the text: hardly anything else is by chance UTF-8."""
    assert WORDS in decoded(f"<meta charset=iso-8859-1><p>{WORDS}</p>".encode())[0]


def test_one_broken_letter_does_not_break_the_others() -> None:
    """A file cut inside a letter stays UTF-8, with a line that says what is lost."""
    text, remarks = decoded(cues(WORDS).encode()[:-4] + b"\xc3")

    assert text.endswith("’s caf\ufffd") or WORDS[:3] in text
    assert remarks == ("1 characters that could not be read stand as \ufffd",)


@pytest.mark.parametrize(
    "data",
    [b"%PDF-1.7\n words", b"PK\x03\x04 words", b"\x1f\x8b words", b"ID3\x03 words", bytes(range(256)), b"\0" * 5000],
)
def test_what_is_no_text_is_said(data: bytes) -> None:
    """An offer may be of any type: its bytes are not words."""
    with pytest.raises(UnreadableTranscript, match="it is"):
        decoded(data)
