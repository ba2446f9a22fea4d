"""HTML to segments: the podcast namespace's `<cite>`, `<time>`, `<p>`, and pages with plain paragraphs.

Belongs here: elements, and whether a page is a transcript at all. Does not: names and times inside the words
(`paragraphs.py`), or telling forms apart (`forms.py`).
"""

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from lxml import etree

from inkwell_pipeline.transcript.paragraphs import Line, Paragraph, named_and_stamped, paragraphs_of, read_paragraphs
from inkwell_pipeline.transcript.reading import Reading, Tally, UnreadableTranscript, folded, plain
from inkwell_pipeline.transcript.times import clock_s

__all__ = ["read_html"]


def _words(names: str) -> frozenset[str]:
    return frozenset(names.split())


NOT_SPOKEN = _words(
    "script style noscript template head nav header footer aside button select textarea label svg math iframe object "
    "video audio canvas dialog"
)
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
EMPHASISED = frozenset({"b", "strong", "i", "em"})
INLINE = _words(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd mark q rp rt ruby s samp small span "
    "strike strong sub sup time tt u var wbr"
)
SHORT_WORDS = 300  # below which a page may be an error's; many a long one has a sign-in in its corner
WORDS = ("text", "cite")  # tokens that are words, where nothing is marked up
NO_TRANSCRIPT = re.compile(
    r"(?i)\b(?:40[0-9]|50[0-9]|not found|sign ?in|log ?in|access denied|forbidden|unauthorized|error|just a moment|"
    r"attention required|captcha|unavailable)\b"
)


class _Token(NamedTuple):
    """A piece of the page in its order: words, who speaks, when, or where a line or a block begins or ends."""

    kind: Literal["text", "cite", "time", "line", "block", "heading"]
    text: str = ""
    in_paragraph: bool = False
    emphasised: bool = False


def read_html(text: str, *, plain: bool = True) -> Reading:
    """Segments in the order of the page; `start_s` is None where no time is written.

    A `<cite>` is the speaker, a `<time>` the time of all until the next one. A page without them is read by its
    paragraphs, if `plain`, and if it does not look like a page of another kind (an error, a sign-in).
    Raises: UnreadableTranscript. Source: podcast namespace, transcripts.md, "HTML".
    """
    root = _parsed(text)
    tokens = list(_tokens(root))
    tally = Tally("paragraphs")
    if _is_marked_up(tokens):
        return read_paragraphs(_marked_up(tokens, tally), tally)
    if not plain:
        raise UnreadableTranscript("it is a web page without a transcript")
    reading = read_paragraphs(paragraphs_of(_blocks(tokens, tally)), tally)
    words = sum(len(segment.text.split()) for segment in reading.segments)
    if words < SHORT_WORDS and _is_of_another_kind(root):
        raise UnreadableTranscript("it is a page of another kind (an error, or a sign-in), not a transcript")
    return reading


def _is_of_another_kind(root: etree._Element) -> bool:
    titles = ("".join(map(str, title.itertext()))[:200] for title in root.iter("title", "h1"))
    fields = (field.get("type", "").lower() for field in root.iter("input"))
    return any(map(NO_TRANSCRIPT.search, titles)) or "password" in fields


def _parsed(text: str) -> etree._Element:
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=True)
    data = text.replace("\0", "").encode("utf-8", "replace")
    try:
        root = etree.fromstring(data, parser) if data.strip() else None
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableTranscript(f"its HTML is broken ({error})") from None
    if root is None:
        raise UnreadableTranscript("its HTML is empty")
    return root


def _tokens(root: etree._Element) -> Iterator[_Token]:
    """The page as a row of words and marks, without what is not spoken."""
    paragraphs = emphases = 0
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = str(element.tag)
        begins = event == "start"
        step = 1 if begins else -1
        paragraphs += step * (tag == "p")
        emphases += step * (tag in EMPHASISED)
        if begins and (token := _whole(element, in_paragraph=paragraphs > 0)):
            yield token
            walk.skip_subtree()
        elif tag == "br" and begins:
            yield _Token("line")
        elif tag not in INLINE and tag != "br":
            yield _Token("block")
        words = (element.text if not _is_whole(element) else None) if begins else element.tail
        if words and (begins or element is not root):
            yield _Token("text", str(words), paragraphs > 0, emphases > 0)


def _is_whole(element: etree._Element) -> bool:
    return element.tag in ("cite", "time") or element.tag in HEADINGS or element.tag in NOT_SPOKEN


def _whole(element: etree._Element, *, in_paragraph: bool) -> _Token | None:
    """The token of an element that is taken as one, with all that is in it."""
    if not _is_whole(element):
        return None
    tag = str(element.tag)
    if tag in NOT_SPOKEN:
        return _Token("block")
    text = folded(plain("".join(map(str, element.itertext()))))
    if tag in HEADINGS:
        return _Token("heading", text)
    if tag == "cite":
        return _Token("cite", text, in_paragraph)
    if clock_s(text.strip("[]() ")) is not None:
        return _Token("time", text.strip("[]() "))
    return _Token("text", text, in_paragraph)  # a date


def _is_marked_up(tokens: Sequence[_Token]) -> bool:
    """Whether `<cite>` and `<time>` say who speaks and when: a `<cite>` in the middle of words is a book's title."""
    cites, words = 0, False
    for token in tokens:
        if token.kind == "time" or (token.kind == "cite" and token.text.endswith(":")):
            return True
        if token.kind == "cite" and not words:
            cites += 1
        words = token.kind in ("text", "cite") and (words or bool(token.text.strip()))
    return cites > 1


def _marked_up(tokens: Sequence[_Token], tally: Tally) -> list[Paragraph]:
    """Paragraphs of words, and where a speaker or a time stands, one of that alone: they are put together later."""
    found: list[Paragraph] = []
    words: list[str] = []

    def close() -> None:
        if text := folded(plain("".join(words))):
            found.append(named_and_stamped(text) or Paragraph(text))
        words.clear()

    for token in tokens:
        match token.kind:
            case "text" if found or token.in_paragraph:  # else a page's own words before the transcript
                words.append(token.text)
            case "line":
                words.append(" ")
            case "cite" | "time":
                close()
                named = token.text if token.kind == "cite" else None
                found.append(Paragraph("", named, None if named is not None else clock_s(token.text)))
            case "heading":
                close()
                tally.total += 1
                tally.leave_out("that are headings")
            case _:
                close()
    close()
    return found


def _blocks(tokens: Sequence[_Token], tally: Tally) -> list[list[Line]]:
    """The lines of a page's paragraphs; of all its text, where it has none with words."""
    only = any(token.kind in WORDS and token.in_paragraph and token.text.strip() for token in tokens)
    blocks: list[list[Line]] = [[]]
    line: list[_Token] = []

    def close() -> None:
        words = folded(plain("".join(token.text for token in line)))
        first = next((token for token in line if token.text.strip()), None)
        line.clear()
        if words and first:
            blocks[-1].append(Line(words, first.emphasised))

    for token in tokens:
        if token.kind in WORDS:
            if token.in_paragraph or not only:
                line.append(token)
            continue
        close()
        if token.kind in ("block", "heading") or (token.kind == "line" and blocks[-1] == []):
            blocks.append([])
        if token.kind == "heading":
            tally.total += 1
            tally.leave_out("that are headings")
    close()
    return [block for block in blocks if block]
