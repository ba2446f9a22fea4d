"""Plain text and Markdown to segments.

Belongs here: Markdown's marks, and what of such a file is not spoken. Does not: names and times before the words
(`paragraphs.py`), or telling forms apart (`forms.py`).
"""

import re

from inkwell_pipeline.transcript.paragraphs import Line, paragraphs_of, read_paragraphs
from inkwell_pipeline.transcript.reading import Reading, Tally, folded, plain

__all__ = ["read_text"]

FRONT_MATTER = re.compile(r"---[ \t]*\n(?:[^\n]{0,2000}\n){0,200}?---[ \t]*(?:\n|$)")
HEADING = re.compile(r"#{1,6}\s")
RULE = re.compile(r"\s*[-=*_](?:\s*[-=*_]){2,}\s*")
EMPHASIS = re.compile(r"(\*{1,3}|_{1,3})(?=[^\s*_])([^*_]{1,300}?)(?<=[^\s*_])\1(?!\w)")
BEGINS_EMPHASISED = re.compile(r"(?:\*{1,3}|_{1,3})[^\s*_]")
LINK = re.compile(r"!?\[([^\[\]]{1,300})\]\((?:[^()\s]{1,2000})\)")
ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!<>~|-])")


def read_text(text: str) -> Reading:
    """Segments in the order of the text; `start_s` is None where no time is written.

    Speakers and times as people write them: `NAME: words`, `**Name:** words`, `*Name (h:mm:ss)*: words`,
    `[00:12:34] words`, a line `Name  0:25` or `0:25` above the words. Headings and front matter are not spoken.
    Raises: UnreadableTranscript.
    """
    tally = Tally("paragraphs")
    lines = FRONT_MATTER.sub("", text.replace("\r\n", "\n").replace("\r", "\n"), count=1).split("\n")
    parted = any(not line.strip() for line in lines[:-1])
    blocks: list[list[Line]] = [[]]
    for raw in lines:
        line = raw.strip()
        if HEADING.match(line):
            tally.total += 1
            tally.leave_out("that are headings")
        if not line or HEADING.match(line) or RULE.fullmatch(line):
            blocks.append([])
        elif words := _plain(line):
            if not parted:  # each line is a paragraph
                blocks.append([])
            blocks[-1].append(words)
    return read_paragraphs(paragraphs_of([block for block in blocks if block]), tally)


def _plain(line: str) -> Line | None:
    """The words of a line of Markdown."""
    emphasised = BEGINS_EMPHASISED.match(line) is not None
    line = line.removeprefix("> ")
    if "*" in line or "_" in line:
        line = EMPHASIS.sub(r"\2", line)
    if "](" in line:
        line = LINK.sub(r"\1", line)
    if "\\" in line:
        line = ESCAPED.sub(r"\1", line)
    words = folded(plain(line))
    return Line(words, emphasised) if words else None
