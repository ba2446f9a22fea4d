"""The one place of wiring: settings become the plain objects that the rooms work with.

Belongs here: what is built, opened and closed. Does not: what is done with it.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import dagster as dg

from inkwell_pipeline.cache import ExtractionCache, TranscriptionCache
from inkwell_pipeline.clock import Clock, now
from inkwell_pipeline.costs import Budget, Rates, Till, open_purse
from inkwell_pipeline.defs.alive import at_work
from inkwell_pipeline.defs.plans import ExtractionPlan
from inkwell_pipeline.defs.running import hang_up_interrupts, responsive
from inkwell_pipeline.episodes import EpisodeShelf
from inkwell_pipeline.extraction import Extracting, ModelDesk, open_desk
from inkwell_pipeline.feed import FeedDesk, FeedMemory
from inkwell_pipeline.http import Http, Sleep, open_http
from inkwell_pipeline.notes import Layout, Vault, read_layout
from inkwell_pipeline.progress import ProgressShelf
from inkwell_pipeline.settings import OFFLINE, Settings
from inkwell_pipeline.transcript import Clockwork
from inkwell_pipeline.transcript.speech import Hearers, Hearing, Services, hearers_of, open_hearing

__all__ = ["Rooms", "open_rooms", "rooms_resource"]


@dataclass(frozen=True)
class Rooms:
    """All that the assets of a run need."""

    settings: Settings
    plans: Mapping[str, ExtractionPlan]
    http: Http
    transcripts: TranscriptionCache
    extractions: ExtractionCache
    models: ModelDesk
    shelf: EpisodeShelf
    feeds: FeedMemory
    progress: ProgressShelf
    clockwork: Clockwork
    hearing: Hearing
    services: Services
    clock: Clock
    vault: Vault
    layout: Layout

    def extracting(self, feed: str) -> Extracting:
        """How the episodes of this feed are extracted in this run."""
        plan = self.plans[feed]
        return Extracting(plan.templates, plan.extractors(self.models), self.transcripts, self.extractions)

    def hearers(self, feed: str) -> Hearers:
        """Those of the feed's sources of transcripts that hear."""
        return hearers_of(self.settings.feeds[feed], self.hearing, self.services, folder=self.settings.config.parent)

    @property
    def desk(self) -> FeedDesk:
        return FeedDesk(self.http, self.feeds, self.shelf, self.clock)


@asynccontextmanager
async def open_rooms(
    settings: Settings,
    plans: Mapping[str, ExtractionPlan],
    layout: Layout,
    *,
    run: str = "",
    clock: Clock = now,
    sleep: Sleep = asyncio.sleep,
) -> AsyncIterator[Rooms]:
    """All that the run of this id needs, opened once, closed in reverse; Dagster's resource only yields it."""
    cache_dir, lock_dir = settings.data_dir / "cache", settings.data_dir / "locks"
    async with AsyncExitStack() as opened:
        client = partial(open_http, limit=settings.concurrency.http, clock=clock, sleep=sleep)
        http = await opened.enter_async_context(client(allow_private_hosts=settings.allow_private_hosts))
        ttl_s = settings.cache.ttl_s  # None by default: what was paid for or fetched is kept for good
        transcripts = TranscriptionCache(cache_dir / "transcripts", ttl_seconds=ttl_s, lock_dir=lock_dir)
        extractions = ExtractionCache(cache_dir / "extractions", ttl_seconds=ttl_s, lock_dir=lock_dir)
        # closed last: what the caches wait for at the end asks for money
        budget = Budget(settings.budget.monthly_usd, settings.budget.per_run_usd)
        purse = await opened.enter_async_context(
            open_purse(budget, data_dir=settings.data_dir, run=run, clock=clock, sleep=sleep)
        )
        desk = open_desk(
            purse,
            models=frozenset[str]().union(*(plan.models for plan in plans.values())) - {OFFLINE},
            prices={model: Rates(**price.model_dump()) for model, price in settings.prices.items()},
            data_dir=settings.data_dir,
            limit=settings.concurrency.llm,
            clock=clock,
            sleep=sleep,
        )
        await opened.enter_async_context(transcripts)
        # the config's owner names these hosts, not a stranger's feed
        to_services = await opened.enter_async_context(client(allow_private_hosts=True))
        services = Services(to_services, Till(purse, clock), transcripts, clock=clock, sleep=sleep)
        yield Rooms(
            settings=settings,
            plans=plans,
            http=http,
            models=desk,
            clockwork=Clockwork(settings.data_dir / "audio", http),
            hearing=_hearing(settings, http, transcripts, clock=clock, sleep=sleep),
            services=services,
            transcripts=transcripts,
            extractions=await opened.enter_async_context(extractions),
            shelf=EpisodeShelf(settings.data_dir),
            feeds=FeedMemory(settings.data_dir),
            progress=ProgressShelf(settings.data_dir),
            clock=clock,
            vault=Vault(
                settings.vault, folder=settings.folder, data_dir=settings.data_dir, feeds=tuple(settings.feeds)
            ),
            layout=layout,
        )


def _hearing(settings: Settings, http: Http, transcripts: TranscriptionCache, *, clock: Clock, sleep: Sleep) -> Hearing:
    return open_hearing(
        transcripts,
        http=http,
        data_dir=settings.data_dir,
        limits=settings.audio,
        keep_audio=settings.keep_audio,
        slots=settings.concurrency.transcribe,
        clock=clock,
        sleep=sleep,
    )


def rooms_resource(
    settings: Settings,
    plans: Mapping[str, ExtractionPlan],
    *,
    clock: Clock = now,
    sleep: Sleep = asyncio.sleep,
) -> dg.ConfigurableResource[Rooms]:
    """The resource `rooms`: a run's `Rooms`, opened on the run's own loop. Reads the layout. Raises: ConfigError."""
    layout = read_layout(settings.note_template)

    class RoomsResource(dg.ConfigurableResource[Rooms]):
        """Feeds, caches and the vault, as the config names them."""

        @asynccontextmanager
        async def yield_for_execution(  # type: ignore[override]
            self,
            context: dg.InitResourceContext,
        ) -> AsyncIterator[Rooms]:
            with hang_up_interrupts(), responsive():
                run = context.run.run_id if context.run else ""
                opened = open_rooms(settings, plans, layout, run=run, clock=clock, sleep=sleep)
                async with at_work(context, settings), opened as rooms:
                    yield rooms

    return RoomsResource()
