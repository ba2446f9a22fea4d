"""The pipeline's definitions on caches of one's choice, and a model that answers after a while.

Belongs here: the wiring of `pipeline.py`'s runs; what it wires is ours but for the caches. Does not: measuring.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path

import dagster as dg

from inkwell_pipeline.cache import ExtractionCache, TranscriptionCache
from inkwell_pipeline.defs import build_defs
from inkwell_pipeline.defs.alive import at_work
from inkwell_pipeline.defs.plans import plan_extraction
from inkwell_pipeline.defs.resources import Rooms, open_rooms
from inkwell_pipeline.defs.running import hang_up_interrupts, responsive
from inkwell_pipeline.extraction import Extraction, Extractor, Material, Template
from inkwell_pipeline.models import Item, Section
from inkwell_pipeline.notes import read_layout
from inkwell_pipeline.settings import Settings
from inkwell_pipeline.system import System
from inkwell_pipeline_tests.benchmarks.cache_ours import SlowSystem
from inkwell_pipeline_tests.benchmarks.cache_rivals import EVERY, Storage
from inkwell_pipeline_tests.benchmarks.synchronous_cache import SynchronousExtractions, SynchronousTranscripts

__all__ = ["CACHES", "AwaitedModel", "defs_on"]

ANSWER_S = 0.05
Caches = tuple[TranscriptionCache, ExtractionCache]


class AwaitedModel:
    """Stands in for a model: it computes next to nothing, and one waits for it."""

    @property
    def identity(self) -> str:
        return "awaited 1"

    async def extract(self, material: Material, templates: Sequence[Template]) -> AsyncGenerator[Extraction, None]:
        for template in templates:
            await asyncio.sleep(ANSWER_S)
            said = tuple(Item(text=one.text, start_s=one.start_s) for one in material.transcript.segments[:10])
            yield Extraction(template, Section(kind=template.output, heading=template.heading, items=said), Decimal(0))


def _ours(folder: Path, system: System) -> Caches:
    return (
        TranscriptionCache(folder / "transcripts", ttl_seconds=None, system=system),
        ExtractionCache(folder / "extractions", ttl_seconds=None, system=system),
    )


def _synchronous(folder: Path, system: System, *, every: int | None = None) -> Caches:
    return (
        SynchronousTranscripts(folder / "transcripts", system=system, every=every),
        SynchronousExtractions(folder / "extractions", system=system, every=every),
    )


CACHES: dict[str, Callable[[Path, System], Caches]] = {
    "before, synchronous": _synchronous,
    f"sleep(0) every {EVERY}": partial(_synchronous, every=EVERY),
    "ours": _ours,
}


def defs_on(
    settings: Settings, caches: Callable[[Path, System], Caches], *, storage: Storage, extractor: Extractor
) -> dg.Definitions:
    """`build_defs`, with other caches in its rooms."""
    plans, layout = plan_extraction(settings, extractor=extractor), read_layout(settings.note_template)
    system = SlowSystem(storage) if storage.delay_s else System()

    class OtherRooms(dg.ConfigurableResource[Rooms]):
        """As `rooms_resource` has them, but for the caches."""

        @asynccontextmanager
        async def yield_for_execution(self, context: dg.InitResourceContext) -> AsyncIterator[Rooms]:  # type: ignore[override]
            with hang_up_interrupts(), responsive():
                async with at_work(context, settings), open_rooms(settings, plans, layout) as rooms:
                    transcripts, extractions = caches(settings.data_dir / "cache", system)
                    async with transcripts, extractions:
                        yield replace(rooms, transcripts=transcripts, extractions=extractions)

    built = build_defs(settings, extractor=extractor)
    return dg.Definitions(
        assets=built.assets,
        resources={**(built.resources or {}), "rooms": OtherRooms()},
        executor=built.executor,
    )
