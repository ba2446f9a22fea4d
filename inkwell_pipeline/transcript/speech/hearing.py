"""One episode heard: its audio on the disk, a slot of this machine, the hearer's words in the cache, the audio let go.

Belongs here: what surrounds a hearing, and in which order. Does not: which source is asked when (`find.py`), the
hearers, where audio lies (`shelf.py`).
"""

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

from inkwell_pipeline.attempts import Sleep
from inkwell_pipeline.cache import Entry, TranscriptionCache
from inkwell_pipeline.clock import Clock
from inkwell_pipeline.errors import InkwellError, PermanentError
from inkwell_pipeline.files import trouble
from inkwell_pipeline.http import Http
from inkwell_pipeline.locks import held, machine_locks, one_of, tried
from inkwell_pipeline.metering import counters
from inkwell_pipeline.models import Episode
from inkwell_pipeline.processes import this_machine
from inkwell_pipeline.settings import AudioSettings, FeedSettings
from inkwell_pipeline.threads import computed, in_thread
from inkwell_pipeline.timecode import timecode
from inkwell_pipeline.transcript.speech.hearer import Audio, Heard, Hearer, Progress, Recording
from inkwell_pipeline.transcript.speech.shelf import AudioShelf
from inkwell_pipeline.transcript.speech.telling import Telling, telling

__all__ = ["Hearing", "Made", "TooLong", "open_hearing", "speech_name", "too_long"]

HEARD = "speech:1"  # in the cache's keys: raise it when the same output is read differently
SILENT = '"segments":[]}'  # how a transcript ends that has none
ASK_AGAIN_S = 0.5  # for a lock that is held for minutes
LOCKS = 3  # hexadecimal digits: 4,096 files serve all episodes
log = logging.getLogger(__name__)


class TooLong(PermanentError):
    """The episode is longer than the feed's `max_minutes`: nobody is asked, and nothing has failed."""


@dataclass(frozen=True)
class Made:
    """A transcript that is in the cache: its key, who made it, a line for each loss; None: how it was is not known."""

    key: str
    source: str
    remarks: tuple[str, ...]
    is_new: bool
    cost_usd: Decimal | None  # when it was made
    is_silent: bool  # nobody speaks in the audio, as far as it was heard


@dataclass(frozen=True)
class _Job:
    """One episode for one hearer."""

    episode: Episode
    audio: Audio
    hearer: Hearer
    feed: FeedSettings
    place: int
    progress: Progress


def speech_name(hearer: Hearer, audio_sha256: str) -> str:
    """Under which name the cache has what a hearer made of some audio."""
    return f"{HEARD} {hearer.identity} {audio_sha256}"


class Hearing:
    """What hears in one run. Episodes may come at once; so many are heard as this machine has slots."""

    def __init__(
        self,
        shelf: AudioShelf,
        cache: TranscriptionCache,
        *,
        slots: int,
        lock_dir: Path,
        now_s: Callable[[], float],
    ) -> None:
        self._shelf, self._cache, self._now_s, self._lock_dir = shelf, cache, now_s, lock_dir
        self._number_of_slots = slots
        self._downloads = asyncio.Semaphore(slots + 1)  # one is fetched while the one before is heard
        self._is_swept = False

    async def made_before(self, episode: Episode, hearers: Sequence[Hearer]) -> Made | None:
        """What one of them has made of the audio at the episode's address, the first first; counted as saved."""
        await self._sweep()
        made = await self._known(episode, hearers)
        if made is not None:  # a run that was killed may have left its audio; one that lives may be at it
            async with tried(self._lock("audio", episode.key)) as ours:
                if ours:
                    await self._shelf.let_go(episode)
        return made

    async def make(self, episode: Episode, hearer: Hearer, feed: FeedSettings, *, place: int) -> Made:
        """The transcript that the hearer makes; it is in the cache then.

        Where another run is at work on the episode, or on the same audio of another feed, it is waited for, and its
        transcript taken. Raises: TooLong, PermanentError, TransientError, with feed and episode.
        """
        try:
            _refuse(episode.duration_s, feed)
            await in_thread(hearer.check)
            async with held(self._lock("audio", episode.key), ask_again_s=ASK_AGAIN_S):
                if (made := await self._known(episode, [hearer])) is not None:
                    return made
                async with self._downloads:
                    return await self._fetched_and_heard(episode, hearer, feed, place)
        except InkwellError as error:
            if error.episode is not None:
                raise
            raise error.at(feed=feed.name, episode=episode.title, url=None) from None
        except OSError as error:
            raise trouble(error, self._lock_dir.parent, "use").at(
                feed=feed.name, episode=episode.title, url=None
            ) from error

    async def _known(self, episode: Episode, hearers: Sequence[Hearer]) -> Made | None:
        known = await self._shelf.known(episode)
        if known is None:
            return None
        return await self._cached([speech_name(hearer, known.sha256) for hearer in hearers], hearers)

    async def _fetched_and_heard(self, episode: Episode, hearer: Hearer, feed: FeedSettings, place: int) -> Made:
        known = await self._shelf.known(episode)
        _refuse(None if known is None else known.duration_s, feed)
        audio = await self._shelf.fetch(episode, feed)
        try:
            _refuse(audio.duration_s, feed)
        except TooLong:
            await self._shelf.let_go(episode)
            raise
        progress = Progress()
        work = asyncio.ensure_future(self._heard(_Job(episode, audio, hearer, feed, place, progress)))
        try:
            made = await asyncio.shield(work)
        except asyncio.CancelledError:
            progress.stopping = True
            if not progress.answered:  # else its answer is to be in the cache first
                work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            raise
        await self._shelf.let_go(episode)
        return made

    async def _sweep(self) -> None:
        if not self._is_swept:
            self._is_swept = True
            await self._shelf.sweep()

    async def _heard(self, job: _Job) -> Made:
        hearer, name = job.hearer, speech_name(job.hearer, job.audio.sha256)
        async with held(self._lock("speech", job.audio.sha256), ask_again_s=ASK_AGAIN_S):
            if (made := await self._cached([name], [hearer])) is not None:  # of another feed
                return made
            slots = await self._slots()
            async with one_of(slots, waits=lambda: _waits(job.episode), ask_again_s=ASK_AGAIN_S):
                heard = await self._asked(job)
            transcript = heard.transcript(hearer.name)
            await self._cache.set(name, await computed(transcript.canonical), cost_usd=heard.cost_usd)
        says = f"{len(heard.segments)} segments by {hearer.name}{_costs(heard.cost_usd)}"
        log.info("%s: transcript of %s", job.episode.title, says)
        key, is_silent = self._cache.key(name), not heard.segments
        return Made(key, hearer.name, heard.remarks, is_new=True, cost_usd=heard.cost_usd, is_silent=is_silent)

    async def _slots(self) -> list[Path]:
        """The machine's, so that runs of other configs count; this config's, where there is no such place."""
        folder = await in_thread(machine_locks, os.environ) or self._lock_dir
        return [folder / f"transcribe-{this_machine()}-{number}.lock" for number in range(self._number_of_slots)]

    async def _asked(self, job: _Job) -> Heard:
        episode, audio, hearer = job.episode, job.audio, job.hearer
        timeout_s = hearer.timeout_s or audio.timeout_s
        length = f", {timecode(audio.duration_s)} long" if audio.duration_s else ""
        log.info("%s: %s hears it%s", episode.title, hearer.name, length)
        told = Telling(episode.title, hearer.name, length_s=audio.duration_s, timeout_s=timeout_s, now_s=self._now_s)
        async with self._shelf.room(audio, episode.key) as placed, telling(told):
            return await hearer.hear(
                Recording(
                    audio=placed,
                    folder=placed.path.parent,
                    feed=job.feed.name,
                    key=episode.key,
                    title=episode.title,
                    place=job.place,
                    timeout_s=timeout_s,
                    told=told.line,
                    heard=told.heard,
                    progress=job.progress,
                )
            )

    async def _cached(self, names: Sequence[str], hearers: Sequence[Hearer]) -> Made | None:
        entries = await self._cache.by_key([self._cache.key(name) for name in names])
        for entry, hearer in zip(entries, hearers, strict=True):
            if entry is not None:
                _save(entry)
                is_silent, usd = entry.value.endswith(SILENT), entry.cost_usd
                return Made(entry.key, hearer.name, (), is_new=False, cost_usd=usd, is_silent=is_silent)
        return None

    def _lock(self, kind: str, name: str) -> Path:
        digest = sha256(name.encode()).hexdigest()[:LOCKS]
        return self._lock_dir / "speech" / f"{kind}-{digest}.lock"


def _save(entry: Entry) -> None:
    counters().saved_usd += entry.cost_usd or Decimal(0)


def too_long(duration_s: float | None, feed: FeedSettings) -> str | None:
    """Why an episode of that length is not transcribed; None: it is."""
    if feed.max_minutes is None or duration_s is None or duration_s <= feed.max_minutes * 60:
        return None
    minutes = f"{duration_s / 60:.0f} minutes are more than the feed's `max_minutes: {feed.max_minutes:g}`"
    return f"not transcribed: {minutes}"


def _refuse(duration_s: float | None, feed: FeedSettings) -> None:
    if (says := too_long(duration_s, feed)) is not None:
        raise TooLong(says)


def _waits(episode: Episode) -> None:
    log.info("%s: waits until this machine has done another transcript (`concurrency: {transcribe}`)", episode.title)


def _costs(cost_usd: Decimal | None) -> str:
    if cost_usd is None:
        return ", at a cost that nobody knows (`usd_per_minute` in the config tells it)"
    return f", for ${cost_usd:.4f}" if cost_usd else ""


def open_hearing(
    cache: TranscriptionCache,
    *,
    http: Http,
    data_dir: Path,
    limits: AudioSettings,
    keep_audio: bool,
    slots: int,
    clock: Clock,
    sleep: Sleep,
) -> Hearing:
    """All that hears in one run; `slots` at once on this machine. Nothing is begun or read."""
    shelf = AudioShelf(data_dir / "audio", http=http, limits=limits, keep=keep_audio, clock=clock, sleep=sleep)
    return Hearing(shelf, cache, slots=slots, lock_dir=data_dir / "locks", now_s=_seconds_of(clock))


def _seconds_of(clock: Clock) -> Callable[[], float]:
    began = clock()

    def now_s() -> float:
        return (clock() - began).total_seconds()

    return now_s
