"""Bytes that are not well-formed XML, put right where it is plain what was meant. Pure; linear in time.

Belongs here: encodings, characters that XML forbids, what stands before the document, ampersands and entities,
prefixes that nobody declared, an end that is missing. Does not: tags that do not match (`loose.py` reads on over them).
"""

import codecs
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from inkwell_pipeline.feed.names import PREFIXES
from inkwell_pipeline.references import utf8_or_windows

__all__ = ["Mended", "decoded", "mended"]

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']([A-Za-z0-9._-]{1,40})[\"']")
# Python's codecs are more than encodings of text (`unicode_escape`, `punycode`); those of these names are none other
ENCODING = re.compile(
    r"(?:x-)?(?:us-ascii|ascii|utf-?8|iso-?8859|windows|cp\d|latin|koi8|big5|gb|euc|shift|sjis|mac|tis).{0,20}",
    re.IGNORECASE,
)
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
REFERENCE = re.compile(
    r"&(?:#(?:[xX](?P<hex>[0-9a-fA-F]{1,20})|(?P<number>[0-9]{1,20}));|(?P<name>[A-Za-z][A-Za-z0-9]{1,31});)?"
)
XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})
CDATA = "<![CDATA["
UNTOUCHED = re.compile(r"<!\[CDATA\[|<!--")
USED = re.compile(r"</?([A-Za-z][\w-]{0,30}):[A-Za-z]|\s([A-Za-z][\w-]{0,30}):[A-Za-z][\w-]{0,30}\s?=")
XMLNS = re.compile(r"\sxmlns:([A-Za-z][\w-]{0,30})\s?=")
ROOT = re.compile(r"<(rss|feed|rdf:RDF|channel)(?=[\s>])", re.IGNORECASE)
ITEM = re.compile(r"<(?P<end>/?)(?:item|entry|atom:entry)(?=[\s>])", re.IGNORECASE)


def decoded(body: bytes) -> str:
    """The text: by its byte order mark, by what it declares where that is so, as UTF-8, or as Windows' Latin-1."""
    for mark, encoding in BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    if b"\0" in body[:4]:  # UTF-16 without a mark: every other byte of the first tag is zero
        return body.decode("utf-16-be" if body[:1] == b"\0" else "utf-16-le", "replace")
    declared = DECLARED.search(body[:1000])
    name = declared[1].decode().lower() if declared else "utf-8"
    if not ENCODING.fullmatch(name):
        name = "utf-8"
    for encoding in (name, "utf-8"):
        try:
            # whoever declares Latin-1 means what Windows and browsers take for it
            return body.decode("windows-1252" if encoding in ("iso-8859-1", "latin-1", "latin1") else encoding)
        except (LookupError, UnicodeDecodeError):
            continue
    return utf8_or_windows(body)


@dataclass(frozen=True)
class Mended:
    """UTF-8 without a declaration, which may be well-formed now. `is_cut`: the end is missing, and what it began."""

    document: bytes
    is_cut: bool


def mended(body: bytes) -> Mended | None:
    """What `body` says, put right, from its root on: a blank, a byte order mark or a server's warning stand before it.

    None where no root is near the beginning: it is no feed.
    """
    text = decoded(body)
    if (root := ROOT.search(text, 0, 100_000)) is None:
        return None
    text = _declared("".join(_parts(text[root.start() :].rstrip())))
    whole = _closed(text, root[1])
    return Mended(whole.encode("utf-8", "replace"), is_cut=whole is not text)


def _parts(text: str) -> Iterator[str]:
    """The text with its references put right, but for CDATA sections and comments, which have none."""
    place = 0
    while place < len(text):
        untouched = UNTOUCHED.search(text, place)
        begin = untouched.start() if untouched else len(text)
        for piece in _pieces(text[place:begin]):
            yield REFERENCE.sub(_legal, FORBIDDEN.sub("", piece))
        closed = text.find("]]>" if untouched[0] == CDATA else "-->", begin) if untouched else -1
        place = closed + 3 if closed >= 0 else len(text)
        for piece in _pieces(text[begin:place]):
            # what follows one that is never closed is text to some parsers
            yield FORBIDDEN.sub("", piece) if closed >= 0 else REFERENCE.sub(_legal, FORBIDDEN.sub("", piece))


def _pieces(text: str) -> Iterator[str]:
    """Some 64 KB each, cut behind a tag: a regular expression keeps the GIL to its end."""
    place = 0
    while place < len(text):
        end = text.find(">", place + 65_536) + 1 or len(text)
        yield text[place:end]
        place = end


def _legal(found: re.Match[str]) -> str:
    """A reference that XML knows; U+FFFD for one to no character; an ampersand that was meant as one."""
    if digits := found["hex"] or found["number"]:
        number = int(digits, 16 if found["hex"] else 10)
        is_character = number in (9, 10, 13) or 32 <= number <= 0xD7FF or 0xE000 <= number <= 0xFFFD
        return f"&#{number};" if is_character or 0x10000 <= number <= 0x10FFFF else "&#65533;"
    if found["name"] in XML_ENTITIES:
        return found[0]
    character = html.unescape(found[0])
    return f"&amp;{found[0][1:]}" if character == found[0] else html.escape(character)


def _declared(text: str) -> str:
    """With an address for each prefix that is used and not declared."""
    used: set[str] = set()
    declared = {"xml", "xmlns"}
    for piece in _pieces(text):
        used.update(prefix for pair in USED.findall(piece) for prefix in pair if prefix)
        declared.update(XMLNS.findall(piece))
    missing = sorted(used - declared)
    addresses = "".join(f' xmlns:{prefix}="{PREFIXES.get(prefix, "urn:undeclared:" + prefix)}"' for prefix in missing)
    return ROOT.sub(lambda found: found[0] + addresses, text, count=1) if addresses else text


def _closed(text: str, root: str) -> str:
    """A document that breaks off ends before the item that it breaks off in, whose guid may be half of one."""
    ends = [found.end() for found in ITEM.finditer(text) if found["end"]]
    if not ends or re.search(rf"</{root}\s{{0,99}}>", text[-1000:], re.IGNORECASE):
        return text
    cut = ITEM.search(text, ends[-1])
    whole = text[: cut.start()] if cut else text[: text.find(">", ends[-1]) + 1]
    return f"{whole}</channel></{root}>" if root.lower() == "rss" else f"{whole}</{root}>"
