"""The forms of transcripts: which one a file is in, and its reader.

Belongs here: telling forms apart, by what is in the file; what the publisher calls it is a hint. Does not: a form's
grammar (`captions.py`, `json_form.py`, `html_form.py`, `text_form.py`), fetching (`publisher.py`, `own_file.py`).
Pure: the same bytes and hint give the same `Reading`, or `UnreadableTranscript`.
"""

import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Literal, TypeAlias, assert_never

from inkwell_pipeline.transcript.captions import read_captions
from inkwell_pipeline.transcript.cues import TIMING
from inkwell_pipeline.transcript.encoding import decoded
from inkwell_pipeline.transcript.html_form import read_html
from inkwell_pipeline.transcript.json_form import read_json
from inkwell_pipeline.transcript.reading import Reading, UnreadableTranscript
from inkwell_pipeline.transcript.text_form import read_text

__all__ = ["SUFFIXES", "Form", "declared_form", "read_transcript"]

Form: TypeAlias = Literal["vtt", "json", "srt", "html", "text"]

SUFFIXES: dict[str, Form] = {
    "vtt": "vtt",
    "json": "json",
    "srt": "srt",
    "html": "html",
    "htm": "html",
    "md": "text",
    "markdown": "text",
    "txt": "text",
}
TYPES: dict[str, Form] = {
    "text/vtt": "vtt",
    "application/vtt": "vtt",
    "application/json": "json",
    "text/json": "json",
    "application/x-subrip": "srt",
    "application/subrip": "srt",
    "application/srt": "srt",
    "text/srt": "srt",
    "text/x-subrip": "srt",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/markdown": "text",
    "text/plain": "text",
}
A_CUE = re.compile(rf"^{TIMING.pattern}", re.MULTILINE)
# the first element of a page, or of a piece of one
HTML = re.compile(
    r"(?i)<(?:html|head|body|title|meta|link|script|style|cite|time|p|div|article|section|main|header|nav|span|h[1-6]|ul"
    r"|ol|dl|table|blockquote|pre|center|font|b|strong|i|em|a|br|hr)\b"
)
BEFORE_ELEMENTS = (("<!--", "-->"), ("<?", ">"), ("<!", ">"))  # comments, declarations
JSON = re.compile(r"\{\s*[\"}]|\[\s*[\[{\]]")


def declared_form(url: str, media_type: str = "") -> Form | None:
    """The form that a publisher gives a transcript, by media type or by name; None: neither says anything.

    `text/plain` is what servers call anything: there the name counts first.
    """
    named = SUFFIXES.get(PurePosixPath(url).suffix.removeprefix(".").lower())
    typed = TYPES.get(media_type)
    return (named or typed) if typed in (None, "text") else typed


def read_transcript(data: bytes, *, declared: Form | None = None) -> Reading:
    """The segments of a file, and what was lost in reading them.

    `declared` says what it is meant to be, where that is known: a page or a text without speakers and times is no
    transcript where captions or JSON were promised, but an answer that went wrong. Raises: UnreadableTranscript.
    """
    text, remarks = decoded(data)
    form = _form(text)
    strict = declared in ("vtt", "srt", "json")
    match form:
        case "vtt" | "srt":
            reading = read_captions(text.lstrip())
        case "json":
            reading = read_json(text)
        case "html":
            reading = read_html(text, plain=not strict)
        case "text":
            reading = read_text(text)
            if strict and not any(segment.speaker or segment.start_s is not None for segment in reading.segments):
                raise UnreadableTranscript("it is a text without speakers and times")
        case _:
            assert_never(form)
    return replace(reading, remarks=(*remarks, *reading.remarks))


def _form(text: str) -> Form:
    begin = text.lstrip()
    if begin.startswith("WEBVTT"):
        return "vtt"
    if JSON.match(begin):
        return "json"
    if begin.startswith("<"):
        if HTML.match(_from_first_element(begin)):
            return "html"
        if not A_CUE.search(begin):
            raise UnreadableTranscript("it is XML of a kind that is not read")
    return "srt" if A_CUE.search(begin) else "text"


def _from_first_element(text: str) -> str:
    at = 0
    while ends := [end for begin, end in BEFORE_ELEMENTS if text.startswith(begin, at)]:
        at = text.find(ends[0], at)
        if at < 0:
            return ""
        at += len(ends[0])
        while text[at : at + 1].isspace():
            at += 1
    return text[at : at + 20]
