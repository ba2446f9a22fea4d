"""What a host answered. Any final status is an answer; for those who need a body, all but one are errors.

Belongs here: a reply, its headers, where redirects lead for good, and the map from statuses to our errors (RFC 9110,
section 15). Does not: asking (`http.py`), the map from httpx's exceptions (`http_errors.py`), what a reply means for a
feed. Pure: no clock, no network.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from inkwell_pipeline.errors import InkwellError, PermanentError, TransientError
from inkwell_pipeline.retry import asked_to_wait_s, patience

__all__ = [
    "KEPT_HEADERS",
    "TRANSIENT_STATUSES",
    "Reply",
    "joined_headers",
    "kept_headers",
    "moved_for_good",
    "reply_error",
    "sent_headers",
]

TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
KEPT_HEADERS = frozenset({"etag", "last-modified", "cache-control", "age", "retry-after", "content-type"})
VALIDATORS = frozenset({"if-none-match", "if-modified-since", "if-range"})


@dataclass(frozen=True)
class Reply:
    """A final answer, whatever its status.

    `body`: read whole and decoded where `status` is 200, empty otherwise. `url`: the address that gave it, after
    redirects. `headers`: those of KEPT_HEADERS that came, verbatim, their names in lower case. `moved_to`: where the
    address that was asked for has moved for good, whatever the status there; None where it has not.
    """

    status: int
    body: bytes
    url: str
    headers: Mapping[str, str]
    moved_to: str | None


def joined_headers(lines: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """All headers, names in lower case, several lines of one joined with ", " (RFC 9110, section 5.3).

    They are Latin-1, which has a character for each byte, so that `sent_headers` gives a validator back as it came.
    """
    joined: dict[str, str] = {}
    for raw_name, raw_value in lines:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def kept_headers(lines: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Those of them that matter."""
    return {name: value for name, value in joined_headers(lines).items() if name in KEPT_HEADERS}


def sent_headers(headers: Mapping[str, str]) -> dict[bytes, bytes]:
    """Headers of ours for the wire: ASCII, but for validators, which are the host's own bytes.

    Raises: UnicodeEncodeError, where one is neither.
    """
    codecs = {name: "latin-1" if name.lower() in VALIDATORS else "ascii" for name in headers}
    return {name.encode("ascii"): value.encode(codecs[name]) for name, value in headers.items()}


def moved_for_good(asked: str, redirects: Iterable[tuple[int, str]]) -> str | None:
    """The address that the first redirects lead to, up to one that is not for good; None: nowhere, or back to `asked`.

    `redirects` are statuses with the addresses they send to, in order. For good are 301 and 308 (RFC 9110, sections
    15.4.2 and 15.4.9): what lies behind another one may be elsewhere tomorrow.
    """
    moved = asked
    for status, target in redirects:
        if status not in (301, 308):
            break
        moved = target
    return None if moved == asked else moved


def reply_error(reply: Reply, *, now: datetime) -> InkwellError:
    """The error that `Http.get` raises of a reply whose status is not 200; its place is the caller's to add (`at`).

    A TransientError's `retry_after_s` is what the host asks to wait for, from `now`, which is when it answered.
    """
    says = f"the host answers {reply.status}"
    if reply.status in TRANSIENT_STATUSES:
        asked_s = asked_to_wait_s(reply.headers.get("retry-after"), now=now)
        until = patience(asked_s, now=now)
        error = TransientError(says + until, todo="run again then" if until else None)
        error.retry_after_s = asked_s
        return error
    if reply.status in (401, 403):
        return PermanentError(says, todo="check the feed's `auth` in the config, and the variables that it names")
    return PermanentError(says)
