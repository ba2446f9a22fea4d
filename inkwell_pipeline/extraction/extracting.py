"""How a feed's episodes are extracted, and what is still to be.

Belongs here: looking at what the cache lacks. Does not: extracting it (`engine.py`), what that would cost
(`estimate.py`).
Nothing here counts as a look-up: it is the run that looks up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inkwell_pipeline.cache import ExtractionCache, TranscriptionCache
from inkwell_pipeline.extraction.extractor import Extractor
from inkwell_pipeline.extraction.keys import by_extractor, seen_by
from inkwell_pipeline.extraction.templates import Template
from inkwell_pipeline.models import Episode, Record

__all__ = ["Extracting"]


@dataclass(frozen=True)
class Extracting:
    """By whom, and where texts are kept. `extractors`: by the templates' names."""

    templates: Sequence[Template]
    extractors: Mapping[str, Extractor]
    transcripts: TranscriptionCache
    extractions: ExtractionCache

    async def missing(self, episode: Episode, record: Record) -> list[tuple[Extractor, list[Template], str]]:
        """Which templates the cache has not, by whom they would be extracted, and the transcript's text."""
        if record.transcript is None:
            return []
        (cached,) = await self.transcripts.by_key([record.transcript])
        if cached is None:
            return []
        found = []
        for extractor, templates in by_extractor(self.templates, self.extractors):
            seen = await seen_by(extractor, episode, cached.value, self.extractions)
            requests = [seen.request(template) for template in templates]
            entries = await self.extractions.look_again(requests, **seen.rest)
            lacking = [template for template, entry in zip(templates, entries, strict=True) if entry is None]
            found += [(extractor, lacking, cached.value)] if lacking else []
        return found
