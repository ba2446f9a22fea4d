"""An episode and its sections become a note's properties and text. Pure; knows sections, not extractors.

Belongs here: the properties, and what a note is made of. Does not: what stands in the text and where (the layout:
`layout.py`, `view.py`), files, and the user's edits (`merge.py`, `vault.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING

from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from inkwell_pipeline.models import Episode, Record, Section
from inkwell_pipeline.notes.layout import Layout, packaged_layout
from inkwell_pipeline.notes.markdown import property_text, web_address

if TYPE_CHECKING:
    from inkwell_pipeline.notes.view import NoteView

__all__ = ["RENDERER", "Property", "Rendered", "render"]

RENDERER = "2"  # raise it when the same episode gives another note, so that unchanged ones are rendered again
Property = str | int | float | date | list[str] | None


@dataclass(frozen=True)
class Rendered:
    """`properties` in the order to show them; `body` is what stands between the marks, LF at its end."""

    properties: dict[str, Property]
    body: str

    @property
    def hash(self) -> str:
        """16 hexadecimal digits for the end mark."""
        return body_hash(self.body)


def body_hash(body: str) -> str:
    return sha256(body.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def render(
    episode: Episode,
    record: Record,
    *,
    outline: Mapping[str, Section],
    sections: Mapping[str, Section],
    layout: Layout | None = None,
) -> Rendered:
    """The note. `outline` has a section without items for each template, `sections` what was extracted, both by name.

    `layout` None: ours. Raises: PermanentError, where the layout fails on this episode.
    """
    from inkwell_pipeline.notes.view import view_of  # 30 ms of patterns, for new notes

    view = view_of(episode, record, outline=outline, sections=sections)
    return Rendered(_properties(episode, record, view), (layout or packaged_layout()).body(view))


def _properties(episode: Episode, record: Record, view: "NoteView") -> dict[str, Property]:
    found: dict[str, Property] = {
        "title": property_text(episode.title),
        "aliases": [property_text(episode.title)],
        "podcast": property_text(episode.show),
        "published": view.published,
        "guid": episode.guid,
        "url": web_address(view.url, files=True),
        "audio": web_address(view.audio, files=True),
        "duration": view.duration,
        # as Obsidian itself writes a link among properties
        "people": [DoubleQuotedScalarString(person.link) for person in view.people if person.link],
        "tags": ["podcast"],
        "inkwell_id": episode.key,
        "inkwell_transcript": record.source or "none",
        "inkwell_model": record.model,
    }
    properties: dict[str, Property] = {name: value for name, value in found.items() if value not in (None, "", [])}
    if record.extractions:
        properties["inkwell_cost_usd"] = _number(record.cost_usd)
    return properties


def _number(usd: str | None) -> Property:
    """A cost as YAML has numbers; None, an empty property, where it is unknown."""
    if usd is None:
        return None
    amount = Decimal(usd)
    return int(amount) if amount == amount.to_integral_value() else float(amount)
