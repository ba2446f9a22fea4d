"""What a host sent, opened as a feed: by the quickest reader that can be sure, or with a line on what it is instead.

Belongs here: which reader reads it, and what is no feed. Does not: reading (`well_formed.py`, `loose.py`), mending
(`mend.py`), what is believed of the items (`parse.py`). Pure.
"""

import re
import zlib
from typing import TypeAlias
from urllib.parse import urljoin

from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.feed.loose import Loose, NoFeed
from inkwell_pipeline.feed.mend import decoded, mended
from inkwell_pipeline.feed.well_formed import NotWellFormed, WellFormed
from inkwell_pipeline.http import without_secrets
from inkwell_pipeline.references import unescaped

__all__ = ["MAX_FEED_BYTES", "Document", "open_document"]

MAX_FEED_BYTES = 50_000_000  # the largest feeds known have some 20 MB
MAX_LOOSE_BYTES = 20_000_000  # tags alone take the loose reader 10 s a megabyte; a feed's text takes it 0.2 s
Document: TypeAlias = WellFormed | Loose

NEITHER = "is no feed: neither RSS nor Atom is in it"
WEB_PAGE = re.compile(
    r"\s{0,999}(?:<\?xml[^<>]{0,500}>\s{0,99})?(?:<!--[^<>]{0,999}-->\s{0,99}){0,5}<(?:!doctype\s{1,9}html|html)\b",
    re.IGNORECASE,
)
LINK = re.compile(r"<link\s([^<>]{1,2000})>", re.IGNORECASE)
FEED_TYPE = re.compile(r"""\stype\s?=\s?["']?application/(?:rss|atom)\+xml""", re.IGNORECASE)
HREF = re.compile(r"""\shref\s?=\s?["']?([^"'\s>]{1,1000})""", re.IGNORECASE)


def open_document(packed: bytes, *, name: str, base_url: str) -> Document:
    """The feed in the bytes that came from `base_url`; `name` is its name in the config.

    Well-formed XML is read as it is; else what can be mended is, and read so; else it is read loosely.
    Raises: PermanentError, where it is no feed: what it is instead, as far as that is plain.
    """
    if (body := _unpacked(packed)) is None:
        raise _refused(f"its gzip cannot be read, or holds more than {MAX_FEED_BYTES // 1_000_000} MB", name, base_url)
    if (instead := _instead(body, base_url)) is not None:
        raise _refused(instead, name, base_url)
    try:
        return WellFormed(body)
    except NotWellFormed:
        mend = mended(body)
    if mend is None:
        raise _refused(NEITHER, name, base_url)
    try:
        document = WellFormed(mend.document)
        document.is_broken = mend.is_cut
        return document
    except NotWellFormed as error:
        if len(mend.document) > MAX_LOOSE_BYTES:
            says = (
                f"its XML is broken ({error}), and larger than the {MAX_LOOSE_BYTES // 1_000_000} MB that are read so"
            )
            raise _refused(says, name, base_url) from None
    try:
        return Loose(mend.document)
    except NoFeed as error:
        says = f"is no feed that can be read ({error})" if str(error) else NEITHER
        raise _refused(says, name, base_url) from None


def _refused(says: str, name: str, base_url: str) -> PermanentError:
    return PermanentError(says, feed=name, url=without_secrets(base_url))


def _unpacked(body: bytes) -> bytes | None:
    """What a host has packed and not said so; None where it cannot be unpacked."""
    if not body.startswith(b"\x1f\x8b\x08"):
        return body
    unpacking = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacking.decompress(body, MAX_FEED_BYTES)
    except zlib.error:
        return None
    return None if unpacking.unconsumed_tail else unpacked


def _instead(body: bytes, base_url: str) -> str | None:
    """What the document is, where it is plainly something else."""
    start = body[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start and not body.strip():
        return "is no feed: the answer is empty"
    if start.startswith((b"{", b"[")):
        return "is no feed that can be read: it is JSON; look for the show's address in RSS or Atom"
    head = decoded(body[:200_000])
    if not WEB_PAGE.match(head):
        return None
    says = "is a web page, no feed"
    for link in LINK.finditer(head):
        if FEED_TYPE.search(f" {link[1]}") and (href := HREF.search(f" {link[1]}")):
            return f"{says}; its feed may be {_shown(href[1], base_url)}"
    return f"{says}: look on it for the show's address in RSS"


def _shown(href: str, base_url: str) -> str:
    try:
        return without_secrets(urljoin(base_url, unescaped(href)))
    except ValueError:
        return without_secrets(href)
