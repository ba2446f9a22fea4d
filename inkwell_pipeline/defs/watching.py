"""What the sensors of a code location share: a loop on which they ask, a client, and who is being asked.

Belongs here: waiting for hosts no longer than a tick may. Does not: what is asked and what it means (`feed/`), ticks
(`sensors.py`).
"""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any, TypeVar

import dagster as dg

from inkwell_pipeline.clock import Clock, now
from inkwell_pipeline.defs.background import Background
from inkwell_pipeline.defs.podcasts import tell_podcast
from inkwell_pipeline.episodes import EpisodeShelf
from inkwell_pipeline.errors import TransientError
from inkwell_pipeline.feed import (
    Asked,
    Failed,
    FeedDesk,
    FeedMemory,
    NotAsked,
    Runs,
    Verdict,
    ask,
    look,
    remembered,
    standing_of,
)
from inkwell_pipeline.http import Http, open_http
from inkwell_pipeline.progress import Progress, ProgressShelf
from inkwell_pipeline.retry import at
from inkwell_pipeline.settings import FeedSettings, Settings

__all__ = ["PATIENCE_S", "Watch"]

PATIENCE_S = 20.0  # for a host's answer. Dagster gives a tick 60 s; a slower host is waited for beyond its tick
SHORT_PATIENCE_S = 2.0  # for one that was slow the last time: other feeds' ticks wait for a thread
T = TypeVar("T")


class Watch:
    """Asks for feeds on behalf of ticks, each in a thread of Dagster's. All of it blocks."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock = now,
        patience_s: float = PATIENCE_S,
        short_patience_s: float = SHORT_PATIENCE_S,
    ) -> None:
        self.settings, self.clock = settings, clock
        self._patience_s, self._short_patience_s = patience_s, short_patience_s
        self._progress = ProgressShelf(settings.data_dir)
        self._background = Background()
        self._opened = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._http: Http | None = None
        self._told: dict[str, object] = {}  # by feed
        self._asking: dict[str, tuple[datetime, Future[Asked]]] = {}

    def asked(self, feed: FeedSettings) -> Asked:
        """What is known of the feed after asking its host, where a sensor may; or while that is under way.

        Raises: ConfigError, where a secret is missing; TransientError, where our own files cannot be read or written.
        """
        was_slow = feed.name in self._asking
        since, under_way = self._asking.get(feed.name) or (None, None)
        if since is None or under_way is None or under_way.done():  # what it came to is in the state
            since, under_way = self.clock(), self._background.submit(self._ask(feed))
            self._asking[feed.name] = since, under_way
        try:
            asked = under_way.result(self._short_patience_s if was_slow else self._patience_s)
        except TimeoutError:
            if not under_way.done():
                return self._still_asking(feed, since)
            raise
        finally:
            if under_way.done():
                self._asking.pop(feed.name, None)  # another tick of this feed may have been quicker
        return asked

    def progress(self, feed: FeedSettings) -> Progress:
        return self._awaited(self._progress.read(feed.name))

    def look(self, feed: FeedSettings, asked: Asked, runs: Runs) -> Verdict:
        """What is due, and the run to ask for, which is remembered."""
        return self._awaited(look(feed, asked.present, self._progress, runs, now=self.clock()))

    def report(self, feed: FeedSettings, asked: Asked, verdict: Verdict, instance: dg.DagsterInstance) -> None:
        """Brings the feed's page up to date, where it says something else than what this process has told it."""
        stands = standing_of(feed, asked.state, asked.present, verdict.rows, now=self.clock())
        said = (
            stands.health.is_well,
            asked.state.url,
            asked.state.changed_at,
            [(row.key, row.state) for row in verdict.rows],
        )
        if self._told.get(feed.name) != said:
            tell_podcast(instance, feed, stands, vault=self.settings.vault)
            self._told[feed.name] = said

    def close(self) -> None:
        """Ends requests under way, and the loop."""
        self._background.close(self._opened.aclose)

    def _still_asking(self, feed: FeedSettings, since: datetime) -> Asked:
        """A host that was silent before is no longer only slow."""
        state, present = self._awaited(remembered(feed, FeedMemory(self.settings.data_dir)))
        says = f"the host has not answered yet, asked at {at(since, now=self.clock())}"
        if state.failures:
            error = TransientError(f"{says}; the last time: {state.error}", feed=feed.name)
            return Asked(state, Failed(error), present)
        return Asked(state, NotAsked(says), present)

    async def _ask(self, feed: FeedSettings) -> Asked:
        async with self._opening:
            if self._http is None:
                http = open_http(
                    limit=self.settings.concurrency.http,
                    allow_private_hosts=self.settings.allow_private_hosts,
                    clock=self.clock,
                )
                self._http = await self._opened.enter_async_context(http)
        data_dir = self.settings.data_dir
        desk = FeedDesk(self._http, FeedMemory(data_dir), EpisodeShelf(data_dir), self.clock)
        return await ask(feed, desk, self._progress)

    def _awaited(self, work: Coroutine[Any, Any, T]) -> T:
        return self._background.submit(work).result()
