"""What a run would cost, and whether it would ask a model at all: known before anybody is asked.

Belongs here: what follows from what is missing (`extracting.py`). Does not: what a request can cost (`llm.py`), asking
(`engine.py`).
"""

import logging
from collections.abc import Callable, Sequence
from decimal import Decimal

from inkwell_pipeline.extraction.extracting import Extracting
from inkwell_pipeline.extraction.extractor import Extractor, Material
from inkwell_pipeline.extraction.keys import published
from inkwell_pipeline.extraction.llm import Estimate, ModelExtractor
from inkwell_pipeline.extraction.templates import Template
from inkwell_pipeline.models import Episode, Manifest, Record, Transcript
from inkwell_pipeline.reports import Report
from inkwell_pipeline.tasks import each_episode, parted
from inkwell_pipeline.threads import computed

__all__ = ["Foresight", "estimate_episodes"]

log = logging.getLogger(__name__)
NOTHING = Estimate(0, Decimal(0), Decimal(0))


class Foresight:
    """Says that a model will be asked as soon as that is sure, so that what it needs is imported meanwhile."""

    def __init__(self, extracting: Extracting, expect: Callable[[], None]) -> None:
        """`expect` is called once."""
        self._extracting, self._expect = extracting, expect
        self._is_sure = not any(isinstance(one, ModelExtractor) for one in extracting.extractors.values())

    async def found(self, episode: Episode, record: Record) -> None:
        """An episode has come as far as its transcript."""
        if self._is_sure:
            return
        missing = await self._extracting.missing(episode, record)
        if any(isinstance(extractor, ModelExtractor) for extractor, _, _ in missing) and not self._is_sure:
            self._is_sure = True
            self._expect()


async def estimate_episodes(
    manifest: Manifest, episodes: Sequence[Episode], extracting: Extracting, *, limit: int
) -> tuple[Report, Estimate]:
    """What the episodes that are not extracted yet would cost together; the report has no records.

    They are neither failed nor done by it: a run without an estimate does them.
    """
    records = {record.key: record for record in manifest.records}

    async def work(episode: Episode) -> Estimate:
        estimates = [
            await _estimate(episode, extractor, templates, text)
            for extractor, templates, text in await extracting.missing(episode, records[episode.key])
        ]
        return _together(estimates)

    done, failures = parted(await each_episode(work, episodes, limit=limit, asset="extraction"))
    nothing = manifest.after("extraction", records=[], failures=failures)
    return (
        Report(
            manifest=nothing.model_copy(update={"is_estimate": True}),
            given=len(episodes),
            figures=dict.fromkeys(("quotes", "quotes_unverified", "times_unverified", "links_dropped"), 0),
        ),
        _together(done),
    )


async def _estimate(episode: Episode, extractor: Extractor, templates: Sequence[Template], text: str) -> Estimate:
    if not isinstance(extractor, ModelExtractor):
        return NOTHING
    transcript = await computed(Transcript.model_validate_json, text)
    material = Material(transcript, **published(episode), feed=episode.feed, key=episode.key)
    found = await extractor.estimate(material, templates)
    log.info("%s: %s", episode.title, found.says)
    return found


def _together(estimates: Sequence[Estimate]) -> Estimate:
    return sum(estimates, NOTHING)
