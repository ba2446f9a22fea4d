"""Show notes as Markdown: the publisher's words in their order, without advertisements and footers. Pure.

Belongs here: how blocks are written, and times in them as links into the audio. Does not: which of them go
(`promotion.py`). There are no headings in it, for those are the note's own sections: a publisher's heading is bold.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from types import MappingProxyType

from inkwell_pipeline.addresses import same_address
from inkwell_pipeline.notes.blocks import Block, Line, Span, words
from inkwell_pipeline.notes.markdown import Markdown, escaped, joined, link, readable, web_address
from inkwell_pipeline.notes.promotion import Judged, Verdict, is_heading_line

__all__ = ["show_notes"]

TIME = r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2})(?![\d:])"
TIME_AT_START = re.compile(rf"^([\s(\[]*){TIME}")
TIME_AT_END = re.compile(rf"([\s(\[]){TIME}(?=[)\]]?\W*$)")
MOMENT = re.compile(r"#t=(?:(\d{1,6})s?$|(?:(\d{1,2}):)?(\d{1,3}):(\d{2})$)")
NUMBER_AT_START = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
OUR_HEADING = frozenset({"show notes", "shownotes", "episode notes"})
INDENT = "    "  # enough below `10. `, and not too much for code


def show_notes(
    notes: Iterable[Judged],
    *,
    audio_url: str | None = None,
    duration_s: int | None = None,
    listed_links: Collection[str] = (),
    listed_chapters: Mapping[int, str] = MappingProxyType({}),
) -> Markdown:
    """The blocks that stay, as Markdown. "" for none.

    What is nothing but links in `listed_links` (addresses as `same_address` gives them), or but a chapter of
    `listed_chapters` (titles by their beginnings in seconds), is not said again: the note has those elsewhere.
    """
    kept = [one.block for one in notes if one.verdict is not Verdict.AWAY and not _says_show_notes(one.block)]
    kept = _without_lone_leads(list(_not_listed(kept, listed_links, listed_chapters)), kept)
    lines = [line for block in kept for line in block.lines]
    has_times = sum(bool(TIME_AT_START.search(words(line)) or TIME_AT_END.search(words(line))) for line in lines) > 1
    writer = _Writer(audio_url if has_times else None, audio_url, duration_s)
    return Markdown(_stacked(kept, writer))


def _says_show_notes(block: Block) -> bool:
    """Whether it is a heading that says what the note's own above it says."""
    return (
        len(block.lines) == 1
        and (block.kind == "heading" or is_heading_line(block.lines[0]))
        and _bare(words(block.lines[0])) in OUR_HEADING
    )


def _not_listed(blocks: Sequence[Block], links: Collection[str], chapters: Mapping[int, str]) -> Iterator[Block]:
    """The blocks that say more than is listed. A list is left out as a whole, else it would say something else."""
    for in_list, group in groupby(blocks, key=lambda block: block.depth > 0):
        members = list(group)
        said = [
            all(_is_chapter(line, chapters) or _is_listed_links(line, links) for line in block.lines)
            for block in members
        ]
        yield from (block for block, one in zip(members, said, strict=True) if not (all(said) if in_list else one))


def _is_chapter(line: Line, chapters: Mapping[int, str]) -> bool:
    """Whether the line says what the chapter's title says, and no more."""
    text = words(line)
    if not chapters or (match := TIME_AT_START.search(text)) is None:
        return False
    title = chapters.get(_seconds(match[2], match[3], match[4]), "")
    linked = any(span.url and not MOMENT.search(span.url) for span in line)
    return bool(title) and not linked and _bare(text[match.end() :]) in _bare(title)


def _bare(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().casefold()


def _is_listed_links(line: Line, links: Collection[str]) -> bool:
    if not links or any(re.search(r"\w", span.text) for span in line if not span.url):
        return False
    urls = [span.url for span in line if span.url]
    return bool(urls) and all(same_address(url) in links for url in urls)


def _without_lone_leads(blocks: Sequence[Block], before: Sequence[Block]) -> list[Block]:
    """Without the headings that have lost all that stood under them."""
    followers = {id(block): below for block, below in pairwise(before)}
    out: list[Block] = []  # from the last to the first, since a heading may have had nothing but another
    for block in reversed(blocks):
        follower, below = followers.get(id(block)), out[-1] if out else None
        had = follower is not None and _leads_to(block, follower)
        if not had or below is follower or (below is not None and _leads_to(block, below)):
            out.append(block)
    return out[::-1]


def _leads_to(block: Block, below: Block) -> bool:
    """Whether `below` stands under `block`, as far as its form says so."""
    if block.kind == "heading":
        return below.kind != "heading"
    return len(block.lines) == 1 and is_heading_line(block.lines[0]) and below.depth > block.depth


def _stacked(blocks: Sequence[Block], writer: "_Writer") -> str:
    out: list[str] = []
    for quoted, group in groupby(blocks, key=lambda block: block.quoted):
        part: list[str] = []
        last: Block | None = None
        written = [(block, lines) for block in group if (lines := writer.lines(block))]
        depths = _depths([block for block, _ in written])
        for (block, lines), depth in zip(written, depths, strict=True):
            placed = replace(block, depth=depth)
            part += (
                ["", *_indented(placed, lines)] if last and not _is_tight(last, placed) else _indented(placed, lines)
            )
            last = placed
        out += ["\n".join(f"> {line}".rstrip() if quoted else line for line in part)] if part else []
    return "\n\n".join(out)


def _depths(blocks: Sequence[Block]) -> Iterator[int]:
    """How deep each block can stand: below an item only, for Markdown takes what is indented by more for code."""
    above: list[int] = []  # the depths of the items that are open, as the HTML has them
    for block in blocks:
        is_item = block.kind == "item"
        while above and (above[-1] >= block.depth if is_item else above[-1] > block.depth):
            above.pop()
        above += [block.depth] * is_item
        yield len(above)


def _indented(block: Block, lines: Sequence[str]) -> list[str]:
    if block.kind != "item":
        return [INDENT * block.depth + line for line in lines]
    indent = INDENT * (block.depth - 1)
    mark = "-" if block.number is None else f"{block.number}."
    mark = mark if len(mark) < len(INDENT) else f"- {block.number}\\."  # what stands under it would be code
    return [f"{indent}{mark} {lines[0]}", *(indent + " " * (len(mark) + 1) + line for line in lines[1:])]


def _is_tight(above: Block, block: Block) -> bool:
    """Whether no empty line stands between them: a number but 1 begins no list below words (CommonMark, 5.3)."""
    goes_on = block.number in (None, 1) or (above.number is not None and above.depth == block.depth)
    return above.kind == block.kind == "item" and goes_on


class _Writer:
    """Writes blocks; knows the audio that times lead to (`lines_url`: None where no line's times are to be links)."""

    def __init__(self, lines_url: str | None, audio_url: str | None, duration_s: int | None) -> None:
        self._lines_url, self._audio_url, self._duration_s = lines_url, audio_url, duration_s

    def lines(self, block: Block) -> list[str]:
        """The block's lines as Markdown; none where nothing of them can be seen."""
        return [written for line in block.lines if (written := self._line(line, bold=block.kind == "heading"))]

    def _line(self, line: Line, *, bold: bool) -> str:
        spans = [replace(span, strong=False, emphasised=False) if bold else span for span in self._with_times(line)]
        pieces: list[Markdown] = []
        for number, span in enumerate(spans):
            before = spans[number - 1].text[-1:] if number else ""
            after = spans[number + 1].text[:1] if number + 1 < len(spans) else ""
            pieces += self._span(span, before=before, after=after, at_start=not any(pieces))
        text = re.sub(r"(?<=\S) {2,}", " ", joined(pieces)).strip()
        text = NUMBER_AT_START.sub(r"\1\\\2", text)  # in two spans
        return f"**{text}**" if bold and text else text

    def _span(self, span: Span, *, before: str, after: str, at_start: bool) -> list[Markdown]:
        inner = self._words(span, at_start=at_start)
        if not inner:
            return [Markdown(" ")] if span.text and not at_start else []
        sign = "**" * span.strong + "*" * span.emphasised
        spaced, at_end = span.text[:1].isspace(), span.text[-1:].isspace()
        # else a sign within a word would be read as a sign, or not as one
        if sign and (spaced or not before or before.isspace()) and (at_end or not after or not after.isalnum()):
            inner = Markdown(f"{sign}{inner}{sign}")
        return [*([Markdown(" ")] if spaced and not at_start else []), inner, *([Markdown(" ")] if at_end else [])]

    def _words(self, span: Span, *, at_start: bool) -> Markdown:
        if span.url is None:
            return escaped(span.text, at_start=at_start)
        if moment := MOMENT.search(span.url):
            return link(span.text, self._moment(moment), files=True)
        if not web_address(span.url):
            return escaped(span.text, at_start=at_start)
        bare = re.match(r"(?:https?://|www\.)\S*\s*$", span.text.strip(), re.IGNORECASE) is not None
        return link(readable(span.text.strip()) if bare else span.text.strip() or readable(span.url), span.url)

    def _moment(self, match: re.Match[str]) -> str | None:
        start_s = int(match[1]) if match[1] else _seconds(match[2], match[3], match[4])
        return f"{self._audio_url.partition('#')[0]}#t={start_s}" if self._audio_url else None

    def _with_times(self, line: Line) -> list[Span]:
        """The line, its time at the start or at the end as a link into the audio."""
        spans = list(line)
        for at, pattern in ((0, TIME_AT_START), (-1, TIME_AT_END)):
            span = spans[at]
            match = pattern.search(span.text) if self._lines_url and span.url is None else None
            if match is None or self._lines_url is None:
                continue
            start_s = _seconds(match[2], match[3], match[4])
            if self._duration_s and start_s > self._duration_s:
                continue
            begin, end = match.end(1), match.end()
            time = Span(span.text[begin:end], f"#t={start_s}")
            parts = [replace(span, text=span.text[:begin]), time, replace(span, text=span.text[end:])]
            spans[at : at + 1 or None] = [part for part in parts if part.text]
            break
        return spans


def _seconds(hours: str | None, minutes: str, seconds: str) -> int:
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
