"""The publisher's links out of the show notes: each once, with a label that says what it is. Pure.

Belongs here: labels. Does not: which blocks are advertisements (`promotion.py`), when two addresses are one
(`addresses.py`).
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from inkwell_pipeline.addresses import same_address
from inkwell_pipeline.notes.blocks import Line, Span, words
from inkwell_pipeline.notes.markdown import one_line, readable, web_address
from inkwell_pipeline.notes.promotion import Judged, Verdict, says_advertisement

__all__ = ["PublishedLink", "label_of", "publisher_links"]

SAYS_NOTHING = re.compile(
    r"(?:(?:click|read|see|go|check(?: it)? out|learn|more|the|this|right|over|out|in|full|my|his|her|their|a)\W+)*"
    r"(?:here|links?|this|more|it|website|site|page|article|video|source|url|details|info|info page|listen|watch"
    r"|download)\W*",
    re.IGNORECASE,
)
AUDIO = re.compile(r"\.(?:mp3|m4a|ogg|opus|aac)$", re.IGNORECASE)
DOWNLOAD = re.compile(r"download|mp3|listen", re.IGNORECASE)
NEAR_CHARS = 160  # an advertisement within a long paragraph reaches this far from its cue
CONTEXT_WORDS = 8


@dataclass(frozen=True)
class PublishedLink:
    """A link of the publisher's: what it is called, and its address as written."""

    label: str
    url: str


def publisher_links(notes: Iterable[Judged], *, own: Collection[str | None] = ()) -> list[PublishedLink]:
    """The links of what is kept, in order. `own`: the episode's own addresses (its page, its audio), left out."""
    found: dict[str, PublishedLink] = {}
    left_out = {same_address(url) for url in own if url}
    for one in notes:
        if one.verdict is not Verdict.KEEP:
            continue
        for line in one.block.lines:
            for label, url in _links_in(line):
                key = same_address(url)
                if key in left_out:
                    continue
                if key not in found or (_is_bare(found[key].label) and not _is_bare(label)):
                    found[key] = PublishedLink(label, found[key].url if key in found else url)
    return list(found.values())


def label_of(span: Span, *, before: str = "") -> str:
    """What a link is called: its words; what stands before it, where those are `here` or `link`; else its address."""
    text, url = one_line(span.text), span.url or ""
    if not re.search(r"\w", text):
        return readable(url)
    if re.match(r"(?:https?://|www\.)", text, re.IGNORECASE):
        return readable(text)
    if len(text) < 60 and SAYS_NOTHING.fullmatch(text):
        context = re.split(r"[.!?]\s", before)[-1].strip(" \t:–—-(,·*").split()
        return " ".join(context[-CONTEXT_WORDS:]) if len(context) > 1 else readable(url)
    return text


def _links_in(line: Line) -> Iterator[tuple[str, str]]:
    """(label, address) of each link to the web; a link in parts (one bold, one not) is one."""
    whole, at = words(line), 0
    for span in _whole_links(line):
        start, at = at, at + len(span.text)
        if span.url is None or not web_address(span.url):
            continue
        near = whole[max(0, start - NEAR_CHARS) : at + NEAR_CHARS]
        if len(whole) > 2 * NEAR_CHARS and says_advertisement(near):
            continue
        if AUDIO.search(urlsplit(span.url.strip()).path) and DOWNLOAD.search(span.text):
            continue
        yield label_of(span, before=whole[max(0, start - NEAR_CHARS) : start]), span.url.strip()


def _whole_links(line: Line) -> Iterator[Span]:
    last: Span | None = None
    for span in line:
        if last and span.url and last.url == span.url:
            last = Span(last.text + span.text, span.url)
            continue
        if last:
            yield last
        last = span
    if last:
        yield last


def _is_bare(label: str) -> bool:
    """Whether a label is an address, or the beginning of one."""
    return " " not in label and ("/" in label or "." in label)
