"""Which of a publisher's blocks are advertisements, or a footer of social media: by their form and wording alone. Pure.

Belongs here: what follows from a cue, and how far. Does not: the cues' wording (`cues.py`), Markdown (`shownotes.py`).
Where in doubt a block stays: what goes is under a heading that says so, or a line that says so itself.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import groupby
from urllib.parse import urlsplit

from inkwell_pipeline.notes import cues
from inkwell_pipeline.notes.blocks import Block, Line, words

__all__ = ["Judged", "Verdict", "is_heading_line", "judged", "says_advertisement"]


class Verdict(Enum):
    """KEEP: what the episode is about. QUIET: the words stay, the links are not among its links. AWAY: neither."""

    KEEP = "keep"
    QUIET = "quiet"
    AWAY = "away"


@dataclass(frozen=True)
class Judged:
    """A block, or those of its lines that share a verdict."""

    block: Block
    verdict: Verdict


HEADING_CHARS = 90
LINE_CHARS = 700  # a longer one says more than the advertisement in it


def says_advertisement(text: str) -> bool:
    """Whether the words are of an advertisement, or ask for support."""
    return bool(cues.ADVERTISEMENT.search(text) or cues.SUPPORT.search(text))


def judged(blocks: Sequence[Block]) -> Iterator[Judged]:
    """The blocks in order, parted where their lines have different verdicts."""
    of_profiles = [_only_profiles(line) for block in blocks for line in block.lines]
    around = [before or after for before, after in zip([False, *of_profiles], [*of_profiles[1:], False], strict=False)]
    region, number = _Region(), 0
    for block in blocks:
        verdicts = []
        for line in block.lines:
            if block.kind == "heading" or is_heading_line(line):
                region = _Region.under(words(line), real=block.kind == "heading")
                verdicts.append(region.verdict)
            else:
                verdicts.append(region.judge(line, in_a_row=of_profiles[number] and around[number]))
            number += 1
        for verdict, alike in groupby(zip(verdicts, block.lines, strict=True), key=lambda pair: pair[0]):
            yield Judged(replace(block, lines=tuple(line for _, line in alike)), verdict)


@dataclass
class _Region:
    """What stands under a heading, until the next one. `real`: not a line that only looks like a heading."""

    verdict: Verdict = Verdict.KEEP
    real: bool = False
    is_links: bool = False
    is_guests: bool = False

    @classmethod
    def under(cls, heading: str, *, real: bool) -> "_Region":
        if len(heading) > HEADING_CHARS:
            return cls(real=real)
        if cues.AD_HEADING.search(heading) or cues.SOCIAL_HEADING.search(heading):
            return cls(Verdict.AWAY, real)
        if cues.PLUG_HEADING.search(heading) or cues.HOST_HEADING.search(heading):
            return cls(Verdict.QUIET, real)
        return cls(
            real=real,
            is_guests=bool(cues.GUEST_HEADING.search(heading)),
            is_links=bool(cues.LINKS_HEADING.search(heading)),
        )

    def judge(self, line: Line, *, in_a_row: bool) -> Verdict:
        """The verdict on a line that is no heading. `in_a_row`: it and a neighbour hold nothing but profiles."""
        text, linked = words(line), any(span.url for span in line)
        if self.verdict is not Verdict.KEEP:
            if says_advertisement(text):
                return Verdict.AWAY
            if self.real or linked:
                return self.verdict
            self.verdict = Verdict.KEEP  # under what only looks like a heading comes what is no part of it
        link_only = linked and not _beside_links(line)
        if (self.is_links and link_only) or len(text) > LINE_CHARS:
            return Verdict.KEEP
        cue = cues.ADVERTISEMENT.search(text) or cues.SUPPORT.search(text)
        if cue and (linked or cue.start() < len(text) / 3):
            return Verdict.AWAY
        if linked and not self.is_guests:
            profiles = _only_profiles(line)
            if cues.SOCIAL.search(text):
                return Verdict.AWAY if profiles or len(text) < HEADING_CHARS else Verdict.QUIET
            if profiles and not self.is_links:
                return self._judge_profiles(line, in_a_row=in_a_row)
        return Verdict.KEEP

    def _judge_profiles(self, line: Line, *, in_a_row: bool) -> Verdict:
        """`Instagram` and `@show` in a row are a footer; a person's or a channel's name may be content."""
        if all(cues.PLATFORM.fullmatch(span.text) or cues.HANDLE.fullmatch(span.text) for span in line if span.url):
            return Verdict.AWAY if in_a_row else Verdict.QUIET
        return Verdict.QUIET if in_a_row and not self.real else Verdict.KEEP


def is_heading_line(line: Line) -> bool:
    """A short line that is all bold, or ends in a colon, or is in capitals: what plain notes have for headings."""
    text = words(line)
    if not text or len(text) > HEADING_CHARS or any(span.url for span in line):
        return False
    bold = all(span.strong for span in line if span.text.strip())
    return bold or text.endswith((":", "：")) or (text.isupper() and len(text) > 3)


def _beside_links(line: Line) -> bool:
    """Whether there are words that are no link's."""
    return any(re.search(r"\w", span.text) for span in line if not span.url)


def _only_profiles(line: Line) -> bool:
    """Whether every link is somebody's page on a platform, or a directory of podcasts, and little is said beside."""
    links = [span for span in line if span.url]
    beside = sum(len(span.text.split()) for span in line if not span.url)
    return bool(links) and beside <= 8 * len(links) and all(_is_profile(span.text, span.url or "") for span in links)


def _is_profile(label: str, url: str) -> bool:
    try:
        parts = urlsplit(url.strip())
        address = f"{(parts.hostname or '').removeprefix('www.').removeprefix('m.')}{parts.path}"
    except ValueError:
        return False
    return cues.PROFILE.fullmatch(address) is not None or cues.PLATFORM.fullmatch(label) is not None
