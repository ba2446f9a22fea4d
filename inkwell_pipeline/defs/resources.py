"""The one place of wiring: settings become the plain objects that the rooms work with.

Belongs here: what is built, opened and closed. Does not: what is done with it.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256

import dagster as dg

from inkwell_pipeline.cache import ExtractionCache, TranscriptionCache
from inkwell_pipeline.clock import Clock, now
from inkwell_pipeline.defs.alive import at_work
from inkwell_pipeline.defs.pool import MODELS
from inkwell_pipeline.defs.running import hang_up_interrupts, responsive
from inkwell_pipeline.episodes import EpisodeShelf
from inkwell_pipeline.extraction import Extractor, OfflineExtractor, Template, load_templates
from inkwell_pipeline.feed import FeedDesk, FeedMemory
from inkwell_pipeline.http import Http, Sleep, open_http
from inkwell_pipeline.models import Section
from inkwell_pipeline.notes import Layout, Vault, read_layout
from inkwell_pipeline.progress import ProgressShelf
from inkwell_pipeline.settings import Settings

__all__ = [
    "ExtractionPlan",
    "Rooms",
    "code_version",
    "open_rooms",
    "plan_extraction",
    "pool",
    "rooms_resource",
]

PAID_GRACE_S = 5.0


@dataclass(frozen=True)
class ExtractionPlan:
    """How one feed's episodes are extracted."""

    extractor: Extractor
    model: str
    templates: Sequence[Template]
    grace_s: float  # what an extraction under way gets when the run is cancelled: nothing, where it costs nothing

    @property
    def asks_a_model(self) -> bool:
        """Whether others than this machine's own work, and limits, are at stake."""
        return not isinstance(self.extractor, OfflineExtractor)

    @property
    def outline(self) -> dict[str, Section]:
        """The sections that a note can have by their templates' names, in order, without items."""
        return {template.name: Section(kind=template.output, heading=template.heading) for template in self.templates}


def plan_extraction(settings: Settings, *, extractor: Extractor | None = None) -> dict[str, ExtractionPlan]:
    """A plan for each feed, by `extractor` or by what the config names. Reads the templates. Raises: ConfigError."""
    extractor = extractor or OfflineExtractor()
    grace_s = 0.0 if isinstance(extractor, OfflineExtractor) else PAID_GRACE_S
    loaded: dict[tuple[str, ...], list[Template]] = {}  # most feeds have the same, and a file takes milliseconds
    for name, feed in settings.feeds.items():
        if feed.templates not in loaded:
            named_in = f"{settings.config}: templates of the feed {name}"
            loaded[feed.templates] = load_templates(
                feed.templates, template_dir=settings.template_dir, named_in=named_in
            )
    return {
        name: ExtractionPlan(extractor, feed.model, loaded[feed.templates], grace_s)
        for name, feed in settings.feeds.items()
    }


def code_version(plans: Mapping[str, ExtractionPlan]) -> str:
    """Changes with any template, extractor or model, so that Dagster shows what is out of date."""
    parts = [
        f"{name} {plan.extractor.identity} {template.model_dump_json()}"
        for name, plan in sorted(plans.items())
        for template in plan.templates
    ]
    return sha256("\n".join(parts).encode()).hexdigest()[:12]


def pool(plans: Mapping[str, ExtractionPlan]) -> str | None:
    """The pool in which Dagster counts the runs that may ask a model: `concurrency: {llm}` is a limit of each alone.

    None where nobody asks one: runs of the `offline` extractor may go side by side.
    """
    return MODELS if any(plan.asks_a_model for plan in plans.values()) else None


@dataclass(frozen=True)
class Rooms:
    """All that the assets of a run need."""

    settings: Settings
    plans: Mapping[str, ExtractionPlan]
    http: Http
    transcripts: TranscriptionCache
    extractions: ExtractionCache
    shelf: EpisodeShelf
    feeds: FeedMemory
    progress: ProgressShelf
    clock: Clock
    vault: Vault
    layout: Layout

    @property
    def desk(self) -> FeedDesk:
        return FeedDesk(self.http, self.feeds, self.shelf, self.clock)


@asynccontextmanager
async def open_rooms(
    settings: Settings,
    plans: Mapping[str, ExtractionPlan],
    layout: Layout,
    *,
    clock: Clock = now,
    sleep: Sleep = asyncio.sleep,
) -> AsyncIterator[Rooms]:
    """All that a run needs, opened once, closed in reverse; Dagster's resource only yields it."""
    cache_dir, lock_dir = settings.data_dir / "cache", settings.data_dir / "locks"
    async with AsyncExitStack() as opened:
        http = await opened.enter_async_context(
            open_http(
                limit=settings.concurrency.http,
                allow_private_hosts=settings.allow_private_hosts,
                sleep=sleep,
                clock=clock,
            )
        )
        ttl_s = settings.cache.ttl_s  # None by default: what was paid for or fetched is kept for good
        transcripts = TranscriptionCache(cache_dir / "transcripts", ttl_seconds=ttl_s, lock_dir=lock_dir)
        extractions = ExtractionCache(cache_dir / "extractions", ttl_seconds=ttl_s, lock_dir=lock_dir)
        yield Rooms(
            settings=settings,
            plans=plans,
            http=http,
            transcripts=await opened.enter_async_context(transcripts),
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
                opened = open_rooms(settings, plans, layout, clock=clock, sleep=sleep)
                async with at_work(context, settings), opened as rooms:
                    yield rooms

    return RoomsResource()
