"""Each kind of section out of an analysed transcript, by rules and counting.

Belongs here: which kind is made by whom. Does not: the sections themselves (`summary.py`, `topics.py`, `quotes.py`,
`links.py`), what they are made from (`analysis.py`).
Pure: the same analysis gives the same sections.
"""

from typing import assert_never

from inkwell_pipeline.extraction.analysis import Analysis
from inkwell_pipeline.extraction.links import links
from inkwell_pipeline.extraction.quotes import quotes
from inkwell_pipeline.extraction.summary import summary
from inkwell_pipeline.extraction.topics import topic_lines
from inkwell_pipeline.models import Section, SectionKind

__all__ = ["section"]


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
