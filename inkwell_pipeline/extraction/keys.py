"""Under what an episode's extractions are cached: all that an extractor sees, and who it is.

Belongs here: the parts of the key. Does not: what the key becomes (`cache/`), looking up (`engine.py`, `estimate.py`).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypedDict

from inkwell_pipeline.cache import Digest, ExtractionCache
from inkwell_pipeline.extraction.extractor import Extractor
from inkwell_pipeline.extraction.templates import Template
from inkwell_pipeline.models import Chapter, Episode

__all__ = ["Seen", "by_extractor", "published", "seen_by"]

ADDRESS = re.compile(r"https?://", re.IGNORECASE)


class Rest(TypedDict):
    """What completes a look-up's key."""

    extractor: str
    context: str


@dataclass(frozen=True)
class Seen:
    """What an episode's extractions by one extractor have in common in their keys."""

    transcript: Digest
    extractor: str
    context: str

    @property
    def rest(self) -> Rest:
        return {"extractor": self.extractor, "context": self.context}

    @property
    def lock(self) -> str:
        return f"extraction {self.transcript.hexadecimal} {self.extractor} {self.context}"

    def request(self, template: Template) -> tuple[str, str, Digest]:
        return (template.name, template.asked, self.transcript)


async def seen_by(extractor: Extractor, episode: Episode, text: str, extractions: ExtractionCache) -> Seen:
    """`text`: the transcript, as it is cached."""
    context = sha256(json.dumps(published(episode), default=Chapter.model_dump).encode()).hexdigest()
    return Seen(await extractions.digest(text), extractor.identity, context)


def published(episode: Episode) -> dict[str, Any]:
    """What an extractor is told of the episode beside its transcript, by the names that `Material` has for it."""
    return {
        "title": episode.title,
        "show": episode.show,
        "people": tuple(person.name for person in episode.persons),
        "chapters": episode.chapters,
        "has_links": ADDRESS.search(episode.show_notes) is not None,
    }


def by_extractor(
    templates: Sequence[Template], extractors: Mapping[str, Extractor]
) -> list[tuple[Extractor, list[Template]]]:
    """The templates, in their order, with who extracts them (`extractors`: by the template's name)."""
    found: dict[str, tuple[Extractor, list[Template]]] = {}
    for template in templates:
        extractor = extractors[template.name]
        found.setdefault(extractor.identity, (extractor, []))[1].append(template)
    return list(found.values())
