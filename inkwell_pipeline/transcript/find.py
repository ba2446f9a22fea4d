"""The asset `transcript`: for each episode a transcript in the cache, or why there is none.

Belongs here: the three outcomes (found, none, failed), the order of the sources, and the cache around them. Does not:
how a source gets one (`own_file.py`, `publisher.py`, `youtube.py`, `speech/`).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias, assert_never

from inkwell_pipeline.cache import TranscriptionCache
from inkwell_pipeline.clock import Clock, now
from inkwell_pipeline.errors import InkwellError, OverBudget, TransientError
from inkwell_pipeline.http import Http
from inkwell_pipeline.metering import counters
from inkwell_pipeline.models import Episode, Manifest, Offer, Record, Transcript
from inkwell_pipeline.reports import Report
from inkwell_pipeline.settings import FeedSettings
from inkwell_pipeline.source_settings import (
    CommandSource,
    PublisherSource,
    ServiceSource,
    SourceSettings,
    WhisperSource,
    YouTubeSource,
)
from inkwell_pipeline.tasks import each_episode, parted
from inkwell_pipeline.threads import computed, in_thread
from inkwell_pipeline.transcript.asked_to_wait import ask_to_wait_now, check_asked_now
from inkwell_pipeline.transcript.drift import Clockwork
from inkwell_pipeline.transcript.own_file import OWN_READER, OwnFiles, read_own, read_own_bytes
from inkwell_pipeline.transcript.publisher import READER, fetch_transcript, preferred
from inkwell_pipeline.transcript.speech.estimate import SpeechEstimate, foreseen
from inkwell_pipeline.transcript.speech.hearer import Hearer
from inkwell_pipeline.transcript.speech.hearers import Hearers
from inkwell_pipeline.transcript.speech.hearing import Hearing, Made, TooLong, too_long
from inkwell_pipeline.transcript.youtube import YOUTUBE, fetch_captions, is_of, video_of

__all__ = ["find_transcripts"]

_Way: TypeAlias = tuple[str, Callable[[], Awaitable[Transcript | None]]]  # a name in the cache, and how it is had
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Sources:
    feed: FeedSettings
    http: Http
    cache: TranscriptionCache
    own: OwnFiles
    hearers: Hearers | None
    clockwork: Clockwork | None
    foresee: Callable[[SpeechEstimate], None] | None
    clock: Clock
    holds: Path


@dataclass
class _Search:
    """One episode's way through the sources: what has failed so far, each with a line for the user.

    `place` is the episode's in the run. One look-up is counted, whatever the number of sources: a hit, or a miss where
    something was read or made.
    """

    episode: Episode
    record: Record
    place: int
    errors: list[InkwellError] = field(default_factory=list)
    looked_up: bool = False
    hit: bool = False
    refused: str | None = None  # why nobody was asked to hear, though somebody could have been
    of_hearers: list[InkwellError] = field(default_factory=list)  # those of the errors that are theirs

    def failed(self, error: InkwellError, source: str | None = None) -> None:
        if source is not None:
            error = copy(error)
            error.text = f"{source}: {error.text}"
        self.errors.append(error)
        log.warning("%s: %s; trying the next source", self.episode.title, _line(error))

    def heard(self, made: Made) -> Record:
        """The record with what was heard. Where nobody speaks there is no transcript, and nobody else is asked."""
        if not made.is_silent:
            record = self.found(made.key, made.source, made.remarks, hit=not made.is_new)
            usd = None if made.cost_usd is None else f"{made.cost_usd.normalize():f}"
            return record.model_copy(update={"transcript_usd": usd})
        self.looked_up, self.hit = True, not made.is_new
        return self.record.model_copy(update={"remark": f"nobody speaks in it, as far as {made.source} can hear"})

    def found(self, key: str, source: str, remarks: Sequence[str] = (), *, hit: bool = True) -> Record:
        """The record, with what was lost on the way and in the reading."""
        self.looked_up, self.hit = True, hit
        lines = [*(f"not used: {_line(error)}" for error in self.errors), *remarks]
        for line in remarks:
            log.warning("%s: %s", self.episode.title, line)
        remark = "; ".join(lines) or None
        return self.record.model_copy(update={"transcript": key, "source": source, "remark": remark})


async def find_transcripts(
    manifest: Manifest,
    episodes: Sequence[Episode],
    *,
    feed: FeedSettings,
    http: Http,
    cache: TranscriptionCache,
    own_dir: Path,
    hearers: Hearers | None = None,
    clockwork: Clockwork | None = None,
    foresee: Callable[[SpeechEstimate], None] | None = None,
    clock: Clock = now,
    limit: int,
    found: Callable[[Episode, Record], Awaitable[None]] | None = None,
) -> Report:
    """A record for each episode that has a transcript or is offered none; a Failure for each other.

    `episodes` are those of the manifest's records, in their order; at most `limit` are worked on at once. The user's
    own files lie in `own_dir`, in a folder with the feed's name. `hearers` are those of the feed's sources that hear;
    None: none does. `clockwork` compares the audio of a publisher's transcript with what the feed says; None: nobody
    does. With `foresee` nobody is asked to hear: it is told what each would cost. `found` is told of each as it comes.
    """
    try:
        own = await OwnFiles.look(own_dir / feed.name, episodes)
    except InkwellError as error:
        log.warning("%s; your own transcripts are not used in this run", error)
        own = OwnFiles(own_dir / feed.name, [], episodes)
    holds = own_dir.parent / "holds"
    sources = _Sources(feed, http, cache, own, hearers, clockwork, foresee, clock, holds)
    records = {record.key: record for record in manifest.records}
    places = {episode.key: place for place, episode in enumerate(episodes)}

    async def work(episode: Episode) -> Record:
        search = _Search(episode, records[episode.key], places[episode.key])
        try:
            record = await _clocked(await _find(search, sources), search, sources)
        finally:
            if search.looked_up:
                counters().looked_up(found=search.hit, asked=1)
        if found is not None:
            await found(episode, record)
        return record

    done, failures = parted(await each_episode(work, episodes, limit=limit, asset="transcript"))
    after = manifest.after("transcript", records=done, failures=failures)
    return Report(
        manifest=after.model_copy(update={"is_estimate": True}) if foresee is not None else after,
        given=len(episodes),
        figures={
            "without_transcript": sum(record.transcript is None for record in done),
            "approximate_times": sum(record.approximate is not None for record in done),
        },
    )


async def _clocked(record: Record, search: _Search, sources: _Sources) -> Record:
    """The record, with why its times are only near, where they are."""
    match record.source:
        case "youtube":
            why: str | None = "they are the video's"
        case "publisher" if sources.clockwork is not None:
            why = await sources.clockwork.drift_of(search.episode, sources.feed)
        case _:
            return record
    if why is not None:
        log.info("%s: times are approximate: %s", search.episode.title, why)
    return record.model_copy(update={"approximate": why})


async def _find(search: _Search, sources: _Sources) -> Record:
    """The record with its transcript's key; without one where nobody has or makes any. Raises: InkwellError."""
    if (found := await _own(search, sources)) is not None:
        return found
    is_first = True
    for source in sources.feed.transcribe:
        hearer = None if sources.hearers is None else sources.hearers.by_source.get(source)
        if sources.hearers is not None and hearer is not None:
            # what any of them has made is not made again, also where an earlier one would be asked first
            if is_first and (found := await _heard_before(search, sources.hearers)) is not None:
                return found
            found = None
            if sources.foresee is None:
                found = await _made(search, hearer, sources.hearers.hearing, sources.feed)
            elif (why := too_long(search.episode.duration_s, sources.feed)) is not None:
                search.refused = why
            elif is_first and search.episode.audio_url is not None:
                sources.foresee(foreseen(search.episode.duration_s, list(sources.hearers.by_source.values())))
            is_first = False
        else:
            found = await _by_others(source, search, sources)
        if found is not None:
            return found
    where = f"put one at {sources.own.wanted(search.episode)}"
    # who is not to hear it need not be able to
    errors = [error for error in search.errors if search.refused is None or error not in search.of_hearers]
    if errors:
        log.info("%s: a transcript of your own would be used: %s", search.episode.title, where)
        raise _together(errors)
    # not in the record: it would stand in the note, which outlives the folder and goes to other machines
    hears = sources.hearers is not None and bool(sources.hearers.by_source)
    other = "" if hears else ", or say under `transcribe` in the config who makes one"
    log.info("%s: %s; %s%s", search.episode.title, search.refused or "no transcript is offered", where, other)
    return search.record.model_copy(update={"remark": search.refused})


async def _by_others(source: SourceSettings, search: _Search, sources: _Sources) -> Record | None:
    """What those have who hear nothing."""
    match source:
        case PublisherSource():
            return await _published(search, sources, timeout_s=source.timeout_s)
        case YouTubeSource():
            return await _on_youtube(search, source, sources)
        case CommandSource() | ServiceSource() | WhisperSource():
            return None  # nobody has brought a hearer
        case _:
            assert_never(source)


async def _heard_before(search: _Search, hearers: Hearers) -> Record | None:
    made = await hearers.hearing.made_before(search.episode, list(hearers.by_source.values()))
    return None if made is None else search.heard(made)


async def _made(search: _Search, hearer: Hearer, hearing: Hearing, feed: FeedSettings) -> Record | None:
    if search.episode.audio_url is None:
        return None
    search.looked_up = True
    try:
        made = await hearing.make(search.episode, hearer, feed, place=search.place)
    except TooLong as refusal:
        search.refused = refusal.text
        return None
    except InkwellError as error:
        search.failed(error, hearer.name)
        search.of_hearers.append(search.errors[-1])
        return None
    return search.heard(made)


def _together(errors: Sequence[InkwellError]) -> InkwellError:
    """One error of all: of the kind that leaves most hope, with every source's line."""
    first, *others = errors
    if not others:
        return first
    hope = next((one for kind in (OverBudget, TransientError) for one in errors if isinstance(one, kind)), first)
    together = hope.at(feed=first.feed, episode=first.episode, url=first.url)
    together.todo = "; ".join(dict.fromkeys(error.todo for error in errors if error.todo)) or None
    together.text = "; then ".join([first.text, *map(_line, others)])
    return together


async def _own(search: _Search, sources: _Sources) -> Record | None:
    """The user's file, which another text in it makes another transcript."""
    for path in sources.own.of(search.episode):
        try:
            data = await read_own_bytes(path)
            name = f"{OWN_READER} {path.suffix.lower()} {sha256(data).hexdigest()}"
            key = sources.cache.key(name)
            if (await sources.cache.by_key([key]))[0] is not None:
                return search.found(key, "file")
            transcript = await read_own(path, data)
        except InkwellError as error:
            search.failed(error)
            continue
        return await _kept(search, sources, name, transcript)
    return None


async def _published(search: _Search, sources: _Sources, *, timeout_s: float | None) -> Record | None:
    offers = preferred(search.episode.offers, language=sources.feed.language)

    def fetch(offer: Offer) -> Awaitable[Transcript]:
        return fetch_transcript(offer, search.episode, feed=sources.feed, http=sources.http)

    ways = [(f"{READER} {offer.url}", partial(fetch, offer)) for offer in offers]
    return await _had("publisher", ways, search, sources, timeout_s=timeout_s)


async def _on_youtube(search: _Search, source: YouTubeSource, sources: _Sources) -> Record | None:
    if (video := video_of(search.episode)) is None:
        return None
    language = sources.feed.language

    async def fetch() -> Transcript | None:
        found = await fetch_captions(video, language=language, timeout_s=source.timeout_s)
        if found is not None and not is_of(search.episode, found):
            log.info("%s: the video %s is of another length: its captions are not used", search.episode.title, video)
            return None
        return found

    # with the length: the captions of a video are those of one episode, and not of another that links it
    name = f"{YOUTUBE} {video} {language} {search.episode.duration_s or ''}"
    return await _had("youtube", [(name, fetch)], search, sources)


async def _had(
    source: str, ways: Sequence[_Way], search: _Search, sources: _Sources, *, timeout_s: float | None = None
) -> Record | None:
    """Out of the cache, else by the first way that leads to one, which is in the cache then.

    `timeout_s`: of each way; None: none but its own.
    """
    if not ways:
        return None
    names = [name for name, _ in ways]
    cached = await _cached(names, sources)
    search.looked_up = True
    if cached is not None:
        return search.found(cached, source)

    async def work() -> Record | None:
        # looked at again: another process may have fetched it while we waited for our turn
        if (cached := await _cached(names, sources)) is not None:
            return search.found(cached, source)
        for way in ways:
            transcript = await _by(way, source, search, sources, timeout_s=timeout_s)
            if transcript is not None:
                return await _kept(search, sources, way[0], transcript)
        return None

    return await sources.cache.once(f"{source} {search.episode.key}", work)


async def _by(
    way: _Way, source: str, search: _Search, sources: _Sources, *, timeout_s: float | None
) -> Transcript | None:
    """What this way leads to; None: nothing, or it has failed, and the search knows why."""
    name, fetch = way
    try:
        await in_thread(check_asked_now, sources.holds, name, now=sources.clock())
        async with asyncio.timeout(timeout_s):
            return await fetch()
    except TimeoutError:
        failed: InkwellError = TransientError(f"{source}: no whole answer within {timeout_s:g} s")
    except InkwellError as error:
        if isinstance(error, TransientError) and error.retry_after_s:
            await in_thread(ask_to_wait_now, sources.holds, name, error.retry_after_s, now=sources.clock())
        failed = error
    if failed.episode is None:
        failed = failed.at(feed=sources.feed.name, episode=search.episode.title, url=failed.url)
    search.failed(failed, None if source == "publisher" else source)
    return None


async def _cached(names: Sequence[str], sources: _Sources) -> str | None:
    """The key of the first that is in the cache."""
    entries = await sources.cache.by_key([sources.cache.key(name) for name in names])
    return next((entry.key for entry in entries if entry is not None), None)


async def _kept(search: _Search, sources: _Sources, name: str, transcript: Transcript) -> Record:
    await sources.cache.set(name, await computed(transcript.canonical))
    log.info("%s: transcript of %d segments", search.episode.title, len(transcript.segments))
    return search.found(sources.cache.key(name), transcript.source, transcript.remarks, hit=False)


def _line(error: InkwellError) -> str:
    """Without feed and episode, which stand beside it."""
    return f"{error.text} [{error.url}]" if error.url else error.text
