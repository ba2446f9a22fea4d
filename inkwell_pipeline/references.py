"""HTML's character references in other people's text (`&amp;`, `&#8217;`), for all rooms that read such text. Pure.

Does not belong here: tags, and what is done to text after (`feed/`, `transcript/`, `notes/`).
"""

import html
import re

__all__ = ["unescaped"]

NO_CHARACTER = re.compile(r"&#[0-9]{20,};?")  # Python refuses to make a number of 4,300 digits


def unescaped(text: str) -> str:
    """`text` with its references as characters, once; U+FFFD for one to no character."""
    return html.unescape(NO_CHARACTER.sub("\ufffd", text))
