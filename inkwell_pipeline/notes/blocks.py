"""A publisher's HTML, or plain text, as blocks of words: what it says, without what it looks like or does. Pure.

Belongs here: reading show notes into headings, paragraphs, list items and their links. Does not: which of them are
advertisements (`promotion.py`), Markdown (`shownotes.py`). lxml is imported when first needed, in the caller's thread.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, Literal

from inkwell_pipeline.notes.markdown import one_line
from inkwell_pipeline.references import unescaped

__all__ = ["Block", "Line", "Span", "read_blocks", "words"]

BlockKind = Literal["heading", "item", "text"]
BARE_URL = re.compile(
    r"(?:https?://|\bwww\.(?=\w))(?:\([^\s<>\"'()\[\]]*\)|[^\s<>\"'()\[\]])+(?<![.,;:!?*])", re.IGNORECASE
)
IS_HTML = re.compile(
    r"</?(?:a|b|blockquote|br|code|div|em|figure|font|h[1-6]|hr|i|iframe|img|li|ol|p|pre|script|section|small|span|strong"
    r"|style|su[bp]|table|tbody|td|th|tr|u|ul)\b[^<>]{0,4000}>|<!--",
    re.IGNORECASE,
)
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
BLOCKS = HEADINGS | frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dir",
        "div",
        "dl",
        "dt",
    }
    | {"fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "html", "li", "main", "menu", "nav"}
    | {"ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul"}
)
UNSEEN = frozenset(
    {"applet", "audio", "button", "canvas", "embed", "head", "iframe", "input", "link", "math", "meta", "noscript"}
    | {"object", "script", "select", "style", "svg", "template", "textarea", "title", "video"}
)
LISTS = frozenset({"ul", "ol", "menu", "dir"})
STRONG, EMPHASISED = frozenset({"b", "strong", "dt", "th"}), frozenset({"i", "em", "cite"})
BULLET = re.compile(r"\s*(?:[-*•‣◦●▪–—+]\s+|(\d{1,3})[.)]\s+)(?=\S)")
WRAPPED_CHARS = 55  # a line of plain text from this length on goes on in the next one
MAX_DEPTH = 6


@dataclass(frozen=True)
class Span:
    """Words with one look; `url` is where a link goes, as it was written."""

    text: str
    url: str | None = None
    strong: bool = False
    emphasised: bool = False


Line = tuple[Span, ...]


@dataclass(frozen=True)
class Block:
    """A heading, a list's item, or a paragraph. `depth` counts the lists around it, `number` is an ordered item's."""

    kind: BlockKind
    lines: tuple[Line, ...]
    depth: int = 0
    number: int | None = None
    quoted: bool = False


def words(line: Line) -> str:
    """A line's text."""
    return "".join(span.text for span in line).strip()


def read_blocks(markup: str) -> tuple[Block, ...]:
    """The blocks of a publisher's HTML or plain text, in order; none of them is empty."""
    if not markup.strip():
        return ()
    return tuple(_html_blocks(markup) if IS_HTML.search(markup) else _text_blocks(unescaped(markup)))


def _text_blocks(text: str) -> Iterator[Block]:
    """Paragraphs parted by empty lines, lines that begin with a bullet or a number as a list."""
    kind: BlockKind = "text"
    number: int | None = None
    lines: list[str] = []
    for raw in [*text.splitlines(), ""]:
        bullet = BULLET.match(raw)
        if (bullet or not raw.strip()) and lines:
            yield Block(kind, tuple(_linked(line) for line in lines), depth=int(kind == "item"), number=number)
            kind, number, lines = "text", None, []
        if bullet:
            kind, number = "item", int(bullet[1]) if bullet[1] else None
        said = one_line(raw[bullet.end() :] if bullet else raw)
        if lines and said and len(lines[-1]) >= WRAPPED_CHARS and said[0].islower():
            lines[-1] += " " + said
        elif said:
            lines.append(said)


def _linked(text: str) -> Line:
    return tuple(_with_bare_urls(Span(text)))


def _with_bare_urls(span: Span) -> Iterator[Span]:
    """The span, or its parts where addresses stand in its words."""
    if span.url is not None:
        yield span
        return
    end = 0
    for match in BARE_URL.finditer(span.text):
        if match.start() > end:
            yield replace(span, text=span.text[end : match.start()])
        url = match[0] if match[0].lower().startswith("http") else f"https://{match[0]}"
        yield replace(span, text=match[0], url=url)
        end = match.end()
    if end < len(span.text):
        yield replace(span, text=span.text[end:])


def _html_blocks(markup: str) -> Iterator[Block]:
    from lxml import etree
    from lxml import html as lxml_html

    # huge_tree: else all after 256 tags within one another is lost
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    seen = markup.replace("\0", "").encode("utf-8", "replace")
    root = lxml_html.document_fromstring(b"<html><body><div>" + seen + b"</div></body></html>", parser=parser)
    reader = _Reader()
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            reader.start(element)
        else:
            reader.end(element)
    reader.flush()
    return iter(reader.blocks)


@dataclass
class _Link:
    """A link that is open. `picture` is what it is called where it has no words."""

    url: str | None
    picture: str | None = None
    named: bool = False


@dataclass
class _Reader:
    """Tags as they come become blocks. Not recursive: some editors nest tags by the hundred."""

    blocks: list[Block] = field(default_factory=list)
    _lines: list[list[Span]] = field(default_factory=lambda: [[]])
    _open: dict[str, int] = field(default_factory=dict)  # how many of each tag are open
    _unseen: int = 0
    _strong: int = 0
    _emphasised: int = 0
    _links: list[_Link] = field(default_factory=list)
    _lists: list[int | None] = field(default_factory=list)  # None for bullets, else the number of the last item
    _item: bool = False  # an item has begun, and has no block yet

    def start(self, element: Any) -> None:
        tag = element.tag
        if self._unseen or tag in UNSEEN:
            self._unseen += 1
            return
        if tag in BLOCKS:
            self.flush()
        self._open[tag] = self._open.get(tag, 0) + 1
        self._strong += tag in STRONG
        self._emphasised += tag in EMPHASISED
        if tag in LISTS:
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._item = True
            if self._lists and (last := self._lists[-1]) is not None:
                self._lists[-1] = last + 1
        elif tag == "a":
            self._links.append(_Link(element.get("href")))
        elif tag == "img" and self._links:
            self._links[-1].picture = element.get("alt") or self._links[-1].picture or ""
        elif tag == "br":
            self._lines.append([])
        elif tag in ("td", "th") and any(span.text.strip() for span in self._lines[-1]):
            self._add(" · ")
        self._add(element.text)

    def end(self, element: Any) -> None:
        tag = element.tag
        if self._unseen:
            self._unseen -= 1
        else:
            if tag == "a":
                self._end_link()
            if tag in BLOCKS:
                self.flush()
            self._open[tag] -= 1
            self._strong -= tag in STRONG
            self._emphasised -= tag in EMPHASISED
            if tag in LISTS:
                self._lists.pop()
        if not self._unseen:
            self._add(element.tail)

    def _end_link(self) -> None:
        ended = self._links.pop()
        if ended.url and ended.picture is not None and not ended.named:  # one without anything is not seen
            self._lines[-1].append(Span(ended.picture, ended.url))

    def _add(self, text: str | None) -> None:
        if not text:
            return
        url = self._links[-1].url if self._links else None
        if self._links and text.strip():
            self._links[-1].named = True
        parts = text.splitlines() if self._open.get("pre") else [text]
        for number, part in enumerate(parts):
            if number:
                self._lines.append([])
            self._lines[-1].append(Span(part, url, strong=self._strong > 0, emphasised=self._emphasised > 0))

    def flush(self) -> None:
        """Ends the block that has been gathered."""
        lines = tuple(line for gathered in self._lines if (line := _tidied(gathered)))
        self._lines = [[]]
        if not lines:
            return
        kind: BlockKind = "item" if self._item else "text"
        if any(self._open.get(tag) for tag in HEADINGS):
            kind = "heading"
        number = self._lists[-1] if self._item and self._lists else None
        depth = min(len(self._lists) or int(self._item), MAX_DEPTH)
        self.blocks.append(Block(kind, lines, depth, number, quoted=bool(self._open.get("blockquote"))))
        self._item = False


def _tidied(spans: list[Span]) -> Line:
    """A line's spans with single spaces, alike neighbours as one; () where nothing is seen in it."""
    out: list[Span] = []
    for look, alike in groupby(spans, key=lambda span: replace(span, text="")):
        text = re.sub(r"\s+", " ", "".join(span.text for span in alike))
        if text or look.url:
            out.extend(_with_bare_urls(replace(look, text=text)))
    return tuple(out) if any(span.url or one_line(span.text) for span in out) else ()
