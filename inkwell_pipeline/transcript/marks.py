"""Where the speaker changes inside a cue: marks and names before the words.

Belongs here: what a caption file uses to say it, and cutting its lines there. Does not: voices and cues
(`captions.py`), what is a name (`speakers.py`).
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from inkwell_pipeline.transcript.speakers import known_names, prefix

__all__ = ["Piece", "SpeakerMarks"]

CHANGE = re.compile(r"(?:^|(?<=\s))>{2,3}(?=[\s\w\"'“‘(\[♪-]|$)\s*")  # the convention of live captions; not `x >>= f`
DASH = re.compile(r"[-–—]\s*(?=\S)")
MOST_NAMES = 100  # that are looked for inside lines


class Piece(NamedTuple):
    """Words of one speaker. `changes`: it is another than before, called `name` (None: nobody says)."""

    words: str
    changes: bool = False
    name: str | None = None


class SpeakerMarks:
    """What a file uses, by the lines of each of its cues that has no voice.

    `used`: there are names or `>>`, so that a speaker goes on in the cues that have none.
    """

    def __init__(self, cues: Sequence[Sequence[str]]) -> None:
        arrows = sum(lines[0].startswith(">>") for lines in cues)
        self._arrows_inside = arrows > 1  # once is hardly a convention: `>>` is an operator too
        self._known = known_names(name for lines in cues for name in _prefixes(lines))
        self.used = bool(self._known) or arrows > 0
        names = "|".join(map(re.escape, sorted(self._known, key=len, reverse=True)[:MOST_NAMES]))
        self._name_inside = re.compile(rf"(?<=[.?!…\"”’)\]])\s+(?=(?:{names}): )") if names else None

    def pieces(self, lines: Sequence[str]) -> Iterator[Piece]:
        """The words in order, cut where the speaker changes; nothing is left out but marks and names."""
        dialogue = sum(DASH.match(line) is not None for line in lines) > 1
        for line in lines:
            dashed = DASH.match(line) if dialogue else None
            for number, (part, changes) in enumerate(self._parts(line[dashed.end() :] if dashed else line)):
                named = prefix(part)
                if named and named[0] in self._known:
                    yield Piece(named[1], True, named[0])
                else:
                    yield Piece(part, changes or (dashed is not None and number == 0))

    def _parts(self, line: str) -> Iterator[tuple[str, bool]]:
        """The line cut before each mark and each known name; whether a mark stood there."""
        begin, *marked = [line]
        if ">>" in line and (self._arrows_inside or line.startswith(">>")):
            begin, *marked = CHANGE.split(line, maxsplit=0 if self._arrows_inside else 1)
        if begin.strip():
            yield from ((part, False) for part in self._at_names(begin.strip()))
        for part in marked:
            first, *others = self._at_names(part.strip())
            yield first, True
            yield from ((other, False) for other in others)

    def _at_names(self, text: str) -> list[str]:
        return self._name_inside.split(text) if self._name_inside else [text]


def _prefixes(lines: Sequence[str]) -> Iterator[str]:
    """What may be names: before the first line, and if there, before others; else a line begins at any word."""
    for line in lines:
        found = prefix(CHANGE.sub("", line, count=1) if line.startswith(">>") else line)
        if found is None and line is lines[0]:
            return
        if found:
            yield found[0]
