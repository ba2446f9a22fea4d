"""A publisher with a history: episodes come, are edited, get transcripts, change their guids, and leave the feed.

Belongs here: what the feed says at a moment, and what is allowed to change in it. Does not: HTTP (`faulty_host.py`).
Chance has a seed. Nobody could know an episode again that changes altogether between two looks: its audio's address
stays, and of its title and its date one.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime

from inkwell_pipeline_tests.builders import LINES, vtt
from inkwell_pipeline_tests.fakes.podcast_host import Item, rss

__all__ = ["ARCHIVE", "Published", "Publisher"]

ARCHIVE = 14  # episodes of before anybody watches


@dataclass
class Published:
    """An episode. Numbered from 1 in the order of publication; the number is in its audio's address, for good."""

    number: int
    title: str
    guid: str | None
    date: datetime | None
    is_offered: bool  # a transcript
    edits: int = 0
    is_redated: bool = False
    troubles: list[str] = field(default_factory=list)  # the next answers to requests for its transcript
    is_lost: bool = False  # its transcript cannot be had, whoever asks


class Publisher:
    """The show Rivers, whose feed has the newest `shows` episodes."""

    def __init__(self, chance: random.Random, *, now: datetime, shows: int = 10) -> None:
        self._shows = shows
        self._chance, self._shuffling = chance, random.Random(chance.random())  # a server has threads of its own
        self.episodes: list[Published] = []
        self.order = "newest first"
        self.shows_all = False  # the whole archive, as after a mistake
        self.guids = "r"  # what they begin with
        for number in range(1, ARCHIVE + 1):
            self.episodes.append(self._new(now - timedelta(days=7 * (ARCHIVE + 1 - number)), plain=True))

    def publish(self, now: datetime, *, plain: bool = False) -> None:
        """An episode; a `plain` one says all of itself, and its transcript can be had."""
        self.episodes.append(self._new(now, plain=plain))

    def change(self) -> None:
        """One thing that publishers do to what is published."""
        one = self._chance.choice(self.window())
        match self._chance.choice(["title", "words", "words", "date", "transcript", "transcript", "guids", "order"]):
            case "title" if one.date is not None and not one.is_redated:
                one.title = f"{one.title.partition(' (')[0]} (version {one.edits + 2})"
            case "date" if one.date is not None and one.number > ARCHIVE and "(" not in one.title:
                one.date, one.is_redated = one.date + timedelta(hours=1), True
            case "transcript":
                one = next((other for other in self.window() if not other.is_offered), one)
                one.is_offered = True
            case "guids":
                self._give_new_guids()
            case "order":
                self.order = self._chance.choice(["newest first", "oldest first", "none"])
        one.edits += 1

    def window(self) -> list[Published]:
        """What the feed has now, newest first."""
        return self.episodes[::-1] if self.shows_all else self.episodes[: -self._shows - 1 : -1]

    def body(self, host: str, *, more: str = "") -> bytes:
        """The feed; `host` is where its transcripts are."""
        items = [self._item(one, host) for one in self.window()]
        if self.order == "oldest first":
            items.reverse()
        if self.order == "none":
            self._shuffling.shuffle(items)
        return rss("Rivers", *items, more=more)

    def transcript(self, number: int) -> bytes:
        return vtt(*(f"{line} Chapter {number} says so." for line in LINES))

    def _new(self, date: datetime, *, plain: bool) -> Published:
        number, chance, date = len(self.episodes) + 1, self._chance, date.replace(microsecond=0)
        one = Published(number, f"Episode {number}", f"{self.guids}{number}", date, plain or chance.random() < 0.8)
        if not plain:
            one.guid = None if chance.random() < 0.1 else one.guid
            one.date = None if chance.random() < 0.07 else date
            one.troubles = list(self._troubles()) if chance.random() < 0.3 else []
            one.is_lost = chance.random() < 0.1
        return one

    def _troubles(self) -> Iterator[str]:
        for _ in range(self._chance.randint(1, 6)):
            yield self._chance.choice(["404", "500", "429", "cut", "hang up", "page"])

    def _give_new_guids(self) -> None:
        """As when a show moves to another host."""
        self.guids = f"{self._chance.choice('stuvw')}{self._chance.randrange(1000)}-"
        for one in self.episodes:
            if one.guid is not None:
                one.guid = f"{self.guids}{one.number}"

    def _item(self, one: Published, host: str) -> Item:
        return Item(
            title=one.title,
            guid=one.guid,
            date=format_datetime(one.date, usegmt=True) if one.date else None,
            audio=f"https://media.example/audio/{one.number}.mp3?edit={one.edits}",
            transcripts=((f"{host}/transcripts/{one.number}.vtt", "text/vtt"),) if one.is_offered else (),
            show_notes=f"<p>Of the river, part {one.number}, as told the {one.edits + 1}. time.</p>",
        )
