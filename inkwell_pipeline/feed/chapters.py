"""Chapters, from the three places where publishers write them: one list of `Chapter`, in order of time. Pure.

Belongs here: Podcasting 2.0's JSON (https://github.com/Podcastindex-org/podcast-namespace, "jsonChapters", 1.2),
Podlove Simple Chapters 1.2 (https://podlove.org/simple-chapters), and which place counts. Does not: fetching the JSON
(`chapter_files.py`), times in show notes (`times.py`).

The first place that has any chapters counts: the JSON, which is made for it and knows which chapters to hide; then
`psc:chapters`; then the show notes, where a list of times is only guessed to be one.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.feed.items import RawChapter
from inkwell_pipeline.feed.times import times_in
from inkwell_pipeline.models import Chapter

__all__ = ["UnreadableChapters", "chapters_in_feed", "parse_chapters_json", "parse_npt_s"]

Resolve = Callable[[str | None], str | None]  # an address in full, or None for one that may not be used
LONGEST_S = 1_000_000.0  # eleven days
NPT = re.compile(r"(?:npt:)?(?:(?:(\d{1,4}):)?(\d{1,3}):)?(\d{1,7}(?:\.\d{1,9})?)", re.ASCII)


class UnreadableChapters(PermanentError):
    """A file of chapters that is none."""


def chapters_in_feed(
    simple: Sequence[RawChapter], show_notes: str, *, duration_s: int | None, resolve: Resolve
) -> tuple[tuple[Chapter, ...], Literal["psc", "show notes"] | None]:
    """The chapters that stand in an item itself, and where; `show_notes` are HTML or text."""
    if found := _simple_chapters(simple, resolve):
        return found, "psc"
    found = tuple(
        Chapter(start_s=start_s, title=title) for start_s, title in times_in(show_notes, duration_s=duration_s)
    )
    return found, "show notes" if found else None


def parse_chapters_json(data: bytes, *, resolve: Resolve) -> tuple[Chapter, ...]:
    """The chapters of a file, in order of time; none where it has none that can be used.

    A chapter without a time is left out. One without a title, or with `toc: false`, is not listed: it changes the
    picture, or names what is on it. Numbers may be texts, in seconds or as a clock shows them.
    Raises: UnreadableChapters, where it is not a JSON file of chapters.
    """
    try:
        document = json.loads(data.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        raise UnreadableChapters("the chapters are not JSON") from None
    entries = document.get("chapters") if isinstance(document, dict) else document
    if not isinstance(entries, list):
        raise UnreadableChapters("the chapters' JSON has no list of chapters")
    return _in_order(_from_json(entry, resolve) for entry in entries if isinstance(entry, dict))


def parse_npt_s(text: str) -> float | None:
    """Seconds, for a Normal Play Time: `ss`, `mm:ss` or `hh:mm:ss`, each with a fraction (RFC 2326, section 3.6).

    None for anything else; minutes and seconds above 59 are taken as they are.
    """
    if not (found := NPT.fullmatch(text.strip())):
        return None
    hours, minutes, seconds = found.groups(default="0")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _simple_chapters(simple: Sequence[RawChapter], resolve: Resolve) -> tuple[Chapter, ...]:
    return _in_order(
        _chapter(parse_npt_s(raw.start), title=raw.title, url=resolve(raw.url) if raw.url else None) for raw in simple
    )


def _from_json(entry: Mapping[str, Any], resolve: Resolve) -> Chapter | None:
    title, url = entry.get("title"), entry.get("url")
    return _chapter(
        _seconds(entry.get("startTime")),
        title=title if isinstance(title, str) else "",
        end_s=_seconds(entry.get("endTime")),
        url=resolve(url) if isinstance(url, str) else None,
        hidden=entry.get("toc") is False or entry.get("toc") == "false",
    )


def _seconds(value: object) -> float | None:
    if isinstance(value, str):
        return parse_npt_s(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _chapter(
    start_s: float | None, *, title: str, end_s: float | None = None, url: str | None = None, hidden: bool = False
) -> Chapter | None:
    """The chapter, or None for one at no time. An end before the start is none."""
    if start_s is None or not math.isfinite(start_s) or not 0 <= start_s <= LONGEST_S:
        return None
    if end_s is not None and not (start_s < end_s <= LONGEST_S):
        end_s = None
    words = " ".join(title.encode("utf-8", "replace").decode().split())  # half an emoji cannot be written to a file
    return Chapter(start_s=start_s, title=words, end_s=end_s, url=url, listed=bool(words) and not hidden)


def _in_order(chapters: Iterable[Chapter | None]) -> tuple[Chapter, ...]:
    return tuple(sorted((chapter for chapter in chapters if chapter is not None), key=lambda one: one.start_s))
