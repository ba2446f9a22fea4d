"""Other people's words as Markdown that says them and does nothing else. Pure.

Belongs here: escaping for Obsidian's Markdown, links, times, show notes from HTML. Does not: a note's layout
(`render.py`). What must not come through: HTML, wikilinks, embeds, comments (`%%`), block ids, tags, headings.
nh3 and markdownify are imported when first needed, in the caller's thread.
"""

import html
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

__all__ = ["clock", "escaped", "link", "links_in", "show_notes", "timed"]

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
# no `code`, no `pre`: within them nothing could be escaped, and their words read as well without
ALLOWED_TAGS = frozenset(
    {
        "a",
        "b",
        "blockquote",
        "br",
        "div",
        "em",
        "hr",
        "i",
        "li",
        "ol",
        "p",
        "span",
        "strong",
        "ul",
        *HEADINGS,
    }
)
ALWAYS = re.compile(r"[\\`*\[\]<$]")
DOUBLED = re.compile(r"%{2,}|={2,}|~{2,}")  # comments, highlights, deletions
BLOCK_ID = re.compile(r"\^(?=[\w-]+$)")
UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")  # not the one within a name_like_this
HASH = re.compile(r"(?<![^\W_])(?<!\\)#(?=[^\s#])")
ENTITY = re.compile(r"&(?=#?\w{1,32};)")
AT_START = re.compile(r"^(?:(>|-(?=-+$)|(?:[-+]|#{1,6})(?=\s|$))|(\d{1,9})([.)])(?=\s|$))")
BARE_URL = re.compile(r"https?://(?:\([^\s<>\"'()\[\]]*\)|[^\s<>\"'()\[\]])+(?<![.,;:!?])")
IS_HTML = re.compile(
    r"</?(?:a|b|blockquote|br|code|div|em|figure|font|h[1-6]|hr|i|iframe|img|li|ol|p|pre|script|section|small|span|strong"
    r"|style|su[bp]|table|tbody|td|th|tr|u|ul)\b[^<>]*>",
    re.IGNORECASE,
)


def escaped(text: str) -> str:
    """`text` on one line, as plain words."""
    line = " ".join(text.split())
    line = ALWAYS.sub(lambda match: "\\" + match[0], line)
    line = DOUBLED.sub(_each_escaped, line)
    line = BLOCK_ID.sub(r"\\^", line)
    line = UNDERSCORE.sub(r"\\_", line)
    line = HASH.sub(r"\\#", line)
    line = ENTITY.sub(r"\\&", line)
    return AT_START.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", line)


def link(label: str, url: str) -> str:
    """`[label](url)`, where the address is one for the web or a file; else the label alone."""
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = ""
    return f"[{escaped(label)}]({_address(url)})" if scheme in ("http", "https", "file") else escaped(label)


def _address(url: str) -> str:
    """`url` without a character that ends a Markdown link, or begins a comment of Obsidian's (`%%`)."""
    return quote(url.strip(), safe=SAFE_IN_URL).replace("%%", "%25%25")


SAFE_IN_URL = "!#$%&'*+,/:;=?@~"  # all that RFC 3986 has, but for brackets, which end a Markdown link


def clock(seconds: float) -> str:
    """`12:34`, or `1:02:03` from one hour on."""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def timed(start_s: float | None, audio_url: str | None) -> str:
    """The time as a link into the audio (Media Fragments URI, `#t=`); "" where no time is known."""
    if start_s is None:
        return ""
    if audio_url is None:
        return clock(start_s)
    return link(clock(start_s), f"{audio_url.partition('#')[0]}#t={int(start_s)}")


def links_in(markup: str) -> Iterator[tuple[str, str]]:
    """(label, address) of the links in a publisher's HTML or text, each address once, in order."""
    from lxml import html as lxml_html

    if not markup.strip():
        return
    parser = lxml_html.HTMLParser(encoding="utf-8")
    document = f"<div>{markup}</div>".encode("utf-8", "replace")
    root = lxml_html.fromstring(document, parser=parser)
    seen: set[str] = set()
    for anchor in root.iter("a"):
        url = (anchor.get("href") or "").strip()
        if url.lower().startswith(("http://", "https://")) and url not in seen:
            seen.add(url)
            yield " ".join(str(anchor.xpath("string()")).split()) or url, url
    outside: Any = root.xpath("//text()[not(ancestor::a or ancestor::script or ancestor::style)]")
    for match in BARE_URL.finditer(" ".join(map(str, outside))):
        if match[0] not in seen:
            seen.add(match[0])
            yield match[0], match[0]


def show_notes(markup: str) -> str:
    """A publisher's HTML, or plain text, as Markdown without headings above the fourth level; "" for nothing."""
    if not IS_HTML.search(markup):
        paragraphs = re.split(r"\n\s*\n|\r\n\s*\r\n", html.unescape(markup))
        return "\n\n".join(escaped(paragraph) for paragraph in paragraphs if paragraph.strip())
    import nh3
    from markdownify import markdownify

    clean = nh3.clean(
        markup,
        tags=set(ALLOWED_TAGS),
        attributes={"a": {"href"}},
        attribute_filter=lambda _tag, _name, url: _address(url),
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    clean = re.sub(r"<(/?)h[1-6]\b", r"<\1h4", clean)
    try:
        text = str(markdownify(clean, heading_style="ATX", bullets="-", escape_misc=True, autolinks=False))
    except RecursionError:  # hundreds of tags within one another: the words alone
        return escaped(html.unescape(nh3.clean(clean, tags=set())))
    lines = (_harmless(line.rstrip()) for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _harmless(line: str) -> str:
    """A line of our own conversion, without what only Obsidian reads as more than words; addresses stay as they are."""
    parts = re.split(r"((?<!\\)\]\([^)\s]{1,2000}\))", line)  # ours: a bracket of the publisher's is escaped
    parts[::2] = [
        HASH.sub(r"\\#", DOUBLED.sub(_each_escaped, part.replace("[[", r"\[\[").replace("$", r"\$")))
        for part in parts[::2]
    ]
    return BLOCK_ID.sub(r"\\^", "".join(parts))


def _each_escaped(match: re.Match[str]) -> str:
    return "".join(f"\\{char}" for char in match[0])
