"""Times in show notes: a list of "12:34 Topic" is a table of contents. Pure; linear in time.

Belongs here: which lines are such a list, and which only look like one. Does not: other sources of chapters
(`chapters.py`).
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import shorten
from typing import NamedTuple

from inkwell_pipeline.references import unescaped

__all__ = ["times_in"]

NEW_LINE = re.compile(
    r"<(?:/?(?:p|br|li|ul|ol|div|tr|dt|dd|dl|table|section|article|blockquote|h[1-6]|hr|pre)\b)[^<>]{0,2000}>",
    re.IGNORECASE,
)
HIDDEN = re.compile(r"<(script|style)\b[^<>]{0,2000}>[^<]{0,100000}</\1>", re.IGNORECASE)
TAG = re.compile(r"</?[A-Za-z!][^<>]{0,2000}>")
CLOCK = r"(?:(?P<hours>\d{1,2}):)?(?P<minutes>\d{1,3}):(?P<seconds>\d{2})(?:[.,]\d{1,3})?(?!\d|:\d)"
OTHER_CLOCK = r"(?:\d{1,2}:)?\d{1,3}:\d{2}(?!\d|:\d)"
# [12:34] - Topic; (1:02:03) Topic; 12:34–15:00 Topic; • 12:34 Topic; 1. 12:34 Topic
LEADING = re.compile(
    rf"(?:\d{{1,3}}[.)]\s)?[^\w(\[<]{{0,8}}[(\[<]?{CLOCK}(?:\s{{0,3}}(?:-|–|—|to)\s{{0,3}}{OTHER_CLOCK})?[)\]>]?[\s:.,|•·*–—-]{{0,8}}(?P<title>.*)"
)
# Topic – 12:34; Topic (12:34); Topic ... 12:34; but not "recorded at 12:34", nor "Recorded: 12:34"
TRAILING = re.compile(rf"(?P<title>.{{1,200}}?)(?:\s{{0,3}}[–—|•·-]|\.{{2,40}}|\s[(\[])\s{{0,3}}{CLOCK}[)\]]?\.?")
OF_DAY = re.compile(r"(?:(?i:[ap]\.?m\b|uhr\b|o'clock)|h$|(?:UTC|GMT|CES?T|BST|[ECMP][SD]T)\b)")
LONGEST_TITLE = 200
LONGEST_LINE = 1000


class _Time(NamedTuple):
    start_s: float
    title: str
    leads: bool  # the time stands before its topic


def times_in(show_notes: str, *, duration_s: int | None = None) -> list[tuple[float, str]]:
    """(seconds, topic) of the longest list of times in a publisher's HTML or text; empty where there is none.

    A list is two times or more before their topics, or three behind them, each later than the one before and none
    beyond the end of the audio, where its length is known. A time of day is none.
    """
    found = list(_times(_lines(show_notes)))
    if duration_s:
        found = [time for time in found if time.start_s <= duration_s]
    lists = [part for _, same in groupby(found, key=lambda time: time.leads) for part in _ascending(list(same))]
    lists = [part for part in lists if len(part) >= (2 if part[0].leads else 3)]
    return [(time.start_s, time.title) for time in max(lists, key=len, default=[])]


def _lines(show_notes: str) -> list[str]:
    text = TAG.sub("", NEW_LINE.sub("\n", HIDDEN.sub("", show_notes)))
    lines = (" ".join(line.split()) for line in unescaped(text).splitlines())
    return [line for line in lines if line]


def _times(lines: Sequence[str]) -> Iterator[_Time]:
    alone: float | None = None  # a time that had a line for itself: its topic is the next line
    for line in lines:
        if len(line) > LONGEST_LINE:
            alone = None
            continue
        start_s, title, leads = _read(line)
        if start_s is None and alone is not None:
            start_s, title, leads = alone, _sentence(line), True
        alone = start_s if start_s is not None and not title else None
        if start_s is not None and _is_topic(title):
            yield _Time(start_s, title, leads)


def _read(line: str) -> tuple[float | None, str, bool]:
    if found := LEADING.match(line):
        return _start_s(found), found["title"].strip(), True
    if found := TRAILING.fullmatch(line):
        return _start_s(found), found["title"].strip(" \t-–—|•·*:"), False
    return None, "", False


def _start_s(found: re.Match[str]) -> float | None:
    hours, minutes, seconds = int(found["hours"] or 0), int(found["minutes"]), int(found["seconds"])
    if seconds > 59 or (found["hours"] and minutes > 59):
        return None
    return float(hours * 3600 + minutes * 60 + seconds)


def _is_topic(title: str) -> bool:
    return len(title) <= LONGEST_TITLE and any(map(str.isalpha, title)) and not OF_DAY.match(title)


def _sentence(line: str) -> str:
    """The first sentence of what stands below a time, without a list's mark."""
    line = line.lstrip("*•·–—- ")
    end = re.search(r"[.?!](?=\s)", line)
    return shorten(line[: end.end()] if end else line, LONGEST_TITLE, placeholder=" …")


def _ascending(times: Sequence[_Time]) -> Iterator[list[_Time]]:
    """The stretches in which each time is later than the one before."""
    stretch: list[_Time] = []
    for time in times:
        if stretch and time.start_s <= stretch[-1].start_s:
            yield stretch
            stretch = []
        stretch.append(time)
    if stretch:
        yield stretch
