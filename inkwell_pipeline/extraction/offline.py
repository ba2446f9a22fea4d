"""The extractor that needs no model: sentences of the transcript, chosen by rules and counting.

Belongs here: the protocol's class. Does not: what is made of a transcript (`sections.py`), which is imported with the
first one: its word lists and patterns take a tenth of a second, which a cached run need not wait for.
"""

from collections.abc import AsyncGenerator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from inkwell_pipeline.extraction.extractor import Extraction, Material
from inkwell_pipeline.extraction.templates import Template
from inkwell_pipeline.models import Section
from inkwell_pipeline.threads import computed

if TYPE_CHECKING:
    from inkwell_pipeline.extraction.analysis import Analysis

__all__ = ["OfflineExtractor"]


class OfflineExtractor:
    """The `Extractor` that costs nothing and asks nobody."""

    @property
    def identity(self) -> str:
        """Raise the number with every change of results: caches are keyed by it."""
        return "offline:2"

    async def extract(self, material: Material, templates: Sequence[Template]) -> AsyncGenerator[Extraction, None]:
        """Yields an extraction a template, in their order. Raises nothing: any transcript will do."""
        analysis = await computed(_analysis, material)
        for template in templates:
            if template.output == "links" and material.has_links:  # one that was only heard is often misheard
                made = Section(kind="links", heading=template.heading)
            else:
                made = await computed(_section, analysis, template)
            yield Extraction(template=template, section=made, cost_usd=Decimal(0))


def _analysis(material: Material) -> "Analysis":
    from inkwell_pipeline.extraction.analysis import analyse

    return analyse(material.transcript.segments, title=material.title, chapters=material.chapters)


def _section(analysis: "Analysis", template: Template) -> Section:
    from inkwell_pipeline.extraction.sections import section

    return section(analysis, template.output, template.heading)
