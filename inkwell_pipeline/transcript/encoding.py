"""Bytes to text: which encoding a publisher's file is in.

Belongs here: byte order marks, what files say of themselves, and the guesses where they say nothing. Does not: what
the text means (`forms.py`).
"""

import re

from inkwell_pipeline.references import utf8_or_windows
from inkwell_pipeline.transcript.reading import UnreadableTranscript

__all__ = ["decoded"]

MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
NO_TEXT = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip archive, or a document of a word processor",
    b"\x1f\x8b": "a gzip archive",
    b"{\\rtf": "an RTF document",
    b"ID3": "audio",
    b"\x89PNG": "a picture",
    b"\xd0\xcf\x11\xe0": "a document of a word processor",
}
LOOKED_AT = 100_000  # characters, for whether it is text at all
CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
# `<meta charset=...>` and `<?xml encoding=...?>`; of those that can be meant, and no other of Python's codecs
DECLARED = re.compile(
    rb"""(?i)(?:charset|encoding)\s{0,9}=\s{0,9}["']?\s{0,9}(iso-8859-\d{1,2}|windows-125\d|cp125\d|koi8-[ru]|macintosh"""
    rb"""|shift[_-]jis|euc-jp|euc-kr|gb2312|gbk|gb18030|big5)\b"""
)


def decoded(data: bytes) -> tuple[str, tuple[str, ...]]:
    """The text, without a byte order mark, and a remark where some of it could not be told.

    By its mark; else UTF-16 where every other byte is zero; else UTF-8; else what it says of itself; else Windows-1252
    (which holds all of Latin-1's letters), or UTF-8 all the same where more of it is right than wrong.
    Raises: UnreadableTranscript (a PDF, audio, or other bytes that are no text).
    """
    for magic, kind in NO_TEXT.items():
        if data.startswith(magic):
            raise UnreadableTranscript(f"it is {kind}")
    text = _text(data).lstrip("\ufeff")
    head = text[:LOOKED_AT]
    if len(CONTROL.findall(head)) * 100 > len(head):
        raise UnreadableTranscript("it is no text")
    lost = text.count("\ufffd")
    return text, (f"{lost} characters that could not be read stand as \ufffd",) if lost else ()


def _text(data: bytes) -> str:
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    head = data[:4000]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 5 > len(head) and min(even, odd) * 20 < len(head):  # Latin letters, for the most part
        return data.decode("utf-16-be" if even > odd else "utf-16-le", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if declared := DECLARED.search(data, 0, 2000):
        return data.decode(declared[1].decode("ascii"), "replace")
    return utf8_or_windows(data)
