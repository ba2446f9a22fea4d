"""The asset `transcript`: for each episode a transcript in the cache, or why there is none.

Belongs here: the three outcomes (found, none, failed) and the cache around them. Does not: how a source gets one.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from inkwell_pipeline.cache import TranscriptionCache
from inkwell_pipeline.errors import InkwellError
from inkwell_pipeline.http import Http
from inkwell_pipeline.metering import counters
from inkwell_pipeline.models import Episode, Manifest, Record
from inkwell_pipeline.reports import Report
from inkwell_pipeline.settings import FeedSettings
from inkwell_pipeline.tasks import each_episode, parted
from inkwell_pipeline.threads import computed
from inkwell_pipeline.transcript.publisher import READER, fetch_transcript, preferred

__all__ = ["find_transcripts"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Sources:
    feed: FeedSettings
    http: Http
    cache: TranscriptionCache


async def find_transcripts(
    manifest: Manifest,
    episodes: Sequence[Episode],
    *,
    feed: FeedSettings,
    http: Http,
    cache: TranscriptionCache,
    limit: int,
) -> Report:
    """A record for each episode that has a transcript or is offered none; a Failure for each other.

    `episodes` are those of the manifest's records, in their order; at most `limit` are worked on at once.
    """
    sources = _Sources(feed=feed, http=http, cache=cache)
    records = {record.key: record for record in manifest.records}

    async def work(episode: Episode) -> Record:
        return await _find(episode, records[episode.key], sources)

    found, failures = parted(await each_episode(work, episodes, limit=limit, asset="transcript"))
    return Report(
        manifest=manifest.after("transcript", records=found, failures=failures),
        given=len(episodes),
        figures={"without_transcript": sum(record.transcript is None for record in found)},
    )


async def _find(episode: Episode, record: Record, sources: _Sources) -> Record:
    """The record with its transcript's key; without one where nobody offers any. Raises: InkwellError."""
    offers = preferred(episode.offers, language=sources.feed.language)
    if not offers:
        forms = ", ".join(sorted({offer.media_type or "an unnamed form" for offer in episode.offers}))
        remark = f"offered only as {forms}, which is not read yet" if forms else None
        log.info("%s: no transcript%s", episode.title, f" ({remark})" if remark else " is offered")
        return record.model_copy(update={"remark": remark})
    names = [f"{READER} {offer.url}" for offer in offers]
    keys = [sources.cache.key(name) for name in names]
    cached = [entry for entry in await sources.cache.by_key(keys) if entry is not None]
    counters().looked_up(found=bool(cached), asked=1)  # one look-up an episode, whatever the number of offers
    if cached:
        return record.model_copy(update={"transcript": cached[0].key, "source": "publisher"})
    errors: list[InkwellError] = []
    for offer, name in zip(offers, names, strict=True):
        try:
            transcript = await fetch_transcript(offer, episode, feed=sources.feed, http=sources.http)
        except InkwellError as error:
            errors.append(error)
            continue
        await sources.cache.set(name, await computed(transcript.canonical))
        log.info("%s: transcript of %d segments", episode.title, len(transcript.segments))
        return record.model_copy(update={"transcript": sources.cache.key(name), "source": "publisher"})
    raise errors[0]
