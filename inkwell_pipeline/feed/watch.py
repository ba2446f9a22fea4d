"""One look at a watched feed: is its host asked, what is due, and in words why nothing is.

Belongs here: the order of the steps, and the words. Does not: what an answer means (`state.py`), what is due
(`due.py`), Dagster's sensors and runs (`defs/`).
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, assert_never

from inkwell_pipeline.feed.choose import newest_first
from inkwell_pipeline.feed.due import Row, Runs, State, Verdict, begun, judge, rows_of, settle
from inkwell_pipeline.feed.health import Health, health_of
from inkwell_pipeline.feed.memory import FeedMemory
from inkwell_pipeline.feed.parse import Outline, complete_episodes
from inkwell_pipeline.feed.poll import FeedDesk, Keep, poll, remembered
from inkwell_pipeline.feed.present import Present, present_of
from inkwell_pipeline.feed.state import Failed, FeedState, Fetched, Gone, NotModified, Outcome, Throttled, fresh_until
from inkwell_pipeline.progress import Progress, ProgressShelf
from inkwell_pipeline.retry import at
from inkwell_pipeline.settings import FeedSettings
from inkwell_pipeline.threads import computed

__all__ = [
    "Asked",
    "NotAsked",
    "Standing",
    "ask",
    "due_now",
    "keeping",
    "look",
    "standing",
    "standing_of",
    "why_nothing",
]

NEEDED: Final[tuple[State, ...]] = ("due", "in a run", "waiting", "given up")


@dataclass(frozen=True)
class NotAsked:
    """The host was left alone: the feed has ended, or its host promised no change."""

    why: str


@dataclass(frozen=True)
class Asked:
    """What is known of the feed after asking its host, or leaving it alone."""

    state: FeedState
    outcome: Outcome | NotAsked
    present: Present | None


async def ask(feed: FeedSettings, desk: FeedDesk, shelf: ProgressShelf) -> Asked:
    """Asks the host, where it may be asked by a sensor; whatever is due in a new body is kept for the run to come.

    Raises: ConfigError, where a secret is missing; TransientError, where our own files cannot be read or written.
    """
    state, present = await remembered(feed, desk.memory)
    if (why := _left_alone(state, present, now=desk.clock())) is not None:
        return Asked(state, NotAsked(why), present)

    polled = await poll(feed, desk, patient=False, keep=keeping(feed, desk, shelf, begins=True))
    return Asked(polled.state, polled.outcome, polled.present)


def keeping(feed: FeedSettings, desk: FeedDesk, shelf: ProgressShelf, *, begins: bool) -> Keep:
    """For `poll`, whoever asks: what is due in a new body is remembered as due, and kept for the run to come.

    The feed may have shed it by the next tick, and a body that was read once is not read again. With `begins` the
    feed's watching begins with it, where it has not; otherwise nothing is due then.
    """

    async def keep(outline: Outline) -> None:
        present, now = present_of(outline, body=""), desk.clock()

        def change(progress: Progress) -> tuple[Progress, Sequence[Row]]:
            if progress.baseline is None and not begins:
                return progress, ()
            progress, verdict = judge(_begun(progress, present, feed, now=now), present, Runs(), at_most=0, now=now)
            return progress, verdict.rows

        _, rows = change(await shelf.read(feed.name))
        await _put(outline, {row.key for row in rows if row.state in NEEDED}, feed, desk)
        await shelf.change(feed.name, change)  # after that: what is due can be had

    return keep


async def look(
    feed: FeedSettings, asked: Present | None, shelf: ProgressShelf, runs: Runs, *, now: datetime
) -> Verdict:
    """What is due of what the feed holds, and the run to ask for, which is remembered before anybody asks for it."""

    def change(progress: Progress) -> tuple[Progress, Verdict]:
        progress = _begun(progress, asked, feed, now=now)
        return judge(settle(progress, runs), asked, runs, at_most=feed.newest, now=now)

    return await shelf.change(feed.name, change)


async def due_now(feed: FeedSettings, present: Present, shelf: ProgressShelf, *, now: datetime) -> list[str]:
    """The keys of all that is due, for a run that asks for it itself; newest first."""

    def change(progress: Progress) -> tuple[Progress, list[str]]:
        progress = _begun(progress, present, feed, now=now)
        progress, verdict = judge(progress, present, Runs(), at_most=0, now=now)
        return progress, [row.key for row in reversed(verdict.of("due"))]

    return await shelf.change(feed.name, change)


@dataclass(frozen=True)
class Standing:
    """A feed as far as it is remembered: what its host said, and where each episode stands, oldest first."""

    state: FeedState
    rows: tuple[Row, ...]
    health: Health


async def standing(
    feed: FeedSettings, memory: FeedMemory, shelf: ProgressShelf, runs: Runs, *, now: datetime
) -> Standing:
    """Nobody is asked, and nothing is changed."""
    state, present = await remembered(feed, memory)
    rows = rows_of(await shelf.read(feed.name), present, runs, now=now)
    return standing_of(feed, state, present, rows, now=now)


def standing_of(
    feed: FeedSettings, state: FeedState, present: Present | None, rows: tuple[Row, ...], *, now: datetime
) -> Standing:
    """The same of what is at hand. Pure."""
    return Standing(state, rows, health_of(state, present, now=now, is_file=isinstance(feed.source, Path)))


def why_nothing(state: FeedState, outcome: Outcome | NotAsked, verdict: Verdict, *, now: datetime) -> str:
    """Why no run is asked for, in words: of the feed first, then of its episodes. Pure."""
    return "; ".join((_of_feed(state, outcome, now=now), *_of_episodes(verdict, now=now)))


def _of_feed(state: FeedState, outcome: Outcome | NotAsked, *, now: datetime) -> str:
    match outcome:
        case NotAsked():
            return outcome.why
        case Fetched(is_new=True):
            return "read now: it has nothing that is due"
        case Fetched() | NotModified():
            return _unchanged(state, now=now)
        case Throttled():
            return f"the host asks to wait until {at(outcome.until, now=now)}"
        case Gone():
            return _ended(state, now=now)
        case Failed():
            return str(outcome.error)
        case _:
            assert_never(outcome)


def _of_episodes(verdict: Verdict, *, now: datetime) -> Iterator[str]:
    if verdict.unknown_runs:
        yield "a run of this feed is under way"
    if working := verdict.of("in a run"):
        yield f"{_counted(working)} being worked on"
    if waiting := [row.until for row in verdict.of("waiting") if row.until is not None]:
        one_or_more = "1 that failed is" if len(waiting) == 1 else f"{len(waiting)} that failed are"
        yield f"{one_or_more} due again at {at(min(waiting), now=now)}"
    if given_up := verdict.of("given up"):
        yield f"{_counted(given_up)} given up until asked for by hand"


def _counted(rows: Sequence[Row]) -> str:
    return "1 episode is" if len(rows) == 1 else f"{len(rows)} episodes are"


def _unchanged(state: FeedState, *, now: datetime) -> str:
    return f"unchanged since {at(state.changed_at or now, now=now)}"


def _ended(state: FeedState, *, now: datetime) -> str:
    todo = "take it out of the config, or give it another `url`"
    return f"the feed has ended: its host answered 410 at {at(state.gone_at or now, now=now)}; {todo}"


def _left_alone(state: FeedState, present: Present | None, *, now: datetime) -> str | None:
    if state.gone_at is not None:
        return _ended(state, now=now)
    until = fresh_until(state, ttl_minutes=present.ttl_minutes if present else None)
    if present is not None and until is not None and now < until:
        return f"{_unchanged(state, now=now)}; its host asks to be left alone until {at(until, now=now)}"
    return None


def _begun(progress: Progress, present: Present | None, feed: FeedSettings, *, now: datetime) -> Progress:
    """With the feed's newest episodes to begin with, where it is looked at for the first time."""
    if progress.baseline is not None or present is None:
        return progress
    newest = newest_first(present.episodes)[: feed.newest]
    return begun(progress, present, newest=[sketch.key for sketch in newest], now=now)


async def _put(outline: Outline, wanted: Collection[str], feed: FeedSettings, desk: FeedDesk) -> None:
    """Puts those of the feed's episodes that are wanted on the shelf, complete, where they are not there."""
    keys = [episode.key for episode in outline.feed.episodes if episode.key in wanted]
    shelved = await desk.shelf.find(feed.name, keys)
    missing = [key for key, episode in zip(keys, shelved, strict=True) if episode is None]
    await desk.shelf.put(await computed(complete_episodes, outline, missing))
