"""What a layout sees of an episode: its variables, prepared. Pure. `docs/notes.md` describes each of them.

Belongs here: which values there are, and how an episode's become them. Does not: how they are laid out (the layout).
A `str` is somebody's words, and is escaped when it is printed; a `Markdown` is ready.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date

from inkwell_pipeline.addresses import same_address
from inkwell_pipeline.models import Chapter, Episode, Item, Person, Record, Section, SectionKind
from inkwell_pipeline.notes.blocks import read_blocks
from inkwell_pipeline.notes.links import publisher_links
from inkwell_pipeline.notes.markdown import Markdown, link, readable, timed, wikilink
from inkwell_pipeline.notes.people import people_of
from inkwell_pipeline.notes.promotion import Judged, judged
from inkwell_pipeline.notes.shownotes import show_notes
from inkwell_pipeline.timecode import timecode

__all__ = ["ChapterView", "ItemView", "NoteView", "OwnAddress", "PersonView", "SectionView", "view_of"]


class OwnAddress(str):
    """The episode's own address, which may be a file's: the feed was one."""

    __slots__ = ()


@dataclass(frozen=True)
class PersonView:
    """Somebody in the episode. `role`: `host`, `guest`, …; `link`: a wikilink."""

    name: str
    role: str
    link: Markdown


@dataclass(frozen=True)
class ItemView:
    """One thing worth keeping. `time`: a link into the audio; `link`: the label, linked where there is an address."""

    text: str = ""
    label: str = ""
    speaker: str = ""
    time: Markdown = field(default_factory=Markdown)
    url: str = ""
    link: Markdown = field(default_factory=Markdown)


@dataclass(frozen=True)
class SectionView:
    """What a template found; it has at least one item. `name` is the template's."""

    name: str
    kind: SectionKind
    heading: str
    entries: tuple[ItemView, ...]


@dataclass(frozen=True)
class ChapterView:
    """A chapter. `time`: a link into the audio; `link`: its title, linked where the chapter has an address."""

    title: str
    time: Markdown
    url: str
    link: Markdown


@dataclass(frozen=True)
class NoteView:
    """A layout's variables."""

    title: str
    show: str
    published: date | None
    duration: str
    audio: OwnAddress | None
    url: OwnAddress | None
    transcript: str
    remark: str
    people: tuple[PersonView, ...]
    sections: tuple[SectionView, ...]
    chapters: tuple[ChapterView, ...]
    show_notes: Markdown
    all_show_notes: Markdown

    def variables(self) -> dict[str, object]:
        """The variables by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


def view_of(
    episode: Episode, record: Record, *, outline: Mapping[str, Section], sections: Mapping[str, Section]
) -> NoteView:
    """The variables for one note. `outline` has a section without items for each template, `sections` what was
    extracted, both by name. A links section gets the publisher's links first."""
    notes = tuple(judged(read_blocks(episode.show_notes or episode.summary)))
    listed = [chapter for chapter in episode.chapters if chapter.in_contents]
    chapters = listed if len(listed) > 1 else []  # one alone parts nothing
    found = tuple(_sections(episode, record, outline, sections, notes))
    in_note = {same_address(item.url) for one in found if one.kind == "links" for item in one.entries if item.url}
    return NoteView(
        title=episode.title,
        show=episode.show,
        published=episode.published.date() if episode.published else None,
        duration=timecode(episode.duration_s) if episode.duration_s else "",
        audio=OwnAddress(episode.audio_url) if episode.audio_url else None,
        url=OwnAddress(episode.link) if episode.link else None,
        transcript=record.source or "none",
        remark=record.remark or "",
        people=tuple(map(_person, people_of(episode.persons, _heard(sections)))),
        sections=found,
        chapters=tuple(_chapter(one, episode) for one in chapters),
        show_notes=show_notes(
            notes,
            audio_url=episode.audio_url,
            duration_s=episode.duration_s,
            listed_links=in_note,
            listed_chapters={int(one.start_s): one.title for one in chapters},
        ),
        all_show_notes=show_notes(notes, audio_url=episode.audio_url, duration_s=episode.duration_s),
    )


def _heard(sections: Mapping[str, Section]) -> Iterator[Person]:
    for section in sections.values():
        yield from section.people


def _person(person: Person) -> PersonView:
    return PersonView(person.name, person.role, wikilink(person.name))


def _chapter(chapter: Chapter, episode: Episode) -> ChapterView:
    time = timed(chapter.start_s, episode.audio_url)
    return ChapterView(chapter.title, time, chapter.url or "", link(chapter.title, chapter.url))


def _sections(
    episode: Episode,
    record: Record,
    outline: Mapping[str, Section],
    sections: Mapping[str, Section],
    notes: Sequence[Judged],
) -> Iterator[SectionView]:
    is_near = record.approximate is not None
    for name, planned in outline.items():
        found = sections.get(name, planned)
        items = found.items if found.kind == planned.kind else ()  # the template has changed its kind since
        if planned.kind == "links":
            items = tuple(_links(items, episode, notes))
        if entries := tuple(
            view for item in items if (view := _item(item, episode, is_near=is_near)).text or view.label
        ):
            yield SectionView(name, planned.kind, planned.heading, entries)


def _links(items: Sequence[Item], episode: Episode, notes: Sequence[Judged]) -> Iterator[Item]:
    """The publisher's links, then those of the extractor that are not among them."""
    known = set()
    for published in publisher_links(notes, own=(episode.link, episode.audio_url)):
        known.add(same_address(published.url))
        yield Item(label=published.label, url=published.url)
    for item in items:
        if not item.url or same_address(item.url) not in known:
            yield item


def _item(item: Item, episode: Episode, *, is_near: bool) -> ItemView:
    """`is_near`: the transcript's times are only near those of the audio."""
    label = item.label or ""
    named = label or item.text or (readable(item.url) if item.url else "")
    return ItemView(
        text=item.text.strip(),
        label=label.strip() or (named if item.url else ""),
        speaker=item.speaker or "",
        time=timed(item.start_s, episode.audio_url, approximate=is_near),
        url=item.url or "",
        link=link(named, item.url),
    )
