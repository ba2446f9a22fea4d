"""The asset `transcript`: for each episode a transcript in the cache, or why there is none.

Belongs here: the three outcomes (found, none, failed), the order of the sources, and the cache around them. Does not:
how a source gets one (`own_file.py`, `publisher.py`).
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from inkwell_pipeline.cache import TranscriptionCache
from inkwell_pipeline.errors import InkwellError
from inkwell_pipeline.http import Http
from inkwell_pipeline.metering import counters
from inkwell_pipeline.models import Episode, Manifest, Offer, Record, Transcript
from inkwell_pipeline.reports import Report
from inkwell_pipeline.settings import FeedSettings
from inkwell_pipeline.tasks import each_episode, parted
from inkwell_pipeline.threads import computed
from inkwell_pipeline.transcript.own_file import OWN_READER, OwnFiles, read_own, read_own_bytes
from inkwell_pipeline.transcript.publisher import READER, fetch_transcript, preferred

__all__ = ["find_transcripts"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Sources:
    feed: FeedSettings
    http: Http
    cache: TranscriptionCache
    own: OwnFiles


@dataclass
class _Search:
    """One episode's way through the sources: what has failed so far, each with a line for the user."""

    episode: Episode
    record: Record
    errors: list[InkwellError] = field(default_factory=list)

    def failed(self, error: InkwellError) -> None:
        self.errors.append(error)
        log.warning("%s: %s; trying the next source", self.episode.title, _line(error))

    def found(self, key: str, source: str, remarks: Sequence[str] = ()) -> Record:
        """The record, with what was lost on the way and in the reading."""
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
    limit: int,
    found: Callable[[Episode, Record], Awaitable[None]] | None = None,
) -> Report:
    """A record for each episode that has a transcript or is offered none; a Failure for each other.

    `episodes` are those of the manifest's records, in their order; at most `limit` are worked on at once. The user's
    own files lie in `own_dir`, in a folder with the feed's name. `found` is told of each as it comes.
    """
    try:
        own = await OwnFiles.look(own_dir / feed.name, episodes)
    except InkwellError as error:
        log.warning("%s; your own transcripts are not used in this run", error)
        own = OwnFiles(own_dir / feed.name, [], episodes)
    sources = _Sources(feed=feed, http=http, cache=cache, own=own)
    records = {record.key: record for record in manifest.records}

    async def work(episode: Episode) -> Record:
        record = await _find(_Search(episode, records[episode.key]), sources)
        if found is not None:
            await found(episode, record)
        return record

    done, failures = parted(await each_episode(work, episodes, limit=limit, asset="transcript"))
    return Report(
        manifest=manifest.after("transcript", records=done, failures=failures),
        given=len(episodes),
        figures={"without_transcript": sum(record.transcript is None for record in done)},
    )


async def _find(search: _Search, sources: _Sources) -> Record:
    """The record with its transcript's key; without one where nobody offers any. Raises: InkwellError.

    One look-up an episode is counted, whatever the number of sources: a hit, or a miss where something was read.
    """
    found = await _own(search, sources) or await _published(search, sources)
    if found:
        return found
    where = f"put one at {sources.own.wanted(search.episode)}"
    if search.errors:
        log.info("%s: a transcript of your own would be used: %s", search.episode.title, where)
        raise search.errors[0]
    # not in the record: it would stand in the note, which outlives the folder and goes to other machines
    log.info("%s: no transcript is offered; %s", search.episode.title, where)
    return search.record


async def _own(search: _Search, sources: _Sources) -> Record | None:
    """The user's file, which another text in it makes another transcript."""
    for path in sources.own.of(search.episode):
        try:
            data = await read_own_bytes(path)
            name = f"{OWN_READER} {path.suffix.lower()} {sha256(data).hexdigest()}"
            key = sources.cache.key(name)
            if (await sources.cache.by_key([key]))[0] is not None:
                counters().looked_up(found=True, asked=1)
                return search.found(key, "file")
            transcript = await read_own(path, data)
        except InkwellError as error:
            search.failed(error)
            continue
        counters().looked_up(found=False, asked=1)
        return await _kept(search, sources, name, transcript)
    return None


async def _published(search: _Search, sources: _Sources) -> Record | None:
    offers = preferred(search.episode.offers, language=sources.feed.language)
    if not offers:
        return None
    names = [f"{READER} {offer.url}" for offer in offers]
    cached = await _cached(names, sources)
    counters().looked_up(found=cached is not None, asked=1)
    if cached is not None:
        return search.found(cached, "publisher")

    async def work() -> Record | None:
        # looked at again: another process may have fetched it while we waited for our turn
        if (cached := await _cached(names, sources)) is not None:
            return search.found(cached, "publisher")
        return await _fetched(search, sources, offers, names)

    return await sources.cache.once(f"transcript {search.episode.key}", work)


async def _cached(names: Sequence[str], sources: _Sources) -> str | None:
    """The key of the first that is in the cache."""
    entries = await sources.cache.by_key([sources.cache.key(name) for name in names])
    return next((entry.key for entry in entries if entry is not None), None)


async def _fetched(search: _Search, sources: _Sources, offers: Sequence[Offer], names: Sequence[str]) -> Record | None:
    """The record with the first offer that can be had, which is in the cache then."""
    for offer, name in zip(offers, names, strict=True):
        try:
            transcript = await fetch_transcript(offer, search.episode, feed=sources.feed, http=sources.http)
        except InkwellError as error:
            search.failed(error)
            continue
        return await _kept(search, sources, name, transcript)
    return None


async def _kept(search: _Search, sources: _Sources, name: str, transcript: Transcript) -> Record:
    await sources.cache.set(name, await computed(transcript.canonical))
    log.info("%s: transcript of %d segments", search.episode.title, len(transcript.segments))
    return search.found(sources.cache.key(name), transcript.source, transcript.remarks)


def _line(error: InkwellError) -> str:
    """Without feed and episode, which stand beside it."""
    return f"{error.text} [{error.url}]" if error.url else error.text
