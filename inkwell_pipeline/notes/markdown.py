"""Other people's words as Markdown that says them and does nothing else. Pure.

Belongs here: escaping for Obsidian's Markdown, links, wikilinks, times. Does not: what a publisher's HTML holds
(`blocks.py`), a note's layout (`layout.py`). What must not come through: HTML, wikilinks, embeds, comments (`%%`),
block ids, tags, headings, lists, tables, code, math, footnotes, fields of Dataview (`key:: value`), commands of
Templater (`<%`), addresses that run something.
Sources: CommonMark 0.31, GitHub Flavored Markdown, Obsidian's help ("Obsidian Flavored Markdown").
"""

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote, unquote, urlsplit

from inkwell_pipeline.notes.names import safe_name
from inkwell_pipeline.timecode import timecode

__all__ = [
    "Markdown",
    "escaped",
    "joined",
    "link",
    "one_line",
    "property_text",
    "readable",
    "timed",
    "web_address",
    "wikilink",
]

ALWAYS = re.compile(r"[\\`*\[\]<$]")
DOUBLED = re.compile(r"%{2,}|={2,}|~{2,}|:{2,}|\{{2,}|(?<=<)%")  # comments, highlights, deletions, fields, templates
BLOCK_ID = re.compile(r"^\^|(?<!\S)\^(?=\S)|\^(?=[\w-]+$)")
UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")  # not the one within a name_like_this
HASH = re.compile(r"(?<![^\W_])#(?=[^\s#])")
ENTITY = re.compile(r"&(?=#?\w{1,32};)")
SCHEME = re.compile(  # what some editors make a link of
    r"(?<!\bhttp)(?<!\bhttps):(?=//\S)|(?<![^\W_])(javascript|vbscript|data|mailto|tel):(?=\S)", re.IGNORECASE
)
AT_START = re.compile(r"^(?:(>|(?:[-+]|#{1,6})(?=\s|$))|(\d{1,9})([.)])(?=\s|$))")
OF_RULES = frozenset(" |:=+-")  # a line of these alone could be a table's second, a heading's, or a rule
TOGETHER = frozenset({"%%", "==", "~~", "::", "{{", "<%"})  # more than words where two texts meet
EMBEDS = frozenset({"![", "^["})  # a picture, and a footnote, where a link follows
IN_NO_NAME = re.compile(r"[%$`*<>~={}\\]")  # within a wikilink nothing can be escaped
SAFE_IN_URL = "!#$%&'()*+,/:;=?@~"  # all that RFC 3986 has, but for square brackets
JOINERS = "\u200c\u200d"  # emoji and some scripts need them
LABEL_CHARS = 60


class Markdown(str):
    """Markdown of our own making: to be printed as it is. All other text is escaped before it is printed."""

    __slots__ = ()

    def __str__(self) -> str:  # `str(…)` of it, as in jinja's own code, is still Markdown
        return self


def one_line(text: str) -> str:
    """`text` with single spaces, without what is not seen: controls, marks of direction, halves of characters."""
    line = " ".join(text.split())
    if line.isprintable():  # which of ASCII all is but controls
        return line
    return " ".join("".join(filter(_is_shown, line)).split())


def _is_shown(char: str) -> bool:
    return char in JOINERS or unicodedata.category(char) not in ("Cc", "Cf", "Cs")


def escaped(text: str, *, at_start: bool = True) -> Markdown:
    """`text` on one line, as plain words. `at_start`: it may come to stand at the start of its line."""
    line = one_line(text)
    if at_start and OF_RULES.issuperset(line):
        return Markdown("".join(char if char == " " else "\\" + char for char in line))
    line = ALWAYS.sub(lambda match: "\\" + match[0], line)
    line = DOUBLED.sub(_each_escaped, line)
    line = BLOCK_ID.sub(r"\\^", line)
    line = UNDERSCORE.sub(r"\\_", line)
    line = HASH.sub(r"\\#", line)
    line = ENTITY.sub(r"\\&", line)
    line = SCHEME.sub(r"\1\\:", line)
    if not at_start:
        return Markdown(line)
    return Markdown(AT_START.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", line))


def joined(pieces: Iterable[str]) -> Markdown:
    """Pieces in a row; those that are no `Markdown` are the layout's own words. Where two meet, no sign comes about."""
    out: list[str] = []
    last = ""
    for piece in filter(None, pieces):
        if (
            isinstance(last, Markdown)
            and (last[-1:] + piece[0] in EMBEDS or (last[-1:] in "#^&" and piece[0].isalnum()))
            and not _ends_escaped(last)
        ):
            out[-1] = f"{out[-1][:-1]}\\{out[-1][-1]}"
        elif last[-1:] + piece[0] in TOGETHER and (isinstance(last, Markdown) or isinstance(piece, Markdown)):
            out.append("\\")
        out.append(piece)
        last = piece
    return Markdown("".join(out))


def _ends_escaped(text: str) -> bool:
    """Whether the last sign has a backslash for itself: an even number of them are words."""
    return (len(text) - 1 - len(text[:-1].rstrip("\\"))) % 2 == 1


def property_text(text: str) -> str:
    """`text` as a property: on one line, without what Obsidian or Templater would take for more than words in it."""
    return re.sub(r"\[(?=\[)", "[ ", one_line(text)).replace("<%", "< %")


def web_address(url: str | None, *, files: bool = False) -> str | None:
    """`url` as it may stand in a Markdown link, where it is one of the web (or, with `files`, a file's); else None.

    Without a character that ends a link, or begins a comment of Obsidian's (`%%`).
    """
    if not url:
        return None
    url = one_line(re.sub(r"[\t\r\n]", "", url))  # as browsers read it
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        return None
    if scheme not in ("http", "https") and not (files and scheme == "file"):
        return None
    return quote(url, safe=SAFE_IN_URL).replace("%%", "%25%25")


def _destination(address: str) -> str:
    return f"<{address}>" if "(" in address or ")" in address else address


def link(label: str, url: str | None, *, files: bool = False) -> Markdown:
    """`[label](url)`, where the address is one for the web (or, with `files`, a file); else the label alone.

    A label that is `Markdown` stands as it is.
    """
    words = label if isinstance(label, Markdown) else escaped(label)
    address = web_address(url, files=files)
    return Markdown(f"[{words}]({_destination(address)})") if address and words else Markdown(words)


def readable(url: str) -> str:
    """An address as people read it: host and path, cut."""
    _, _, rest = url.partition("://")
    try:
        rest = unquote(rest or url, errors="strict")
    except UnicodeDecodeError:
        rest = rest or url
    shown = rest.removeprefix("www.").partition("#")[0].partition("?")[0].rstrip("/") or rest
    return shown if len(shown) <= LABEL_CHARS else shown[: LABEL_CHARS - 1].rstrip("/.-_") + "…"


def wikilink(name: str) -> Markdown:
    """`[[name]]`: a link to the note of that name, whether there is one or not. "" where there is no name.

    What cannot stand in a note's name is left out or replaced; then the name as written is the link's alias.
    """
    shown = one_line(IN_NO_NAME.sub("", one_line(name)).translate({ord("["): "(", ord("]"): ")", ord("|"): "/"}))
    shown = re.sub(":{2,}", ":", shown)
    target = safe_name(shown, otherwise="")
    if not target:
        return Markdown("")
    return Markdown(f"[[{target}]]" if target == unicodedata.normalize("NFC", shown) else f"[[{target}|{shown}]]")


def timed(start_s: float | None, audio_url: str | None, *, approximate: bool = False) -> Markdown:
    """The time as a link into the audio (Media Fragments URI, `#t=`); "" where no time is known."""
    if start_s is None:
        return Markdown("")
    moment = f"{audio_url.partition('#')[0]}#t={int(start_s)}" if audio_url else None
    shown = f"≈ {timecode(start_s)}" if approximate else timecode(start_s)
    return link(Markdown(shown), moment, files=True)


def _each_escaped(match: re.Match[str]) -> str:
    return "".join(f"\\{char}" for char in match[0])
