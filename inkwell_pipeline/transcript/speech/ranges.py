"""Parts of files (RFC 9110, section 14): where an answer's body begins, and how long the whole is. Pure."""

import re

from inkwell_pipeline.http import Opened

__all__ = ["content_range"]

RANGE = re.compile(r"bytes\s+(\d{1,15})-\d{1,15}/(\d{1,15}|\*)")


def content_range(answer: Opened) -> tuple[int, int | None]:
    """Where the body begins in the file (-1: it does not say), and how long that is; None: nobody says."""
    if answer.status == 206:
        match = RANGE.fullmatch(answer.headers.get("content-range", "").strip())
        if match is None:
            return -1, None
        return int(match[1]), None if match[2] == "*" else int(match[2])
    length = answer.headers.get("content-length", "").strip()
    return 0, int(length) if length.isdecimal() and len(length) < 16 else None
