"""The door between the engine and whoever extracts: what an extractor is given, and what it gives.

Belongs here: the protocol and its two values. Does not: any extractor (`offline.py`), caching (`engine.py`).
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from inkwell_pipeline.models import Chapter, Section, Transcript

if TYPE_CHECKING:
    from inkwell_pipeline.extraction.templates import Template

__all__ = ["Extraction", "Extractor", "Material"]


@dataclass(frozen=True)
class Material:
    """All that an extractor may look at. What is not in here, or in the template, cannot change a result.

    `feed`, `key` and `place` say which episode it is, the how manieth of the run: for ledgers, errors and the order of
    work, never for a result.
    """

    transcript: Transcript
    title: str
    show: str
    people: tuple[str, ...] = ()  # whom the publisher names
    chapters: tuple[Chapter, ...] = ()  # the publisher's
    has_links: bool = False  # whether the publisher's show notes have any
    feed: str = ""
    key: str = ""
    place: int = 0


@dataclass(frozen=True)
class Extraction:
    """One template's result. `cost_usd` is None where the price is unknown, never 0 for that reason."""

    template: "Template"
    section: Section
    cost_usd: Decimal | None


class Extractor(Protocol):
    """Turns a transcript into sections."""

    @property
    def identity(self) -> str:
        """Name and version, or model and settings: a part of every cache key, and of `code_version`."""

    def extract(self, material: Material, templates: "Sequence[Template]") -> AsyncGenerator[Extraction, None]:
        """Yields each template's extraction the moment it is there, in any order.

        Raises: InkwellError, which fails the episode; what was yielded before is kept.
        """
