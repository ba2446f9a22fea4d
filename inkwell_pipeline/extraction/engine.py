"""The asset `extraction`: each episode's templates carried out, whatever is in the cache not asked for again.

Belongs here: the order of look-up, extractor and store. Does not: how a section comes to be (`offline.py`), and
what a note looks like.
"""

import json
import logging
import re
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any, TypedDict

from pydantic import ValidationError

from inkwell_pipeline.cache import Digest, Entry, ExtractionCache, TranscriptionCache
from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.extraction.evidence import proven
from inkwell_pipeline.extraction.extractor import Extractor, Material
from inkwell_pipeline.extraction.pages import Published
from inkwell_pipeline.extraction.spoken import Spoken
from inkwell_pipeline.extraction.templates import Template
from inkwell_pipeline.metering import counters
from inkwell_pipeline.models import Chapter, Episode, Manifest, Record, Section, Transcript
from inkwell_pipeline.reports import Report
from inkwell_pipeline.tasks import each_episode, parted
from inkwell_pipeline.threads import computed

__all__ = ["extract_episodes"]

ADDRESS = re.compile(r"https?://", re.IGNORECASE)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Means:
    templates: Sequence[Template]
    extractor: Extractor
    model: str
    transcripts: TranscriptionCache
    extractions: ExtractionCache
    grace_s: float


@dataclass(frozen=True)
class _Result:
    key: str
    section: Section
    cost_usd: Decimal | None


@dataclass(frozen=True)
class _Seen:
    """What an episode's extractions have in common in their keys."""

    transcript: Digest
    extractor: str
    context: str

    @property
    def rest(self) -> "_Rest":
        return {"extractor": self.extractor, "context": self.context}

    @property
    def lock(self) -> str:
        return f"extraction {self.transcript.hexadecimal} {self.extractor} {self.context}"

    def request(self, template: Template) -> tuple[str, str, Digest]:
        return (template.name, template.asked, self.transcript)


class _Rest(TypedDict):
    extractor: str
    context: str


@dataclass(frozen=True)
class _Done:
    record: Record
    sections: Sequence[Section] = ()


async def extract_episodes(
    manifest: Manifest,
    episodes: Sequence[Episode],
    *,
    templates: Sequence[Template],
    extractor: Extractor,
    model: str,
    transcripts: TranscriptionCache,
    extractions: ExtractionCache,
    limit: int,
    grace_s: float = 0.0,
) -> Report:
    """A record with the extractions' keys for each episode; one without a transcript passes as it is.

    `model` is what the config calls the extractor, for the notes. `episodes` are those of the manifest's records, in
    their order; at most `limit` are worked on at once. An extraction under way when the run is cancelled gets `grace_s`
    to end: its answer is paid for.
    """
    means = _Means(templates, extractor, model, transcripts, extractions, grace_s)
    records = {record.key: record for record in manifest.records}

    async def work(episode: Episode) -> _Done:
        return await _extract(episode, records[episode.key], means)

    done, failures = parted(await each_episode(work, episodes, limit=limit, asset="extraction"))
    return Report(
        manifest=manifest.after("extraction", records=[one.record for one in done], failures=failures),
        given=len(episodes),
        figures=_figures([section for one in done for section in one.sections]),
    )


async def _extract(episode: Episode, record: Record, means: _Means) -> _Done:
    """The record with its extractions. Raises: PermanentError (its transcript is gone), what the extractor raises."""
    if record.transcript is None:
        return _Done(record)
    (cached,) = await means.transcripts.by_key([record.transcript])
    if cached is None:
        says = "its transcript is no longer in the cache; materialise the asset `transcript` once more"
        raise PermanentError(says, feed=episode.feed, episode=episode.title)
    results = await _results(episode, cached.value, means)
    if missing := [template.name for template in means.templates if template.name not in results]:
        says = f"the extractor {means.extractor.identity} gave nothing for: {', '.join(missing)}"
        raise PermanentError(says, feed=episode.feed, episode=episode.title)
    costs = [result.cost_usd for result in results.values() if result.cost_usd is not None]
    return _Done(
        record.model_copy(
            update={
                "extractions": {template.name: results[template.name].key for template in means.templates},
                "model": means.model,
                "cost_usd": str(sum(costs, Decimal(0))) if len(costs) == len(results) else None,
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


async def _results(episode: Episode, text: str, means: _Means) -> dict[str, _Result]:
    """Each template's result by its name: out of the cache, else extracted and in the cache before the next comes.

    Where another task or process is at work on the episode, its results are waited for, and not paid for again.
    """
    published = _published(episode)
    context = sha256(json.dumps(published, default=Chapter.model_dump).encode()).hexdigest()
    seen = _Seen(await means.extractions.digest(text), means.extractor.identity, context)
    requests = [seen.request(template) for template in means.templates]
    results = _usable(means.templates, await means.extractions.lookup_many(requests, **seen.rest))
    missing = [template for template in means.templates if template.name not in results]
    if not missing:
        return results

    async def work() -> dict[str, _Result]:
        requests = [seen.request(template) for template in missing]
        there = _usable(missing, await means.extractions.look_again(requests, **seen.rest))
        wanted = [template for template in missing if template.name not in there]
        return there | await _extracted(episode, text, wanted, published, seen, means) if wanted else there

    name = f"{seen.lock} {' '.join(template.asked for template in missing)}"
    return results | await means.extractions.once(name, work, lock=seen.lock, grace_s=means.grace_s)


async def _extracted(
    episode: Episode,
    text: str,
    templates: Sequence[Template],
    published: dict[str, Any],
    seen: _Seen,
    means: _Means,
) -> dict[str, _Result]:
    log.info("%s: extracting %s", episode.title, ", ".join(template.name for template in templates))
    transcript = await computed(Transcript.model_validate_json, text)
    material = Material(transcript, **published)
    spoken = await computed(Spoken, transcript)
    written = await computed(Published, *_written(episode))
    results = {}
    async with aclosing(means.extractor.extract(material, templates)) as extractions:
        async for one in extractions:
            section = await computed(proven, one.section, spoken, written)
            value, cost_usd = section.model_dump_json(), one.cost_usd
            key = await means.extractions.set(*seen.request(one.template), value, **seen.rest, cost_usd=cost_usd)
            results[one.template.name] = _Result(key, section, cost_usd)
            _count_cost(cost_usd)
    return results


def _usable(templates: Sequence[Template], entries: Sequence[Entry | None]) -> dict[str, _Result]:
    """What was in the cache, by the template's name; its cost is saved."""
    results = {
        template.name: _Result(entry.key, section, entry.cost_usd)
        for template, entry in zip(templates, entries, strict=True)
        if entry is not None and (section := _section(entry.value)) is not None
    }
    counters().saved_usd += sum((result.cost_usd or Decimal(0) for result in results.values()), Decimal(0))
    return results


def _published(episode: Episode) -> dict[str, Any]:
    """What an extractor is told of the episode beside its transcript: the rest of its `Material`, by name."""
    return {
        "title": episode.title,
        "show": episode.show,
        "people": tuple(person.name for person in episode.persons),
        "chapters": episode.chapters,
        "has_links": ADDRESS.search(episode.show_notes) is not None,
    }


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


def _count_cost(cost_usd: Decimal | None) -> None:
    if cost_usd is None:
        counters().unpriced_calls += 1
    else:
        counters().cost_usd += cost_usd
