"""Whether a request that failed is worth another, and when. Pure: no clock, no chance, no network.

Belongs here: the bounds, and what a host's `Retry-After` means (RFC 9110, section 10.2.3). Does not: which failures are
transient (`replies.py`, `http_errors.py`), asking again, and waiting (`attempts.py`).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

__all__ = [
    "ATTEMPTS",
    "LONGEST_WAIT_S",
    "TOTAL_S",
    "USUAL",
    "GiveUp",
    "Patience",
    "Wait",
    "asked_to_wait_s",
    "at",
    "decide",
    "patience",
]

ATTEMPTS = 3
FIRST_WAIT_S = 1.0  # doubled each time
LONGEST_WAIT_S = 30.0  # what a host may ask of a run; longer, and it is left for the next run
TOTAL_S = 90.0  # no attempt begins later than this after the first


@dataclass(frozen=True)
class Patience:
    """How often and how long to try. `longest_wait_s`: what a host may ask; `total_s`: until the last one begins."""

    attempts: int = ATTEMPTS
    longest_wait_s: float = LONGEST_WAIT_S
    total_s: float = TOTAL_S


USUAL = Patience()


@dataclass(frozen=True)
class Wait:
    """Ask again, `seconds` from now."""

    seconds: float


@dataclass(frozen=True)
class GiveUp:
    """Leave it to the next run."""


def decide(
    *, attempts: int, elapsed_s: float, asked_s: float | None, chance: float, patience: Patience = USUAL
) -> Wait | GiveUp:
    """What to do after a transient failure, the last of `attempts`.

    `elapsed_s` is since the first of them began, `asked_s` what the host asks to wait for (None: nothing), `chance` a
    number from 0 to 1 that differs from one request to the next, so that many do not come back at once.
    """
    if attempts >= patience.attempts:
        return GiveUp()
    if asked_s is not None and asked_s > patience.longest_wait_s:
        return GiveUp()
    backoff_s = FIRST_WAIT_S * 2 ** (attempts - 1) * (0.5 + chance)
    wait_s = max(backoff_s, asked_s or 0.0)  # never sooner than the host asks
    return GiveUp() if elapsed_s + wait_s > patience.total_s else Wait(wait_s)


def asked_to_wait_s(retry_after: str | None, *, now: datetime) -> float | None:
    """Seconds of a `Retry-After`, a number of them or a date; 0 for one that has passed, None for none or nonsense."""
    text = (retry_after or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        return float(text)
    if not text or len(text) > 64:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # an HTTP date is GMT
    return max(0.0, (moment - now).total_seconds())


def patience(asked_s: float | None, *, now: datetime) -> str:
    """For the error's line, where the host asks for more than a run waits: when it may be asked again; else empty."""
    if asked_s is None or asked_s <= LONGEST_WAIT_S:
        return ""
    try:
        moment = (now + timedelta(seconds=asked_s)).astimezone(UTC)
    except OverflowError:
        return ", and asks to wait for longer than anybody can"
    return f", and asks to wait until {at(moment, now=now)}"


def at(moment: datetime, *, now: datetime) -> str:
    """A time for people, in UTC to the minute: with its day where that is not today's."""
    moment = moment.astimezone(UTC)
    day = "" if moment.date() == now.astimezone(UTC).date() else f"{moment:%Y-%m-%d} "
    return f"{day}{moment:%H:%M} UTC"
