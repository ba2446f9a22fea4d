"""What a run would find, without doing any of it: feeds are read, and the vault is looked at. Writes nothing.

Belongs here: the finding. Does not: printing (`feeds.py`).
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from inkwell_pipeline.clock import now
from inkwell_pipeline.episodes import EpisodeShelf
from inkwell_pipeline.errors import InkwellError
from inkwell_pipeline.feed import FeedMemory, Throttled, choose, read_feed, refusal, remembered
from inkwell_pipeline.http import Http, open_http
from inkwell_pipeline.models import Episode, Feed, Offer
from inkwell_pipeline.notes import Vault
from inkwell_pipeline.settings import FeedSettings, Settings
from inkwell_pipeline.source_settings import PublisherSource
from inkwell_pipeline.tasks import advice
from inkwell_pipeline.threads import in_thread

__all__ = ["Found", "Missed", "Prospect", "doubles", "survey"]


@dataclass(frozen=True)
class Prospect:
    """An episode that a run would take. `note` is relative to the vault: the one that `exists`, or would be made.

    `makers`: the sources that are asked for its transcript after the publisher, or instead.
    """

    title: str
    published: datetime | None
    transcripts: tuple[str, ...]
    makers: tuple[str, ...]
    note: str
    exists: bool


@dataclass(frozen=True)
class Found:
    """A feed that can be had: the show's title, what it holds, and what a run would take of it."""

    feed: str
    title: str
    episodes: int
    not_episodes: int
    newest: datetime | None
    prospects: tuple[Prospect, ...]


@dataclass(frozen=True)
class Missed:
    """A feed that cannot be had, and what to do about it."""

    feed: str
    error: str
    todo: str


async def survey(settings: Settings, names: Sequence[str], tell: Callable[[Found | Missed], None]) -> None:
    """Tells what is found in each feed, in the order of `names`; they are read at once, up to `concurrency.http`."""
    feeds = tuple(settings.feeds)
    vault = Vault(settings.vault, folder=settings.folder, data_dir=settings.data_dir, feeds=feeds)
    shelf, memory = EpisodeShelf(settings.data_dir), FeedMemory(settings.data_dir)
    slots = asyncio.Semaphore(settings.concurrency.http)
    async with (
        open_http(limit=settings.concurrency.http, allow_private_hosts=settings.allow_private_hosts) as http,
        asyncio.TaskGroup() as group,
    ):
        tasks = [group.create_task(_read(settings.feeds[name], http, memory, shelf, slots)) for name in names]
        for task in tasks:
            tell(await _found(await task, vault))  # in order: the first of two notes of one name gets it, as in a run


@dataclass(frozen=True)
class _Read:
    """A feed, which of its episodes a run would take, and who makes transcripts for it."""

    feed: Feed
    makers: tuple[str, ...]
    taken: Sequence[Episode]


async def _read(
    feed: FeedSettings, http: Http, memory: FeedMemory, shelf: EpisodeShelf, slots: asyncio.Semaphore
) -> _Read | Missed:
    async with slots:
        try:
            state, _ = await remembered(feed, memory)
            if state.held_until is not None and state.is_held(now()):
                return _missed(feed.name, refusal(Throttled(state.held_until), feed, now=now()))
            known = await shelf.known(feed.name)
            read = await read_feed(feed, http=http, known=known, moved_to=state.url)
            return _Read(read, _makers(feed), choose(read, newest=feed.newest))
        except InkwellError as error:
            return _missed(feed.name, error)


async def _found(read: _Read | Missed, vault: Vault) -> Found | Missed:
    if isinstance(read, Missed):
        return read
    feed = read.feed
    try:
        prospects = tuple([await _prospect(episode, vault, read.makers) for episode in read.taken])
    except InkwellError as error:
        return _missed(feed.name, error)
    return Found(
        feed=feed.name,
        title=feed.title,
        episodes=len(feed.episodes),
        not_episodes=feed.not_episodes,
        newest=max((episode.published for episode in feed.episodes if episode.published), default=None),
        prospects=prospects,
    )


def _missed(feed: str, error: InkwellError) -> Missed:
    return Missed(feed, str(error), advice(error, asset="feed"))


def _makers(feed: FeedSettings) -> tuple[str, ...]:
    return tuple(source.name for source in feed.transcribe if not isinstance(source, PublisherSource))


async def _prospect(episode: Episode, vault: Vault, makers: tuple[str, ...]) -> Prospect:
    note, exists = await in_thread(vault.foreseen, episode)
    offers = tuple(dict.fromkeys(map(_offered, episode.offers)))
    return Prospect(episode.title, episode.published, offers, makers, note, exists)


def _offered(offer: Offer) -> str:
    form = offer.media_type or "of an unnamed form"
    return f"{form} ({offer.language})" if offer.language else form


def doubles(settings: Settings) -> list[tuple[str, str]]:
    """Pairs of feeds that have one address."""
    return [
        (one.name, other.name)
        for one, other in combinations(settings.feeds.values(), 2)
        if str(one.source) == str(other.source)
    ]
