"""The shapes that cross a wall: what one room hands to the next, and what stands in our JSON files.

Belongs here: frozen values with their units and meaning, and the rules that make an episode's key.
Does not: parsing (the rooms), files (`files.py`), settings (`settings.py`), Dagster's types (`defs/`).
"""

import re
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "Chapter",
    "Episode",
    "Failure",
    "Feed",
    "Item",
    "Manifest",
    "Offer",
    "Person",
    "Record",
    "Section",
    "SectionKind",
    "Segment",
    "SpokenWord",
    "Transcript",
    "episode_key",
    "is_key",
]

AssetName = Literal["feed", "transcript", "extraction", "notes"]
SectionKind = Literal["prose", "items", "quotes", "links"]


class Frozen(BaseModel):
    """A value: never changed, equal by content, strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def episode_key(feed: str, identity: str) -> str:
    """The name of an episode in every file, cache and table: 16 hexadecimal digits.

    `feed` is its name in the config, `identity` what tells its episodes apart (see `feed/parse.py`).
    """
    return sha256(f"{feed}\n{identity}".encode()).hexdigest()[:16]


def is_key(text: str) -> bool:
    """Whether it has the form of an episode's key."""
    return re.fullmatch(r"[0-9a-f]{16}", text) is not None


class Person(Frozen):
    """Somebody whom the publisher names. `role` in lower case, as in the podcast namespace's taxonomy."""

    name: str
    role: str = "host"


class Offer(Frozen):
    """A transcript that a publisher offers: where, as which media type, in which language (if stated)."""

    url: str
    media_type: str = ""
    language: str | None = None


class Chapter(Frozen):
    """A stretch of an episode with a title, in seconds from the start of the audio. `end_s` None: to the next one.

    `listed` is false for those that the publisher keeps out of the table of contents (`toc: false`).
    """

    start_s: float
    title: str
    end_s: float | None = None
    url: str | None = None
    listed: bool = True

    @property
    def in_contents(self) -> bool:
        """Whether a table of contents has it: the publisher lists it, under some title."""
        return self.listed and bool(self.title.strip())


class Episode(Frozen):
    """One episode as its feed describes it. `show_notes` is the publisher's HTML, untouched."""

    key: str
    feed: str
    show: str
    title: str
    guid: str | None = None
    published: datetime | None = None  # aware, UTC; None: the feed states none that can be read
    link: str | None = None
    audio_url: str | None = None
    audio_bytes: int | None = None  # as the feed states it, which may be a stopgap
    duration_s: int | None = None
    summary: str = ""
    show_notes: str = ""
    persons: tuple[Person, ...] = ()
    offers: tuple[Offer, ...] = ()
    chapters: tuple[Chapter, ...] = ()  # in order of time, from whichever source the publisher used
    chapters_from: Literal["json", "psc", "show notes"] | None = None  # which source: the file at `chapters_url`, …
    chapters_url: str | None = None


class Feed(Frozen):
    """A feed as read: the show's title, its podcast:guid, and its episodes in the order published."""

    name: str
    title: str
    podcast_guid: str | None = None
    episodes: tuple[Episode, ...] = ()
    not_episodes: int = 0  # items with neither audio nor a transcript; left out


class SpokenWord(NamedTuple):
    """A word as a recogniser heard it. `confidence`, from 0 to 1; None: it does not say."""

    text: str
    start_s: float
    end_s: float
    confidence: float | None = None


def _is_nothing(value: object) -> bool:
    return value is None or value == ()


class Segment(Frozen):
    """What was said between two times, in seconds from the start of the audio; None: no time is known.

    `words` and `confidence` (from 0 to 1) are a recogniser's, where it gives them. Without them they are not in the
    JSON either: a publisher's transcript is the same text as before there were any.
    """

    start_s: float | None
    end_s: float | None
    speaker: str | None
    text: str
    words: tuple[SpokenWord, ...] = Field(default=(), exclude_if=_is_nothing)
    confidence: float | None = Field(default=None, exclude_if=_is_nothing)


class Transcript(Frozen):
    """What was said in an episode. Its canonical JSON is cached, and extraction keys are made of it."""

    version: Literal[1] = 1
    source: str  # "publisher", "file" (put there by the user), "youtube", or who made it: "command whisper-cli"
    language: str | None = None
    remarks: tuple[str, ...] = ()  # what was lost in reading it, and why, a line each
    segments: tuple[Segment, ...]

    def canonical(self) -> str:
        """The one JSON text of this transcript: equal transcripts give equal bytes."""
        return self.model_dump_json()


class Item(Frozen):
    """One thing worth keeping. `start_s`: when it was said; `url`: for links; `label`: a link's, or a short heading.

    `said`: the words of the transcript that the item rests on, as the extractor gave them; never kept.
    """

    text: str = ""
    start_s: float | None = None
    speaker: str | None = None
    url: str | None = None
    label: str | None = None
    said: str | None = None


class Section(Frozen):
    """What an extractor gives for one template, and all that rendering knows of it."""

    kind: SectionKind
    heading: str
    items: tuple[Item, ...] = ()
    people: tuple[Person, ...] = ()  # who speaks in the episode, as far as the extractor can tell
    unverified: int = 0  # quotes that the extractor gave and the transcript has not; they are not among the items
    untimed: int = 0  # items whose time could not be proven; they have none
    links_dropped: int = 0  # addresses that neither the transcript nor the publisher has; they are in no item


class Record(Frozen):
    """An episode on its way: what each asset has added so far."""

    key: str
    title: str
    published: datetime | None = None
    transcript: str | None = None  # the TranscriptionCache's key; None: the episode has no transcript
    source: str | None = None  # which source gave the transcript
    transcript_usd: str | None = "0"  # decimal text of what it cost, whenever it was made; None: nobody knows
    approximate: str | None = None  # why the transcript's times are only near those of the audio that is served
    remark: str | None = None  # why there is no transcript, or what of it was lost, where that needs a word
    extractions: dict[str, str] = {}  # by template's name, the ExtractionCache's key
    model: str | None = None
    cost_usd: str | None = None  # decimal text, the transcript's included; None: unknown, or nothing was extracted
    note: str | None = None  # path of the note, relative to the vault
    edits: tuple[str, ...] = ()  # headings and properties of the note that stand as the user left them, against ours


class Failure(Frozen):
    """An episode that this run could not finish: where it stopped, why, and what to do about it."""

    key: str
    title: str
    asset: AssetName
    error: str
    todo: str = ""
    reason: Literal["budget"] | None = None  # where nothing is wrong with the episode, nor with anybody's host


class Manifest(Frozen):
    """What one asset made of one feed in one run: keys, paths and failures, never a text.

    `failures` are those of this asset and of all before it; the episodes in it are not in `records`.
    """

    version: Literal[1] = 1
    asset: AssetName
    feed: str
    run_id: str
    show: str
    records: tuple[Record, ...] = ()
    failures: tuple[Failure, ...] = ()
    is_estimate: bool = False  # nothing was made: for its own run alone, not for those that go on from the latest

    @property
    def keys(self) -> list[str]:
        """The records' keys, in order."""
        return [record.key for record in self.records]

    def after(self, asset: AssetName, *, records: Sequence[Record], failures: Sequence[Failure]) -> "Manifest":
        """The next asset's manifest of the same run: its records, and all failures so far."""
        return self.model_copy(
            update={
                "asset": asset,
                "records": tuple(records),
                "failures": (*self.failures, *failures),
            }
        )
