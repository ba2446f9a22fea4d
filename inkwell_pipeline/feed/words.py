"""Text out of a publisher's escapes. Pure.

Belongs here: HTML's references and white space in titles and show notes. Does not: HTML itself (`times.py` reads lines
out of it, `notes/` renders it).
"""

import html
import re

__all__ = ["plain", "unescaped"]

NO_CHARACTER = re.compile(r"&#[0-9]{20,};?")  # Python refuses to make a number of 4,300 digits


def unescaped(text: str) -> str:
    """`text` with its references as characters, once; U+FFFD for one to no character."""
    return html.unescape(NO_CHARACTER.sub("\ufffd", text))


def plain(text: str | None) -> str:
    """A title as text: references decoded once more where the publisher escaped twice, white space folded."""
    return " ".join(unescaped(text or "").split())
