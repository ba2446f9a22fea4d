"""Asking for a feed: one conditional request, what it comes to, and all of it remembered before anybody acts on it.

Belongs here: the order of the steps around `decide`. Does not: what an answer means (`state.py`), the files
(`memory.py`), what is in a body (`parse.py`), when a sensor asks (`watch.py`).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import assert_never

from inkwell_pipeline.clock import Clock
from inkwell_pipeline.credentials import own_header
from inkwell_pipeline.episodes import EpisodeShelf
from inkwell_pipeline.errors import ConfigError, InkwellError, PermanentError, TransientError
from inkwell_pipeline.feed.document import MAX_FEED_BYTES
from inkwell_pipeline.feed.fetch import read_feed_file
from inkwell_pipeline.feed.memory import FeedMemory
from inkwell_pipeline.feed.parse import Outline, outline_feed
from inkwell_pipeline.feed.present import Present, present_of
from inkwell_pipeline.feed.state import (
    Answer,
    Failed,
    FeedState,
    Fetched,
    Gone,
    NotModified,
    Outcome,
    Throttled,
    announced,
    decide,
    new_state,
)
from inkwell_pipeline.http import Http, Reply, reply_error, without_secrets
from inkwell_pipeline.retry import asked_to_wait_s, at
from inkwell_pipeline.settings import FeedSettings
from inkwell_pipeline.threads import computed

__all__ = ["FeedDesk", "Keep", "Polled", "answered", "last_polled", "poll", "refusal", "remembered"]

LONGEST_TURN_S = 300.0  # another's request ends long before
Keep = Callable[[Outline], Awaitable[None]]


@dataclass(frozen=True)
class FeedDesk:
    """What asking for a feed needs."""

    http: Http
    memory: FeedMemory
    shelf: EpisodeShelf
    clock: Clock


@dataclass(frozen=True)
class Polled:
    """What came of it: the state as remembered, and what the feed's last body holds (None: it has none).

    `outline` is there where the body had to be read.
    """

    state: FeedState
    outcome: Outcome
    present: Present | None = None
    outline: Outline | None = None


async def poll(
    feed: FeedSettings, desk: FeedDesk, *, patient: bool, reads: bool = False, keep: Keep | None = None
) -> Polled:
    """Asks for the feed, unless its host asks to wait, and remembers what it says.

    `patient` as in `Http.ask`. With `reads` the body is read also where it is the last one again. `keep` is called with
    what was read of a new body, before that counts as seen. Failures of feed and host are outcomes.
    Raises: ConfigError, where a secret is missing; TransientError, where our own files cannot be read or written.
    """
    async with _turn(feed, desk.memory):
        state, last = await _with_body(feed, desk.memory)
        if state.held_until is not None and state.is_held(desk.clock()):
            return Polled(state, Throttled(state.held_until), await _present(feed, state, desk.memory))
        answer, body = await _asked(feed, state, desk, patient=patient)
        now = desk.clock()
        decided, outcome = decide(state, answer, now=now)
        match outcome:
            case Fetched() | NotModified():
                try:
                    seen = await _seen(feed, decided, body or last or b"", desk, reads=reads, keep=keep)
                except PermanentError as error:  # it is no feed: what there was before stays
                    body, seen = None, None
                    decided, outcome = decide(state, error, now=now)
            case Gone() | Throttled() | Failed():
                body, seen = None, None
            case _:
                assert_never(outcome)
        if seen is None:
            await desk.memory.save(feed.name, decided)
            return Polled(decided, outcome, await _present(feed, decided, desk.memory))
        decided = announced(decided, seen.present.new_feed_url, now=now)
        fetched = body if isinstance(feed.source, str) else None  # a file is its own copy
        await desk.memory.save(feed.name, decided, body=fetched, present=seen.present if seen.outline else None)
        return Polled(decided, outcome, seen.present, seen.outline)


async def last_polled(feed: FeedSettings, desk: FeedDesk, *, reads: bool = False) -> Polled | None:
    """The same without asking anybody: what the last body holds. None where there is none.

    For a run that a sensor has asked for: what is due was seen in that very body.
    """
    state, body = await _with_body(feed, desk.memory)
    if body is None or state.body is None:
        return None
    seen = await _seen(feed, state, body, desk, reads=reads, keep=None)
    return Polled(state, NotModified(), seen.present, seen.outline)


def refusal(outcome: Gone | Throttled | Failed, feed: FeedSettings, *, now: datetime) -> InkwellError:
    """Why the feed cannot be had, as an error in our words. Pure."""
    match outcome:
        case Failed():
            return outcome.error
        case Throttled():
            says = f"its host asks to wait until {at(outcome.until, now=now)}"
            return TransientError(says, feed=feed.name, todo="run again then")
        case Gone():
            todo = "take it out of the config, or give it another `url`; its notes stay"
            return PermanentError("the feed has ended: its host answers 410", feed=feed.name, todo=todo)
        case _:
            assert_never(outcome)


@asynccontextmanager
async def _turn(feed: FeedSettings, memory: FeedMemory) -> AsyncIterator[None]:
    """One request for a feed at a time, so that the second one knows what the first was told."""
    async with AsyncExitStack() as turn:
        try:
            async with asyncio.timeout(LONGEST_TURN_S):
                await turn.enter_async_context(memory.turn(feed.name))
        except TimeoutError:
            says = f"another process has been asking for it for {LONGEST_TURN_S:.0f} s"
            raise TransientError(says, feed=feed.name, todo="see what that process does, then run again") from None
        yield


async def remembered(feed: FeedSettings, memory: FeedMemory) -> tuple[FeedState, Present | None]:
    """What is remembered of the feed, and what its last body holds, without asking anybody."""
    state = await _state(feed, memory)
    return state, await _present(feed, state, memory)


async def _state(feed: FeedSettings, memory: FeedMemory) -> FeedState:
    """Another address in the config is another feed's, until it is asked."""
    state = await memory.state(feed.name)
    return new_state(str(feed.source)) if state is None or state.source != str(feed.source) else state


async def _with_body(feed: FeedSettings, memory: FeedMemory) -> tuple[FeedState, bytes | None]:
    """The state, with the body that it names, if that is whole; without it no condition can be sent."""
    state = await _state(feed, memory)
    if isinstance(feed.source, Path) or state.body is None:
        return state, None
    if (body := await memory.body(feed.name, state.body)) is None:
        return state.model_copy(update={"body": None, "etag": None, "last_modified": None}), None
    return state, body


async def _asked(
    feed: FeedSettings, state: FeedState, desk: FeedDesk, *, patient: bool
) -> tuple[Answer | InkwellError, bytes | None]:
    """What the host answers, with its body if it gives one; or why it does not."""
    if isinstance(feed.source, Path):
        return await _read_file(feed, feed.source)
    headers = own_header(feed, state.url)
    headers |= {"If-None-Match": state.etag} if state.etag else {}
    headers |= {"If-Modified-Since": state.last_modified} if state.last_modified else {}
    try:
        reply = await desk.http.ask(
            state.url, max_bytes=MAX_FEED_BYTES, headers=headers, feed=feed.name, patient=patient
        )
    except ConfigError:
        raise
    except InkwellError as error:
        return error, None
    digest = await computed(_digest, reply.body) if reply.status == 200 else None
    return answered(reply, feed=feed.name, body=digest, now=desk.clock()), reply.body if digest else None


def answered(reply: Reply, *, feed: str, body: str | None, now: datetime) -> Answer | InkwellError:
    """The reply as one of the answers that `decide` knows, or as an error. `body` is its body's SHA-256. Pure."""
    headers = reply.headers
    asked_s = asked_to_wait_s(headers.get("retry-after"), now=now)
    match reply.status:
        case 200 | 304 | 410 as status:
            pass
        case 429 | 503 as status if asked_s is not None:
            pass
        case _:
            return reply_error(reply, now=now).at(feed=feed, episode=None, url=without_secrets(reply.url))
    return Answer(
        status=status,
        url=reply.url,
        moved_to=reply.moved_to,
        body=body,
        etag=headers.get("etag"),
        last_modified=headers.get("last-modified"),
        cache_control=headers.get("cache-control"),
        age=headers.get("age"),
        retry_after_s=asked_s or 0.0,
    )


async def _read_file(feed: FeedSettings, path: Path) -> tuple[Answer | InkwellError, bytes | None]:
    try:
        body = await read_feed_file(feed, path)
    except PermanentError as error:
        return error, None
    return Answer(status=200, url=path.as_uri(), body=await computed(_digest, body)), body


@dataclass(frozen=True)
class _Seen:
    present: Present
    outline: Outline | None


async def _seen(
    feed: FeedSettings, state: FeedState, body: bytes, desk: FeedDesk, *, reads: bool, keep: Keep | None
) -> _Seen:
    """What the body holds, as it was read before if it may. Raises: PermanentError, where it is no feed."""
    assert state.body is not None
    present = await desk.memory.present(feed.name)
    is_known = present is not None and present.body == state.body
    if present is not None and is_known and not reads:
        return _Seen(present, None)
    known = await desk.shelf.known(feed.name)
    base_url = state.body_from or state.url
    outline = await computed(outline_feed, body, name=feed.name, base_url=base_url, known=known)
    if keep is not None and not is_known:
        await keep(outline)
    await desk.shelf.remember(feed.name, outline.identities[::-1])  # most feeds begin with the newest
    return _Seen(present_of(outline, body=state.body), outline)


async def _present(feed: FeedSettings, state: FeedState, memory: FeedMemory) -> Present | None:
    """What the last body holds, where it has been read."""
    present = await memory.present(feed.name)
    return present if present is not None and present.body == state.body else None


def _digest(body: bytes) -> str:
    return sha256(body).hexdigest()
