"""Addresses from strangers: which may be used, what they are in full, and when two of them are one.

Belongs here: what strangers may make us ask for or read. Does not: which hosts may be asked (`hosts.py`).
"""

import re
from pathlib import Path
from urllib.parse import urljoin, urlsplit, urlunsplit
from urllib.request import url2pathname

__all__ = ["Base", "same_address", "without_query"]

# whole addresses of the usual form, which nearly all are: urllib would say the same of them in ten times the time
PLAIN = re.compile(
    r"https?://[a-z0-9.-]{1,255}(?::[0-9]{1,4})?/[\w/.,;:@%+~*!$'()-]{0,2000}([?#][!-~]{1,2000})?", re.ASCII
)

TRACKING = re.compile(r"(?:utm_\w+|ref|ref_src|fbclid|gclid|mc_cid|mc_eid|igshid|si|s)=[^&#]*&?", re.IGNORECASE)


class Base:
    """Resolves a feed's addresses. A feed from the network never gets to name a file; a file's feed may."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._folder = Path(url2pathname(urlsplit(url).path)).parent if url.startswith("file:") else None

    def resolve(self, address: str | None) -> str | None:
        """An absolute address that may be used, or None."""
        text = (address or "").strip()
        if not text:
            return None
        if PLAIN.fullmatch(text):
            return text
        try:
            url = urljoin(self._url, text)
            parts = urlsplit(url)
            _ = parts.port  # raises for one that is no number
        except ValueError:
            return None
        if parts.scheme in ("http", "https") and parts.netloc:
            return url
        return url if parts.scheme == "file" and self._is_beside(parts.path) else None

    def _is_beside(self, path: str) -> bool:
        if self._folder is None:
            return False
        try:
            return Path(url2pathname(path)).resolve().is_relative_to(self._folder.resolve())
        except (ValueError, OSError, RuntimeError):  # a zero in it, a name too long, links in a ring
            return False


def without_query(url: str) -> str:
    """The address without what hosts count and sign with, which differs from day to day."""
    if found := PLAIN.fullmatch(url):
        return url[: found.start(1)] if found[1] else url
    return urlunsplit((*urlsplit(url)[:3], "", ""))


def same_address(url: str) -> str:
    """What two addresses of one page have in common: no scheme, no `www.`, no tracking, no slash at the end."""
    url = url.strip().partition("://")[2] or url.strip()
    host, slash, rest = url.partition("/")
    path, mark, query = rest.partition("?")
    if mark:
        query, hash_, fragment = query.partition("#")
        query = TRACKING.sub("", query).rstrip("&")
        path = f"{path.rstrip('/')}{'?' if query else ''}{query}{hash_}{fragment}"
    return f"{host.lower().removeprefix('www.')}{slash}{path}".removesuffix("#").rstrip("/")
