"""What hears, for tests: real files, a real cache, a host on loopback; episodes that are spoken.

Belongs here: building it. Does not: what should come of it.
"""

import asyncio
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inkwell_pipeline.attempts import Sleep
from inkwell_pipeline.cache import TranscriptionCache
from inkwell_pipeline.clock import Clock, now
from inkwell_pipeline.costs import Budget, History, Ledger, Till, history, open_purse
from inkwell_pipeline.http import open_http
from inkwell_pipeline.metering import Counters, counting
from inkwell_pipeline.models import Episode, Manifest, Transcript
from inkwell_pipeline.reports import Report
from inkwell_pipeline.settings import AudioSettings, FeedSettings
from inkwell_pipeline.source_settings import CommandSource, SourceSettings
from inkwell_pipeline.transcript import find_transcripts
from inkwell_pipeline.transcript.drift import Clockwork
from inkwell_pipeline.transcript.speech import Services, SpeechEstimate, hearers_of, open_hearing
from inkwell_pipeline_tests import fakes
from inkwell_pipeline_tests.builders import episode, record
from inkwell_pipeline_tests.fakes.spoken import Spoken

__all__ = ["RECOGNISER", "Ears", "Outcome", "command", "near", "of"]

RECOGNISER = Path(fakes.__file__).with_name("recogniser.py")


def command(script: Path, *options: str, timeout_s: float | None = None, **more: Any) -> CommandSource:
    """The fake recogniser as a source: `options` are its own."""
    words = [sys.executable, str(RECOGNISER), "--script", str(script), *options]
    return CommandSource(command=f"{shlex.join(words)} {{audio}}", timeout_s=timeout_s, **more)


@dataclass
class Outcome:
    """One run of `transcript`: its report, its counters, what it foresaw."""

    report: Report
    counters: Counters
    foreseen: list[SpeechEstimate]

    @property
    def errors(self) -> list[str]:
        return [failure.error for failure in self.report.manifest.failures]

    @property
    def sources(self) -> list[str | None]:
        return [one.source for one in self.report.manifest.records]


@dataclass
class Ears:
    """One data folder; each `run` opens all of it anew, as a process would."""

    folder: Path
    limits: AudioSettings = field(default_factory=AudioSettings)
    budget: Budget = field(default_factory=Budget)
    keep_audio: bool = False
    slots: int = 1
    clock: Clock = now
    sleep: Sleep = asyncio.sleep

    @property
    def audio(self) -> Path:
        return self.folder / "audio"

    def left(self) -> list[str]:
        """Files of audio, whole or in part, and what is at work on them; not what is noted of them."""
        files = sorted(path.relative_to(self.audio) for path in self.audio.rglob("*") if path.is_file())
        return [str(path) for path in files if path.suffix != ".json" or ".part" in path.name]

    async def run(
        self,
        episodes: Sequence[Episode],
        sources: Sequence[SourceSettings],
        *,
        estimate: bool = False,
        run: str = "run-1",
        limit: int = 4,
        feed_url: str = "http://127.0.0.1/feed.xml",
        **feed: Any,
    ) -> Outcome:
        name = episodes[0].feed
        settings = FeedSettings(name, feed_url, transcribe=tuple(sources), **feed)
        records = tuple(record(key=one.key, title=one.title) for one in episodes)
        manifest = Manifest(asset="feed", feed=name, run_id=run, show="Rivers", records=records)
        foreseen: list[SpeechEstimate] = []
        clock, sleep = self.clock, self.sleep
        async with (
            open_http(limit=4, allow_private_hosts=True, clock=clock, sleep=sleep) as http,
            open_purse(self.budget, data_dir=self.folder, run=run, clock=clock, sleep=sleep) as purse,
            TranscriptionCache(self.folder / "cache", lock_dir=self.folder / "locks") as cache,
        ):
            hearing = open_hearing(
                cache,
                http=http,
                data_dir=self.folder,
                limits=self.limits,
                keep_audio=self.keep_audio,
                slots=self.slots,
                clock=clock,
                sleep=sleep,
            )
            services = Services(http, Till(purse, self.clock), cache, clock=clock, sleep=sleep)
            with counting() as counters:
                report = await find_transcripts(
                    manifest,
                    episodes,
                    feed=settings,
                    http=http,
                    cache=cache,
                    own_dir=self.folder / "own",
                    hearers=hearers_of(settings, hearing, services, folder=self.folder),
                    clockwork=Clockwork(self.audio, http),
                    foresee=foreseen.append if estimate else None,
                    limit=limit,
                )
        return Outcome(report, counters, foreseen)

    async def transcripts(self, outcome: Outcome) -> list[Transcript]:
        """What the cache has for the records, in their order."""
        async with TranscriptionCache(self.folder / "cache") as cache:
            entries = await cache.by_key([one.transcript or "" for one in outcome.report.manifest.records])
        return [Transcript.model_validate_json(entry.value) for entry in entries if entry is not None]

    async def spent(self) -> History:
        return await history(Ledger(self.folder / "ledger"))


def of(url: str, number: int = 1, *, feed: str = "rivers", **changes: Any) -> Episode:
    """An episode whose audio is at that address."""
    return episode(key=f"{number:016x}", title=f"Number {number}", feed=feed, audio_url=url, **changes)


def near(transcript: Transcript, spoken: Spoken) -> float:
    """How far the segments' beginnings are from when the lines were spoken, at worst, in seconds."""
    starts = [segment.start_s or 0.0 for segment in transcript.segments]
    assert len(starts) == len(spoken.lines)
    return max(abs(start - line.start_s) for start, line in zip(starts, spoken.lines, strict=True))
