"""What is remembered of a feed's host, and what its answer means: one step of a state machine. Pure: no clock, no I/O.

Belongs here: validators, holds, moves, the end of a feed, as RFC 9110 and 9111 have them. Does not: asking (`poll.py`),
files (`memory.py`), which episodes are due (`due.py`), and what is in a body (`parse.py`).

Two of the times are promises that somebody keeps: before `held_until` nobody asks, for the host said so; before
`fresh_until` no sensor does, for the host said that nothing changes until then; whoever starts a run knows better.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, assert_never

from inkwell_pipeline.errors import InkwellError, PermanentError, TransientError
from inkwell_pipeline.models import Frozen

__all__ = [
    "Answer",
    "Failed",
    "FeedState",
    "Fetched",
    "Gone",
    "Move",
    "NotModified",
    "Outcome",
    "Throttled",
    "announced",
    "decide",
    "fresh_until",
    "new_state",
]

LONGEST_FRESH = timedelta(days=1)  # a host that states a year has misconfigured something
LONGEST_HOLD_S = 366 * 86400.0  # who asks for more means never, and says so with 410
MOST_FAILURES_MOVED = 5  # in a row, where a feed has moved: then the address in the config is tried once more
MOST_MOVES = 20  # remembered; of a feed that moves in a circle, enough to see it
MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?([0-9]{1,9})\"?", re.IGNORECASE)


class Move(Frozen):
    """Where the feed went: by a redirect that is permanent, or by its own `itunes:new-feed-url`."""

    to: str
    at: datetime
    by: Literal["redirect", "new-feed-url"]


class FeedState(Frozen):
    """What is remembered of a feed between two requests. Times are aware, UTC.

    `source` is the address in the config: another one there, and all of this is of no use. `url` is the one to ask;
    `left` is where the feed had moved to, while the config's is tried once more.
    `body` is the SHA-256 of the last whole body, in hexadecimal, and `body_from` the address that gave it; `etag` and
    `last_modified` are that body's validators, verbatim. `read_at` is when the host last gave or confirmed it.
    """

    version: Literal[1] = 1
    source: str
    url: str
    left: str | None = None
    moves: tuple[Move, ...] = ()
    body: str | None = None
    body_from: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    max_age_s: int | None = None
    asked_at: datetime | None = None
    read_at: datetime | None = None
    changed_at: datetime | None = None
    held_until: datetime | None = None
    gone_at: datetime | None = None
    failures: int = 0  # since it was last read
    failing_since: datetime | None = None
    error: str | None = None  # the last failure, in a line

    def is_held(self, now: datetime) -> bool:
        """Whether the host asks not to be asked yet."""
        return self.held_until is not None and now < self.held_until


@dataclass(frozen=True)
class Answer:
    """What a host answered: the status, and of its headers those that matter, verbatim.

    `url` gave the answer; `moved_to` is where permanent redirects led to. `body` is the SHA-256 of the body,
    `retry_after_s` what a 429 or a 503 asks to wait for. All other answers are errors (`poll.py`).
    """

    status: Literal[200, 304, 410, 429, 503]
    url: str
    moved_to: str | None = None
    body: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    cache_control: str | None = None
    age: str | None = None
    retry_after_s: float = 0.0


@dataclass(frozen=True)
class Fetched:
    """A whole body. `is_new`: it is not the last one again."""

    is_new: bool
    move: Move | None = None


@dataclass(frozen=True)
class NotModified:
    """The last body again."""

    move: Move | None = None


@dataclass(frozen=True)
class Gone:
    """The feed has ended (RFC 9110, section 15.5.11)."""


@dataclass(frozen=True)
class Throttled:
    """The host asks to be left alone until then."""

    until: datetime


@dataclass(frozen=True)
class Failed:
    """The feed cannot be had now; what there was stays."""

    error: InkwellError


Outcome: TypeAlias = Fetched | NotModified | Gone | Throttled | Failed


def new_state(source: str) -> FeedState:
    """Of a feed that was never asked for."""
    return FeedState(source=source, url=source)


def decide(state: FeedState, answer: Answer | InkwellError, *, now: datetime) -> tuple[FeedState, Outcome]:
    """What an answer means for a feed, or that there was none, and what to remember of it."""
    state = state.model_copy(update={"asked_at": now})
    if isinstance(answer, InkwellError):
        return _failed(state, answer, now=now)
    match answer.status:
        case 200:
            return _fetched(state, answer, now=now)
        case 304 if state.body is not None:  # that body again, not "nothing to do": an earlier run may have left some
            return _not_modified(state, answer, now=now)
        case 304:
            return _failed(state, TransientError("the host answers 304 to a request without conditions"), now=now)
        case 410:
            return state.model_copy(update={"gone_at": state.gone_at or now}), Gone()
        case 429 | 503:
            return _throttled(state, answer, now=now)
        case _:
            assert_never(answer.status)


def announced(state: FeedState, new_feed_url: str | None, *, now: datetime) -> FeedState:
    """The state after reading `itunes:new-feed-url`: the feed is asked for there from now on.

    Not where it has been already: two feeds that name one another would be asked in turn for ever.
    """
    been = {state.url, state.source, state.body_from, *(move.to for move in state.moves)}
    if new_feed_url is None or new_feed_url in been:
        return state
    move = Move(to=new_feed_url, at=now, by="new-feed-url")
    # its validators are the old address's, and what is at the new one has not been seen
    return _moved(state, move).model_copy(update={"etag": None, "last_modified": None})


def fresh_until(state: FeedState, *, ttl_minutes: int | None) -> datetime | None:
    """Until when the host promises no change, by `Cache-Control: max-age` or the channel's `ttl`: the later of the two.

    None: it promises nothing. At most a day. Sources: RFC 9111, section 4.2; RSS 2.0, "ttl".
    """
    stated_s = max(state.max_age_s or 0, (ttl_minutes or 0) * 60)
    if state.read_at is None or not stated_s:
        return None
    return state.read_at + min(timedelta(seconds=stated_s), LONGEST_FRESH)


def _fetched(state: FeedState, answer: Answer, *, now: datetime) -> tuple[FeedState, Outcome]:
    state, move = _redirected(state, answer, now=now)
    is_new = answer.body != state.body
    read = {
        "body": answer.body,
        "body_from": answer.url,
        "etag": answer.etag,
        "last_modified": answer.last_modified,
        "max_age_s": _max_age_s(answer),
        "changed_at": now if is_new else state.changed_at,
    }
    return _read(state, now=now).model_copy(update=read), Fetched(is_new, move)


def _not_modified(state: FeedState, answer: Answer, *, now: datetime) -> tuple[FeedState, Outcome]:
    """RFC 9111, section 4.3.4: what the answer states replaces what was stated; what it leaves out stays."""
    state, move = _redirected(state, answer, now=now)
    stated = {
        "etag": answer.etag or state.etag,
        "last_modified": answer.last_modified or state.last_modified,
        "max_age_s": _max_age_s(answer) if answer.cache_control is not None else state.max_age_s,
    }
    return _read(state, now=now).model_copy(update=stated), NotModified(move)


def _throttled(state: FeedState, answer: Answer, *, now: datetime) -> tuple[FeedState, Outcome]:
    until = now + timedelta(seconds=min(answer.retry_after_s, LONGEST_HOLD_S))
    state, _ = _failed(state, TransientError(f"the host answers {answer.status}, and asks to wait"), now=now)
    return state.model_copy(update={"held_until": until}), Throttled(until)


def _failed(state: FeedState, error: InkwellError, *, now: datetime) -> tuple[FeedState, Failed]:
    """What there was stays."""
    failing = {
        "failures": state.failures + 1,
        "failing_since": state.failing_since or now,
        "error": error.text,
    }
    return _elsewhere(state.model_copy(update=failing), error), Failed(error)


def _elsewhere(state: FeedState, error: InkwellError) -> FeedState:
    """Where to ask after a failure: where the feed has moved and is not to be found, once more at the config's address.

    And if it is not there either, where it was again: what seems lost is often a bad hour of the new host, and the old
    one gone for years.
    """
    if state.left is not None:
        return state.model_copy(update={"url": state.left, "left": None})
    is_lost = isinstance(error, PermanentError) or state.failures % MOST_FAILURES_MOVED == 0
    if is_lost and state.url != state.source:
        return state.model_copy(update={"url": state.source, "left": state.url})
    return state


def _read(state: FeedState, *, now: datetime) -> FeedState:
    """The host has given or confirmed the body: nothing is wrong any more."""
    nothing = dict.fromkeys(("left", "failing_since", "error", "held_until", "gone_at"))
    return state.model_copy(update={**nothing, "read_at": now, "failures": 0})


def _redirected(state: FeedState, answer: Answer, *, now: datetime) -> tuple[FeedState, Move | None]:
    if answer.moved_to is None or answer.moved_to == state.url:
        return state, None
    move = Move(to=answer.moved_to, at=now, by="redirect")
    return _moved(state, move), move


def _moved(state: FeedState, move: Move) -> FeedState:
    return state.model_copy(update={"url": move.to, "moves": _last((*state.moves, move))})


def _last(moves: Sequence[Move]) -> tuple[Move, ...]:
    return tuple(moves[-MOST_MOVES:])


def _max_age_s(answer: Answer) -> int | None:
    """Seconds of freshness that are left of `max-age`, by how old the answer is already (RFC 9111, section 5.1)."""
    stated = MAX_AGE.search(answer.cache_control or "")
    if stated is None or re.search(r"\bno-(?:cache|store)\b", answer.cache_control or "", re.IGNORECASE):
        return None
    age = (answer.age or "").strip()
    return max(0, int(stated[1]) - (int(age) if re.fullmatch(r"[0-9]{1,9}", age, re.ASCII) else 0))
