"""An episode and its sections become a note's properties and text. Pure; knows sections, not extractors.

Belongs here: what a note says, and in which order. Does not: files, and the user's edits (`merge.py`, `vault.py`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256

from inkwell_pipeline.models import Episode, Item, Record, Section, SectionKind
from inkwell_pipeline.notes.markdown import clock, escaped, link, links_in, show_notes, timed

__all__ = ["RENDERER", "Property", "Rendered", "render"]

RENDERER = "1"  # raise it when the same episode gives another note, so that unchanged ones are rendered again
Items = Sequence[Item]
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
    episode: Episode, record: Record, *, outline: Mapping[str, Section], sections: Mapping[str, Section]
) -> Rendered:
    """The note. `outline` has a section without items for each template, `sections` what was extracted, both by name.

    A links section gets the publisher's links first. Sections without anything to say are left out.
    """
    parts = [_head(episode)]
    if record.source is None:
        reason = record.remark or "its publisher offers none"
        parts.append(f"*No transcript: {escaped(reason)}; what follows is what the publisher says of the episode.*")
    for name, planned in outline.items():
        found = sections.get(name, planned)
        items = found.items if found.kind == planned.kind else ()  # the template has changed its kind since
        if lines := "\n".join(RENDERERS[planned.kind](items, episode)).strip():
            parts.append(f"## {escaped(planned.heading)}\n\n{lines}")
    if notes := show_notes(episode.show_notes or episode.summary):
        parts.append(f"## Show notes\n\n{notes}")
    return Rendered(_properties(episode, record), "\n\n".join(parts) + "\n")


def _head(episode: Episode) -> str:
    """One line that says what this is: show, date, length, where to hear and read it."""
    says = [f"*{escaped(episode.show)}*"]
    if episode.published:
        says.append(f"{episode.published.day} {episode.published:%B %Y}")
    if episode.duration_s:
        says.append(clock(episode.duration_s))
    if episode.audio_url:
        says.append(link("Listen", episode.audio_url))
    if episode.link:
        says.append(link("Episode page", episode.link))
    return " · ".join(says)


def _properties(episode: Episode, record: Record) -> dict[str, Property]:
    found: dict[str, Property] = {
        "title": episode.title,
        "aliases": [episode.title],
        "podcast": episode.show,
        "published": episode.published.date() if episode.published else None,
        "guid": episode.guid,
        "url": episode.link,
        "audio": episode.audio_url,
        "duration": clock(episode.duration_s) if episode.duration_s else None,
        "people": list(dict.fromkeys(person.name for person in episode.persons)),
        "tags": ["podcast"],
        "inkwell_id": episode.key,
        "inkwell_transcript": record.source or "none",
        "inkwell_model": record.model,
    }
    properties: dict[str, Property] = {name: value for name, value in found.items() if value not in (None, [])}
    if record.extractions:
        properties["inkwell_cost_usd"] = _number(record.cost_usd)
    return properties


def _number(usd: str | None) -> Property:
    """A cost as YAML has numbers; None, an empty property, where it is unknown."""
    if usd is None:
        return None
    amount = Decimal(usd)
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _prose(items: Items, _: Episode) -> Iterator[str]:
    for item in items:
        yield from (escaped(item.text), "")


def _items(items: Items, episode: Episode) -> Iterator[str]:
    for item in items:
        time = timed(item.start_s, episode.audio_url)
        yield f"- {time} {escaped(item.text)}" if time else f"- {escaped(item.text)}"


def _quotes(items: Items, episode: Episode) -> Iterator[str]:
    for item in items:
        by = [escaped(item.speaker)] if item.speaker else []
        by += [time] if (time := timed(item.start_s, episode.audio_url)) else []
        yield f"> {escaped(item.text)}"
        if by:
            yield f"> — {', '.join(by)}"
        yield ""


def _links(items: Items, episode: Episode) -> Iterator[str]:
    said = [Item(url=url, label=label) for label, url in links_in(episode.show_notes)]
    known = {item.url for item in said}
    for item in [*said, *(item for item in items if item.url not in known)]:
        if item.url:
            time = timed(item.start_s, episode.audio_url)
            yield f"- {link(item.label or item.url, item.url)}" + (f" ({time})" if time else "")
        else:
            yield f"- {escaped(item.label or item.text)}"


RENDERERS: dict[SectionKind, Callable[[Items, Episode], Iterator[str]]] = {
    "prose": _prose,
    "items": _items,
    "quotes": _quotes,
    "links": _links,
}
