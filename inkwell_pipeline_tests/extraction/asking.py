"""A run's extractions by a model, without Dagster: transcripts, templates, a desk, and a fake provider to be asked.

Belongs here: what several tests of models need. Does not: the provider (`fakes/providers/`), its answers
(`fakes/note_taker.py`).
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from inkwell_pipeline.cache import ExtractionCache, TranscriptionCache
from inkwell_pipeline.clock import now
from inkwell_pipeline.costs import Budget, History, Ledger, Rates, history, open_purse
from inkwell_pipeline.extraction import (
    Extracting,
    ModelDesk,
    ModelExtractor,
    Template,
    extract_episodes,
    load_templates,
    open_desk,
)
from inkwell_pipeline.models import Manifest, Record, Section, Segment, Transcript
from inkwell_pipeline.reports import Report
from inkwell_pipeline_tests.builders import LINES, episode, record
from inkwell_pipeline_tests.fakes import providers
from inkwell_pipeline_tests.fakes.time import FakeTime

__all__ = ["ALL_KINDS", "ANTHROPIC", "OF_THE_FAKE", "RATES", "SUMMARY", "TEMPLATES", "Bureau", "sections_of", "talk"]

ANTHROPIC = "anthropic:claude-haiku-4-5"
ALL_KINDS = [ANTHROPIC, "openai:gpt-5-mini", "openai-chat:gpt-4.1-mini", "google:gemini-2.5-flash"]
RATES = Rates(
    Decimal(1), Decimal(5), cache_write=Decimal("1.25"), cache_read=Decimal("0.1")
)  # Anthropic's of Haiku 4.5
OF_THE_FAKE = providers.Rates(RATES.input, Decimal("1.25"), Decimal("0.1"), RATES.output)
TEMPLATES = load_templates(["summary", "key-ideas", "quotes", "links"], template_dir=None, named_in="the tests")
SUMMARY = TEMPLATES[0]


def talk(number: int, *, words: int = 400) -> Transcript:
    """A transcript of two speakers, of about so many words; each number has its own."""
    said = " ".join(f"{line} In the year {number}{nth}." for nth, line in enumerate(LINES * (1 + words // 60))).split()
    chunks = [" ".join(said[at : at + 12]) for at in range(0, min(words, len(said)), 12)]
    segments = tuple(
        Segment(start_s=nth * 5.0, end_s=nth * 5.0 + 5, speaker="Ada Brook" if nth % 4 < 2 else "Bo Stone", text=chunk)
        for nth, chunk in enumerate(chunks)
    )
    return Transcript(source="publisher", language="en", segments=segments)


async def sections_of(report: Report, extractions: ExtractionCache) -> list[list[Section]]:
    """What the cache holds under the records' keys."""
    found = []
    for one in report.manifest.records:
        entries = await extractions.by_key(list(one.extractions.values()))
        found.append([Section.model_validate_json(entry.value) for entry in entries if entry])
    return found


@dataclass
class Bureau:
    """Episodes of the feed `rivers` that are extracted by a model, all files in a folder."""

    folder: Path
    model: str = ANTHROPIC
    limit: int = 8
    budget: Budget = field(default_factory=Budget)
    prices: dict[str, Rates] = field(default_factory=dict)
    time: FakeTime = field(default_factory=lambda: FakeTime(now()))

    def __post_init__(self) -> None:
        self.transcripts = TranscriptionCache(self.folder / "cache" / "transcripts")
        self.extractions = ExtractionCache(self.folder / "cache" / "extractions")

    async def heard(self, number: int, transcript: Transcript | None = None, *, words: int = 400) -> Record:
        """The record of an episode whose transcript is in the cache."""
        url = f"https://h/{number}"
        await self.transcripts.set(url, (transcript or talk(number, words=words)).canonical())
        return record(key=f"{number:016}", title=f"Number {number}", transcript=self.transcripts.key(url))

    @asynccontextmanager
    async def desk(self, *, run: str = "run-1", models: Sequence[str] = ()) -> AsyncIterator[ModelDesk]:
        clock, sleep = self.time.now, self.time.sleep
        async with open_purse(self.budget, data_dir=self.folder, run=run, clock=clock, sleep=sleep) as purse:
            yield open_desk(
                purse,
                models=models or [self.model],
                prices=self.prices,
                data_dir=self.folder,
                limit=self.limit,
                clock=clock,
                sleep=sleep,
            )

    def extracting(self, desk: ModelDesk, templates: Sequence[Template]) -> Extracting:
        extractors = {one.name: ModelExtractor(desk.model(one.model or self.model), desk) for one in templates}
        return Extracting(templates, extractors, self.transcripts, self.extractions)

    async def run(
        self, *records: Record, templates: Sequence[Template] = TEMPLATES, run: str = "run-1", **of: Any
    ) -> Report:
        """One run over these episodes; `of` are changes of each of them."""
        models = sorted({self.model, *(one.model for one in templates if one.model)})
        async with self.desk(run=run, models=models) as desk:
            return await self.run_on(desk, *records, templates=templates, **of)

    async def run_on(
        self, desk: ModelDesk, *records: Record, templates: Sequence[Template] = TEMPLATES, **of: Any
    ) -> Report:
        episodes = [episode(**{"key": one.key, "title": one.title, **of}) for one in records]
        manifest = Manifest(asset="transcript", feed="rivers", run_id="run-1", show="Rivers", records=records)
        extracting = self.extracting(desk, templates)
        return await extract_episodes(
            manifest, episodes, extracting, model=self.model, limit=self.limit, order=desk.turns, stop=desk.stop
        )

    async def sections(self, report: Report) -> list[list[Section]]:
        """What was extracted, by episode."""
        return await sections_of(report, self.extractions)

    async def ledger(self) -> History:
        return await history(Ledger(self.folder / "ledger"))
