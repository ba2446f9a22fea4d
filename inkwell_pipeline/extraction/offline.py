"""The extractor that needs no model: sentences of the transcript, chosen by rules and counting.

Belongs here: the protocol's class, and which kind of section is made by whom. Does not: the sections themselves
(`summary.py`, `topics.py`, `quotes.py`, `links.py`), what they are made from (`analysis.py`).
Pure but for one thread: the same material gives the same sections.
"""

from collections.abc import AsyncGenerator, Sequence
from decimal import Decimal
from typing import assert_never

from inkwell_pipeline.extraction.analysis import Analysis, analyse
from inkwell_pipeline.extraction.extractor import Extraction, Material
from inkwell_pipeline.extraction.links import links
from inkwell_pipeline.extraction.quotes import quotes
from inkwell_pipeline.extraction.summary import summary
from inkwell_pipeline.extraction.templates import Template
from inkwell_pipeline.extraction.topics import topic_lines
from inkwell_pipeline.models import Section, SectionKind
from inkwell_pipeline.threads import computed

__all__ = ["OfflineExtractor", "section"]


class OfflineExtractor:
    """The `Extractor` that costs nothing and asks nobody."""

    @property
    def identity(self) -> str:
        """Raise the number with every change of results: caches are keyed by it."""
        return "offline:2"

    async def extract(self, material: Material, templates: Sequence[Template]) -> AsyncGenerator[Extraction, None]:
        """Yields an extraction a template, in their order. Raises nothing: any transcript will do."""
        segments = material.transcript.segments
        analysis = await computed(analyse, segments, title=material.title, chapters=material.chapters)
        for template in templates:
            if template.output == "links" and material.has_links:  # one that was only heard is often misheard
                made = Section(kind="links", heading=template.heading)
            else:
                made = await computed(section, analysis, template.output, template.heading)
            yield Extraction(template=template, section=made, cost_usd=Decimal(0))


def section(analysis: Analysis, kind: SectionKind, heading: str = "") -> Section:
    """What a template of this kind gets; empty where the transcript has nothing for it."""
    match kind:
        case "prose":
            return Section(kind=kind, heading=heading, items=summary(analysis), people=analysis.people)
        case "items":
            return Section(kind=kind, heading=heading, items=topic_lines(analysis))
        case "quotes":
            return Section(kind=kind, heading=heading, items=quotes(analysis))
        case "links":
            return Section(kind=kind, heading=heading, items=links(analysis.found, analysis.adverts))
        case _:
            assert_never(kind)
