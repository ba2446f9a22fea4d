"""The asset `extraction`: each episode's templates carried out, whatever is in the cache not asked for again.

Belongs here: the order of look-up, extractor and store. Does not: how a section comes to be (`sections.py`), and
what a note looks like.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from pydantic import ValidationError

from inkwell_pipeline.cache import Entry
from inkwell_pipeline.errors import InkwellError, PermanentError
from inkwell_pipeline.extraction.evidence import proven
from inkwell_pipeline.extraction.extracting import Extracting
from inkwell_pipeline.extraction.extractor import Extractor, Material
from inkwell_pipeline.extraction.keys import Seen, by_extractor, published, seen_by
from inkwell_pipeline.extraction.pages import Published
from inkwell_pipeline.extraction.spoken import Spoken
from inkwell_pipeline.extraction.templates import Template
from inkwell_pipeline.metering import counters
from inkwell_pipeline.models import Episode, Manifest, Record, Section, Transcript
from inkwell_pipeline.reports import Report
from inkwell_pipeline.tasks import each_episode, parted
from inkwell_pipeline.threads import computed, in_thread

__all__ = ["extract_episodes"]

log = logging.getLogger(__name__)


class Order(Protocol):
    """In which order episodes may begin, by their places in the run."""

    async def come(self, place: int) -> None:
        """Waits for those before it."""

    def over(self, place: int) -> None:
        """It is done, or there was nothing to do."""


class _NoOrder:
    async def come(self, place: int) -> None:
        """Nobody is waited for."""

    def over(self, place: int) -> None:
        """Nobody waits."""


@dataclass(frozen=True)
class _Means:
    of: Extracting
    model: str
    order: Order
    grace_s: float


@dataclass(frozen=True)
class _Result:
    key: str
    section: Section
    cost_usd: Decimal | None


@dataclass(frozen=True)
class _Work:
    """An episode, and its place in the run."""

    episode: Episode
    place: int
    text: str  # the transcript, as it is cached


@dataclass(frozen=True)
class _Prepared:
    """What an episode's sections are made from, and proven by."""

    material: Material
    spoken: Spoken
    written: Published


@dataclass(frozen=True)
class _Done:
    record: Record
    sections: Sequence[Section] = ()


async def extract_episodes(
    manifest: Manifest,
    episodes: Sequence[Episode],
    extracting: Extracting,
    *,
    model: str,
    limit: int,
    order: Order | None = None,
    stop: Callable[[], None] | None = None,
    grace_s: float = 0.0,
) -> Report:
    """A record with the extractions' keys for each episode; one without a transcript passes as it is.

    `model` is what the config calls the feed's, for the notes. `episodes` are those of the manifest's records, in
    their order; at most `limit` are worked on at once, and begun as `order` says (None: as they come). An extraction
    under way when the run is cancelled gets `grace_s` to end, for its answer is paid for; `stop` is called then, so
    that it begins nothing new.
    """
    means = _Means(extracting, model, order or _NoOrder(), grace_s)
    records = {record.key: record for record in manifest.records}
    places = {episode.key: place for place, episode in enumerate(episodes)}

    async def work(episode: Episode) -> _Done:
        try:
            return await _extract(episode, places[episode.key], records[episode.key], means)
        finally:
            means.order.over(places[episode.key])

    try:
        done, failures = parted(await each_episode(work, episodes, limit=limit, asset="extraction"))
    except BaseException:  # cancelled, or a fault of ours in one episode: the others end, too
        if stop is not None:
            stop()
        raise
    return Report(
        manifest=manifest.after("extraction", records=[one.record for one in done], failures=failures),
        given=len(episodes),
        figures=_figures([section for one in done for section in one.sections]),
    )


async def _extract(episode: Episode, place: int, record: Record, means: _Means) -> _Done:
    """The record with its extractions. Raises: PermanentError (its transcript is gone), what the extractor raises."""
    if record.transcript is None:
        return _Done(record)
    (cached,) = await means.of.transcripts.by_key([record.transcript])
    if cached is None:
        says = "its transcript is no longer in the cache; materialise the asset `transcript` once more"
        raise PermanentError(says, feed=episode.feed, episode=episode.title)
    work = _Work(episode, place, cached.value)
    results: dict[str, _Result] = {}
    for extractor, templates in by_extractor(means.of.templates, means.of.extractors):
        results |= await _results(work, extractor, templates, means)
        if missing := [template.name for template in templates if template.name not in results]:
            says = f"the extractor {extractor.identity} gave nothing for: {', '.join(missing)}"
            raise PermanentError(says, feed=episode.feed, episode=episode.title)
    costs = [result.cost_usd for result in results.values()]
    costs.append(None if record.transcript_usd is None else Decimal(record.transcript_usd))
    known = [cost for cost in costs if cost is not None]
    return _Done(
        record.model_copy(
            update={
                "extractions": {template.name: results[template.name].key for template in means.of.templates},
                "model": means.model,
                "cost_usd": str(sum(known, Decimal(0))) if len(known) == len(costs) else None,
            }
        ),
        sections=[result.section for result in results.values()],
    )


def _figures(sections: Sequence[Section]) -> dict[str, int]:
    return {
        "quotes": sum(len(section.items) for section in sections if section.kind == "quotes"),
        "quotes_unverified": sum(section.unverified for section in sections),
        "times_unverified": sum(section.untimed for section in sections),
        "links_dropped": sum(section.links_dropped for section in sections),
    }


async def _results(
    work: _Work, extractor: Extractor, templates: Sequence[Template], means: _Means
) -> dict[str, _Result]:
    """Each template's result by its name: out of the cache, else extracted and in the cache before the next comes.

    Where another task or process is at work on the episode, its results are waited for, and not paid for again.
    """
    seen = await seen_by(extractor, work.episode, work.text, means.of.extractions)
    requests = [seen.request(template) for template in templates]
    results = _usable(templates, await means.of.extractions.lookup_many(requests, **seen.rest))
    missing = [template for template in templates if template.name not in results]
    if not missing:
        return results

    async def compute() -> dict[str, _Result]:
        requests = [seen.request(template) for template in missing]
        there = _usable(missing, await means.of.extractions.look_again(requests, **seen.rest))
        wanted = [template for template in missing if template.name not in there]
        return there | await _extracted(work, extractor, wanted, seen, means) if wanted else there

    await means.order.come(work.place)  # before the lock, which an earlier episode may need
    name = f"{seen.lock} {' '.join(template.asked for template in missing)}"
    return results | await means.of.extractions.once(name, compute, lock=seen.lock, grace_s=means.grace_s)


async def _extracted(
    work: _Work, extractor: Extractor, templates: Sequence[Template], seen: Seen, means: _Means
) -> dict[str, _Result]:
    episode = work.episode
    log.info("%s: extracting %s", episode.title, ", ".join(template.name for template in templates))
    # before anything is asked: an answer is to be in the cache the moment it is there
    prepared = [await computed(_prepared, work)]
    results: dict[str, _Result] = {}
    troubles: list[InkwellError] = []
    try:
        async with aclosing(extractor.extract(prepared[0].material, templates)) as extractions:
            async for one in extractions:
                counters().paid(one.cost_usd)
                # not behind what others compute, for the same reason
                section = await in_thread(proven, one.section, prepared[0].spoken, prepared[0].written)
                request, value = seen.request(one.template), section.model_dump_json()
                try:
                    key = await means.of.extractions.set(*request, value, **seen.rest, cost_usd=one.cost_usd)
                except InkwellError as error:  # what is paid for and still comes is kept
                    troubles.append(error)
                else:
                    results[one.template.name] = _Result(key, section, one.cost_usd)
    finally:
        await computed(prepared.clear)  # frees all its words: 9 ms for 10,000 cues, which the loop would feel
    if troubles:
        raise troubles[0].at(feed=episode.feed, episode=episode.title, url=None)
    return results


def _prepared(work: _Work) -> _Prepared:
    transcript, episode = Transcript.model_validate_json(work.text), work.episode
    material = Material(transcript, **published(episode), feed=episode.feed, key=episode.key, place=work.place)
    return _Prepared(material, Spoken(transcript), Published(*_written(episode)))


def _usable(templates: Sequence[Template], entries: Sequence[Entry | None]) -> dict[str, _Result]:
    """What was in the cache, by the template's name; its cost is saved."""
    results = {
        template.name: _Result(entry.key, section, entry.cost_usd)
        for template, entry in zip(templates, entries, strict=True)
        if entry is not None and (section := _section(entry.value)) is not None
    }
    counters().saved_usd += sum((result.cost_usd or Decimal(0) for result in results.values()), Decimal(0))
    return results


def _written(episode: Episode) -> list[str]:
    """All that the publisher wrote about the episode, in which a link may stand; it is in no key."""
    chapters = [text for chapter in episode.chapters for text in (chapter.title, chapter.url) if text]
    return [episode.show_notes or episode.summary, episode.title, *chapters]


def _section(value: str) -> Section | None:
    """A cached section; None where it is of another version's shape, to be extracted anew."""
    try:
        return Section.model_validate_json(value)
    except ValidationError:
        return None
