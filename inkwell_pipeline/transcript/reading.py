"""What every form's reader gives, and how it tells what it lost.

Belongs here: the error, the result and the count that all readers share, and the cleaning of words. Does not: any
form's grammar (`captions.py`, `json_form.py`, `html_form.py`, `text_form.py`), or telling forms apart (`forms.py`).
"""

import re
from collections import Counter
from dataclasses import dataclass

from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.models import Segment
from inkwell_pipeline.references import unescaped

__all__ = ["MAX_TRANSCRIPT_BYTES", "Reading", "Tally", "UnreadableTranscript", "folded", "plain"]

MAX_TRANSCRIPT_BYTES = 20_000_000  # of a publisher's file, and of the user's own
UNSPEAKABLE = re.compile("[\x00-\x08\x0e-\x1b\x7f\u200b\u2060\ufeff\ud800-\udfff]")
# what is left of an entity that was escaped twice; others, as in a talk about `&nbsp;`, are meant
STILL_ESCAPED = re.compile(r"&(?:#[0-9]{1,6}|#x[0-9a-fA-F]{1,5}|quot|apos|amp);")
LISTED = 3  # times that are quoted in a remark; more are counted alone


class UnreadableTranscript(PermanentError):
    """The bytes hold no words of a transcript."""


@dataclass(frozen=True)
class Reading:
    """The segments of one file, times never going back, and a line for each kind of thing that was lost of it."""

    segments: tuple[Segment, ...]
    remarks: tuple[str, ...] = ()


class Tally:
    """How many cues (segments, paragraphs: `unit`) a file holds, and what became of those that are no segment."""

    def __init__(self, unit: str) -> None:
        self.total = 0
        self._unit = unit
        self._left_out: Counter[str] = Counter()
        self._timeless: list[str] = []

    def leave_out(self, why: str) -> None:
        """Counts one that gives no words; `why` completes "1 of 9 cues left out: 1 ..."."""
        self._left_out[why] += 1

    def without_time(self, written: str) -> None:
        """Counts one whose words stay, and whose time, as written, is none."""
        self._timeless.append(folded(written)[:40])

    @property
    def remarks(self) -> tuple[str, ...]:
        """A line of what was left out and why, and one of the times that could not be used."""
        lines = []
        if count := self._left_out.total():
            reasons = ", ".join(f"{number} {why}" for why, number in self._left_out.items())
            lines.append(f"{count} of {self.total} {self._unit} left out: {reasons}")
        if self._timeless:
            quoted = ", ".join(repr(time) for time in list(dict.fromkeys(self._timeless))[:LISTED])
            more = ", …" if len(set(self._timeless)) > LISTED else ""
            count = len(self._timeless)
            lines.append(
                f"{count} of {self.total} {self._unit} kept without a time, not usable as written: {quoted}{more}"
            )
        return tuple(lines)


def folded(text: str) -> str:
    """One line: white space folded, and nothing that neither stands in UTF-8 nor is ever seen or spoken."""
    return " ".join(UNSPEAKABLE.sub("", text).split())


def plain(text: str) -> str:
    """References decoded; those that were plainly escaped twice (`&amp;#39;`), twice."""
    if "&" not in text:
        return text
    once = unescaped(text)
    return STILL_ESCAPED.sub(lambda match: unescaped(match[0]), once)
