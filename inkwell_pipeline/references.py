"""Other people's characters: HTML's references (`&amp;`, `&#8217;`), and bytes that do not say what they are. Pure.

Does not belong here: tags, and what is done to text after (`feed/`, `transcript/`, `notes/`).
"""

import html
import re

__all__ = ["unescaped", "utf8_or_windows"]

NO_CHARACTER = re.compile(r"&#[0-9]{20,};?")  # Python refuses to make a number of 4,300 digits


def unescaped(text: str) -> str:
    """`text` with its references as characters, once; U+FFFD for one to no character."""
    return html.unescape(NO_CHARACTER.sub("\ufffd", text))


def utf8_or_windows(data: bytes) -> str:
    """UTF-8 with U+FFFD for what is wrong in it; Windows-1252, where more letters beyond ASCII are wrong than right."""
    text = data.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    right = len(text) - wrong - len(text.encode("ascii", "ignore"))
    return text if right > wrong else data.decode("cp1252", "replace")
